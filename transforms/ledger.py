"""The ledger: what came in and what became of it, per hour, build, platform and event type."""

from collections.abc import Iterable
from typing import Any

from schemas.layout import HOUR_MS
from schemas.tables import ledger_table
from transforms.batch import Batch, ledger_key
from transforms.partials import DEAD_LETTERED, DUPLICATE, LANDED, LATE, Flushed, Key, Windowed

EMPTY = (0, 0, 0, 0, 0, 0)


class Ledger:
    table = ledger_table()
    early = False

    def __init__(self) -> None:
        self.counts: dict[Key, list[int]] = {}

    def add(self, batch: Batch) -> None:
        for item in batch.events:
            counts = self._counts(ledger_key(item))
            counts[LANDED] += 1
            counts[LATE] += item.late
        for item in batch.dead:
            self._counts(ledger_key(item))[DEAD_LETTERED] += 1
        for _, key in batch.duplicates:
            self._counts(key)[DUPLICATE] += 1

    def _counts(self, key: Key) -> list[int]:
        counts = self.counts.get(key)
        if counts is None:
            counts = self.counts[key] = list(EMPTY)
        return counts

    def flush(self) -> Iterable[Flushed]:
        counts, self.counts = self.counts, {}
        if counts:
            yield Flushed(0, None, counts)

    @staticmethod
    def merge(a: list[int], b: list[int]) -> list[int]:
        return [x + y for x, y in zip(a, b, strict=True)]

    @staticmethod
    def windows(beam_key: int, merged: list[tuple[Key, Any]]) -> Iterable[Windowed]:
        return (Windowed(key[0], key[0] + HOUR_MS, key, partial) for key, partial in merged)

    @staticmethod
    def row(key: Key, partial: list[int]) -> tuple[Any, ...]:
        return (*key, *partial)
