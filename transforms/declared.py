"""The rollups that a game declares in rollups.yaml: count, sum, min, max, last, distinct over windows of event_time."""

from collections.abc import Callable, Iterable
from functools import reduce
from typing import Any

import xxhash

from schemas import rollups
from schemas.contract import Contract
from schemas.layout import HOUR_MS
from schemas.tables import declared_table
from transforms.batch import Batch
from transforms.partials import Flushed, Key, Windowed
from transforms.player_hours import micros

KEPT = 2_048  # smallest hashes kept per distinct count: exact below, 2.2 % standard error above


class Declared:
    """Partial: a list with one summary per value. Late events are left out: they are landed, and counted as late."""

    def __init__(self, contract: Contract, rollup: rollups.Rollup, streaming: bool):
        self.rollup, self.streaming = rollup, streaming
        self.table, self.early = declared_table(contract, rollup), rollup.early
        self.types = frozenset(rollup.events or contract.events)
        self.keys = [_getter(k) for k in rollup.keys]
        self.where = [(_getter(k), v) for k, v in rollup.where]
        self.values = [_value_of(contract, v) for v in rollup.values]
        self.kinds = [v.kind for v in rollup.values]
        self.partials: dict[int, dict[Key, list[Any]]] = {}

    def add(self, batch: Batch) -> None:
        period, types, keys = self.rollup.period_ms, self.types, self.keys
        for e in batch.events:
            if e.late or e.TYPE not in types or any(get(e) != wanted for get, wanted in self.where):
                continue
            bucket = self.partials.setdefault(e.event_time // period, {})
            key = tuple([get(e) for get in keys])
            partial = bucket.get(key)
            if partial is None:
                partial = bucket[key] = [set() if kind == "distinct" else None for kind in self.kinds]
            for i, (kind, value_of) in enumerate(zip(self.kinds, self.values, strict=True)):
                value = value_of(e)
                if kind == "distinct":
                    if value is not None:
                        partial[i].add(value)
                elif value is not None:
                    partial[i] = value if partial[i] is None else merge_value(kind, partial[i], value)

    def flush(self) -> Iterable[Flushed]:
        partials, self.partials = self.partials, {}
        by_hour: dict[int, dict[Key, list[Any]]] = {}
        for bucket, by_key in partials.items():
            for partial in by_key.values():
                for i, kind in enumerate(self.kinds):
                    if kind == "distinct":
                        partial[i] = sorted(partial[i])[:KEPT]
            start = bucket * self.rollup.period_ms
            if self.streaming:  # Beam's own windows take the partial by its timestamp
                yield Flushed(0, start, by_key)
            else:  # a Beam window costs the local runner a millisecond: the hour of the windows' starts is the key
                first = start - self.rollup.window_ms + self.rollup.period_ms
                for hour in range(first // HOUR_MS, start // HOUR_MS + 1):
                    by_hour.setdefault(hour, {}).update({(start, *key): partial for key, partial in by_key.items()})
        yield from (Flushed(hour, None, partials) for hour, partials in by_hour.items())

    def merge(self, a: list[Any], b: list[Any]) -> list[Any]:
        return [y if x is None else x if y is None else merge_value(kind, x, y)
                for kind, x, y in zip(self.kinds, a, b, strict=True)]

    def windows(self, beam_key: int, merged: list[tuple[Key, Any]]) -> Iterable[Windowed]:
        """Batch: from the buckets that touch an hour, the windows that start in it."""
        found: dict[tuple[int, Key], list[list[Any]]] = {}
        for (bucket, *key), partial in merged:
            for start in range(bucket - self.rollup.window_ms + self.rollup.period_ms, bucket + 1, self.rollup.period_ms):
                if start // HOUR_MS == beam_key:
                    found.setdefault((start, tuple(key)), []).append(partial)
        return (Windowed(start, start + self.rollup.window_ms, key, reduce(self.merge, partials))
                for (start, key), partials in found.items())

    def row(self, key: Key, partial: list[Any]) -> tuple[Any, ...]:
        values: list[Any] = []
        for kind, value in zip(self.kinds, partial, strict=True):
            if kind == "last":
                values += [value[3], value[0]] if value else [None, None]
            else:
                values.append(0 if value is None and kind in ("count", "sum") else value)
        return (*key, *values)


def merge_value(kind: str, a: Any, b: Any) -> Any:
    if kind in ("count", "sum"):
        return a + b
    if kind == "distinct":
        return sorted({*a, *b})[:KEPT]
    if kind == "last":
        return max(a, b, key=lambda v: v[:3])
    return min(a, b) if kind == "min" else max(a, b)


def _getter(name: str) -> Callable[[Any], Any]:
    if name == "event_type":
        return lambda e: e.TYPE
    return lambda e: getattr(e, name, None)


def _value_of(contract: Contract, value: rollups.Value) -> Callable[[Any], Any]:
    """What one event adds to a value; None adds nothing."""
    if value.kind == "count":
        wanted = [(_getter(k), v) for k, v in value.where]
        return lambda e: 1 if all(get(e) == v for get, v in wanted) else None
    if value.role:
        fields = {name: [(f.name, f.factor) for f in contract.fields_with_role(name, value.role)] for name in contract.events}
        return lambda e: micros(e, fields[e.TYPE])
    get = _getter(value.field or "")
    if value.kind == "sum":
        double = any(f.name == value.field and f.type.kind == "double" for e in contract.events.values() for f in e.fields)
        return (lambda e: None if (v := get(e)) is None else round(v * 1_000_000)) if double else get
    if value.kind == "distinct":
        return lambda e: None if (v := get(e)) is None else xxhash.xxh3_64_intdigest(str(v).encode()) >> 1
    if value.kind == "last":
        return lambda e: None if (v := get(e)) is None else [e.event_time, e.seq or 0, e.event_id, v]
    return get
