"""The copies over which the questions are timed: as much of everything, on other days, by other players."""

import pytest
from test_run import run

import bench.questions
from bench.copies import copied
from loadgen.faults import NO_FAULTS
from loadgen.generate import generate
from schemas.contract import load_contract
from sql.engine import ask, open_archive

STARTER = load_contract("starter")
COPIES, DAYS = 6, 4  # of two days: the copies begin on three days


@pytest.fixture(scope="module")
def archives(tmp_path_factory):
    """(the small archive, its copies)"""
    out = tmp_path_factory.mktemp("bench")
    generate(STARTER, str(out), players=8, days=2, seed=11, faults=NO_FAULTS)
    run(f"{out}/messages/*", out / "base")
    [(events,)] = ask(open_archive(STARTER, str(out / "base")), "SELECT COUNT(*) FROM events").rows
    return out / "base", copied(STARTER, out / "base", out, COPIES * events, DAYS)


def test_copies_are_as_much_of_everything(archives):
    base, copies = archives
    assert copies.copies == COPIES
    one, many = open_archive(STARTER, str(base)), open_archive(STARTER, str(copies.root))
    for sql in ("SELECT COUNT(*) FROM events", "SELECT COUNT(*) FROM sessions", "SELECT COUNT(*) FROM players",
                "SELECT SUM(micros) FROM money", "SELECT COUNT(DISTINCT player_id) FROM events"):
        [(once,)], [(sixfold,)] = ask(one, sql).rows, ask(many, sql).rows
        assert once and sixfold == COPIES * once, sql
    assert ask(many, "SELECT COUNT(*) FROM events").rows == [(copies.events,)]
    [(days,)] = ask(many, "SELECT DATE_DIFF(MAX(event_date), MIN(event_date), DAY) + 1 FROM events").rows
    assert days == DAYS


def test_a_question_over_the_aim_is_asked_again_of_views_kept_as_tables(archives, monkeypatch):
    _, copies = archives
    monkeypatch.setattr(bench.questions, "AIM_S", 0)
    opening, timed = bench.questions.measure(copies.root)
    here = {"cores": "2", "cpu": "c", "memory": "m", "duckdb": "d", "load": "0"}
    text = bench.questions.report(copies, here, "command", opening, timed)
    assert len(timed) > 10 and all(t.kept_s and t.views for t in timed)
    assert text.count("| retention |") == 1 and "* **retention**: with player_cohorts, player_days kept as tables it takes " in text
