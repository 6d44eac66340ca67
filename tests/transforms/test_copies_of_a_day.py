"""One rule for copies: the same event_id, and uncorrected event times on the same UTC day, in batch, stream, views, repair and replay."""

import json

import fastavro
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamebeam.loadgen.generate import generate
from gamebeam.pipeline.repair import repair
from gamebeam.pipeline.replay import replay
from gamebeam.schemas.contract.contract import load_contract, parse_contract
from gamebeam.sql.check import compare_answers
from gamebeam.transforms.dedup.dedup_key import COPY, duplicates_across_hours
from tests.support.small_contract import small_contract
from tests.support.streams import Advance, Sent, Wait, answers, in_order, rows, run_files, run_stream

SMALL, STARTER = small_contract(), load_contract("starter")
SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000
T = 1_790_000_000_000 // DAY * DAY


def match(event_id, event_time, arrival=None, **fields):
    envelope = {"event_id": event_id, "event_type": "match_end", "event_time": event_time, "player_id": "p1", "session_id": "s1",
                "install_id": "i1", "platform": "ios", "app_version": "1.0", "score": 1}
    return Sent(event_time if arrival is None else arrival, json.dumps(envelope | fields).encode())


def counts(archive):
    """(received, landed, duplicate) in the ledger, and what the view and the table hold."""
    ledger = rows(SMALL, archive, "SELECT SUM(received), SUM(landed), SUM(duplicate) FROM ledger")[0]
    view, = rows(SMALL, archive, "SELECT COUNT(*) FROM match_end")[0]
    table, = rows(SMALL, archive, "SELECT COUNT(*) FROM tables.match_end")[0]
    return *ledger, view, table


def as_stream(archive, sent):
    run_stream(SMALL, archive, in_order([[m] for m in sent]))


def as_batch(archive, sent):
    run_files(SMALL, archive, [sent])


JOBS = pytest.mark.parametrize("job", [as_stream, as_batch])


# Within a run


@JOBS
def test_q13_ids_sent_twice_two_hours_apart_are_five_events_and_five_duplicates(tmp_path, job):
    sent = [match(f"e{n}", T + HOUR + n + twice * 2 * HOUR) for twice in (0, 1) for n in range(5)]
    job(str(tmp_path), sent)
    assert counts(str(tmp_path)) == (10, 5, 5, 5, 5)
    per_hour = rows(SMALL, str(tmp_path), "SELECT UNIX_MILLIS(hour), landed, duplicate FROM ledger WHERE missing IS NULL")
    assert per_hour == [(T + HOUR, 5, 0), (T + 3 * HOUR, 0, 5)], "a duplicate counts in the hour of its own event_time"


@JOBS
def test_copies_across_midnight_are_two_events(tmp_path, job):
    job(str(tmp_path), [match("e", T + DAY - 1), match("e", T + DAY), match("e", T + DAY + 1)])
    assert counts(str(tmp_path)) == (3, 2, 1, 2, 2)


@JOBS
def test_of_copies_in_different_hours_the_first_to_arrive_lands_whichever_hour_it_is_of(tmp_path, job):
    job(str(tmp_path), [match("e", T + 3 * HOUR, T + 5 * HOUR, score=3), match("e", T + HOUR, T + 6 * HOUR, score=1),
                        match("e", T + 2 * HOUR, T + 7 * HOUR, score=2)])
    assert rows(SMALL, str(tmp_path), "SELECT score FROM tables.match_end") == [(3,)]


@JOBS
def test_the_day_is_that_of_the_clients_own_clock_where_the_front_door_corrected_it(tmp_path, job):
    corrected = [match("moved_over", T + DAY - MINUTE, T + DAY, client_event_time=T + HOUR),
                 match("moved_over", T + DAY + MINUTE, T + DAY + 2 * MINUTE, client_event_time=T + HOUR),
                 match("two_days", T + HOUR, T + DAY + 3 * MINUTE, client_event_time=T - 1),
                 match("two_days", T + HOUR, T + DAY + 4 * MINUTE, client_event_time=T)]
    job(str(tmp_path), corrected)
    landed = rows(SMALL, str(tmp_path), "SELECT event_id, COUNT(*) FROM tables.match_end GROUP BY event_id")
    assert landed == [("moved_over", 1), ("two_days", 2)]


@JOBS
def test_a_dead_letter_that_tells_its_time_is_a_copy_whenever_it_arrives(tmp_path, job):
    broken = match("e", T + HOUR, score="many").payload
    job(str(tmp_path), [Sent(T + HOUR, broken), Sent(T + 4 * HOUR, broken)])
    assert rows(SMALL, str(tmp_path), "SELECT SUM(dead_lettered), SUM(duplicate) FROM ledger") == [(1, 1)]


@JOBS
def test_a_dead_letter_that_tells_no_time_counts_once_in_each_hour_of_arrival(tmp_path, job):
    broken = b'{"event_type": "match_end", "no_time": 1'
    job(str(tmp_path), [Sent(T + MINUTE, broken), Sent(T + 2 * MINUTE, broken), Sent(T + HOUR, broken)])
    assert rows(SMALL, str(tmp_path), "SELECT SUM(dead_lettered), SUM(duplicate) FROM ledger") == [(2, 1)]


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 3), st.integers(0, 4), st.integers(0, 1)), max_size=30))
def test_of_every_id_all_rows_but_those_of_one_hour_are_duplicates_across_hours(drawn):
    """(id, arrival, hour, rank) of each row, against a dict."""
    table = np.array([(h, arrival, hour * HOUR, rank) for h, arrival, hour, rank in drawn], COPY)
    best = {}
    for h, arrival, hour, rank in drawn:
        best[h] = min(best.get(h, (9, 9, 9)), (rank, arrival, hour))
    expected = [i for i, (h, _, hour, _) in enumerate(drawn) if best[h][2] != hour]
    assert sorted(duplicates_across_hours(table, table["time"] // HOUR).tolist()) == expected


# A generated load: copies up to 40 hours late, some of them with another event_time


@pytest.fixture(scope="module")
def load(tmp_path_factory):
    """The messages in order of arrival, and the folder that they were generated in."""
    out = tmp_path_factory.mktemp("load")
    generate(STARTER, str(out), players=4, days=2, seed=16, files=1, format="avro",
             faults={"duplicated_later": 0.1, "retimed": 0.2})
    records = [r for path in sorted((out / "messages").iterdir()) for r in fastavro.reader(path.open("rb"))]
    sent = [Sent(int(r["publish_time"].timestamp() * 1000), r["data"]) for r in records]
    return sorted(sent, key=lambda m: m.arrival), out


def test_batch_stream_and_views_equal_the_answers_of_a_load_with_copies_40_hours_late(load, tmp_path):
    sent, out = load
    size = len(sent) // 30
    steps = [step for cut in range(0, len(sent), size) for step in (Advance(), sent[cut:cut + size], Wait(12))]
    run_stream(STARTER, str(tmp_path / "stream"), steps)
    run_files(STARTER, str(tmp_path / "batch"), steps)
    streamed, batched = answers(STARTER, str(tmp_path / "stream")), answers(STARTER, str(tmp_path / "batch"))
    assert [view for view in batched if streamed[view] != batched[view]] == []
    for archive in ("stream", "batch"):
        comparison = compare_answers(STARTER, str(tmp_path / archive), str(out / "answers"))
        assert comparison.figures and comparison.differences == []


def test_the_load_has_copies_in_other_hours_of_a_day_and_across_midnight(load):
    times = {}
    for message in load[0]:
        try:
            event = json.loads(message.payload)
        except ValueError:
            continue
        times.setdefault(event.get("event_id"), set()).add(event["event_time"])
    pairs = [(min(t), max(t)) for t in times.values() if len(t) > 1]
    assert sum(a // DAY == b // DAY and a // HOUR != b // HOUR for a, b in pairs) > 20
    assert sum(a // DAY != b // DAY for a, b in pairs) > 20


# In several runs


def test_repair_settles_copies_of_a_day_that_different_runs_landed_in_different_hours(tmp_path):
    one, two = [match("a", T + HOUR), match("b", T + 2 * HOUR)], [match("a", T + 3 * HOUR, score=9), match("c", T + 4 * HOUR)]
    as_batch(f"{tmp_path}/together", [*one, *two])
    for run_id, sent in (("one", one), ("two", two)):
        run_files(SMALL, f"{tmp_path}/apart", [sent], run_id=run_id)
    assert counts(f"{tmp_path}/apart")[:4] == (4, 4, 0, 3)
    repair(f"{tmp_path}/apart", SMALL, T, T + DAY)
    together, apart = answers(SMALL, f"{tmp_path}/together"), answers(SMALL, f"{tmp_path}/apart")
    assert [view for view in together if together[view] != apart[view]] == []


def test_repair_of_one_hour_knows_the_copy_that_landed_in_an_hour_that_is_not_repaired(tmp_path):
    archive = str(tmp_path)
    second = [match("a", T + 2 * HOUR, T + 21 * HOUR), match("b", T + 2 * HOUR)]
    for run_id, sent in (("one", [match("a", T + 20 * HOUR)]), ("two", second)):
        run_files(SMALL, archive, [sent], run_id=run_id)
    repair(archive, SMALL, T + 2 * HOUR, T + 3 * HOUR)
    assert counts(archive)[:4] == (3, 2, 1, 2)


def test_what_the_front_door_moves_across_midnight_in_different_runs_stays_twice_in_the_view_and_repair_counts_it_once(tmp_path):
    """The one case in which ledger and views differ: a view's copies are those of one event_date, so that date filters prune."""
    archive, clock = str(tmp_path), T + HOUR
    for run_id, event_time in (("one", T + DAY - MINUTE), ("two", T + DAY + MINUTE)):
        run_files(SMALL, archive, [[match("a", event_time, client_event_time=clock)]], run_id=run_id)
    assert counts(archive) == (2, 2, 0, 2, 2)
    repair(archive, SMALL, T, T + 2 * DAY)
    assert counts(archive) == (2, 1, 1, 2, 2)


def test_repair_counts_events_of_one_id_whose_uncorrected_days_differ_as_two_even_within_an_hour(tmp_path):
    archive = str(tmp_path)
    for run_id, clock in (("one", T - 1), ("two", T)):
        run_files(SMALL, archive, [[match("a", T + HOUR, client_event_time=clock)]], run_id=run_id)
    repair(archive, SMALL, T, T + DAY)
    assert counts(archive) == (2, 2, 0, 1, 2)


def test_a_replayed_event_is_a_duplicate_where_a_copy_landed_in_another_hour_of_its_day(tmp_path):
    archive = str(tmp_path)
    newer = parse_contract(SMALL.text | {"events/rank_up.avsc": json.dumps({"type": "record", "name": "rank_up", "fields": []})})
    unknown = [match(name, T + HOUR, event_type="rank_up", score=None) for name in ("same_day", "next_day")]
    run_files(SMALL, archive, [unknown], run_id="one")
    run_files(newer, archive, [[match("same_day", T + 9 * HOUR), match("next_day", T + DAY)]], run_id="two")
    fingerprint, = rows(newer, archive, "SELECT DISTINCT fingerprint FROM dead_letters")[0]
    done = replay(archive, newer, fingerprint)
    assert ([e.event_id for _, e in done.landed], [e.event_id for _, e in done.duplicate]) == (["next_day"], ["same_day"])
