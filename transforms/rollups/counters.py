"""counter_hours: which of a counter's numbers came in, per hour. Holes in the union of the ranges are what is missing."""

from collections import defaultdict
from collections.abc import Iterable
from functools import reduce
from operator import attrgetter

from gamebeam.schemas.dates import HOUR_MS
from gamebeam.schemas.events import Item, time_of
from gamebeam.schemas.tables import counter_hours_table
from gamebeam.transforms.batch import Batch
from gamebeam.transforms.rollups.known_values import Known
from gamebeam.transforms.rollups.partials import Flushed, Key, Partial, Row, Windowed, sharded

_MOMENT = attrgetter("event_time", "seq")


class CounterHours:
    """Partial: [[time, seq, platform], [time, seq, app_version], ranges]: the last known of each, and the coalesced ranges."""

    table = counter_hours_table()
    early = False

    def __init__(self, counter: str, game: str, streaming: bool):
        self.attribute, self.game, self.streaming = f"{counter}_id", game, streaming
        self.seen: dict[Key, list[Item]] = defaultdict(list)

    def add(self, batch: Batch) -> None:
        counter_of, seen = attrgetter("env", self.attribute), self.seen
        for hour, events in batch.hours():
            for key, event in zip(map(counter_of, events), events, strict=True):
                if event.seq is not None:
                    seen[hour, *key].append(event)
        for item in batch.dead:
            if item.seq is not None:
                seen[time_of(item) // HOUR_MS, *counter_of(item)].append(item)

    def flush(self) -> Iterable[Flushed]:
        yield from sharded(((key, _partial(noted)) for key, noted in self.seen.items() if key[2] is not None), self.streaming)
        self.seen.clear()

    @staticmethod
    def merge(partials: list[Partial]) -> Partial:
        return [*(reduce(_later, (p[i] for p in partials)) for i in (0, 1)), coalesce([r for p in partials for r in p[2]])]

    @staticmethod
    def windows(beam_key: int, merged: list[tuple[Key, Partial]]) -> Iterable[Windowed]:
        return (Windowed(key[0] * HOUR_MS, (key[0] + 1) * HOUR_MS, key, partial) for key, partial in merged)

    def row(self, key: Key, partial: Partial) -> Row:
        hour, env, counter = key
        ranges = [{"seq_from": a, "seq_to": b} for a, b in partial[2]]
        platform, app_version = (known or (None, None, None) for known in partial[:2])
        return (hour * HOUR_MS, self.game, env, counter, platform[2], platform[0], app_version[2], app_version[0], ranges)


def _partial(items: list[Item]) -> Partial:
    seqs = sorted({item.seq for item in items if item.seq is not None})
    return [*_last(items), [[seqs[0], seqs[-1]]] if seqs[-1] - seqs[0] < len(seqs) else coalesce([[seq, seq] for seq in seqs])]


def _last(items: list[Item]) -> list[Known | None]:
    """[time, seq, value] of the last item that knows the platform, and the same of the build.

    Of two at one moment the greater value, as merging takes it.
    """
    moments = list(map(_MOMENT, items))
    if any(time is None for time, _ in moments):  # dead letters that do not tell
        moments = [(time_of(item), item.seq) for item in items]
    newest = max(moments)
    last = items[moments.index(newest)]
    if moments.count(newest) == 1 and None not in (last.platform, last.app_version):
        return [[*newest, last.platform], [*newest, last.app_version]]
    return [max(([*at, value] for at, item in zip(moments, items, strict=True) if (value := getattr(item, name)) is not None), default=None)
            for name in ("platform", "app_version")]


def _later(a: Known | None, b: Known | None) -> Known | None:
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
