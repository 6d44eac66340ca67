"""Figures over strangers' data, by row of the cases: clients without env or player, ties, money, clocks and numbers beyond belief."""

import csv
import io
import json
import unicodedata
from datetime import UTC, date, datetime
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gamebeam.feeds.load import load
from gamebeam.reports.report import report
from gamebeam.schemas.contract.contract import load_contract, parse_contract
from gamebeam.schemas.contract.feeds import feeds
from gamebeam.schemas.contract.fields import ContractError
from gamebeam.schemas.contract.questions import questions, report_questions
from gamebeam.schemas.events import event_classes
from gamebeam.sql.engine import Result, ask, open_archive
from gamebeam.sql.query import parameters
from gamebeam.sql.show import FORMATS, show
from gamebeam.transforms.batch import Batch
from gamebeam.transforms.rollups.counters import CounterHours
from gamebeam.transforms.rollups.known_values import first_known, last_known, times
from gamebeam.transforms.rollups.partials import round_micros
from gamebeam.transforms.rollups.players import PlayerHours
from gamebeam.transforms.rollups.rollup_rows import gather, rows_of
from tests.support.small_contract import small_contract
from tests.support.written_archive import DAY, HOUR, MINUTE, WrittenArchive, moment

MOST = 2**63 - 1
PRICE = {"product": "gems", "price": 1e9, "currency": "USD", "price_usd": 1e9, "player_id": "p1", "session_id": "s1"}
STARTER = load_contract("starter")


@pytest.fixture
def archive(tmp_path):
    return WrittenArchive(small_contract(), tmp_path)


def rows(archive, sql):
    return ask(open_archive(archive.contract, archive.root), sql).rows


def landed(archive, *events, run_id="r1"):
    """Writes player_hours and counter_hours as the job would."""
    for table, row in summed(archive.contract, events, run_id):
        archive.write(table, row, run_id=run_id)


def summed(contract, events, run_id):
    """(table, row) of player_hours and counter_hours."""
    run = SimpleNamespace(run_id=run_id, generation=0)
    for rollup in (PlayerHours(contract, False), *([CounterHours(contract.counter, contract.name, False)] if contract.counter else [])):
        merged = {}
        for event in events:  # a bundle each
            rollup.add(Batch([event], [], []))
            gather(rollup, merged)
        names = [f.name for f in rollup.table.fields]
        for key, partials in merged.items():
            for _, row in rows_of(rollup, key, partials, run):
                yield rollup.table.name, dict(zip(names, row, strict=True))


def event(contract, event_id, event_time, event_type="purchase", **fields):
    own = {"price_usd": 1.0} if event_type == "purchase" else {"score": 0}
    known = {"player_id": "p1", "session_id": "s1", "install_id": "i1", "env": "live", "platform": "ios", "app_version": "1",
             "country": "DE", "game": contract.name, "arrival_time": event_time}
    return event_classes(contract)[event_type](**{"event_id": event_id, "event_time": event_time, **known, **own, **fields})


# Q8: known values win


def test_q8_the_first_and_the_last_known_platform_win_over_an_event_that_tells_none(archive):
    small = archive.contract
    landed(archive, event(small, "a", DAY, platform=None), event(small, "b", DAY + 1, platform="iphone", app_version=None),
           event(small, "c", DAY + 3 * MINUTE, platform=None, country=None), event(small, "d", DAY + HOUR, platform=None, app_version="2"))
    assert rows(archive, "SELECT platform, app_version, country FROM players") == [("iphone", "2", "DE")]
    assert rows(archive, "SELECT platform, app_version, country FROM sessions") == [("iphone", "1", "DE")]


def test_q8_a_later_known_value_of_another_run_wins_over_an_earlier_one_whose_run_went_on_longer(archive):
    archive.run("r2")
    small = archive.contract
    landed(archive, event(small, "a", DAY, platform="iphone"), event(small, "b", DAY + 9, platform=None))
    landed(archive, event(small, "c", DAY + 5, platform="android"), run_id="r2")
    assert rows(archive, "SELECT platform FROM player_hours") == [("android",)]


SEEN = st.tuples(st.integers(0, 5), *[st.sampled_from([None, "x", "y"])] * 3)


@given(st.lists(SEEN, min_size=1, max_size=7), st.randoms())
def test_q8_merging_what_is_known_depends_on_no_order_and_no_grouping(told, rng):
    seen = [[at, 0, f"e{i}", *values] for i, (at, *values) in enumerate(told)]
    for merge, ordered in ((first_known, sorted(seen)), (last_known, sorted(seen, reverse=True))):
        expected = [next((s[i] for s in ordered if s[i] is not None), None) for i in (3, 4, 5)]
        when = [next((s[0] for s in ordered if s[i] is not None), None) for i in (3, 4, 5)]
        parts = list(seen)
        rng.shuffle(parts)
        while len(parts) > 1:
            parts.append(merge([parts.pop(0) for _ in range(rng.randint(2, len(parts)))]))
        assert (parts[0][3:6], times(parts[0])) == (expected, when)


# Q9, Q14: no env is live, and a counter is one over all envs


@pytest.mark.parametrize("env", [None, ""])
def test_q9_dead_letters_without_env_are_live_and_their_share_is_shown(archive, env):
    archive.event("purchase", "e1", DAY, price_usd=1.0)
    archive.write("ledger", {"hour": DAY, "event_type": "purchase", "received": 24_000, "landed": 24_000},
                  {"hour": DAY, "env": env, "received": 120, "dead_lettered": 120})
    found = rows(archive, "SELECT env, dead_letter_share FROM data_status WHERE event_type IS NULL")
    assert found == [("live", 120 / 24_120)]


def test_q14_rows_without_env_and_live_ones_are_one_row_in_every_view(archive):
    spans = {"pieces": [{"piece_start": DAY, "piece_end": DAY, "events": 1, "revenue_micros": 0, "session_id": "s1"}]}
    for env in (None, "", "live"):
        archive.event("purchase", f"e{env}", DAY, env=env, price_usd=1.0)
        archive.write("ledger", {"hour": DAY, "env": env, "event_type": "purchase", "received": 1, "landed": 1})
        archive.write("counter_hours", {"hour": DAY, "env": env, "counter": "i1", "seq_ranges": [{"seq_from": 1, "seq_to": 2}]})
        archive.write("player_hours", {"hour": DAY, "env": env, "player_id": "p1", "first_time": DAY, "last_time": DAY, **spans})
        archive.write("dead_letter", {"dead_id": f"d{env}", "arrival_time": DAY, "reason": "malformed", "env": env})
        archive.write("revenue_per_minute", {"window_start": DAY, "env": env, "revenue_micros": 1})
    for view in ("ledger", "counter_hours", "player_hours", "players", "sessions", "revenue_per_minute", "dead_letter_problems"):
        assert rows(archive, f"SELECT env FROM {view}") == [("live",)], view
    for view in ("purchase", "events", "dead_letters"):
        assert rows(archive, f"SELECT env FROM {view}") == [("live",)] * 3, view
    assert rows(archive, "SELECT env, event_type FROM data_status ORDER BY event_type") == [("live", None), ("live", "purchase")]


@pytest.mark.parametrize("between", [None, "", "test", "live"])
def test_q14_a_number_seen_under_another_env_or_none_is_not_missing(archive, between):
    for seq, env in ((1, "live"), (2, between), (3, "live")):
        archive.write("counter_hours", {"hour": DAY + seq * HOUR, "env": env, "counter": "i1",
                                        "seq_ranges": [{"seq_from": seq, "seq_to": seq}]})
    assert rows(archive, "SELECT SUM(missing) FROM ledger") == [(None,)]


def test_q14_a_counter_may_begin_at_0(archive):
    archive.write("counter_hours", {"hour": DAY, "counter": "i1",
                                    "seq_ranges": [{"seq_from": 0, "seq_to": 0}, {"seq_from": 3, "seq_to": 3}]})
    assert rows(archive, "SELECT SUM(missing) FROM ledger") == [(2,)]


# Q10: a game without players


@pytest.mark.parametrize("gap", [None, "30m"])
def test_q10_a_game_without_players_has_sessions_and_no_players(tmp_path, gap):
    contract = small_contract(session_gap=gap)
    if gap:  # then the wire says that there are none
        wire = "\n".join(f"{n}: {n}" for n in ("event_id", "event_type", "event_time", "session_id", "install_id", "seq", "env"))
        contract = parse_contract(contract.text | {"wire.yaml": wire})
    archive = WrittenArchive(contract, tmp_path)
    landed(archive, event(contract, "a", DAY, player_id=None), event(contract, "b", DAY + HOUR - 1, player_id=None, price_usd=2.0),
           *([event(contract, "c", DAY + HOUR, player_id=None, price_usd=3.0)]))
    found = rows(archive, "SELECT player_id, session_id, events, revenue FROM sessions ORDER BY session_start")
    assert found == ([(None, "s1", 3, 6.0)] if gap is None else [(None, None, 1, 1.0), (None, None, 2, 5.0)])
    for view in ("players", "player_hours", "leaderboard"):
        assert rows(archive, f"SELECT * FROM {view}") == []


def test_q10_what_happens_before_a_player_logs_in_is_no_second_session(archive):
    small = archive.contract
    landed(archive, event(small, "a", DAY, player_id=None), event(small, "b", DAY + 1),
           event(small, "c", DAY, player_id=None, session_id="s2"),
           event(small, "d", DAY, player_id=None, session_id=None))
    assert rows(archive, "SELECT player_id, session_id, events FROM sessions ORDER BY session_id") == [("p1", "s1", 1), (None, "s2", 1)]
    assert rows(archive, "SELECT player_id, sessions FROM players") == [("p1", 1)]


# Q15, Q16: money


@pytest.fixture(scope="module")
def rich(tmp_path_factory):
    """9,300 purchases of 10^9 by one player in an hour, through player_hours and a declared rollup that the job would write."""
    archive = WrittenArchive(STARTER, tmp_path_factory.mktemp("rich"))
    archive.write("purchase", *({"event_id": f"e{i}", "event_time": DAY + i, **PRICE} for i in range(9_300)))
    for hour in (DAY, DAY + HOUR):
        archive.write("player_hours", {
            "hour": hour, "player_id": "p1", "events": 9_300, "revenue_micros": MOST, "first_time": hour, "last_time": hour + 9_299,
            "pieces": [{"piece_start": hour, "piece_end": hour + 1, "events": 1, "revenue_micros": MOST, "session_id": "s1"}]})
        archive.write("revenue_per_minute", {"window_start": DAY, "revenue_micros": MOST})
    return open_archive(STARTER, archive.root)


@pytest.mark.parametrize("sql", [
    "SELECT revenue_micros FROM players", "SELECT MAX(revenue_micros) FROM player_hours", "SELECT revenue_micros FROM sessions",
    "SELECT CAST(ROUND(revenue / 1000) AS INT64) FROM revenue_per_minute",
    "SELECT CAST(ROUND(revenue / 1000) AS INT64) FROM data_status WHERE event_type = 'purchase'"])
def test_q15_sums_stop_at_the_greatest_int64_in_every_view(rich, sql):
    assert ask(rich, sql).rows in ([(MOST,)], [(9_223_372_037,)])


def test_q15_every_question_and_report_answers_about_a_player_of_unbelievable_wealth(rich):
    for question in (*questions(STARTER).values(), *report_questions(STARTER).values()):
        ask(rich, question.sql, parameters(rich, STARTER) | {"player_id": "p1"})


@pytest.mark.parametrize("amount, micros", [
    (0.0000125, 13), (-0.0000125, -13), (0.0000005, 1), (0.0000025, 3), (4.99, 4_990_000), (1e305, 9223372036854769664), (7, 7_000_000)])
def test_q16_the_job_rounds_as_sql_does(archive, amount, micros):
    assert round_micros(amount) == micros
    archive.event("purchase", "e", DAY, price_usd=float(amount))
    assert rows(archive, "SELECT CAST(ROUND(revenue * 1000000) AS INT64) FROM data_status WHERE event_type = 'purchase'") == [(micros,)]


@settings(max_examples=200)
@given(st.floats(-1e9, 1e9) | st.integers(-10**9, 10**9).map(lambda n: n / 2 / 10**6))
def test_q16_every_amount_is_rounded_alike(engine, amount):
    assert engine.execute("SELECT CAST(round(? * 1000000) AS BIGINT)", [amount]).fetchone() == (round_micros(amount),)


@pytest.fixture(scope="module")
def engine():
    import duckdb

    return duckdb.connect()


def test_q16_a_thousand_ads_are_worth_the_same_in_every_view_rollup_and_report(tmp_path):
    archive = WrittenArchive(STARTER, tmp_path)
    of = {"player_id": "p1", "session_id": "s1", "env": "live", "game": "starter", "network": "n", "placement": "p", "ad_type": "rewarded"}
    names = {f.name for f in STARTER.events["ad_impression"].fields} | {"player_id", "session_id", "env", "game"}
    ads = [{"event_id": f"a{i}", "event_time": DAY + i, "revenue_usd": 0.0000125, **{k: v for k, v in of.items() if k in names}}
           for i in range(1_000)]
    archive.write("ad_impression", *ads)
    landed(archive, *(event_classes(STARTER)["ad_impression"](**ad, arrival_time=DAY) for ad in ads))
    con = open_archive(STARTER, archive.root)
    for sql in ("SELECT revenue_micros FROM players", "SELECT revenue_micros FROM sessions", "SELECT revenue_micros FROM player_hours",
                "SELECT SUM(micros) FROM money",
                "SELECT CAST(ROUND(revenue * 1000000) AS INT64) FROM data_status WHERE event_type IS NULL"):
        assert ask(con, sql).rows == [(13_000,)], sql
    asked = report_questions(STARTER) | questions(STARTER)
    answer = ask(con, asked["revenue_by_day"].sql, parameters(con, STARTER))
    assert answer.rows == [(date(2026, 11, 2), "advertisements", 0.01)]
    assert ask(con, asked["arpdau"].sql, parameters(con, STARTER)).rows[0][3] == 0.013


# Q17: ties


def test_q17_two_events_of_equal_time_in_two_runs_are_in_one_session(tmp_path):
    contract = small_contract(session_gap="30m")
    for order in ("r1", "r2"), ("r2", "r1"):
        archive = WrittenArchive(contract, tmp_path / order[0])
        archive.run("r2")
        for run_id, event_id in zip(order, "ab", strict=True):
            landed(archive, event(contract, event_id, DAY + 50 * MINUTE, session_id=None), run_id=run_id)
        landed(archive, event(contract, "c", DAY - HOUR, session_id=None))
        assert rows(archive, "SELECT COUNT(*), SUM(events) FROM sessions") == [(2, 3)]


@pytest.fixture(scope="module")
def by_gap(tmp_path_factory):
    """A contract, and an archive's connection whose tables can be filled again and again."""
    archive = WrittenArchive(small_contract(session_gap="15m"), tmp_path_factory.mktemp("gap"))
    for run_id in ("r2", "r3", "r4"):
        archive.run(run_id)
    return archive.contract, open_archive(archive.contract, archive.root)


MINUTES = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 3)), min_size=1, max_size=12)  # (tens of minutes, run)


@settings(max_examples=60)
@given(MINUTES)
def test_q17_sessions_and_missing_of_many_runs_are_those_of_one_run(by_gap, told):
    contract, con = by_gap
    found = []
    for run_of in (lambda run: f"r{run + 1}", lambda run: "r1"):
        con.execute("DELETE FROM tables.player_hours; DELETE FROM tables.counter_hours")
        for run_id in {run_of(run) for _, run in told}:
            for table, row in summed(contract, [event(contract, f"e{i}", DAY + 10 * MINUTE * at, session_id=None, seq=at + 1)
                                                for i, (at, run) in enumerate(told) if run_of(run) == run_id], run_id):
                row = {name: moment(value) if isinstance(value, int) and value > DAY - HOUR else value for name, value in row.items()}
                for piece in row.get("pieces", ()):
                    piece |= {name: moment(piece[name]) for name in ("piece_start", "piece_end")}
                con.execute(f"INSERT INTO tables.{table} BY NAME SELECT {', '.join(f'${name} AS {name}' for name in row)}", row)
        found.append([ask(con, sql).rows for sql in (
            "SELECT session_start, session_end, events FROM sessions ORDER BY session_start",
            "SELECT hour, SUM(missing) FROM ledger WHERE missing IS NOT NULL GROUP BY hour ORDER BY hour")])
    assert found[0] == found[1]


# Q20: a clock in 2040


def test_q20_a_clock_in_2040_makes_no_earlier_day_final(archive):
    archive.run("r1", finished="2026-11-02T12:00:00Z")
    far = int(datetime(2040, 1, 1, tzinfo=UTC).timestamp() * 1000)
    archive.write("purchase", {"event_id": "a", "event_time": DAY, "price_usd": 1.0})
    archive.write("purchase", {"event_id": "b", "event_time": far, "price_usd": 1.0})
    assert rows(archive, "SELECT day, is_final FROM data_status WHERE event_type IS NULL ORDER BY day") == [
        (date(2026, 11, 2), False), (date(2040, 1, 1), False)]


# P4: one cell, one client


def test_p4_a_hole_beyond_belief_is_implausible_and_not_missing(archive):
    archive.write("counter_hours", *({"hour": DAY, "counter": f"i{n}", "seq_ranges": [  # 2,000 times 2^53 is more than an INT64 holds
        {"seq_from": seq, "seq_to": seq} for seq in ((1, 4, 2**53) if n < 3 else (0, 2**53))]} for n in range(2_000)))
    assert rows(archive, "SELECT missing, implausible FROM ledger") == [(6, MOST)]
    assert rows(archive, "SELECT missing_share FROM data_status WHERE event_type IS NULL") == [(1.0,)]


@pytest.mark.parametrize("hole, missing, implausible", [(5, 5, 0), (6, 0, 6)])
def test_p4_max_hole_is_the_contracts(tmp_path, hole, missing, implausible):
    archive = WrittenArchive(small_contract(max_hole=5), tmp_path)
    archive.write("counter_hours", {"hour": DAY, "counter": "i", "seq_ranges": [
        {"seq_from": 1, "seq_to": 1}, {"seq_from": hole + 2, "seq_to": hole + 2}]})
    assert rows(archive, "SELECT missing, implausible FROM ledger") == [(missing, implausible)]


@pytest.mark.parametrize("value", [0, -1, True, "many", 10**9 + 1, 1.5])
def test_p4_a_max_hole_that_is_none_is_refused_with_what_it_may_be(value):
    with pytest.raises(ContractError, match=r"contract\.yaml: max_hole: expected a number of events from 1 to 1,000,000,000"):
        small_contract(max_hole=value)


@pytest.fixture(scope="module")
def absurd(tmp_path_factory):
    """An archive of starter with an absurd client, an absurd cost, and times at both edges of what a timestamp holds."""
    archive = WrittenArchive(STARTER, tmp_path_factory.mktemp("absurd"))
    edges = [-62_135_596_800_000, DAY, 253_402_300_799_999]
    for i, at in enumerate(edges):
        archive.write("purchase", {"event_id": f"e{i}", "event_time": at, **PRICE})
        hour = at - at % HOUR
        archive.write("player_hours", {"hour": hour, "player_id": f"p{i}", "events": 1, "first_time": at, "last_time": at, "pieces": [
            {"piece_start": at, "piece_end": at, "events": 1, "revenue_micros": 10**15, "session_id": f"s{i}"}]})
        archive.write("ledger", {"hour": hour, "event_type": "purchase", "received": 1, "landed": 1})
        archive.write("counter_hours", {"hour": hour, "counter": "i", "seq_ranges": [{"seq_from": 9**(4 * i), "seq_to": 9**(4 * i)}]})
    csv = "day,media_source,campaign,country,impressions,clicks,cost_usd\n" + "".join(
        f"{day},adwords,c,US,1,1,{cost}\n" for day, cost in (("0001-01-01", "1e13"), ("9999-12-31", "1e300"), ("2026-11-02", "-1e13")))
    load(STARTER, archive.root, feeds(STARTER)["cost"], "cost.csv", csv.encode())
    return archive


def test_p4_a_report_over_absurd_figures_and_times_at_both_edges_is_drawn(absurd, tmp_path):
    paths = report(STARTER, absurd.root, str(tmp_path / "r.html"), also="csv")
    assert "9223372036854" in (tmp_path / "r.html").read_text().replace(",", "") and len(paths) > 10


HOSTILE = [
    "\x1b[2J\x1b[31mgone", "\x9b2J", "a\rb", "\u202egnp.exe", "=HYPERLINK(\"http://x\")", "+1", "-1+cmd|'/c calc'!A0", "@SUM(1)", "\tx"]


@pytest.mark.parametrize("name", HOSTILE)
def test_p4_a_name_moves_no_cursor_in_a_terminal_and_is_no_formula_in_a_spreadsheet(name):
    result = Result(["name", "n"], [(name, -5)])
    table, comma, plain = (show(result, format) for format in FORMATS)
    assert not any(unicodedata.category(c) in ("Cc", "Cf") for c in table.replace("\n", ""))
    [row] = list(csv.DictReader(io.StringIO(comma, newline="")))
    assert row["name"].removeprefix("'") == name and not row["name"].startswith(("=", "+", "-", "@", "\t", "\r"))
    assert row["n"] == "-5"  # a number stays one
    assert json.loads(plain) == [{"name": name, "n": -5}]
