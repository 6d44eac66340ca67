"""python -m bench.questions: starter's questions on DuckDB over millions of events, then docs/bench-questions.md."""

import argparse
import shlex
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from statistics import median

import duckdb
from sqlglot import exp

from bench.copies import Archive, copied
from bench.environment import machine
from bench.messages import made
from bench.rounds import ROOT
from pipeline.__main__ import main as gamebeam
from schemas.contract import load_contract
from schemas.questions import questions
from sql.engine import Result, ask, open_archive
from sql.query import parameters
from sql.translate import parse

GAME, BASE_EVENTS, AIM_S, ROUNDS = "starter", 50_000, 2.0, 3
CACHE = ROOT / ".cache" / "bench" / "questions"


@dataclass(frozen=True)
class Timed:
    """A question's wall times in seconds, opening not included; and with the views that it names kept as tables, if that was tried."""

    name: str
    rows: int
    seconds: tuple[float, ...]
    views: tuple[str, ...]
    kept_s: float | None = None
    keeping_s: float | None = None


def main(argv: Sequence[str] | None = None) -> int:
    argv = list(sys.argv[1:] if argv is None else argv)
    parser = argparse.ArgumentParser(prog="python -m bench.questions", allow_abbrev=False, description=__doc__)
    parser.add_argument("--events", type=int, default=5_000_000, help="at least so many (default: %(default)s)")
    parser.add_argument("--days", type=int, default=30, help="that they are spread over (default: %(default)s)")
    parser.add_argument("--report", type=Path, default=ROOT / "docs" / "bench-questions.md", help="where the table goes")
    args = parser.parse_args(argv)
    if args.events < 1 or args.days < 2:
        parser.error("--events is at least 1, --days at least 2")
    here = machine()
    contract = load_contract(GAME)
    cache = CACHE / contract.fingerprint[:12]  # what an older contract's job wrote has other columns
    archive = copied(contract, base(cache), cache, args.events, args.days)
    opening, timed = measure(archive.root)
    args.report.write_text(report(archive, here, shlex.join(["python", "-m", "bench.questions", *argv]), opening, timed))
    print(f"{args.report} written", file=sys.stderr)
    return 0


def base(cache: Path) -> Path:
    """An archive of real generated events, made by the job; the same each time."""
    root = cache / "base"
    if not (root / "ready").exists():
        shutil.rmtree(root, ignore_errors=True)
        messages = made(CACHE.parent, BASE_EVENTS, 1, True).folder
        if gamebeam(["run", f"--contract={GAME}", f"--source={messages}/*", f"--archive={root}"]):
            raise SystemExit("bench: the job that makes the archive failed")
        (root / "ready").touch()
    return root


def measure(root: Path) -> tuple[float, list[Timed]]:
    """Seconds to open the archive, and each question's."""
    contract, began = load_contract(GAME), time.perf_counter()
    con = open_archive(contract, str(root))
    opening = time.perf_counter() - began
    con.execute("CREATE SCHEMA kept")
    given, found = parameters(con, contract), []
    for question in questions(contract).values():
        def asked(sql: str = question.sql) -> Result:
            return ask(con, sql, given)

        views = _views(con, question.sql)
        timed = Timed(question.name, len(asked().rows), _seconds(asked), views)  # the first one warms up
        if median(timed.seconds) > AIM_S:
            began = time.perf_counter()
            for view in views:
                con.execute(f"CREATE TABLE IF NOT EXISTS kept.{view} AS SELECT * FROM main.{view}")
            keeping = time.perf_counter() - began
            con.execute("SET search_path = 'kept,main'")
            timed = replace(timed, keeping_s=keeping, kept_s=median(_seconds(asked)))
            con.execute("SET search_path = 'main'")
            for view in views:
                con.execute(f"DROP TABLE kept.{view}")
        found.append(timed)
        print(f"{question.name:<24}{median(timed.seconds):>8.2f} s", file=sys.stderr)
    return opening, found


def _seconds(ask_it: Callable[[], Result]) -> tuple[float, ...]:
    found = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        ask_it()
        found.append(time.perf_counter() - began)
    return tuple(found)


def _views(con: duckdb.DuckDBPyConnection, sql: str) -> tuple[str, ...]:
    """What the question reads by name."""
    known = {name for (name,) in con.execute("SELECT view_name FROM duckdb_views() WHERE schema_name = 'main' AND NOT internal").fetchall()}
    return tuple(sorted(known & {table.name for table in parse(sql).find_all(exp.Table)}))


def report(archive: Archive, here: dict[str, str], command: str, opening: float, timed: Sequence[Timed]) -> str:
    slow = [t for t in timed if median(t.seconds) > AIM_S]
    lines = [f"| {t.name} | {median(t.seconds):.2f} ({min(t.seconds):.2f}–{max(t.seconds):.2f}) | {t.rows:,} | {', '.join(t.views)} |"
             for t in timed]
    help_ = [f"* **{t.name}**: with {', '.join(t.views)} kept as tables it takes {t.kept_s:.2f} s; making them takes {t.keeping_s:.1f} s."
             for t in slow]
    return "\n".join([
        "# Bench: the questions", "", f"Written by `{command}` on {date.today().isoformat()}; do not edit.", "",
        f"{archive.events:,} events of {GAME} over {archive.days} days in {archive.files:,} Parquet files, one per table, day and hour as "
        f"the job writes them: {archive.copies:,} copies of an archive that the job wrote of generated messages, each with players of its "
        "own and days shifted. Rollups without players are not copied on top of each other: no question here reads them.",
        f"Machine: {here['cores']} cores ({here['cpu']}), {here['memory']}; DuckDB {here['duckdb']}; load average before {here['load']}.",
        f"Opening the archive took {opening:.1f} s, once; a question's time is the median of {ROUNDS} after one to warm up.", "",
        "| question | seconds (fastest to slowest) | rows | views |", "|---|--:|--:|---|", *lines, "",
        f"## Over {AIM_S:g} s", "", *(help_ or [f"None of {len(timed)}."]), ""])


if __name__ == "__main__":
    sys.exit(main())
