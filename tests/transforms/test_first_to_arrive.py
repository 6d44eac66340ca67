"""FirstToArrive, stepped by hand: against a set of ids, with small cells, little memory, and state that goes back to a checkpoint."""

import json
from collections import defaultdict
from copy import deepcopy
from unittest.mock import patch

from apache_beam.utils.timestamp import Timestamp
from hypothesis import given, settings
from hypothesis import strategies as st

from gamebeam.schemas.events import pack
from gamebeam.transforms.decode.decoder import Decoder
from gamebeam.transforms.dedup import seen_ids as seen
from gamebeam.transforms.dedup.dedup_key import keys_of
from gamebeam.transforms.dedup.seen_ids import SLICES, Warm
from gamebeam.transforms.dedup.transform import FirstToArrive
from tests.support.small_contract import small_contract

T, HOUR, DAY = 1_780_000_000_000 // 86_400_000 * 86_400_000, 3_600_000, 86_400_000
SMALL = small_contract()
DECODER = Decoder(SMALL)


class Cell:
    """A bag of one key, whose reads are counted."""

    def __init__(self, state, name):
        self.state, self.name, self.reads = state, name, 0

    def read(self):
        self.reads += 1
        return list(self.state[self.name])

    def add(self, value):
        self.state[self.name].append(value)

    def clear(self):
        self.state[self.name] = []


class Timer:
    def __init__(self):
        self.at = []

    def set(self, at):
        self.at.append(at)


def event(number, hour):
    body = {"event_id": f"e{number}", "event_type": "match_end", "event_time": T + hour * HOUR, "score": 1}
    return DECODER.decode(json.dumps(body).encode(), T + DAY)


def step(dofn, state, events):
    """(ids that landed, ids that were copies, the cells), of one shard and day."""
    _, noted = keys_of(events, [], 1, DAY)
    cells = [Cell(state, n) for n in range(SLICES)]
    batch, = dofn.process((1, pack(events, [], noted.pack())), Timer(), Cell(state, "recent"), *cells)
    return [e.event_id for e in batch.events], len(batch.duplicates), cells


def started(horizon_ms=2 * DAY, most=10**6):
    dofn = FirstToArrive(SMALL, horizon_ms)
    dofn.setup()
    dofn.warm = Warm(most)
    return dofn


# (number of the id, hour of its day): copies may give different times
BATCHES = st.lists(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 23)), min_size=1, max_size=25), min_size=1, max_size=12)


@given(BATCHES, st.sampled_from([1, 8_000, 10**6]), st.data())
@settings(max_examples=60, deadline=None)
def test_every_id_lands_once_also_when_state_goes_back_or_the_worker_is_another(batches, most, data):
    with patch.object(seen, "FEW", 12), patch.object(seen, "DENSE", 3), patch("gamebeam.transforms.dedup.transform.FEW", 12):
        dofn, state, landed = started(most=most), defaultdict(list), set()
        checkpoint = deepcopy(state), set(landed)
        for numbers in batches:
            events = [event(n, hour) for n, hour in numbers]
            numbers = [n for n, _ in numbers]
            ids, copies, _ = step(dofn, state, events)
            assert sorted(ids) == sorted({f"e{n}" for n in numbers} - landed)
            assert copies == len(numbers) - len(ids)
            landed |= set(ids)
            what = data.draw(st.sampled_from(["go on", "go on", "checkpoint", "go back", "another worker"]))
            if what == "checkpoint":
                checkpoint = deepcopy(state), set(landed)
            if what == "go back":  # the same worker's memory is of a state that is no more
                state, landed = deepcopy(checkpoint[0]), set(checkpoint[1])
            if what == "another worker":
                dofn = started(most=most)


def test_a_worker_that_wrote_the_state_reads_no_slice_and_another_reads_those_that_hold_ids_once():
    with patch.object(seen, "FEW", 12), patch("gamebeam.transforms.dedup.transform.FEW", 12):
        dofn, state = started(), defaultdict(list)
        for first in range(0, 60, 10):
            *_, cells = step(dofn, state, [event(n, n % 4) for n in range(first, first + 10)])  # hours 0 to 3: slices 0 and 1
            assert not any(cell.reads for cell in cells)
            another = started()
        ids, copies, cells = step(another, state, [event(1, 1), event(99, 12)])
        assert ids == ["e99"] and copies == 1
        assert [cell.name for cell in cells if cell.reads] == [0, 1], "a copy may be of any hour: all cells that have ids are read, once"
        *_, cells = step(another, state, [event(100, 12), event(101, 3)])
    assert not any(cell.reads for cell in cells)


def test_state_expires_a_horizon_after_the_greatest_arrival_and_then_nothing_is_left():
    dofn, state, timer = started(horizon_ms=32 * HOUR), defaultdict(list), Timer()
    _, noted = keys_of([event(1, 1)], [], 1, DAY)
    cells = [Cell(state, "recent"), *(Cell(state, n) for n in range(SLICES))]
    for _ in range(3):
        list(dofn.process((1, pack([event(1, 1)], [], noted.pack())), timer, *cells))
    assert timer.at == [Timestamp((T + DAY + 32 * HOUR) / 1000)], "set once: later than need be by less than a step"
    dofn.forget(*cells)
    assert not any(state.values())
