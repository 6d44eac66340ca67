"""What the views show of rows that a job may leave: copies, panes, runs, ranges, pieces."""

import json
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gamebeam.schemas.contract.contract import PACKAGED, load_contract
from gamebeam.sql.engine import ask, open_archive
from gamebeam.sql.views import view_sql
from tests.support.small_contract import small_contract
from tests.support.written_archive import DAY, HOUR, MINUTE, WrittenArchive, moment


@pytest.fixture
def archive(tmp_path):
    return WrittenArchive(small_contract(), tmp_path)


def rows(archive, sql):
    return ask(open_archive(archive.contract, archive.root), sql).rows


def pieces(*spans):
    """(start, end, events, session_id) each."""
    return [
        {
            "piece_start": a,
            "piece_end": b,
            "events": n,
            "revenue_micros": n * 500_000,
            "session_id": session,
            "platform": f"at{a - DAY}",
            "app_version": "1.0",
            "country": "DE",
        }
        for a, b, n, session in spans
    ]


def hour_of(player, hour, *spans, **more):
    return {
        "player_id": player,
        "hour": hour,
        "events": 1,
        "first_time": hour,
        "last_time": hour,
        "pieces": pieces(*spans),
    } | more


# events


def test_a_copy_of_an_event_is_hidden_within_a_run_and_over_runs(archive):
    archive.run("r2")
    archive.event("purchase", "e1", DAY, price_usd=1.0, arrival_time=DAY + 9)
    archive.event("purchase", "e1", DAY, price_usd=1.0, arrival_time=DAY + 5)
    archive.event("purchase", "e1", DAY, price_usd=1.0, arrival_time=DAY + 7, run_id="r2")
    archive.event("purchase", "e2", DAY, price_usd=2.0)
    assert rows(archive, "SELECT event_id, arrival_time FROM purchase ORDER BY event_id") == [
        ("e1", moment(DAY + 5)),
        ("e2", moment(DAY)),
    ]
    assert rows(archive, "SELECT COUNT(*) FROM events") == [(2,)]


@pytest.mark.parametrize("state, seen", [("complete", 1), ("open", 1), ("started", 0), ("superseded", 0), (None, 0)])
def test_only_what_a_complete_or_open_run_wrote_is_seen(archive, state, seen):
    if state:
        archive.run("other", state)
    archive.event("purchase", "e1", DAY, run_id="other")
    archive.write("ledger", {"hour": DAY, "event_type": "purchase", "received": 1}, run_id="other")
    assert rows(archive, "SELECT COUNT(*) FROM purchase") == [(seen,)]
    assert rows(archive, "SELECT COUNT(*) FROM ledger") == [(seen,)]


def test_a_run_that_is_not_visible_hides_its_rows_whatever_the_file_is_called(archive):
    archive.run("r1-again", "superseded")
    path = archive.event("purchase", "e1", DAY, run_id="r1-again")
    path.rename(path.with_name("part-r1-looks-visible.parquet"))
    assert rows(archive, "SELECT COUNT(*) FROM purchase") == [(0,)]


def test_half_a_file_of_a_run_that_never_finished_hurts_nobody(archive):
    archive.run("killed", "started")
    archive.event("purchase", "e1", DAY)
    path = archive.event("purchase", "e2", DAY, run_id="killed")
    path.write_bytes(path.read_bytes()[:100])
    assert rows(archive, "SELECT event_id FROM purchase") == [("e1",)]


def test_a_filter_on_the_date_prunes_because_copies_are_sought_within_a_day(archive):
    text = view_sql(archive.contract)["purchase"]
    assert "PARTITION BY event_id, DATE(event_time)" in text
    archive.event("purchase", "e1", DAY)
    archive.event("purchase", "e2", DAY + 24 * HOUR)
    assert rows(archive, "SELECT event_id FROM purchase WHERE DATE(event_time) = '2026-11-03'") == [("e2",)]


def test_events_hold_every_type_with_its_own_fields_as_json(archive):
    archive.event("purchase", "e1", DAY, price_usd=1.5, label="a", bought_at=DAY + 7)
    archive.event("match_end", "e2", DAY + 1, score=3)
    found = rows(archive, "SELECT event_type, payload FROM events ORDER BY event_time")
    assert [(event_type, json.loads(payload)) for event_type, payload in found] == [
        ("purchase", {"product": None, "label": "a", "bought_at": "2026-11-02T00:00:00.007Z", "price_usd": 1.5}),
        ("match_end", {"outcome": None, "score": 3, "league": None}),
    ]


def test_files_from_before_a_field_was_added_show_null_and_a_type_never_seen_is_empty(archive):
    archive.write("purchase", {"event_id": "old", "event_time": DAY, "price_usd": 1.0}, without=["product", "country"])
    archive.write("purchase", {"event_id": "new", "event_time": DAY + 1, "price_usd": 1.0, "product": "gems"})
    assert rows(archive, "SELECT event_id, product, price_usd FROM purchase ORDER BY event_time") == [
        ("old", None, 1.0),
        ("new", "gems", 1.0),
    ]
    assert rows(archive, "SELECT * FROM match_end") == []


def test_a_dead_letter_is_shown_once_per_hour_as_the_ledger_counts_it(archive):
    dead = {"dead_id": "d1", "reason": "malformed", "payload": b"{", "fingerprint": "f"}
    archive.write(
        "dead_letter",
        dead | {"arrival_time": DAY},
        dead | {"arrival_time": DAY + 1},
        dead | {"arrival_time": DAY + HOUR},
        dead | {"dead_id": "d2", "arrival_time": DAY + 5, "event_time": DAY + HOUR, "app_version": "2.0"},
    )
    assert rows(archive, "SELECT dead_id, arrival_time FROM dead_letters ORDER BY arrival_time") == [
        ("d1", moment(DAY)),
        ("d2", moment(DAY + 5)),
        ("d1", moment(DAY + HOUR)),
    ]
    assert rows(
        archive, "SELECT fingerprint, messages, first_seen, last_seen, app_versions, sample FROM dead_letter_problems"
    ) == [("f", 3, moment(DAY), moment(DAY + HOUR), ["2.0"], "{")]


# rollups


def test_the_pane_that_counted_most_is_the_last_in_whatever_order_panes_come(archive):
    pane = {"window_start": DAY, "platform": "ios"}
    archive.write(
        "revenue_per_minute",
        pane | {"revenue_micros": 5_000_000, "counted": 2, "pane_index": 7, "emitted_time": DAY + 3},
        pane | {"revenue_micros": 3_500_000, "counted": 3, "pane_index": 2, "emitted_time": DAY + 2, "pane_timing": "EARLY"},
    )
    assert rows(archive, "SELECT platform, revenue, is_final FROM revenue_per_minute") == [("ios", 3.5, False)]


def test_runs_add_up_and_a_null_key_is_a_key(archive):
    archive.run("r2")
    for run_id in ("r1", "r2"):
        archive.write(
            "revenue_per_minute",
            {"window_start": DAY, "revenue_micros": 100_000},
            {"window_start": DAY, "platform": "ios", "revenue_micros": 200_000},
            run_id=run_id,
        )
        archive.write(
            "ledger", {"hour": DAY, "event_type": "purchase", "received": 3, "landed": 2, "dead_lettered": 1}, run_id=run_id
        )
    assert rows(archive, "SELECT platform, revenue, is_final FROM revenue_per_minute ORDER BY platform") == [
        (None, 0.2, True),
        ("ios", 0.4, True),
    ]
    assert rows(archive, "SELECT received, landed, duplicate, dead_lettered, missing FROM ledger") == [(6, 4, 0, 2, None)]


def repair(archive, *runs, generation=1):
    archive.run(f"repair-{generation}", generation=generation, repairs=[r if isinstance(r, dict) else {"run_id": r} for r in runs])


def test_a_repaired_window_replaces_what_every_run_said_of_it(archive):
    archive.run("r2")
    repair(archive, "r1", "r2")
    for run_id in ("r1", "r2"):
        archive.write(
            "revenue_per_minute",
            {"window_start": DAY, "platform": "ios", "revenue_micros": 9_000_000},
            {"window_start": DAY + MINUTE, "platform": "ios", "revenue_micros": 1_000_000},
            run_id=run_id,
        )
    archive.write(
        "revenue_per_minute",
        {"window_start": DAY, "platform": "web", "revenue_micros": 2_000_000, "generation": 1},
        run_id="repair-1",
    )
    assert rows(archive, "SELECT platform, revenue FROM revenue_per_minute ORDER BY window_start") == [("web", 2.0), ("ios", 2.0)]


def test_what_runs_add_that_a_repair_had_not_read_adds_to_what_it_wrote(archive):
    archive.run("r2")
    repair(archive, "r1")
    for run_id, generation, n in (("r1", 0, 100), ("repair-1", 1, 7), ("r2", 0, 20)):
        archive.write("revenue_per_minute", {"window_start": DAY, "revenue_micros": n * 1_000_000, "generation": generation}, run_id=run_id)
        archive.write("ledger", {"hour": DAY, "event_type": "purchase", "received": n, "generation": generation}, run_id=run_id)
    assert rows(archive, "SELECT revenue FROM revenue_per_minute") == [(27.0,)]
    assert rows(archive, "SELECT received FROM ledger") == [(27,)]


def test_a_second_repair_replaces_the_first_and_what_was_added_since(archive):
    archive.run("r2")
    repair(archive, "r1")
    repair(archive, "r1", "r2", "repair-1", generation=2)
    for run_id, generation, n in (("r1", 0, 100), ("repair-1", 1, 7), ("r2", 0, 20), ("repair-2", 2, 25)):
        archive.write("ledger", {"hour": DAY, "event_type": "purchase", "received": n, "generation": generation}, run_id=run_id)
        archive.write("ledger", {"hour": DAY + HOUR, "event_type": "purchase", "received": n}, run_id=run_id if n == 100 else "unseen")
    assert rows(archive, "SELECT received FROM ledger ORDER BY hour") == [(25,), (100,)]


def test_a_streams_rows_of_a_repaired_hour_count_from_the_arrival_on_at_which_the_repair_stopped(archive):
    """Their windows are of arrival: what arrived for an hour later than the repair read is still to be added."""
    archive.run("live", "open")
    repair(archive, {"run_id": "live", "arrived_before": moment(DAY + 3 * HOUR).isoformat()})
    for window, n in ((0, 100), (2, 10), (3, 4)):
        archive.write("ledger", {"hour": DAY, "window_start": DAY + window * HOUR, "event_type": "purchase", "received": n}, run_id="live")
    archive.write("ledger", {"hour": DAY, "event_type": "purchase", "received": 60, "generation": 1}, run_id="repair-1")
    assert rows(archive, "SELECT received FROM ledger") == [(64,)]


def test_least_greatest_and_last_merge_over_runs(archive):
    archive.run("r2")
    archive.write("scores", {"window_start": DAY, "total": 7, "best": 5, "worst": 2, "latest": "gold", "latest_at": DAY + 9})
    archive.write(
        "scores",
        {"window_start": DAY, "total": 1, "best": 1, "worst": 1, "latest": "iron", "latest_at": DAY + 3},
        {"window_start": DAY + HOUR, "total": 0},
        run_id="r2",
    )
    assert rows(archive, "SELECT total, best, worst, latest FROM scores ORDER BY window_start") == [
        (8, 5, 1, "gold"),
        (0, None, None, None),
    ]


def test_distinct_values_are_exact_while_few_and_estimated_when_many(archive):
    archive.run("r2")
    spread = [i * (2**63 // 10_000) for i in range(1, 10_000)]  # as evenly as hashes of 9,999 values lie on average
    archive.write(
        "active_players",
        {"window_start": DAY, "players_hashes": [1, 2, 3], "events": 4},
        {"window_start": DAY + MINUTE, "players_hashes": list(range(2047)), "events": 1},
        {"window_start": DAY + 2 * MINUTE, "players_hashes": spread[:2048], "events": 1},
        {"window_start": DAY + 3 * MINUTE, "players_hashes": [], "events": 2},
    )
    archive.write(
        "active_players",
        {"window_start": DAY, "players_hashes": [3, 4], "events": 2},
        {"window_start": DAY + 2 * MINUTE, "players_hashes": spread[1000:3000], "events": 1},
        run_id="r2",
    )
    found = rows(archive, "SELECT players, events FROM active_players ORDER BY window_start")
    assert found == [(4, 6), (2047, 1), (round(2047 / (spread[2047] / 2**63)), 2), (0, 2)]
    assert abs(found[2][0] - 9_999) < 10


# ledger


def test_a_dead_letter_without_a_type_is_not_taken_for_missing(archive):
    archive.write("ledger", {"hour": DAY, "env": None, "received": 2, "dead_lettered": 2})
    archive.write(
        "counter_hours",
        {"hour": DAY, "counter": "i1", "app_version": "2.0", "seq_ranges": [{"seq_from": 4, "seq_to": 5}]},
        {"hour": DAY + HOUR, "counter": "i1", "app_version": "3.0", "seq_ranges": [{"seq_from": 9, "seq_to": 9}]},
    )
    found = rows(archive, "SELECT hour, game, env, app_version, event_type, received, missing FROM ledger ORDER BY missing")
    assert found == [(moment(DAY), "small", "live", None, None, 2, None), (moment(DAY + HOUR), "small", "live", "3.0", None, 0, 3)]


def test_a_hole_of_a_counter_is_of_all_its_envs_and_belongs_to_the_env_of_the_range_after_it(archive):
    one = {"hour": DAY, "counter": "i1"}
    archive.write(
        "counter_hours",
        one | {"seq_ranges": [{"seq_from": 1, "seq_to": 1}]},
        one | {"env": "test", "seq_ranges": [{"seq_from": 5, "seq_to": 5}]},
    )
    assert rows(archive, "SELECT env, SUM(missing) FROM ledger GROUP BY env") == [("test", 3)]


@pytest.fixture(scope="module")
def counters(tmp_path_factory):
    """A connection whose counter_hours can be filled again and again."""
    written = WrittenArchive(small_contract(), tmp_path_factory.mktemp("counters"))
    written.run("r2")
    return open_archive(written.contract, written.root)


HOURS = st.dictionaries(
    st.integers(0, 3), st.tuples(st.sets(st.integers(1, 14), max_size=8), st.sets(st.integers(1, 14), max_size=3))
)


@settings(max_examples=60)
@given(HOURS)
def test_missing_is_every_number_that_was_skipped_in_the_hour_after_the_hole(counters, hours):
    counters.execute("DELETE FROM tables.counter_hours")
    for hour, runs in hours.items():
        for run_id, numbers in zip(("r1", "r2"), runs, strict=True):
            if numbers:
                counters.execute(
                    "INSERT INTO tables.counter_hours BY NAME SELECT ? AS run_id, 0 AS generation, ? AS hour, "
                    "hour AS window_start, hour AS window_end, 'live' AS env, 'i1' AS counter, ? AS app_version, ? AS seq_ranges",
                    [run_id, moment(DAY + hour * HOUR), f"v{hour}", [{"seq_from": n, "seq_to": n} for n in numbers]],
                )
    found = ask(counters, "SELECT hour, app_version, missing FROM ledger").rows
    assert Counter({(hour, version): n for hour, version, n in found}) == _holes({h: a | b for h, (a, b) in hours.items()})


def _holes(hours):
    """Brute force: a number skipped belongs to the hour where the next one came in, by the shorter stretch, then the earlier."""
    came = set().union(*hours.values())
    holes = Counter()
    for number in range(min(came, default=0), max(came, default=0)):
        if number not in came:
            after = min(n for n in came if n > number)
            stretches = [
                (next(n for n in range(after, 99) if n not in seen), hour) for hour, seen in hours.items() if after in seen
            ]
            _, hour = min(stretches)
            holes[moment(DAY + hour * HOUR), f"v{hour}"] += 1
    return holes


# players


def test_a_session_is_stitched_over_midnight_by_its_id(archive):
    midnight = DAY + 24 * HOUR
    archive.write(
        "player_hours",
        hour_of(
            "p1", midnight - HOUR, (midnight - MINUTE, midnight - 1, 3, "s1"), (midnight - 9 * MINUTE, midnight - 8, 1, "s0")
        ),
    )
    archive.write(
        "player_hours",
        hour_of("p1", midnight, (midnight, midnight + MINUTE, 2, "s1")),
        hour_of("p2", midnight, (midnight, midnight, 1, "s1")),
    )
    found = rows(
        archive,
        "SELECT player_id, session_id, session_start, session_end, events, revenue, platform FROM sessions "
        "ORDER BY player_id, session_start",
    )
    assert found[1] == ("p1", "s1", moment(midnight - MINUTE), moment(midnight + MINUTE), 5, 2.5, f"at{midnight - MINUTE - DAY}")
    assert [(player, session) for player, session, *_ in found] == [("p1", "s0"), ("p1", "s1"), ("p2", "s1")]


def test_sessions_by_gap_end_where_nothing_came_for_longer_than_the_gap(tmp_path):
    archive = WrittenArchive(small_contract(session_gap="30m"), tmp_path)
    hour = DAY + HOUR
    archive.write(
        "player_hours",
        hour_of("p1", DAY, (DAY, DAY + 50 * MINUTE, 4, None)),
        hour_of(
            "p1", hour, (hour + 20 * MINUTE, hour + 21 * MINUTE, 2, None), (hour + 51 * MINUTE + 1, hour + 52 * MINUTE, 1, None)
        ),
    )
    assert rows(archive, "SELECT session_id, session_start, session_end, events FROM sessions ORDER BY session_start") == [
        (None, moment(DAY), moment(hour + 21 * MINUTE), 6),
        (None, moment(hour + 51 * MINUTE + 1), moment(hour + 52 * MINUTE), 1),
    ]
    assert rows(archive, "SELECT player_id, sessions FROM players") == [("p1", 2)]


def test_a_player_is_the_sum_of_the_hours_with_the_last_known_state(archive):
    archive.run("r2")
    archive.write(
        "player_hours",
        hour_of(
            "p1",
            DAY,
            (DAY, DAY, 1, "s1"),
            revenue_micros=100_000,
            league="iron",
            league_at=DAY + 5,
            platform="ios",
            first_time=DAY + 1,
            last_time=DAY + 5,
        ),
        hour_of("p1", DAY + HOUR, (DAY + HOUR, DAY + HOUR, 1, "s2"), revenue_micros=200_000, platform=None),
        hour_of("p1", DAY, env="test"),
    )
    archive.write(
        "player_hours",
        hour_of("p1", DAY, events=4, league="gold", league_at=DAY + 9, platform="web", first_time=DAY + 9, last_time=DAY + 9),
        run_id="r2",
    )
    assert rows(
        archive, "SELECT events, first_time, last_time, platform, league FROM player_hours WHERE env = 'live' ORDER BY hour"
    ) == [(5, moment(DAY + 1), moment(DAY + 9), "web", "gold"), (1, moment(DAY + HOUR), moment(DAY + HOUR), None, None)]
    assert rows(
        archive, "SELECT first_seen, last_seen, sessions, events, revenue, platform, league FROM players WHERE env = 'live'"
    ) == [(moment(DAY + 1), moment(DAY + HOUR), 2, 6, 0.3, "web", "gold")]
    assert rows(archive, "SELECT sessions FROM players WHERE env = 'test'") == [(0,)]


def test_equal_scores_share_a_rank_and_those_without_a_score_have_none(archive):
    archive.write("player_hours", *(hour_of(f"p{i}", DAY, score_micros=s * 1_000_000) for i, s in enumerate((5, 9, 5, 0, 1))))
    assert rows(archive, "SELECT rank, player_id, score FROM leaderboard ORDER BY rank, player_id") == [
        (1, "p1", 9.0),
        (2, "p0", 5.0),
        (2, "p2", 5.0),
        (4, "p4", 1.0),
    ]


# every game


@pytest.mark.parametrize("game", sorted(p.name for p in PACKAGED.iterdir() if (p / "contract.yaml").is_file()))
def test_every_view_of_a_packaged_game_can_be_asked_before_anything_landed(game, tmp_path):
    contract = load_contract(game)
    con = open_archive(contract, WrittenArchive(contract, tmp_path).root)
    for name in view_sql(contract):
        assert ask(con, f"SELECT * FROM {name}").rows == [] or name in ("runs", "row_counts")  # what is there, and what should be


def test_the_datasets_of_tables_and_views_can_be_named_and_nothing_is_left_to_fill():
    for name, text in view_sql(load_contract("starter"), tables="`lab.game_tables`", views="`lab.game`").items():
        assert "`lab.game" in text and "{" not in text.replace("'{}'", ""), name
