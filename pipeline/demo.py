"""gamebeam demo: two days of a game with everything going wrong on the way, and the account of it."""

import time
from pathlib import Path

from gamebeam.feeds.drop import run as run_feeds
from gamebeam.loadgen.generate import generate
from gamebeam.pipeline.bar import bar
from gamebeam.pipeline.batch import run_batch
from gamebeam.pipeline.options import JobOptions
from gamebeam.reports.report import report
from gamebeam.schemas.contract.contract import load_contract
from gamebeam.schemas.contract.questions import report_questions
from gamebeam.sql.check import compare_answers
from gamebeam.sql.engine import ask, open_archive
from gamebeam.sql.show import show

GAME = "starter"
QUESTIONS = {
    "What came in, and what became of it, per build? (received = landed + duplicate + dead-lettered; missing is what never came)":
        "SELECT app_version, SUM(received) AS received, SUM(landed) AS landed, SUM(duplicate) AS duplicate, "
        "SUM(dead_lettered) AS dead_lettered, SUM(late) AS late, SUM(missing) AS missing "
        "FROM ledger WHERE app_version IS NOT NULL GROUP BY app_version ORDER BY app_version",
    "Which problems should somebody look at first?":
        "SELECT reason, event_type, field, app_versions, messages FROM dead_letter_problems ORDER BY messages DESC LIMIT 5",
    "Who pays, and from where?":
        "SELECT country, COUNT(DISTINCT player_id) AS payers, ROUND(SUM(price_usd), 2) AS usd FROM purchase "
        "WHERE env = 'live' GROUP BY country ORDER BY usd DESC LIMIT 5",
}


def demo(out: Path, players: int) -> int:
    """Generates, runs, asks and checks under `out`; 0 if every figure is as the answer sheet says."""
    contract = load_contract(GAME)
    print(f"1. {players:,} players play for two days; 2 % of what they send is lost, some is doubled, late, broken or from 2040")
    began = time.perf_counter()
    with bar("generating") as show_progress:
        sent = generate(contract, str(out), players=players, progress=show_progress)
    print(f"   {sent.messages:,} messages in {sent.files} files ({sent.bytes / 1e6:.0f} MB), {time.perf_counter() - began:.0f} s")
    print("2. the job reads them: decode, deduplicate, archive, rollups, ledger")
    options = JobOptions([f"--contract={GAME}", f"--source={out}/messages/*", f"--archive={out}/archive"])
    began = time.perf_counter()
    with bar("reading") as show_progress:
        outcome = run_batch(options, show_progress)
    for line in outcome.lines():
        print(f"   {line}")
    print(f"   {time.perf_counter() - began:.0f} s")
    for line in run_feeds(contract, str(out / "archive"), str(out / "feeds"), settle_s=0):
        print(f"   {line}")
    print(f'3. an analyst asks, in BigQuery SQL, on DuckDB (yours: .venv/bin/gamebeam query --archive={out}/archive "SELECT …")')
    con = open_archive(contract, str(out / "archive"))
    for question, sql in QUESTIONS.items():
        print(f"\n   {question}\n{show(ask(con, sql), 'table')}", end="")
    print("\n4. every figure that the players kept themselves, against the views")
    comparison = compare_answers(contract, str(out / "archive"), str(out / "answers"))
    for difference in comparison.differences[:20]:
        print(f"   {difference}")
    print(f"   {sum(comparison.figures.values()):,} figures compared: {len(comparison.differences)} differences")
    for values in ask(con, report_questions(contract)["roi_ties"].sql).rows:
        print("   advertising: ${:,.2f} in the report of returns, ${:,.2f} in the cost files, difference {:.2f}".format(*values))
    [page] = report(contract, str(out / "archive"), str(out / "report.html"))
    print(f"\n5. the same for people: {page}")
    return 1 if comparison.differences else 0
