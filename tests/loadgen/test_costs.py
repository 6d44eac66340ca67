"""The cost files that the players' simulation writes: the report of them ties to the files, and to each campaign of the answer sheet."""

import csv
import json
from datetime import date

import pytest

from gamebeam.loadgen.generate import generate
from gamebeam.pipeline.cli.__main__ import main
from gamebeam.schemas.contract.contract import load_contract
from gamebeam.schemas.contract.questions import report_questions
from gamebeam.sql.engine import ask, open_archive
from tests.pipeline.test_run import run

STARTER = load_contract("starter")


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    """(what was generated, the rows of the cost files by name, the view roi as dicts): every fault on, five days."""
    out = tmp_path_factory.mktemp("costs")
    generate(STARTER, str(out), players=200, days=5, seed=4)
    files = {p.name: list(csv.DictReader(p.open())) for p in (out / "feeds").iterdir()}
    run(f"{out}/messages/*", out / "archive")
    assert main(["feeds", "run", f"--archive={out}/archive", f"--drop={out}/feeds"]) == 0
    assert {p.name for p in (out / "feeds" / "done").iterdir()} == files.keys()
    found = ask(open_archive(STARTER, str(out / "archive")), "SELECT * FROM roi")
    return out, files, [dict(zip(found.columns, row, strict=True)) for row in found.rows]


def test_every_campaign_of_the_answer_sheet_has_its_cost_and_its_installs(loaded):
    out, _, roi = loaded
    sheet = json.loads((out / "answers" / "sheet.json").read_text())["campaigns"]
    key = ("day", "media_source", "campaign", "country", "cost_micros", "installs")
    wanted = sorted((tuple(date.fromisoformat(r[k]) if k == "day" else r[k] for k in key) for r in sheet), key=str)
    assert sorted((tuple(r[k] for k in key) for r in roi), key=str) == wanted
    assert sum(r["cost_micros"] > 0 and r["installs"] > 0 for r in sheet) > 20


def test_the_report_ties_to_the_files_of_which_the_last_restates_a_day(loaded):
    out, files, roi = loaded
    restated = files.pop("cost-restated.csv")
    first = min(files)
    hold = [r for name, rows in files.items() for r in rows if (name, r["media_source"]) != (first, "adwords")] + restated
    cents = sum(round(float(r["cost_usd"]) * 100) for r in hold)
    assert sum(r["cost_micros"] for r in roi) == cents * 10_000
    con = open_archive(STARTER, str(out / "archive"))
    assert ask(con, report_questions(STARTER)["roi_ties"].sql).rows == [(cents / 100, cents / 100, 0.0)]


def test_what_matches_nobody_and_whom_nobody_paid_for_are_lines_of_their_own(loaded):
    lines = {line: [r for r in loaded[2] if r["line"] == line] for line in ("matched", "spend without installs", "installs without spend")}
    assert all(lines.values()) and sum(map(len, lines.values())) == len(loaded[2])
    assert {r["country"] for r in lines["spend without installs"]} >= {"NZ"}
    assert {r["media_source"] for r in lines["installs without spend"]} >= {"organic"}
    assert {len(r["country"]) for rows in loaded[1].values() for r in rows} == {2, 3}  # codes of both lengths, and all matched


def test_other_games_have_no_such_files(tmp_path):
    generate(load_contract("khan"), str(tmp_path), players=3, days=1)
    assert not (tmp_path / "feeds").exists() and "campaigns" not in json.loads((tmp_path / "answers" / "sheet.json").read_text())
