"""Partial sums on their way through a shuffle: many keys of one rollup travel as one blob."""

import math
from collections.abc import Iterable
from typing import Any, NamedTuple, Protocol, TypeAlias

import apache_beam as beam
import msgspec
import xxhash

from gamebeam.schemas.events import LARGEST_AMOUNT
from gamebeam.schemas.tables import Table
from gamebeam.transforms.batch import Batch

SHARDS = 16  # of what is summed by player or counter
RECEIVED, LANDED, DUPLICATE, DEAD_LETTERED, LATE, TABLE_REJECTED = range(6)  # as schemas.tables.LEDGER_COUNTS

Key: TypeAlias = tuple[Any, ...]  # what a rollup's rows are told apart by
Partial: TypeAlias = Any  # msgpack's values: a rollup alone knows which
Row: TypeAlias = tuple[object, ...]  # in the order of its table's fields


class Flushed(NamedTuple):
    """What a rollup hands on: partials under one Beam key, stamped `at` ms (None: the batch's arrival)."""

    beam_key: int
    at: int | None
    partials: dict[Key, Partial]


def sharded(partials: Iterable[tuple[Key, Partial]], streaming: bool) -> Iterable[Flushed]:
    """Keys are (hour, env, id). Batch keeps hours apart, or all days would be merged at once; a stream's windows do that, and there
    the few late events of many hours would be as many elements.
    """
    shards: dict[int, dict[Key, Partial]] = {}
    for key, summed in partials:
        shard = xxhash.xxh3_64_intdigest(key[2].encode()) % SHARDS
        shards.setdefault(shard if streaming else key[0] * SHARDS + shard, {})[key] = summed
    for beam_key, some in shards.items():
        yield Flushed(beam_key, None, some)


class Windowed(NamedTuple):
    """A merged partial and the window of time, in ms, that its row is about."""

    start: int
    end: int
    key: Key
    partial: Partial


class Rollup(Protocol):
    """Sums over batches. merge takes the partials of one key, and is commutative and associative: nothing depends on order or bundles."""

    table: Table
    early: bool

    def add(self, batch: Batch) -> None: ...

    def flush(self) -> Iterable[Flushed]: ...

    def merge(self, partials: list[Partial]) -> Partial: ...

    def windows(self, beam_key: int, merged: list[tuple[Key, Partial]]) -> Iterable[Windowed]: ...

    def row(self, key: Key, partial: Partial) -> Row: ...


def round_micros(value: float) -> int:
    """Round an amount to millionths, halves away from zero, as BigQuery's ROUND does; Python's round takes the even neighbour.

    Args:
        value: An amount in whole units, such as USD. Beyond LARGEST_AMOUNT either way it counts as that.
    """
    scaled = max(-LARGEST_AMOUNT, min(value, LARGEST_AMOUNT)) * 1_000_000
    nearest = round(scaled)
    return nearest if abs(scaled - nearest) < 0.5 else math.trunc(scaled) + (1 if scaled > 0 else -1)


def saturated(n: int) -> int:
    """The nearest number that a column of integers can hold: what a client claims may be more."""
    return max(-(2**63), min(n, 2**63 - 1))


class Partials(dict[Key, Partial]):
    """Partial sums by key, many to an element. A dict within a fused stage, bytes across a shuffle."""


class PartialsCoder(beam.coders.Coder):
    def encode(self, value: Partials) -> bytes:
        return _ENCODER.encode(list(value.items()))

    def decode(self, encoded: bytes) -> Partials:
        return Partials(_DECODER.decode(encoded))

    def estimate_size(self, value: Partials) -> int:
        return 200 * len(value)

    def is_deterministic(self) -> bool:
        return False

    def to_type_hint(self) -> type[Partials]:
        return Partials


beam.coders.registry.register_coder(Partials, PartialsCoder)
_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(list[tuple[Key, Partial]])
