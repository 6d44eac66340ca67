"""Ids that were seen: found again from memory as from state, in nine bytes an id, and no more of them than a worker may keep."""

from collections import defaultdict
from unittest.mock import patch

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gamebeam.transforms.dedup import seen_ids as seen
from gamebeam.transforms.dedup.seen_ids import A_SLICE, HASH, SLICES, Ids, Known, Noted, Recent, Warm

HASHES = st.sets(st.one_of(st.integers(0, 40), st.integers(0, 2**64 - 1)), max_size=20)
NOTED = st.dictionaries(st.integers(0, 2**64 - 1), st.integers(0, SLICES - 1), max_size=30)


def array(hashes):
    return np.array(sorted(hashes), HASH)


def noted(slice_of):
    return Noted(np.array(list(slice_of), HASH), np.array(list(slice_of.values()), np.uint8))


def known(ids, hashes):
    asked = array(hashes)
    return set(asked[ids.among(asked)].tolist())


@given(st.lists(HASHES, max_size=8), HASHES)
def test_ids_know_what_was_added_and_nothing_else_also_when_read_back_from_state(added, asked):
    with patch.object(seen, "FEW", 5):
        ids, everything, chunks = Ids(), set(), []
        for some in added:
            new = some - known(ids, some)
            assert new == some - everything
            ids.add(array(new))
            chunks.append(array(new))
            everything |= new
        for found in (ids, Ids(*chunks)):
            assert known(found, asked) == asked & everything and len(found) == len(everything)


@given(NOTED)
def test_an_id_and_its_slice_take_nine_bytes_and_come_back(slice_of):
    packed = noted(slice_of).pack()
    again = Noted.unpack(packed)
    assert len(packed) == 9 * len(slice_of)
    assert dict(zip(again.hashes.tolist(), again.slices.tolist(), strict=True)) == slice_of


@given(st.lists(st.tuples(NOTED, st.integers(0, 10**13)), max_size=8), st.randoms(use_true_random=False))
def test_a_small_cell_says_the_same_in_whatever_order_its_entries_come(added, order):
    state, entries = Recent(), []
    for slice_of, expires in added:
        entries.append(state.entry(expires, noted(slice_of)))
        state = state.plus(entries[-1])
    order.shuffle(entries)
    again = Recent.read(entries)
    assert again[:4] == state[:4] and again.expires == max([0, *(expires for _, expires in added)])
    assert sorted(again.noted.hashes.tolist()) == sorted(h for slice_of, _ in added for h in slice_of)


@given(NOTED.filter(len))
def test_moving_ids_to_their_slices_cells_loses_none_and_makes_room(slice_of):
    with patch.object(seen, "FEW", 10), patch.object(seen, "DENSE", 2):
        state = Recent()
        state = state.plus(state.entry(7, noted(slice_of)))
        dense = state.dense()
        moved, staying = state.moved(dense)
        after = moved.plus(moved.entry(0, staying))
    assert set(staying.hashes.tolist()) == {h for h, number in slice_of.items() if number not in dense}
    assert len(staying.hashes) <= max(5, len(slice_of) - 6)
    assert after.expires == 7 and after.filled == sum(1 << number for number in set(dense))
    assert after.older and after.version not in (0, state.version)


def test_the_version_tells_which_ids_lie_in_the_slices_cells():
    states = [Recent().plus(Recent().entry(0, noted({h: 0}))) for h in (1, 2)]
    moved = [moved.plus(moved.entry(0, staying)) for moved, staying in (state.moved([0]) for state in states)]
    assert moved[0].version != moved[1].version


class State:
    """One key's ids in state, by slice; reads are counted."""

    def __init__(self):
        self.by_slice, self.reads = {}, []

    def read(self, number):
        self.reads.append(number)
        return Ids(array(self.by_slice.get(number, ())))

    def land(self, known, slice_of):
        """The ids that were new."""
        asked = noted(slice_of)
        new = asked.at(~known.among(asked, self.by_slice, self.read))
        known.add(new)
        for h, number in zip(new.hashes.tolist(), new.slices.tolist(), strict=True):
            self.by_slice.setdefault(number, set()).add(h)
        return set(new.hashes.tolist())


SOME = st.dictionaries(st.one_of(st.integers(0, 30), st.sampled_from([5 << 32, 5 << 32 | 1, 5 << 32 | 2])), st.integers(0, 3), max_size=12)


@given(st.lists(st.tuples(st.integers(0, 4), SOME), max_size=30), st.integers(1, 40).map(lambda n: n * A_SLICE))
def test_an_id_is_known_in_every_slice_of_its_day_and_a_worker_keeps_no_more_than_it_may(batches, most):
    warm, states, landed = Warm(most), defaultdict(State), defaultdict(set)
    for key, slice_of in batches:
        known = warm.take(key, 1)
        assert states[key].land(known, slice_of) == slice_of.keys() - landed[key]
        landed[key] |= slice_of.keys()
        warm.put(key, 1, known)
        kept = [known.bytes for _, known in warm._by_key.values()]
        assert warm._held == sum(kept) and (warm._held <= most or len(kept) == 1)


def test_of_a_slice_that_was_forgotten_state_is_read_only_where_an_id_may_be_in_it():
    known, state = Known(), State()
    state.land(known, {1 << 40: 0, 2 << 40: 1})
    assert known.forget_slice() and not known.forget_slice()
    state.reads.clear()
    state.land(known, {3 << 40: 1})
    assert state.reads == []
    assert state.land(known, {(1 << 40) + 1: 1}) and state.reads == [0], "its upper half is that of an id of slice 0"


def test_what_is_known_of_another_version_is_read_from_state_again():
    warm = Warm()

    def one_id():
        known = Known()
        State().land(known, {5: 0})
        return known

    warm.put(1, 8, one_id())
    nothing = Known().bytes
    assert warm.take(1, 9).bytes == warm.take(1, 8).bytes == nothing
    warm.put(1, 8, one_id())
    assert warm.take(1, 8).bytes > nothing
    warm.put(2, 0, one_id())
    assert warm.take(2, 0).bytes == nothing, "nothing lies in state: what is here was rolled back"
