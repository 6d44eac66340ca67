"""counter_hours: which of a counter's numbers came in, per hour. Holes in the union of the ranges are what is missing."""

from collections.abc import Iterable
from typing import Any

import xxhash

from schemas.layout import HOUR_MS
from schemas.tables import counter_hours_table
from transforms.batch import Batch
from transforms.partials import Flushed, Key, Windowed

SHARDS = 16


class CounterHours:
    """Partial: [[time, seq, platform], [time, seq, app_version], ranges]: the last known of each, and the coalesced ranges."""

    table = counter_hours_table()
    early = False

    def __init__(self, counter: str, game: str):
        self.attribute, self.game = f"{counter}_id", game
        self.seen: dict[Key, list[Any]] = {}

    def add(self, batch: Batch) -> None:
        attribute = self.attribute
        for item in batch.events:
            counter = getattr(item, attribute)
            if counter is not None and item.seq is not None:
                self._note(item.event_time, counter, item)
        for item in batch.dead:
            counter = getattr(item, attribute)
            if counter is not None and item.seq is not None:
                self._note(item.arrival_time if item.event_time is None else item.event_time, counter, item)

    def _note(self, time: int, counter: str, item: Any) -> None:
        key = (time // HOUR_MS, item.env, counter)
        noted = self.seen.get(key)
        if noted is None:
            self.seen[key] = [(time, item)]
        else:
            noted.append((time, item))

    def flush(self) -> Iterable[Flushed]:
        seen, self.seen = self.seen, {}
        by_shard: dict[int, dict[Key, Any]] = {}
        for key, noted in seen.items():
            beam_key = key[0] * SHARDS + xxhash.xxh3_64_intdigest(key[2].encode()) % SHARDS
            by_shard.setdefault(beam_key, {})[key] = _partial(noted)
        for beam_key, partials in by_shard.items():
            yield Flushed(beam_key, None, partials)

    @staticmethod
    def merge(a: list[Any], b: list[Any]) -> list[Any]:
        return [_later(a[0], b[0]), _later(a[1], b[1]), coalesce([*a[2], *b[2]])]

    @staticmethod
    def windows(beam_key: int, merged: list[tuple[Key, Any]]) -> Iterable[Windowed]:
        return (Windowed(key[0] * HOUR_MS, (key[0] + 1) * HOUR_MS, key, partial) for key, partial in merged)

    def row(self, key: Key, partial: list[Any]) -> tuple[Any, ...]:
        hour, env, counter = key
        ranges = [{"seq_from": a, "seq_to": b} for a, b in partial[2]]
        return (hour * HOUR_MS, self.game, env, counter, partial[0] and partial[0][2], partial[1] and partial[1][2], ranges)


def _partial(noted: list[tuple[int, Any]]) -> list[Any]:
    platform = app_version = None
    for time, item in noted:
        if item.platform is not None:
            platform = _later(platform, [time, item.seq, item.platform])
        if item.app_version is not None:
            app_version = _later(app_version, [time, item.seq, item.app_version])
    return [platform, app_version, coalesce([[item.seq, item.seq] for _, item in noted])]


def _later(a: list[Any] | None, b: list[Any] | None) -> list[Any] | None:
    return (b if b > a else a) if a and b else a or b


def coalesce(ranges: list[list[int]]) -> list[list[int]]:
    """Sorted, disjoint, with no two that touch: [[1, 2], [3, 3], [7, 9], [8, 8]] -> [[1, 3], [7, 9]]."""
    out: list[list[int]] = []
    for start, end in sorted(ranges):
        if out and start <= out[-1][1] + 1:
            out[-1][1] = max(out[-1][1], end)
        else:
            out.append([start, end])
    return out
