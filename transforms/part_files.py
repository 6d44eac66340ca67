"""Rows into part files of a run that is no pipeline: gathered by partition, written before they are too many."""

from collections.abc import Iterable

import pyarrow as pa

from schemas.layout import join, rollup_partition
from transforms.archive import to_parquet, write_at_once
from transforms.columns import columns_of_rows
from transforms.partials import Rollup, Row

HELD = 200_000  # rows held at most, over all partitions


class PartFiles:
    """add() record batches by partition, such as rollups/ledger/date=2026-11-01; close() gives rows by table."""

    def __init__(self, archive: str, run_id: str):
        self.archive, self.run_id = archive, run_id
        self.batches: dict[str, list[pa.RecordBatch]] = {}
        self.held = self.flushes = 0
        self.rows: dict[str, int] = {}

    def add(self, partition: str, batch: pa.RecordBatch) -> None:
        self.batches.setdefault(partition, []).append(batch)
        self.held += batch.num_rows
        if self.held >= HELD:
            self._flush()

    def add_rows(self, rollup: Rollup, rows: Iterable[tuple[int, Row]]) -> None:
        """A rollup's rows, each with its window_start."""
        by_partition: dict[str, list[Row]] = {}
        for start, row in rows:
            by_partition.setdefault(rollup_partition(start), []).append(row)
        for partition, some in by_partition.items():
            self.add(f"rollups/{rollup.table.name}/{partition}", columns_of_rows(rollup.table, some))

    def close(self) -> dict[str, int]:
        self._flush()
        return self.rows

    def _flush(self) -> None:
        for partition, batches in self.batches.items():
            data, rows = to_parquet(batches)
            write_at_once(join(self.archive, partition, f"part-{self.run_id}-all-{self.flushes}.parquet"), data)
            table = partition.split("/")[1]
            self.rows[table] = self.rows.get(table, 0) + rows
        self.batches, self.held = {}, 0
        self.flushes += 1
