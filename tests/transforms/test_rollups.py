"""Rollups and copies as algebra: however events are cut into bundles and in whatever order they merge, the rows are the same."""

import json
from copy import deepcopy
from unittest.mock import patch

from apache_beam.transforms.window import IntervalWindow
from apache_beam.utils.timestamp import Timestamp
from apache_beam.utils.windowed_value import PaneInfo
from hypothesis import given
from hypothesis import strategies as st

from gamebeam.schemas.events import DEAD_LETTER
from gamebeam.transforms.batch import Batch
from gamebeam.transforms.columns import deserialize
from gamebeam.transforms.decode.decoder import Decoder
from gamebeam.transforms.dedup.dedup_key import SHARDS, id_hash, keys_of, pick
from gamebeam.transforms.dedup.seen_ids import SLICES
from gamebeam.transforms.rollups import declared_rollup as declared
from gamebeam.transforms.rollups.counters import CounterHours
from gamebeam.transforms.rollups.declared_rollup import Declared
from gamebeam.transforms.rollups.ledger import Ledger
from gamebeam.transforms.rollups.partials import Partials, PartialsCoder
from gamebeam.transforms.rollups.players import PlayerHours
from gamebeam.transforms.rollups.transform import MergePartials, Sum, ToRows, rollups_of
from tests.support.small_contract import small_contract

MINUTE, HOUR = 60_000, 3_600_000
T = 1_790_000_000_000 // HOUR * HOUR
SMALL, BY_GAP = small_contract(), small_contract(session_gap="10m")
DECODER = Decoder(SMALL)
SUMMING = Sum(SMALL, streaming=True)
SUMMING.setup()


@st.composite
def payloads(draw, number):
    """An event of one of few players, at one of few moments, so that ties are common; its id is its own."""
    kind = draw(st.sampled_from(["match_end", "purchase", "broken"]))
    event = {"event_id": f"e{number}", "event_type": kind, "event_time": T + draw(st.integers(-3, 12)) * 7 * MINUTE,
             "player_id": draw(st.sampled_from(["p1", "p2", None])), "session_id": draw(st.sampled_from(["s1", "s2", None])),
             "install_id": draw(st.sampled_from(["i1", "i2", None])), "seq": draw(st.sampled_from([None, *range(1, 9)])),
             "platform": draw(st.sampled_from(["ios", "web", None])), "app_version": draw(st.sampled_from(["1", "2", None]))}
    if kind == "purchase":
        event["price_usd"] = draw(st.sampled_from([0.1, 0.2, -0.3, 4.99]))
    if kind == "match_end":
        event |= {"score": draw(st.integers(-3, 3)), "league": draw(st.sampled_from(["gold", "tin", None]))}
    return json.dumps(event).encode(), event["event_time"] + draw(st.sampled_from([0, MINUTE, 2 * HOUR]))


@st.composite
def bundles(draw):
    """[[(payload, arrival)]]: some events, dealt out over bundles in any order."""
    events = [draw(payloads(n)) for n in range(draw(st.integers(1, 20)))]
    cuts = [[] for _ in range(draw(st.integers(1, 5)))]
    for event in draw(st.permutations(events)):
        draw(st.sampled_from(cuts)).append(event)
    return [cut for cut in cuts if cut]


def batch_of(bundle):
    items = [DECODER.decode(payload, arrival) for payload, arrival in bundle]
    return Batch([i for i in items if i.TYPE != "dead_letter"], [i for i in items if i.TYPE == "dead_letter"], [])


def rows_of(make, bundles_, order=None):
    """The rollup's rows, by way of the coder and the CombineFn that carry its partials through a job."""
    partials = {}
    for bundle in bundles_:
        rollup = make()
        rollup.add(batch_of(bundle))
        for flushed in rollup.flush():
            crossed = PartialsCoder().decode(PartialsCoder().encode(Partials(flushed.partials)))
            partials.setdefault((flushed.beam_key, flushed.at), []).append(crossed)
    rollup, rows = make(), []
    merging = MergePartials(rollup)
    before = deepcopy(partials)
    for (beam_key, at), some in partials.items():
        accumulators = [merging.add_input(merging.create_accumulator(), p) for p in some]
        if order:
            order.shuffle(accumulators)
            while len(accumulators) > 1:  # any two, in any tree
                accumulators.append(merging.merge_accumulators([accumulators.pop(0), accumulators.pop(0)]))
                order.shuffle(accumulators)
        merged = list(merging.merge_accumulators(accumulators).items())
        if at is None:
            rows += [(start, end, *rollup.row(key, partial)) for start, end, key, partial in rollup.windows(beam_key, merged)]
        else:
            rows += [(at, *rollup.row(key, partial)) for key, partial in merged]
    assert partials == before, "merging must leave what it merges as it was: other windows and later panes hold the same objects"
    return sorted(rows, key=repr)


def assert_merges(make, bundles_, order):
    whole = [[event for bundle in bundles_ for event in bundle]]
    assert rows_of(make, bundles_, order) == rows_of(make, whole)


def declared_rollup(name, streaming):
    rollup = next(r for r in SMALL.rollups if r.name == name)
    return lambda: Declared(SMALL, rollup, streaming)


@given(bundles(), st.randoms(use_true_random=False))
def test_the_ledger_of_parts_merges_to_the_ledger_of_the_whole(bundles_, order):
    assert_merges(Ledger, bundles_, order)


@given(bundles(), st.randoms(use_true_random=False), st.booleans())
def test_player_hours_of_parts_merge_to_those_of_the_whole(bundles_, order, streaming):
    assert_merges(lambda: PlayerHours(SMALL, streaming), bundles_, order)


@given(bundles(), st.randoms(use_true_random=False), st.booleans())
def test_sessions_by_gap_coalesce_in_any_order(bundles_, order, streaming):
    assert_merges(lambda: PlayerHours(BY_GAP, streaming), bundles_, order)


@given(bundles(), st.randoms(use_true_random=False), st.booleans())
def test_counter_hours_of_parts_merge_to_those_of_the_whole(bundles_, order, streaming):
    assert_merges(lambda: CounterHours("install", "small", streaming), bundles_, order)


@given(bundles(), st.randoms(use_true_random=False), st.sampled_from([r.name for r in SMALL.rollups]), st.booleans())
def test_declared_rollups_of_parts_merge_to_those_of_the_whole(bundles_, order, name, streaming):
    assert_merges(declared_rollup(name, streaming), bundles_, order)


@given(bundles(), st.randoms(use_true_random=False))
def test_the_smallest_hashes_of_parts_merge_to_those_of_the_whole(bundles_, order):
    with patch.object(declared, "KEPT", 1):
        assert_merges(declared_rollup("active_players", True), bundles_, order)


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(0, 3), st.integers(0, 3)), max_size=12), st.data())
def test_of_copies_exactly_one_is_picked_and_their_order_does_not_matter(copies, data):
    """(id, minutes until arrival, score) of each copy."""
    items = [DECODER.decode(json.dumps({"event_id": f"e{n}", "event_type": "match_end", "event_time": T, "score": score}).encode(),
                            T + minutes * MINUTE) for n, minutes, score in copies]
    firsts, others = pick(items)
    again, others_again = pick(data.draw(st.permutations(items)))
    assert sorted(f.event_id for f in firsts) == sorted({i.event_id for i in items})
    assert sorted(map(repr, again)) == sorted(map(repr, firsts))
    assert sorted(map(repr, others_again)) == sorted(map(repr, others))
    assert len(firsts) + len(others) == len(items)
    earliest = {i.event_id: min(j.arrival_time for j in items if j.event_id == i.event_id) for i in items}
    assert all(f.arrival_time == earliest[f.event_id] for f in firsts)


def key_of(event, bucket=HOUR):
    (key,), _ = keys_of([event], [], SHARDS, bucket)
    return int(key)


@given(st.integers(0, 10**6), st.integers(0, HOUR - 1), st.integers(0, 100))
def test_copies_of_an_event_meet_under_one_key_whenever_they_arrive(number, offset, hours):
    payload = json.dumps({"event_id": str(number), "event_type": "match_end", "event_time": T + offset, "score": 1}).encode()
    assert key_of(DECODER.decode(payload, T + offset)) == key_of(DECODER.decode(payload, T + offset + hours * HOUR))


def test_where_copies_are_known_for_minutes_no_id_is_kept_with_those_of_an_hour():
    message = {"event_id": "1", "event_type": "match_end", "score": 1}
    decoded = [DECODER.decode(json.dumps(message | {"event_time": T + minute * 60_000}).encode(), T) for minute in (0, 1, 2)]
    assert [key_of(e, 120_000) - key_of(decoded[0], 120_000) for e in decoded] == [0, 0, SHARDS]
    assert len(set(map(key_of, decoded))) == 1


def test_of_dead_letters_that_tell_no_time_those_of_an_hour_of_arrival_are_copies_whatever_the_bucket():
    items = [DECODER.decode(b"{broken", T + minute * 60_000) for minute in (0, 59, 60)]
    for bucket in (120_000, HOUR, 24 * HOUR):
        keys = [(key.tolist(), noted.pack()) for key, noted in (keys_of([], [item], SHARDS, bucket) for item in items)]
        assert keys[0] == keys[1] != keys[2]


def key_by_itself(item, bucket):
    """The plain reference: one item, no arrays."""
    if item.event_time is None:
        time, bucket = item.arrival_time // HOUR * HOUR, max(bucket, HOUR)
    elif item.TYPE == DEAD_LETTER or item.client_event_time is None:
        time = item.event_time
    else:
        time = item.client_event_time
    return time // bucket * SHARDS + id_hash(item) % SHARDS


@given(bundles(), st.sampled_from([120_000, HOUR, 24 * HOUR]), st.booleans())
def test_many_items_have_the_keys_that_each_has_by_itself(bundles_, bucket, corrected):
    batches = [batch_of(bundle) for bundle in bundles_]
    events = [e for b in batches for e in b.events]
    dead = [d for b in batches for d in b.dead] + [DECODER.decode(b"{broken", T), DECODER.decode(b"{", T + HOUR)]
    for event in events[::2] if corrected else ():
        event.client_event_time = event.event_time - HOUR
    keys, noted = keys_of(events, dead, SHARDS, bucket)
    assert keys.tolist() == [key_by_itself(item, bucket) for item in events + dead]
    assert noted.hashes.tolist() == [id_hash(item) for item in events + dead]
    assert set(noted.slices.tolist()) <= set(range(SLICES))


def test_panes_that_come_in_one_bundle_are_emitted_at_one_time():
    """Or, of two that wait together, the one that a runner happens to hand over last would count."""
    to_rows, merged = ToRows(Ledger(), "live"), (0, Partials({(T, *[None] * 5): [1] * 6}))
    with patch("gamebeam.transforms.rollups.transform.time.time_ns", side_effect=[10**15, 2 * 10**15, 3 * 10**15]):
        to_rows.start_bundle()
        panes = [PaneInfo(False, False, 0, index, -1) for index in (3, 2)]
        blobs = [blob for pane in panes for _, blob in to_rows.process(merged, IntervalWindow(0, 60), pane)]
    rows = [row for batch in deserialize(blobs) for row in batch.to_pylist()]
    assert [row["pane_index"] for row in rows] == [3, 2] and len({row["emitted_time"] for row in rows}) == 1


def windows_of(bundles_):
    """{(rollup, window of arrival, key): partial} of the built-in rollups as a stream would sum them."""
    found = {}
    for bundle in bundles_:
        SUMMING.start_bundle()
        outputs = [*SUMMING.process(batch_of(bundle), min(Timestamp(a / 1000) for _, a in bundle)), *SUMMING.finish_bundle()]
        for out in outputs:
            (_, partials), stamp = out.value.value, out.value.timestamp
            rollup = next(r for r in rollups_of(SMALL, True) if r.table.name == out.tag)
            if not isinstance(rollup, Declared):
                for key, partial in partials.items():
                    at = out.tag, stamp.micros // 600_000_000, key
                    found[at] = rollup.merge([found[at], partial]) if at in found else partial
    return found


@given(bundles())
def test_an_event_counts_in_the_window_of_its_own_arrival_however_bundles_are_cut(bundles_):
    """So that a restart, which cuts them anew, counts none in a second window."""
    assert windows_of(bundles_) == windows_of([[event for bundle in bundles_ for event in bundle]])


def test_sums_of_what_no_column_holds_stay_at_the_greatest_number():
    a, b = [2, 2**63 - 2, 5, -5, None], [1, 7, 5, -5, None]
    assert declared_rollup("scores", streaming=True)().merge([a, b])[:2] == [3, 2**63 - 1]
    with_floats = [json.dumps({"event_id": f"e{n}", "event_type": "purchase", "event_time": T, "player_id": "p", "price_usd": 1e9}).encode()
                   for n in range(10_000)]
    (row,) = rows_of(lambda: PlayerHours(SMALL, streaming=False), [[(payload, T) for payload in with_floats]])
    assert 2**63 - 1 in row
