"""Ids that were seen: a set in 8 bytes an id, and how many of them a worker keeps."""

from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from transforms import seen
from transforms.seen import A_KEY, Ids, Warm, chunk

HASHES = st.sets(st.one_of(st.integers(0, 40), st.integers(0, 2**64 - 1)), max_size=20)


@given(st.lists(HASHES, max_size=8), HASHES)
def test_ids_know_what_was_added_and_nothing_else_also_when_read_back_from_state(added, asked):
    with patch.object(seen, "FEW", 5):
        ids, everything, chunks = Ids(), set(), []
        for some in added:
            new = some - ids.among(some)
            assert new == some - everything
            ids.add(new)
            chunks.append(chunk(new))
            everything |= new
        for known in (ids, Ids(chunks)):
            assert known.among(asked) == asked & everything and len(known) == len(everything)


def test_a_chunk_is_eight_bytes_an_id():
    assert len(chunk({1, 2**64 - 1, 7})) == 24


@given(st.lists(st.tuples(st.integers(0, 6), HASHES), max_size=30))
def test_a_worker_keeps_the_newest_keys_and_no_more_ids_than_it_may(puts):
    warm = Warm(most=30 + 4 * A_KEY)
    last, order = {}, []
    for key, hashes in puts:
        warm.take(key, b"v")
        warm.put(key, b"v", Ids([chunk(hashes)]))
        last[key] = hashes
        order = [k for k in order if k != key] + [key]
    kept = [key for key in order if (ids := warm.take(key, b"v")) is not None and ids.among(last[key]) == last[key]]
    assert kept == order[len(order) - len(kept):]
    assert not order or order[-1] in kept
    assert sum(A_KEY + len(last[key]) for key in kept) <= 30 + 4 * A_KEY


def test_ids_of_another_version_are_read_from_state_again():
    warm = Warm()
    warm.put(1, b"before", Ids([chunk({5})]))
    assert warm.take(1, b"after") is None and warm.take(1, b"before") is None
    assert warm.take(2, b"") is None
