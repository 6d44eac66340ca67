"""Rollups without a pipeline: partials gathered in a dict, and their rows."""

import time
from collections.abc import Iterable, Iterator

import pyarrow as pa

from gamebeam.archive.layout import rollup_partition
from gamebeam.archive.manifest import Run
from gamebeam.transforms.columns import columns_of_rows
from gamebeam.transforms.rollups.partials import Key, Partial, Rollup, Row

Gathered = dict[int, dict[Key, Partial]]  # merged partials by beam_key


def gather(rollup: Rollup, merged: Gathered) -> None:
    """Takes what the rollup holds, and merges it into what was gathered before."""
    for beam_key, _, partials in rollup.flush():
        known = merged.setdefault(beam_key, {})
        for key, partial in partials.items():
            known[key] = rollup.merge([known[key], partial]) if key in known else partial


def rows_of(rollup: Rollup, beam_key: int, partials: dict[Key, Partial], run: Run, start: int = -(2**62), end: int = 2**62,
            ) -> Iterator[tuple[int, Row]]:
    """(window_start, row) of every window that starts in [start, end) ms."""
    emitted = time.time_ns() // 1_000_000
    for first, last, key, partial in rollup.windows(beam_key, list(partials.items())):
        if start <= first < end:
            yield first, (run.run_id, run.generation, first, last, *rollup.row(key, partial), 0, "ON_TIME", emitted)


def batches_of(rollup: Rollup, rows: Iterable[tuple[int, Row]]) -> Iterator[tuple[str, pa.RecordBatch]]:
    """(partition, its rows), from rows with their window_start."""
    by_partition: dict[str, list[Row]] = {}
    for start, row in rows:
        by_partition.setdefault(rollup_partition(start), []).append(row)
    for partition, some in by_partition.items():
        yield f"rollups/{rollup.table.name}/{partition}", columns_of_rows(rollup.table, some)
