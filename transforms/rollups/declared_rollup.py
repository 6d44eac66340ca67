"""The rollups that a game declares in rollups.yaml: count, sum, min, max, last, distinct over windows of event_time."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from functools import lru_cache
from operator import attrgetter, itemgetter

import xxhash

from gamebeam.schemas.contract import rollups
from gamebeam.schemas.contract.contract import Contract, envelope_fields
from gamebeam.schemas.dates import HOUR_MS
from gamebeam.schemas.events import Envelope
from gamebeam.schemas.tables import declared_table
from gamebeam.transforms.batch import BUILD, MINUTE_MS, Batch, Build
from gamebeam.transforms.rollups.partials import Flushed, Key, Partial, Row, Windowed, round_micros, saturated
from gamebeam.transforms.rollups.players import micros

KEPT = 2_048  # smallest hashes kept per distinct count: exact below, 2.2 % standard error above


class Declared:
    """Partial: how many events, then a summary per value. Late events are left out: they are landed, and counted as late."""

    def __init__(self, contract: Contract, rollup: rollups.Rollup, streaming: bool):
        self.rollup, self.streaming = rollup, streaming
        self.table, self.early = declared_table(contract, rollup), rollup.early
        self.types = rollup.events or tuple(contract.events)
        self.key = _key_of(contract, rollup)
        self.where = [(_getter(k), v) for k, v in rollup.where]
        self.values = [len, *(_summary_of(contract, v) for v in rollup.values)]
        self.kinds = ["count", *(v.kind for v in rollup.values)]
        columns = {f.name for f in self.table.fields}
        self.of_longs = [0, *(v.kind == "sum" and {v.name, f"{v.name}_micros"} <= columns for v in rollup.values)]  # columns of older rows
        self.counts_only = all(summary is len for summary in self.values)
        self.of_build = self._in_build() if self.counts_only and not self.where and self.rollup.period_ms % MINUTE_MS == 0 else None
        # Of all in a stream. Were it the same for every rollup, one task would have them all.
        self.beam_key = xxhash.xxh3_64_intdigest(self.table.name.encode()) % 2**31
        self.counts: Counter[tuple[int, Key]] = Counter()  # by bucket of event_time and key
        self.groups: dict[tuple[int, Key], list[Envelope]] = defaultdict(list)

    def _in_build(self) -> Callable[[Build], Key] | None:
        """The key of what a batch counts anyway, where that knows all of it."""
        if not set(self.rollup.keys) <= set(BUILD):
            return None
        at = [BUILD.index(name) for name in self.rollup.keys]
        return lambda build: tuple([build[i] for i in at])

    def add(self, batch: Batch) -> None:
        period, groups = self.rollup.period_ms, self.groups
        if self.of_build:
            for (minute, late, build), n in batch.builds().items():
                if not late and build[-1] in self.types:
                    self.counts[minute * MINUTE_MS // period, self.of_build(build)] += n
            return
        for kind in self.types:
            events = batch.on_time.get(kind, [])
            if self.where:
                events = [e for e in events if all(get(e) == wanted for get, wanted in self.where)]
            keys = zip([event.event_time // period for event in events], map(self.key, events), strict=True)
            if self.counts_only:
                self.counts.update(keys)
                continue
            for key, event in zip(keys, events, strict=True):
                groups[key].append(event)

    def flush(self) -> Iterable[Flushed]:
        by_time: dict[int, dict[Key, Partial]] = defaultdict(dict)
        period, longer = self.rollup.period_ms, self.rollup.window_ms - self.rollup.period_ms
        for (bucket, key), summed in self._summed():
            start = bucket * period
            if self.streaming:  # Beam's own windows take the partial by its timestamp
                by_time[start][key] = summed
                continue
            for hour in range((start - longer) // HOUR_MS, start // HOUR_MS + 1):  # a Beam window costs the local runner a millisecond
                by_time[hour][(start, *key)] = summed
        for time, partials in by_time.items():
            yield Flushed(self.beam_key, time, partials) if self.streaming else Flushed(time, None, partials)

    def _summed(self) -> Iterable[tuple[tuple[int, Key], Partial]]:
        yield from ((key, [n] * len(self.values)) for key, n in self.counts.items())
        yield from ((key, [summary(events) for summary in self.values]) for key, events in self.groups.items())
        self.counts.clear()
        self.groups.clear()

    def windows(self, beam_key: int, merged: list[tuple[Key, Partial]]) -> Iterable[Windowed]:
        """Batch: from the buckets that touch an hour, the windows that start in it."""
        if self.rollup.window_ms == self.rollup.period_ms:
            return (Windowed(key[0], key[0] + self.rollup.window_ms, key[1:], some) for key, some in merged)
        found: dict[tuple[int, Key], list[Partial]] = {}
        for (bucket, *key), some in merged:
            for start in range(bucket - self.rollup.window_ms + self.rollup.period_ms, bucket + 1, self.rollup.period_ms):
                if start // HOUR_MS == beam_key:
                    found.setdefault((start, tuple(key)), []).append(some)
        return (Windowed(start, start + self.rollup.window_ms, key, self.merge(partials)) for (start, key), partials in found.items())

    def merge(self, partials: list[Partial]) -> Partial:
        columns = ([v for v in column if v is not None] for column in zip(*partials, strict=True))
        return [MERGED[kind](column) if column else None for kind, column in zip(self.kinds, columns, strict=True)]

    def row(self, key: Key, partial: Partial) -> Row:
        values: list[object] = []
        for kind, value, of_long in zip(self.kinds, partial, self.of_longs, strict=True):
            if kind == "last":
                values += [value[3], value[0]] if value else [None, None]
            else:
                values.append(0 if value is None and kind in ("count", "sum") else value)
            values += [None] * of_long
        return (*key, *values, self.rollup.fingerprint)


def merge_hashes(lists: list[list[int]]) -> list[int]:
    """The smallest of all, sorted as they are: few into many take no sorting anew."""
    if len(lists) != 2:
        return lists[0] if len(lists) == 1 else sorted(set().union(*lists))[:KEPT]
    fewer, most = sorted(lists, key=len)
    known = set(most)
    new = [h for h in fewer if h not in known]
    return sorted(most + new)[:KEPT] if new else most


def _sum(values: list[int]) -> int:
    return saturated(sum(values))


MERGED: dict[str, Callable[[list[Partial]], Partial]] = {
    "count": _sum, "sum": _sum, "min": min, "max": max, "distinct": merge_hashes, "last": lambda told: max(told, key=itemgetter(slice(3)))}


def _getter(name: str) -> Callable[[Envelope], Partial]:
    return attrgetter("TYPE") if name == "event_type" else lambda e: getattr(e, name, None)


def _key_of(contract: Contract, rollup: rollups.Rollup) -> Callable[[Envelope], Key]:
    names = ["TYPE" if k == "event_type" else k for k in rollup.keys]
    envelope = {"TYPE", *(f.name for f in envelope_fields())}
    of = [{f.name for f in contract.events[name].fields} | envelope for name in rollup.events or contract.events]
    if len(names) > 1 and all(set(names) <= known for known in of):
        return attrgetter(*names)
    getters = [_getter(k) for k in rollup.keys]
    return lambda e: tuple([get(e) for get in getters])


def _summary_of(contract: Contract, value: rollups.Value) -> Callable[[list[Envelope]], Partial]:
    """What some events of one key and bucket add to a value; None adds nothing."""
    if value.kind == "count":
        wanted = [(_getter(k), v) for k, v in value.where]
        return (lambda events: sum(all(get(e) == v for get, v in wanted) for e in events)) if wanted else len
    if value.role:
        fields = {name: [(f.name, f.factor) for f in contract.fields_with_role(name, value.role or "")] for name in contract.events}
        return lambda events: saturated(sum(micros(e, fields[e.TYPE]) for e in events))
    get = _getter(value.field or "")
    double = any(f.name == value.field and f.type.kind == "double" for e in contract.events.values() for f in e.fields)

    def summary(events: list[Envelope]) -> Partial:
        if value.kind == "last":
            return max(([e.event_time, e.seq or 0, e.event_id, v] for e in events if (v := get(e)) is not None),
                       key=lambda v: v[:3], default=None)
        values = [v for e in events if (v := get(e)) is not None]
        if value.kind == "distinct":
            return sorted(map(_hash, set(values)))[:KEPT]
        if not values:
            return None
        if value.kind == "sum":
            return saturated(sum(map(round_micros, values)) if double else sum(values))
        return min(values) if value.kind == "min" else max(values)

    return summary


@lru_cache(maxsize=1 << 16, typed=True)
def _hash(value: object) -> int:
    """63 bits. 3.0 is 3: a long field may have become a double. Cached, because active players repeat for minutes."""
    same = int(value) if isinstance(value, float) and value.is_integer() else value
    return xxhash.xxh3_64_intdigest(str(same).encode()) >> 1
