"""The job as a stream: time by hand, and the archive's views as what came out."""

import json
import os
from pathlib import Path

import apache_beam as beam
import fastavro
import pyarrow.parquet as pq
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.testing.test_stream import TestStream as StreamByHand  # pytest takes Test… for a test
from apache_beam.transforms.window import TimestampedValue
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from gamebeam.loadgen.generate import generate
from gamebeam.schemas.contract.contract import load_contract
from gamebeam.schemas.tables import tables
from gamebeam.transforms.columns import columns_of_rows, serialize
from gamebeam.transforms.sinks.parquet import WriteArchive
from tests.support.small_contract import small_contract
from tests.support.streams import Advance, Sent, Wait, answers, in_order, rows, run_files, run_stream

SECOND, MINUTE, HOUR = 1_000, 60_000, 3_600_000
T = 1_790_000_000_000 // HOUR * HOUR
SMALL = small_contract()
EXAMPLES, STREAMS = int(os.environ.get("CHAOS_EXAMPLES", 5)), 5
DRAWN = settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
APART = 5 * 24 * HOUR  # a stream's last copy comes within four days


def match(event_id, event_time, arrival=None, **fields):
    """A match_end of player p1, on its way; it arrives at once unless told otherwise."""
    return _sent("match_end", event_id, event_time, arrival, {"score": 1} | fields)


def purchase(event_id, event_time, arrival=None, **fields):
    return _sent("purchase", event_id, event_time, arrival, {"price_usd": 1.5} | fields)


def _sent(event_type, event_id, event_time, arrival, fields):
    envelope = {"event_id": event_id, "event_type": event_type, "event_time": event_time, "player_id": "p1", "session_id": "s1",
                "install_id": "i1", "platform": "ios", "app_version": "1.0"}
    return Sent(event_time if arrival is None else arrival, json.dumps(envelope | fields).encode())


def asked(archive, sql):
    return rows(SMALL, archive, sql)


# Copies


@pytest.fixture(scope="module")
def copies(tmp_path_factory):
    """Five hours' events, with copies of them 20 s, 40 h, 80 h and 60 h later."""
    archive = str(tmp_path_factory.mktemp("copies"))
    a, b, c, d = T, T + HOUR, T + 2 * HOUR, T + 3 * HOUR
    run_stream(SMALL, archive, in_order([
        [match("same_bundle", a, a + 20 * SECOND, score=2), match("same_bundle", a, a + 10 * SECOND, score=1)],
        [match("another_bundle", b, b + 10 * SECOND, score=1)],
        [match("another_bundle", b, b + 20 * SECOND, score=2)],
        [match("kept_alive", c)],
        [match("forgotten", d)],
        [match("kept_alive", c, c + 40 * HOUR)],
        [match("forgotten", d, d + 60 * HOUR, score=7)],
        [match("kept_alive", c, c + 80 * HOUR)],
    ]))
    return archive


def counts(archive, hour):
    return asked(archive, f"""SELECT SUM(received), SUM(landed), SUM(duplicate), SUM(late) FROM ledger
                              WHERE UNIX_MILLIS(hour) = {hour}""")[0]


def test_of_copies_in_one_bundle_the_first_to_arrive_lands_and_the_other_is_counted(copies):
    assert counts(copies, T) == (2, 1, 1, 0)
    assert asked(copies, "SELECT score FROM match_end WHERE event_id = 'same_bundle'") == [(1,)]


def test_a_copy_in_another_bundle_is_a_duplicate(copies):
    assert counts(copies, T + HOUR) == (2, 1, 1, 0)
    assert asked(copies, "SELECT score FROM tables.match_end WHERE event_id = 'another_bundle'") == [(1,)]


def test_a_copy_within_the_horizon_of_the_last_arrival_is_a_duplicate(copies):
    assert counts(copies, T + 2 * HOUR) == (3, 1, 2, 0)


def test_a_copy_beyond_the_horizon_lands_again_and_the_event_view_hides_it(copies):
    assert counts(copies, T + 3 * HOUR) == (2, 2, 0, 1)
    assert asked(copies, "SELECT score FROM tables.match_end WHERE event_id = 'forgotten'") == [(1,), (7,)]
    assert asked(copies, "SELECT score FROM match_end WHERE event_id = 'forgotten'") == [(1,)]


def test_what_tells_no_time_is_a_copy_within_its_hour_of_arrival_however_short_the_horizon(tmp_path):
    archive, broken = str(tmp_path), b'{"event_type": "match_end", "no_time": 1'
    run_stream(SMALL, archive, in_order([
        [Sent(T + MINUTE, broken), match("e1", T + MINUTE)],
        [match("e2", T + 20 * MINUTE)],
        [Sent(T + 40 * MINUTE, broken), match("e1", T + MINUTE, T + 40 * MINUTE)],
        [match("e3", T + HOUR + MINUTE)],
        [Sent(T + HOUR + 2 * MINUTE, broken)],
    ]), horizon_ms=2 * MINUTE)
    told = asked(archive, "SELECT SUM(received), SUM(duplicate), SUM(dead_lettered) FROM ledger WHERE app_version IS NULL")
    assert told == [(3, 1, 2)]
    assert asked(archive, "SELECT SUM(landed), SUM(duplicate) FROM ledger WHERE app_version IS NOT NULL") == [(4, 0)]


# Panes


PANES = [  # an Advance after each, because Prism's stateful stages move only with the watermark
    Advance(), [match("e1", T + SECOND, score=1, seq=1)], Advance(), Wait(15),  # early
    [match("e2", T + 2 * SECOND, score=2, seq=2)], Advance(),  # the watermark passes ten minutes: on time
    [match("next", T + 11 * MINUTE, seq=4)], Advance(), Wait(15),
    [match("e3", T + 9 * MINUTE, T + 12 * MINUTE, score=4, seq=3)], Advance(), Wait(15),  # behind the watermark, yet not late by its data
    [match("last", T + 61 * MINUTE, seq=5)],
]


@pytest.fixture(scope="module")
def panes(tmp_path_factory):
    archive = str(tmp_path_factory.mktemp("panes"))
    run_stream(SMALL, archive, PANES)
    return archive


def panes_of(archive, rollup, value):
    """[(timing, value)] of a rollup's window that begins at T, in the order of its panes."""
    found = asked(archive, f"""SELECT pane_index, pane_timing, {value} FROM tables.{rollup}
                               WHERE UNIX_MILLIS(window_start) = {T}""")
    return [(timing, total) for _, timing, total in found]


def test_a_declared_rollup_emits_early_on_time_and_late_panes_that_accumulate(panes):
    assert panes_of(panes, "active_players", "events") == [("EARLY", 1), ("ON_TIME", 2), ("LATE", 3)]


def test_a_rollup_of_more_than_ten_minutes_has_no_early_panes(panes):
    assert panes_of(panes, "scores", "total") == [("ON_TIME", 8)]


def test_the_view_takes_the_pane_that_holds_all_the_others(panes):
    assert asked(panes, f"SELECT events, is_final FROM active_players WHERE UNIX_MILLIS(window_start) = {T}") == [(3, True)]


def test_a_rollup_row_is_written_once_a_pane_and_never_again(panes):
    written = asked(panes, "SELECT window_start, window_end, pane_index, COUNT(*) FROM tables.active_players GROUP BY 1, 2, 3")
    assert len(written) >= 30 and {n for *_, n in written} == {1}


def test_built_in_rollups_have_one_pane_per_stretch_of_arrival(panes):
    for table in ("ledger", "counter_hours", "player_hours"):
        assert {pane for pane, in asked(panes, f"SELECT pane_index FROM tables.{table}")} == {0}, table
    assert asked(panes, "SELECT SUM(received), SUM(landed) FROM ledger") == [(5, 5)]


# Lateness


@pytest.fixture(scope="module")
def stragglers(tmp_path_factory):
    """Events on time, an hour and a bit late, and 29 days late, and a broken message, under a watermark that has not moved."""
    archive = str(tmp_path_factory.mktemp("stragglers"))
    at = T + 2 * HOUR
    run_stream(SMALL, archive, [
        Advance(), [match("on_time", at, score=1), match("almost_late", at + 1 - HOUR, at + 1, score=2)],
        [match("late", at - HOUR - 1, at + SECOND, score=4), Sent(at + 2 * SECOND, b"{no event")],
        [match("late_too", at - HOUR + 1, at + 10 * MINUTE, score=8), purchase("very_late", at - 29 * 24 * HOUR, at + 11 * MINUTE)],
        [match("after", at + 3 * HOUR, score=16)],
    ])
    return archive


def test_late_events_are_left_out_of_declared_rollups_wherever_the_watermark_is(stragglers):
    assert asked(stragglers, "SELECT SUM(total) FROM scores") == [(1 + 2 + 16,)]
    assert asked(stragglers, "SELECT * FROM revenue_per_minute") == []


def test_late_events_stay_in_player_hours_and_in_the_ledger(stragglers):
    assert asked(stragglers, "SELECT SUM(events), SUM(score), SUM(revenue) FROM player_hours") == [(6, 31, 1.5)]
    late = asked(stragglers, "SELECT event_type, SUM(landed), SUM(late) FROM ledger WHERE late > 0 GROUP BY event_type")
    assert late == [("match_end", 3, 2), ("purchase", 1, 1)]  # almost_late is of the same hour as late_too


def test_built_in_rollups_miss_nothing_however_late(stragglers):
    assert asked(stragglers, "SELECT SUM(received), SUM(landed), SUM(dead_lettered), SUM(late) FROM ledger") == [(7, 6, 1, 3)]


def test_late_events_of_a_day_that_arrive_within_an_hour_share_a_file(stragglers):
    files = sorted(path.parts[-4] for path in Path(stragglers).glob("events/*/*/hour=late/*.parquet"))
    assert files == ["match_end", "purchase"]
    assert asked(stragglers, "SELECT event_id FROM events WHERE late") == [("late",), ("late_too",), ("very_late",)]


# The archive


def test_files_of_later_panes_overwrite_none_of_the_earlier(tmp_path):
    table = tables(SMALL)["ledger"]
    stream = StreamByHand(coder=beam.coders.BytesCoder()).advance_watermark_to(1_000)
    blob = serialize(columns_of_rows(table, [("live", 0, T, T, T, *[None] * 5, *[1] * 6, 0, "ON_TIME", T)]))
    for reached in (1_100, 1_200):  # the second comes behind the watermark, into the same window
        stream = stream.add_elements([TimestampedValue(blob, 1_000)]).advance_watermark_to(reached)
    with beam.Pipeline(options=PipelineOptions(["--runner=BundleBasedDirectRunner", "--streaming"])) as p:
        keyed = p | stream.advance_watermark_to_infinity() | beam.WithKeys("events/ledger/date=2026-01-01/hour=00")
        (keyed, p | beam.Create([])) | WriteArchive(str(tmp_path), "live", streaming=True)
    written = list(tmp_path.rglob("*.parquet"))
    assert len(written) == 2 and sum(pq.read_metadata(f).num_rows for f in written) == 2


# Streaming equals batch


def assert_equal_answers(contract, stream, batch):
    streamed, batched = answers(contract, stream), answers(contract, batch)
    for view in batched:
        assert streamed[view] == batched[view], view


def test_the_order_between_partitions_changes_no_view(tmp_path):
    one = [[match(f"a{n}", T + n * 7 * MINUTE, player_id="p1", install_id="i1", seq=n + 1)] for n in range(8)]
    two = [[purchase(f"b{n}", T + n * 11 * MINUTE, player_id="p2", install_id="i2", seq=n + 1)] for n in range(5)]
    run_stream(SMALL, str(tmp_path / "one_first"), in_order([*one, *two]))
    run_stream(SMALL, str(tmp_path / "two_first"), in_order([*two, *one]))
    assert_equal_answers(SMALL, str(tmp_path / "two_first"), str(tmp_path / "one_first"))


def generated(tmp_path):
    """The messages of three players' day with every fault, as the broker took them."""
    starter = load_contract("starter")
    generate(starter, str(tmp_path / "played"), players=3, days=1, seed=4, files=1, format="avro")
    with open(next((tmp_path / "played" / "messages").iterdir()), "rb") as f:
        records = list(fastavro.reader(f))
    return starter, [Sent(int(r["publish_time"].timestamp() * 1000), r["data"]) for r in records]


def test_a_stream_and_a_batch_over_the_same_players_give_equal_views(tmp_path):
    starter, messages = generated(tmp_path)
    cuts = range(0, len(messages), len(messages) // 12)
    steps = [step for cut in cuts for step in (Advance(), messages[cut:cut + len(messages) // 12], Wait(12))]
    run_stream(starter, str(tmp_path / "stream"), steps)
    run_files(starter, str(tmp_path / "batch"), steps)
    assert len(messages) > 100
    assert_equal_answers(starter, str(tmp_path / "stream"), str(tmp_path / "batch"))


@st.composite
def arrivals(draw, which):
    """Steps of a stream: three players' events in two partitions, some late, broken or sent twice, read in any interleaving.

    A copy that arrives later may give another event_time, on the same day or the next. Each stream has players and days of its own.
    """
    partitions = [[], []]
    start = T + which * APART
    for n in range(draw(st.integers(1, 25))):
        player, copies_after = draw(st.integers(1, 3)), draw(st.lists(st.integers(0, 40 * HOUR), max_size=2, unique=True))
        event_time = start + draw(st.integers(0, 150)) * MINUTE + n  # no two at the same moment
        arrival = event_time + draw(st.sampled_from([0, 5 * SECOND, 10 * MINUTE, HOUR, HOUR + 1, 30 * HOUR]))
        who = {"player_id": f"p{which}-{player}", "install_id": f"i{which}-{player}", "seq": n + 1,
               "session_id": draw(st.sampled_from(["s1", "s2", None])), "env": draw(st.sampled_from(["live", "test"]))}
        if draw(st.booleans()):
            league = draw(st.sampled_from(["gold", "tin", None]))
            message = match(f"e{which}-{n}", event_time, score=draw(st.integers(-5, 5)), league=league, **who)
        else:
            message = purchase(f"e{which}-{n}", event_time, price_usd=draw(st.sampled_from([0.1, 0.2, 4.99])), **who)
        cut = -draw(st.sampled_from([0, 0, 0, 1, 30])) or None
        for after in (0, *copies_after):
            moved = draw(st.sampled_from([0, 0, min(after, 2 * HOUR), after]))
            payload = message.payload.replace(str(event_time).encode(), str(event_time + moved).encode())
            partitions[n % 2].append(Sent(arrival + after, payload[:cut]))
    for partition in partitions:
        partition.sort(key=lambda m: m.arrival)
    steps = []
    while any(partitions):
        steps += draw(st.sampled_from([[], [Advance()], [Advance()], [Advance(), Wait(11)], [Wait(3)]]))
        partition = draw(st.sampled_from([p for p in partitions if p]))
        size = draw(st.integers(1, 8))
        steps.append(partition[:size])
        del partition[:size]
    return steps


@DRAWN
@given(streams=st.tuples(*map(arrivals, range(STREAMS))))
def test_a_stream_and_a_batch_over_the_same_messages_give_equal_views(tmp_path_factory, streams):
    """One stream after the other in one pipeline: to build one costs more than to run it."""
    assert_stream_equals_batch(tmp_path_factory.mktemp("equal"), streams)


def assert_stream_equals_batch(root, streams, **engine):
    steps = [step for stream in streams for step in stream]
    run_stream(SMALL, str(root / "stream"), steps, **engine)
    run_files(SMALL, str(root / "batch"), steps)
    assert_equal_answers(SMALL, str(root / "stream"), str(root / "batch"))


# On Prism, whose engine is another


@pytest.fixture(scope="module")
def on_prism(tmp_path_factory, prism):
    archive = str(tmp_path_factory.mktemp("prism"))
    run_stream(SMALL, archive, PANES, **engine(prism))
    return archive


def engine(prism):
    return {"runner": "PrismRunner", "flags": ["--environment_type=LOOPBACK", f"--prism_location={prism}"]}


@pytest.mark.engine
@settings(DRAWN, phases=[Phase.reuse, Phase.generate])  # to make an example smaller takes a Prism for every try
@given(streams=st.tuples(*map(arrivals, range(STREAMS))))
def test_on_prism_too_a_stream_and_a_batch_over_the_same_messages_give_equal_views(tmp_path_factory, prism, streams):
    assert_stream_equals_batch(tmp_path_factory.mktemp("prism"), streams, **engine(prism))


@pytest.mark.engine
def test_on_prism_too_panes_accumulate_and_every_view_equals_a_batchs(tmp_path, on_prism):
    """Prism hands panes over in any order: a view takes the one that counted most."""
    run_files(SMALL, str(tmp_path / "batch"), PANES)
    panes_ = panes_of(on_prism, "active_players", "events")
    assert panes_[:2] == [("EARLY", 1), ("ON_TIME", 2)]
    assert panes_[-1] == ("LATE", 3)  # between them Prism repeats what it has, when an early timer fires after the window's end
    assert_equal_answers(SMALL, on_prism, str(tmp_path / "batch"))


@pytest.mark.engine
def test_on_prism_files_of_events_are_written_while_declared_rollups_still_wait_for_what_is_late(on_prism):
    first = min(path.stat().st_mtime for path in Path(on_prism).glob("events/*/*/*/*.parquet"))
    ended = asked(on_prism, "SELECT UNIX_MILLIS(MAX(emitted_time)) FROM tables.ledger")[0][0]
    assert first < ended / 1000
