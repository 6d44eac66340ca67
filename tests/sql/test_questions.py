"""The questions of the packaged games: what the players counted themselves, and what really stood on the write-ups' brokers."""

import re
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from gamebeam.loadgen.faults import NO_FAULTS
from gamebeam.loadgen.generate import generate
from gamebeam.loadgen.write import Message, write_messages
from gamebeam.schemas.contract.contract import PACKAGED, load_contract
from gamebeam.schemas.contract.questions import questions
from gamebeam.sql.check import compare_answers
from gamebeam.sql.engine import ask, open_archive
from gamebeam.sql.query import answer, query
from tests.pipeline.test_games import CASES, PASSWORDS, messages
from tests.pipeline.test_run import run

GAMES = ("gameco", "khan", "placebo", "starter", "victory")
SQL_ALONE = {"victory": {"row_counts"}}  # asks of the archive itself: the players know nothing of it


@pytest.mark.parametrize("game", GAMES)
def test_every_question_has_an_answer_of_the_players_own(game, tmp_path):
    contract = load_contract(game)
    generate(contract, str(tmp_path), players=5)
    answers = {p.stem.removeprefix("question_") for p in (tmp_path / "answers").glob("question_*")}
    assert answers == questions(contract).keys() - SQL_ALONE.get(game, set())


def test_a_day_is_one_of_the_contracts_time_zone_over_a_month_of_cohorts(tmp_path):
    folder = tmp_path / "starter"
    shutil.copytree(str(PACKAGED / "starter"), folder)
    file = folder / "contract.yaml"
    file.write_text(file.read_text().replace("time_zone: UTC", "time_zone: Asia/Kolkata"))
    contract = load_contract(str(folder))
    generate(contract, str(tmp_path / "p"), players=30, days=34, seed=5, start="2026-10-01")
    run(f"{tmp_path}/p/messages/*", tmp_path / "a", contract=str(folder))
    comparison = compare_answers(contract, str(tmp_path / "a"), str(tmp_path / "p/answers"))
    assert comparison.differences == []
    assert comparison.figures["question_retention"] > 500 and comparison.figures["question_active_users"] > 100
    refunds = pq.read_table(tmp_path / "p/answers/question_arpdau.parquet")["refunds"].to_pylist()
    assert min(refunds) < 0
    in_utc = compare_answers(load_contract("starter"), str(tmp_path / "a"), str(tmp_path / "p/answers"))
    assert {d.answer for d in in_utc.differences} >= {"question_retention", "question_arpdau", "question_ltv", "question_conversion"}


def test_the_planted_tactics_shorten_the_time_to_a_purchase(tmp_path):
    generate(load_contract("starter"), str(tmp_path), players=2000, days=1, faults=NO_FAULTS)
    found = {row["tactic"]: row for row in pq.read_table(tmp_path / "answers/question_tactics.parquet").to_pylist()}
    medians = [found[tactic]["median_minutes"] for tactic in ("offer", "discount", "share", "none")]
    assert medians == sorted(medians)
    assert found["offer"]["shorter_by_low"] > 0 and found["none"]["shorter_by"] is None


@pytest.fixture(scope="module")
def captured(tmp_path_factory):
    """game -> an opened archive of the messages that were captured from its broker."""
    opened = {}

    def archive_of(game):
        if game not in opened:
            folder = tmp_path_factory.mktemp(game)
            sent = [Message(arrival, n, n, payload, True) for n, (payload, arrival) in enumerate(messages(game))]
            write_messages(folder / "m.avro", sent, "avro", game)
            run(folder / "m.avro", folder / "a", contract=game)
            opened[game] = open_archive(load_contract(game), str(folder / "a"))
        return opened[game]

    return archive_of


def asked(con, game, name, **more):
    contract = load_contract(game)
    return answer(con, contract, questions(contract)[name], **more).rows


@pytest.mark.parametrize(("name", "rows"), [
    ("items_purchased", [("sword", 12), ("potion", 7), ("shield", 2)]),  # one message was published twice: no id tells them apart
    ("guild_members", [("Castle of Rock", 1), ("Knights of the Round Table", 1)]),
    ("top_players", [("user-0078", 1), ("user-0012", 0)]),
    ("most_treasures", [("user-0076", 1)]),
    ("players_attacked", [(1,)]),
    ("player_standings", [("user-0078", 1, 200, 175, 100), ("user-0012", 0, 0, 0, 30)]),
])
def test_khans_questions_are_answered_from_its_own_messages(captured, name, rows):
    assert asked(captured("khan"), "khan", name) == rows


def test_khans_views_have_the_columns_of_its_tables(captured):
    con = captured("khan")
    [(first, user, host, *rest)] = ask(con, """
        SELECT event_ts, userid, Host, event_type, item_type, description, amount_purchased, price
        FROM purchase_events WHERE item_type = 'shield'""").rows
    assert (first.isoformat(), user, host) == ("2021-08-06T03:08:58.522000+00:00", "user-0034", "user-0034.comcast.com")
    assert rest == ["purchase_shield", "shield", "very solid protective shield", 2, 50]
    assert ask(con, "SELECT event_ts, userid, Host, description, event_type FROM character_events").rows
    assert ask(con, "SELECT event_ts, userid, Host, event_type, description, level, attack, defense, health FROM character_stats").rows
    assert ask(con, "SELECT event_ts, userid, Host, event_type, description, guild_name FROM guild_events").rows


def test_gamecos_views_have_every_column_of_its_create_tables(captured):
    con = captured("gameco")
    tables = re.findall(r"exists default\.(\w+) \((.*?)\)\s*stored", (CASES / "gameco/create_tables.hql").read_text(), re.DOTALL)
    assert [name for name, _ in tables] == ["purchase_weapon", "join_guild", "enter_battle"]
    for name, columns in tables:
        listed = ", ".join(f"`{column.split()[0]}`" for column in columns.strip().split(","))
        assert ask(con, f"SELECT {listed} FROM {name}").rows
    [row] = ask(con, "SELECT Host, `timestamp`, event_type, `range` FROM purchase_weapon WHERE weapon_type = 'bow'").rows
    assert row == ("user12.sprint.com", "2020-12-01 20:11:04.625", "purchase_weapon", 5)


@pytest.mark.parametrize(("name", "rows"), [
    ("battles_won", [("lost", 1, 0.5), ("won", 1, 0.5)]),
    ("enemies_victorious", [("Vega", 1)]),
    ("guilds_of_comcast", [("Shadows of the Arcane Lost", 1)]),
    ("time_freezing", [("user1.comcast.com", 1, datetime(2020, 12, 1, 20, 11, 5, 67000, UTC))]),
    ("weapons_purchased", [("bow", 1), ("sword", 1)]),
    ("gold_by_domain", [("comcast.com", 150), ("sprint.com", 90)]),
])
def test_gamecos_questions_are_answered_from_its_own_messages(captured, name, rows):
    assert asked(captured("gameco"), "gameco", name) == rows


@pytest.mark.parametrize(("name", "rows"), [
    ("items_bought", [("approved_purchase", "charm", 2), ("approved_purchase", "cutlass", 1), ("insufficient_funds", "longsword", 1)]),
    ("average_price", [("charm", 4999.0, 2), ("cutlass", 5000.0, 1)]),
    ("popular_orgs", [("join_guild", "magicians", 1), ("join_guild", "soldiers", 1), ("join_team", "team BLAH", 1)]),
    ("org_wealth", [("magicians", 88714.0, 1), ("soldiers", 7345.0, 1), ("team BLAH", 88615.0, 1)]),
    ("time_to_purchase", [(1, 1, 0.01)]),  # 817 ms after dirk's login
    ("time_to_join", [(1, 1, 0.04)]),
    ("wealth_distribution", [(-10000, 1, 0.5), (80000, 1, 0.5)]),  # dirk went into debt to join
])
def test_placebos_questions_are_answered_from_its_own_messages(captured, name, rows):
    assert asked(captured("placebo"), "placebo", name) == rows


def test_placebos_views_have_the_columns_of_its_tables_and_no_password(captured):
    both = "raw_event, spk_ts, accept, host, user_agent, `timestamp`, event_type, user_id, status"
    buys = ask(captured("placebo"), f"""SELECT {both}, type, cost, player_created, player_wealth, player_num_items
                                        FROM buys ORDER BY `timestamp` LIMIT 1""").rows
    social = ask(captured("placebo"), f"""SELECT {both}, org, level, cost, player_created, player_wealth, player_num_affiliations
                                          FROM social ORDER BY `timestamp`""").rows
    assert buys[0][1:] == (
        "2020-11-22 22:00:04.212", "*/*", "user1.comcast.com", "ApacheBench/2.3", "2020-11-22 22:00:04.208", "buy_sword", "987611",
        "approved_purchase", "cutlass", 5000.0, "2020-11-22 22:00:01.757", 12345.0, 0)
    assert [(row[8], row[9]) for row in social] == [
        ("approved_join", "soldiers"), ("approved_join", "magicians"), ("approved_join", "team BLAH")]
    assert not any(word in repr((buys, social)) for word in PASSWORDS)


def test_what_came_at_or_after_the_moment_asked_for_is_in_no_report(captured):
    con = captured("khan")
    assert asked(con, "khan", "player_standings", as_of="2021-08-06T03:08:57") == [("user-0012", 0, 0, 0, 30)]
    assert asked(con, "khan", "player_standings", as_of="2021-08-05") == []
    assert len(asked(con, "khan", "player_standings", as_of="2021-08-06")) == 2


def test_a_report_is_titled_with_its_date_and_the_end_of_the_archive_is_the_default(tmp_path):
    write_messages(tmp_path / "m.avro", [Message(a, n, n, p, True) for n, (p, a) in enumerate(messages("khan"))], "avro", "khan")
    run(tmp_path / "m.avro", tmp_path / "a", contract="khan")
    khan, archive = load_contract("khan"), str(tmp_path / "a")
    assert query(khan, archive, "player_standings").startswith("Player Standings, as of 2021-08-06 04:00 UTC\n")
    assert query(khan, archive, "guild_membership", as_of="2021-08-06").startswith("Guild Membership, as of 2021-08-07 00:00 UTC\n")
    with pytest.raises(ValueError, match=r"--as-of=noon: expected a date such as"):
        query(khan, archive, "player_standings", as_of="noon")


def test_a_shot_without_a_value_is_a_session_worth_nothing_yet_and_every_row_is_counted(tmp_path):
    victory, source = load_contract("victory"), CASES / "victory/sample_event.json"
    run(source, tmp_path / "a", contract="victory")
    con = open_archive(victory, str(tmp_path / "a"))
    assert asked(con, "victory", "value_per_session", env="test") == [("Android", 1, 0, 0, 0.0, 0.0)]
    assert asked(con, "victory", "value_per_session") == []  # the shot is of the test environment
    assert asked(con, "victory", "sessions_per_user", env="test") == [("1adbc9ff-a5ca-4409-8c66-75e21a181b25", 1)]
    counts = {row[1]: row[2:] for row in asked(con, "victory", "row_counts")}
    assert counts["play_shot"] == (1, 1, True) and counts["play_end"] == (0, 0, True)
    [file] = Path(tmp_path / "a/events/play_shot").rglob("*.parquet")
    file.unlink()
    con = open_archive(victory, str(tmp_path / "a"))
    assert {row[1]: row[2:] for row in asked(con, "victory", "row_counts")}["play_shot"] == (1, 0, False)
