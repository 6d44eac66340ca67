"""check finds every figure of an archive that differs from the answer sheet, and none that does not."""

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gamebeam.sql.check import Check, _compare, check, checks, compare_answers, report
from tests.support.small_contract import small_contract
from tests.support.written_archive import DAY, HOUR, MINUTE, WrittenArchive, moment

H0, H1 = moment(DAY), moment(DAY + HOUR)
LIVE = {"env": "live", "platform": "ios", "app_version": "1.0"}
NONE = {"env": None, "platform": None, "app_version": None}


def purchase(event_id, when, price, **more):
    return {"event_id": event_id, "event_time": when, "price_usd": price, "seq": 1, "player_id": "p1", **LIVE} | more


E1, E2 = purchase("e1", DAY + 5, 1.99), purchase("e2", DAY + HOUR, 4.0, seq=4)
E3 = {"event_id": "e3", "event_time": DAY + 7, "score": 30, "player_id": "p1", "seq": None, **LIVE}


def piece(start, end, events, revenue, session_id):
    return {"piece_start": start, "piece_end": end, "events": events, "revenue_micros": revenue, "session_id": session_id}


@pytest.fixture
def archive(tmp_path):
    """Three events, a dead letter and a hole of two, as a job would write them."""
    archive = WrittenArchive(small_contract(), tmp_path / "archive")
    archive.purchases = archive.write("purchase", E1, E2)
    archive.write("match_end", E3)
    archive.write("dead_letter", {"dead_id": "d", "arrival_time": DAY, "reason": "malformed", "env": None})
    archive.write(
        "ledger",
        {"hour": DAY, **LIVE, "event_type": "purchase", "received": 2, "landed": 1, "duplicate": 1},
        {"hour": DAY + HOUR, **LIVE, "event_type": "purchase", "received": 1, "landed": 1},
        {"hour": DAY, **LIVE, "event_type": "match_end", "received": 1, "landed": 1},
        {"hour": DAY, **NONE, "received": 1, "dead_lettered": 1},
    )
    archive.write(
        "counter_hours",
        {"hour": DAY, "counter": "i", **LIVE, "seq_ranges": [{"seq_from": 1, "seq_to": 1}]},
        {"hour": DAY + HOUR, "counter": "i", **LIVE, "seq_ranges": [{"seq_from": 4, "seq_to": 4}]},
    )
    archive.write(
        "player_hours",
        {
            "hour": DAY,
            "player_id": "p1",
            "events": 2,
            "revenue_micros": 1_990_000,
            "score_micros": 30_000_000,
            "first_time": DAY + 5,
            "last_time": DAY + 7,
            "pieces": [piece(DAY + 5, DAY + 7, 2, 1_990_000, "s1")],
        },
        {
            "hour": DAY + HOUR,
            "player_id": "p1",
            "events": 400,
            "revenue_micros": 4_000_000,
            "first_time": DAY + HOUR,
            "last_time": DAY + HOUR,
            "pieces": [piece(DAY + HOUR, DAY + HOUR, 1, 4_000_000, "s1")],
        },
        {"hour": DAY + 24 * HOUR, "player_id": "p1", "events": 1, "first_time": DAY + 24 * HOUR, "last_time": DAY + 24 * HOUR},
    )
    archive.write("revenue_per_minute", {"window_start": DAY, "platform": "ios", "revenue_micros": 1_990_000})
    archive.write("active_players", {"window_start": DAY, "players_hashes": [7, 9], "events": 3})
    archive.write("scores", {"window_start": DAY, "total": 30, "best": 30, "worst": 30, "latest": None})
    return archive


@pytest.fixture
def answers(tmp_path):
    """The same by hand, from what was sent."""
    counts = ("received", "landed", "duplicate", "dead_lettered", "late")
    sheet = {
        "ledger": [
            {"hour": hour, "game": "small", **of, "event_type": event_type, **dict(zip(counts, n, strict=True))}
            for hour, of, event_type, n in (
                (H0, LIVE, "purchase", (2, 1, 1, 0, 0)),
                (H1, LIVE, "purchase", (1, 1, 0, 0, 0)),
                (H0, LIVE, "match_end", (1, 1, 0, 0, 0)),
                (H0, NONE | {"env": "live"}, None, (1, 0, 0, 1, 0)),
            )
        ],
        "missing": [{"hour": H1, **LIVE, "missing": 2, "implausible": 0}],
        "dead_letters": [
            {"reason": "malformed", "field": None, "event_type": None, "env": "live", "app_version": None, "messages": 1}
        ],
        "contents": [
            {
                "event_type": kind,
                "hour": hour,
                **LIVE,
                "events": 1,
                "event_time_sum": time,
                "seq_sum": seq,
                "money_micros": micros,
            }
            for kind, hour, time, seq, micros in (
                ("purchase", H0, DAY + 5, 1, 1_990_000),
                ("match_end", H0, DAY + 7, 0, 0),
                ("purchase", H1, DAY + HOUR, 4, 4_000_000),
            )
        ],
        "sessions": [
            {
                "env": "live",
                "player_id": "p1",
                "session_id": "s1",
                "session_start": moment(DAY + 5),
                "session_end": H1,
                "events": 3,
                "revenue_micros": 5_990_000,
            }
        ],
        "players": [
            {
                "env": "live",
                "player_id": "p1",
                "first_seen": moment(DAY + 5),
                "last_seen": moment(DAY + 24 * HOUR),
                "events": 403,
                "revenue_micros": 5_990_000,
            }
        ],
        "dau": [{"day": date(2026, 11, 2), "players": 1}, {"day": date(2026, 11, 3), "players": 1}],
        "retention": [{"cohort": date(2026, 11, 2), "players": 1, "d1": 1, "d7": 0}],
        "leaderboard": [{"hour": H0, "env": "live", "player_id": "p1", "score_micros": 30_000_000, "rank": 1}],
        "bots": [{"player_id": "p1", "reason": "superhuman_rate"}],
        "rollup_revenue_per_minute": [{"window_start": H0, "env": "live", "platform": "ios", "revenue_micros": 1_990_000}],
        "rollup_active_players": [{"window_start": H0, "env": "live", "players": 2, "events": 3}],
        "rollup_scores": [{"window_start": H0, "env": "live", "total": 30, "best": 30, "worst": 30, "latest": None}],
    }
    folder = tmp_path / "answers"
    folder.mkdir()
    for name, rows in sheet.items():
        pq.write_table(pa.Table.from_pylist(rows), folder / f"{name}.parquet")
    assert set(sheet) == set(checks(small_contract()))  # every question has its answer here
    return str(folder)


def found(archive, answers):
    """Differences as text, without the key's constant part."""
    return [
        str(d).replace(" env=live platform=ios app_version=1.0", "").replace("=2026-11-02 0", "=0")
        for d in check(archive.contract, archive.root, answers)
    ]


def rewrite(archive, *events, run_id="r1"):
    archive.purchases.unlink()
    archive.write("purchase", *events, run_id=run_id)


def test_an_archive_that_holds_what_was_sent_has_no_difference(archive, answers):
    comparison = compare_answers(archive.contract, archive.root, answers)
    assert comparison.differences == []
    assert comparison.figures == {
        "ledger": 20,
        "missing": 2,
        "dead_letters": 1,
        "contents": 12,
        "sessions": 3,
        "players": 4,
        "dau": 2,
        "retention": 3,
        "leaderboard": 2,
        "bots": 1,
        "rollup_revenue_per_minute": 1,
        "rollup_active_players": 2,
        "rollup_scores": 4,
    }
    assert report(comparison).endswith("57 figures in 13 answers compared: 0 differences\n")


def test_one_event_dropped_is_found(archive, answers):
    rewrite(archive, E1)
    assert found(archive, answers) == [
        "contents event_type=purchase hour=01:00:00 event_time_sum: expected 1793581200000, found nothing",
        "contents event_type=purchase hour=01:00:00 events: expected 1, found nothing",
        "contents event_type=purchase hour=01:00:00 money_micros: expected 4000000, found nothing",
        "contents event_type=purchase hour=01:00:00 seq_sum: expected 4, found nothing",
    ]


def test_one_event_copied_under_another_id_is_found(archive, answers):
    archive.write("purchase", E1 | {"event_id": "e9"})
    assert "contents event_type=purchase hour=00:00:00 events: expected 1, found 2" in found(archive, answers)


def test_an_exact_copy_under_another_run_is_hidden(archive, answers):
    archive.run("r2")
    archive.write("purchase", E1, E2, run_id="r2")
    assert found(archive, answers) == []


def test_one_event_moved_to_another_hour_is_found(archive, answers):
    rewrite(archive, E1, E2 | {"event_time": DAY + 2 * HOUR})
    differences = found(archive, answers)
    assert "contents event_type=purchase hour=01:00:00 events: expected 1, found nothing" in differences
    assert "contents event_type=purchase hour=02:00:00 events: expected nothing, found 1" in differences


def test_one_event_moved_within_its_hour_is_found(archive, answers):
    rewrite(archive, E1 | {"event_time": DAY + MINUTE}, E2)
    assert found(archive, answers) == [
        f"contents event_type=purchase hour=00:00:00 event_time_sum: expected {DAY + 5}, found {DAY + MINUTE}"
    ]


def test_one_event_repriced_by_a_millionth_is_found(archive, answers):
    rewrite(archive, E1 | {"price_usd": 1.990001}, E2)
    assert found(archive, answers) == ["contents event_type=purchase hour=00:00:00 money_micros: expected 1990000, found 1990001"]


@pytest.mark.parametrize(
    "table, row, difference",
    [
        (
            "ledger",
            {"hour": DAY, **LIVE, "event_type": "purchase", "landed": 1},
            "ledger hour=00:00:00 game=small event_type=purchase landed: expected 1, found 2",
        ),
        (
            "dead_letter",
            {"dead_id": "d2", "arrival_time": DAY, "reason": "malformed", "env": None},
            "dead_letters reason=malformed field=nothing event_type=nothing env=live app_version=nothing "
            "messages: expected 1, found 2",
        ),
        (
            "counter_hours",
            {"hour": DAY, "counter": "i", "seq_ranges": [{"seq_from": 2, "seq_to": 2}]},
            "missing hour=01:00:00 missing: expected 2, found 1",
        ),
        (
            "player_hours",
            {"hour": DAY, "player_id": "p2", "first_time": DAY, "last_time": DAY},
            "dau day=2026-11-02 players: expected 1, found 2",
        ),
        (
            "revenue_per_minute",
            {"window_start": DAY, "platform": "ios", "revenue_micros": 1},
            "rollup_revenue_per_minute window_start=00:00:00 env=live platform=ios "
            "revenue_micros: expected 1990000, found 1990001",
        ),
        (
            "active_players",
            {"window_start": DAY, "players_hashes": [8]},
            "rollup_active_players window_start=00:00:00 env=live players: expected 2, found 3",
        ),
    ],
)
def test_one_row_too_many_in_a_rollup_is_found(archive, answers, table, row, difference):
    archive.run("r2")
    archive.write(table, row, run_id="r2")
    assert difference in found(archive, answers)


def test_a_bot_that_was_not_found_is_a_difference(archive, answers):
    pq.write_table(
        pa.Table.from_pylist([{"player_id": p, "reason": "superhuman_rate"} for p in ("p1", "p2")]), Path(answers, "bots.parquet")
    )
    assert found(archive, answers) == ["bots player_id=p2 reason=superhuman_rate row: expected one, found nothing"]


def test_an_answer_nobody_asks_for_and_one_of_another_shape_are_differences(archive, answers):
    pq.write_table(pa.table({"a": [1]}), Path(answers, "weather.parquet"))
    pq.write_table(pa.table({"player_id": ["p1"]}), Path(answers, "bots.parquet"))
    assert found(archive, answers) == [
        "bots columns: expected player_id, found player_id, reason",
        "weather answer: expected a query of that name, found nothing",
    ]


def test_an_answer_that_is_not_there_is_not_asked_for(archive, answers):
    Path(answers, "bots.parquet").unlink()
    assert "bots" not in compare_answers(archive.contract, archive.root, answers).figures


def test_a_folder_without_answers_is_named(archive, tmp_path):
    with pytest.raises(FileNotFoundError, match="no answers there"):
        check(archive.contract, archive.root, str(tmp_path))


def test_days_are_those_of_the_contracts_time_zone_even_within_an_hour(tmp_path):
    archive = WrittenArchive(small_contract(time_zone="Asia/Kolkata"), tmp_path / "archive")
    hour = DAY + 18 * HOUR  # midnight in Kolkata is 18:30 UTC
    archive.write(
        "player_hours", {"hour": hour, "player_id": "p1", "first_time": hour + 29 * MINUTE, "last_time": hour + 31 * MINUTE}
    )
    for name, rows in {
        "dau": [{"day": date(2026, 11, d), "players": 1} for d in (2, 3)],
        "retention": [{"cohort": date(2026, 11, 2), "players": 1, "d1": 1, "d7": 0}],
    }.items():
        pq.write_table(pa.Table.from_pylist(rows), tmp_path / f"{name}.parquet")
    assert check(archive.contract, archive.root, str(tmp_path)) == []


@pytest.mark.parametrize(("exact", "found", "equal"), [
    (2_047, 2_048, False), (2_048, 2_048, True), (10_000, 11_000, True), (10_000, 9_000, True), (10_000, 11_200, False),
    (10_000, None, False)])
def test_a_distinct_count_is_exact_where_it_can_be_and_else_as_near_as_an_estimate_is(exact, found, equal):
    check = Check("", ["minute"], frozenset({"players"}))
    row = {} if found is None else {("12:00",): [{"players": found, "events": 5}]}
    _, differences = _compare("rollup", check, {("12:00",): [{"players": exact, "events": 5}]}, row)
    assert (not differences) is equal
    assert _compare("rollup", check, {("12:00",): [{"events": exact}]}, {("12:00",): [{"events": exact + 1}]})[1]


def test_a_long_list_of_differences_is_cut_but_counted(archive, answers):
    pq.write_table(
        pa.table({"player_id": [f"p{i}" for i in range(1, 51)], "reason": ["superhuman_rate"] * 50}),
        Path(answers, "bots.parquet"),
    )
    text = report(compare_answers(archive.contract, archive.root, answers))
    assert "and 29 more" in text and text.endswith("compared: 49 differences\n")
