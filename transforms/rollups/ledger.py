"""The ledger: what came in and what became of it, per hour, build, platform and event type."""

from collections import Counter, defaultdict
from collections.abc import Iterable

from gamebeam.schemas.dates import HOUR_MS
from gamebeam.schemas.tables import ledger_table
from gamebeam.transforms.batch import Batch, tally
from gamebeam.transforms.rollups.partials import DEAD_LETTERED, DUPLICATE, LANDED, LATE, Flushed, Key, Partial, Row, Windowed

EMPTY = (0, 0, 0, 0, 0, 0)


class Ledger:
    table = ledger_table()
    early = False

    def __init__(self) -> None:
        self.counts: dict[Key, list[int]] = defaultdict(lambda: list(EMPTY))

    def add(self, batch: Batch) -> None:
        landed, late, dead = tally(batch)
        copies = Counter(key for _, key in batch.duplicates)
        for kind, counted in ((LANDED, landed), (LATE, late), (DEAD_LETTERED, dead), (DUPLICATE, copies)):
            for key, n in counted.items():
                self.counts[key][kind] += n

    def flush(self) -> Iterable[Flushed]:
        if self.counts:
            yield Flushed(0, None, dict(self.counts))
        self.counts.clear()

    @staticmethod
    def merge(partials: list[list[int]]) -> list[int]:
        return list(map(sum, zip(*partials, strict=True)))

    @staticmethod
    def windows(beam_key: int, merged: list[tuple[Key, Partial]]) -> Iterable[Windowed]:
        return (Windowed(key[0], key[0] + HOUR_MS, key, partial) for key, partial in merged)

    @staticmethod
    def row(key: Key, partial: list[int]) -> Row:
        return (*key, *partial)
