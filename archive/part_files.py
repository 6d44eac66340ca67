"""Part files: record batches as Parquet, and the files of a run that is no pipeline."""

from collections.abc import Iterable, Iterator

import pyarrow as pa
import pyarrow.parquet as pq

from gamebeam.archive.atomic_write import write_atomically
from gamebeam.archive.layout import join

ROW_GROUP = 100_000  # rows
DICTIONARY_ROWS = 10_000  # fewer rows are smaller, and a quarter cheaper to write, without dictionaries
HELD = 200_000  # rows held at most, over all partitions


class PartFiles:
    """Rows gathered by partition, and written before they are too many. close() gives rows by table."""

    def __init__(self, archive: str, run_id: str):
        self.archive, self.run_id = archive, run_id
        self.batches: dict[str, list[pa.RecordBatch]] = {}
        self.held = self.flushes = 0
        self.rows: dict[str, int] = {}

    def add(self, partition: str, batch: pa.RecordBatch) -> None:
        """partition: such as rollups/ledger/date=2026-11-01."""
        self.batches.setdefault(partition, []).append(batch)
        self.held += batch.num_rows
        if self.held >= HELD:
            self._flush()

    def add_all(self, batches: Iterable[tuple[str, pa.RecordBatch]]) -> None:
        for partition, batch in batches:
            self.add(partition, batch)

    def close(self) -> dict[str, int]:
        self._flush()
        return self.rows

    def _flush(self) -> None:
        for partition, batches in self.batches.items():
            data, rows = to_parquet(batches)
            write_atomically(join(self.archive, partition, f"part-{self.run_id}-all-{self.flushes}.parquet"), data)
            table = partition.split("/")[1]
            self.rows[table] = self.rows.get(table, 0) + rows
        self.batches, self.held = {}, 0
        self.flushes += 1


def to_parquet(batches: Iterable[pa.RecordBatch]) -> tuple[bytes, int]:
    """(a Parquet file, its rows); row groups of at least ROW_GROUP rows, but for the last."""
    sink, writer, rows = pa.BufferOutputStream(), None, 0
    for group in row_groups(batches):
        if writer is None:
            writer = pq.ParquetWriter(sink, group.schema, compression="zstd", use_dictionary=group.num_rows >= DICTIONARY_ROWS)
        writer.write_table(group)
        rows += group.num_rows
    if writer is None:
        raise ValueError("a partition without rows")
    writer.close()
    return sink.getvalue().to_pybytes(), rows


def row_groups(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    waiting, held = [], 0
    for batch in batches:
        waiting.append(batch)
        held += batch.num_rows
        if held >= ROW_GROUP:
            yield pa.Table.from_batches(waiting)
            waiting, held = [], 0
    if waiting:
        yield pa.Table.from_batches(waiting)
