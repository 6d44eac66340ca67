"""The copies over which the questions are timed: as much of everything, on other days, by other players."""

import pytest

import bench.questions
from bench.copies import copied
from gamebeam.loadgen.faults import NO_FAULTS
from gamebeam.loadgen.generate import generate
from gamebeam.schemas.contract.contract import load_contract
from gamebeam.schemas.contract.questions import questions
from gamebeam.sql.engine import ask, open_archive
from gamebeam.sql.query import answer
from tests.pipeline.test_run import run

COPIES, DAYS = 6, 4  # of two days: the copies begin on three days
GAMES = ("gameco", "khan", "placebo", "starter", "victory")


@pytest.fixture(scope="module")
def archives_of(tmp_path_factory):
    """game -> (its contract, a small archive, its copies)"""
    made = {}

    def archives(game):
        if game not in made:
            out, contract = tmp_path_factory.mktemp(game), load_contract(game)
            generate(contract, str(out), players=8, days=2, seed=11, faults=NO_FAULTS)
            run(f"{out}/messages/*", out / "base", contract=game)
            [(events,)] = ask(open_archive(contract, str(out / "base")), "SELECT COUNT(*) FROM events").rows
            made[game] = contract, out / "base", copied(contract, out / "base", out, COPIES * events, DAYS)
        return made[game]

    return archives


@pytest.mark.parametrize("game", GAMES)
def test_copies_are_as_much_of_everything(archives_of, game):
    contract, base, copies = archives_of(game)
    assert copies.copies == COPIES
    one, many = open_archive(contract, str(base)), open_archive(contract, str(copies.root))
    for sql in ("SELECT COUNT(*) FROM events", "SELECT COUNT(*) FROM sessions", "SELECT COUNT(*) FROM players",
                "SELECT COUNT(DISTINCT player_id) FROM events"):
        [(once,)], [(sixfold,)] = ask(one, sql).rows, ask(many, sql).rows
        assert once and sixfold == COPIES * once, sql
    assert ask(many, "SELECT COUNT(*) FROM events").rows == [(copies.events,)]
    [(days,)] = ask(many, "SELECT DATE_DIFF(MAX(event_date), MIN(event_date), DAY) + 1 FROM events").rows
    assert days == DAYS


@pytest.mark.parametrize(("game", "name", "figure"), [
    ("gameco", "gold_by_domain", 1), ("gameco", "guilds_of_comcast", 1), ("khan", "guild_members", 1),
    ("placebo", "wealth_distribution", 1), ("starter", "economy", 4), ("victory", "match_results", 1)])
def test_a_question_finds_in_the_copies_what_it_finds_in_one_so_many_times(archives_of, game, name, figure):
    contract, base, copies = archives_of(game)
    rows = {}
    for root in (base, copies.root):
        rows[root] = answer(open_archive(contract, str(root)), contract, questions(contract)[name]).rows
    assert {row[0] for row in rows[base]} == {row[0] for row in rows[copies.root]} != set()
    assert sum(row[figure] for row in rows[copies.root]) == COPIES * sum(row[figure] for row in rows[base])


def test_what_the_run_says_it_wrote_is_in_the_copies(archives_of):
    contract, _, copies = archives_of("victory")
    rows = answer(open_archive(contract, str(copies.root)), contract, questions(contract)["row_counts"]).rows
    assert len(rows) == len(contract.events) and all(complete for *_, complete in rows)


def test_a_question_over_the_aim_is_asked_again_of_views_kept_as_tables(archives_of, monkeypatch):
    contract, _, copies = archives_of("starter")
    monkeypatch.setattr(bench.questions, "AIM_S", 0)
    measured = bench.questions.measure(contract, copies)
    here = {"cores": "2", "cpu": "c", "memory": "m", "duckdb": "d", "load": "0"}
    text = bench.questions.report([measured], here, "command")
    assert len(measured.timed) > 10 and all(t.kept_s and t.views for t in measured.timed)
    assert text.count("| starter | retention |") == 1
    assert "* starter's **retention**: with player_cohorts, player_days kept as tables it takes " in text
