"""Partials merged all at once are as those merged one after the other, in any order."""

from hypothesis import given
from hypothesis import strategies as st

from gamebeam.schemas.contract.contract import load_contract
from gamebeam.transforms.rollups.declared_rollup import KEPT, merge_hashes
from gamebeam.transforms.rollups.partials import Partials
from gamebeam.transforms.rollups.transform import MergePartials, rollups_of

ROLLUPS = {r.table.name: r for r in rollups_of(load_contract("starter"), streaming=True)}
HASHES = st.lists(st.integers(0, 2**63), unique=True, max_size=30).map(sorted)
MOMENT = st.tuples(st.integers(0, 5), st.integers(0, 5), st.sampled_from(["1.0", "2.0"])).map(list)
RANGES = st.lists(st.integers(1, 40), min_size=1, max_size=4).map(lambda seqs: [[s, s + 1] for s in sorted(set(seqs))])
PARTIAL = {
    "active_players": st.tuples(st.integers(0, 9), HASHES).map(list),
    "matches": st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 9)).map(list),
    "ledger": st.lists(st.integers(0, 9), min_size=6, max_size=6),
    "counter_hours": st.tuples(st.none() | MOMENT, st.none() | MOMENT, RANGES).map(list)}


@given(st.sampled_from(sorted(PARTIAL)).flatmap(lambda name: st.tuples(st.just(name), st.lists(
    st.dictionaries(st.sampled_from([("ios",), ("android",)]), PARTIAL[name]).map(Partials), max_size=6))), st.randoms())
def test_all_at_once_is_one_after_the_other(drawn, random):
    name, partials = drawn
    merging = MergePartials(ROLLUPS[name])
    one_by_one = merging.create_accumulator()
    for some in partials:
        one_by_one = merging.add_input(one_by_one, some)
    random.shuffle(partials)
    half = len(partials) // 2
    apart = [merging.add_inputs(merging.create_accumulator(), some) for some in (partials[:half], partials[half:])]
    assert merging.merge_accumulators(apart) == one_by_one
    assert merging.add_inputs(apart[0], partials[half:]) == one_by_one


@given(HASHES, HASHES)
def test_few_hashes_into_many_are_their_union(a, b):
    assert merge_hashes([a, b]) == sorted({*a, *b})


def test_no_more_hashes_are_kept_than_the_estimate_needs():
    many = list(range(10, KEPT + 10))
    assert merge_hashes([[3, 5], many]) == [3, 5, *many[:-2]] and merge_hashes([many, [10, KEPT + 100]]) == many
