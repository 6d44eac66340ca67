"""Ids that were seen: found again from memory as from state, in nine bytes an id, and no more of them than a worker may keep."""

from unittest.mock import patch

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from transforms import seen
from transforms.seen import A_SLICE, HASH, SLICES, Ids, Noted, Recent, Slices, Warm

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


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 2), HASHES), max_size=30))
def test_a_worker_keeps_what_was_used_last_and_no_more_ids_than_it_may(puts):
    most = 30 + 4 * A_SLICE
    warm, last = Warm(most), {}
    for key, number, hashes in puts:
        slices = warm.take(key, 1)
        slices[number] = Ids(array(hashes))
        slices.move_to_end(number)
        last[key, number] = hashes
        warm.put(key, 1, slices)
    kept = {(key, number): ids for key in range(7) for number, ids in warm.take(key, 1).items()}
    assert all(known(ids, last[at]) == last[at] and len(ids) == len(last[at]) for at, ids in kept.items())
    assert not puts or puts[-1][:2] in kept
    assert sum(A_SLICE + len(ids) for ids in kept.values()) <= most or len(kept) == 1


def test_ids_of_another_version_are_read_from_state_again():
    warm = Warm()
    warm.put(1, 8, Slices({0: Ids(array({5}))}))
    assert not warm.take(1, 9) and not warm.take(1, 8)
    warm.put(2, 0, Slices({0: Ids(array({5}))}))
    assert not warm.take(2, 0), "nothing lies in state: what is here was rolled back"
