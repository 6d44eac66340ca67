"""WriteArchive: record batches by partition -> Parquet files, each created at once under a name that is the same when work is done again."""

import io
import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import apache_beam as beam
import pyarrow as pa
import pyarrow.parquet as pq
from apache_beam.io.filesystems import FileSystems
from apache_beam.metrics import Metrics
from apache_beam.transforms import trigger, window

from schemas.layout import join
from transforms.columns import deserialize
from transforms.progress import PROGRESS

ROW_GROUP = 100_000  # rows
WINDOW_S = 60  # of arrival: a partition's rows of one minute share a file in a stream


@dataclass
class WriteArchive(beam.PTransform):
    """(partition, record batch) -> (table, rows) per file written, under ROOT/<partition>/part-<run_id>-<window>-<pane>.parquet."""

    root: str
    run_id: str
    streaming: bool

    def expand(self, rows: beam.PCollection[tuple[str, bytes]]) -> beam.PCollection[tuple[str, int]]:
        if self.streaming:
            rows |= "Window" >> beam.WindowInto(
                window.FixedWindows(WINDOW_S), trigger=trigger.AfterWatermark(late=trigger.AfterCount(1)),
                accumulation_mode=trigger.AccumulationMode.DISCARDING, allowed_lateness=window.MAX_TIMESTAMP.micros // 2_000_000)
        return rows | "ByPartition" >> beam.GroupByKey() | "WriteFile" >> beam.ParDo(WriteFile(self.root, self.run_id))


class WriteFile(beam.DoFn):
    def __init__(self, root: str, run_id: str):
        self.root, self.run_id = root, run_id

    def process(self, group: tuple[str, Iterable[bytes]], stretch: Any = beam.DoFn.WindowParam,
                pane: Any = beam.DoFn.PaneInfoParam) -> Iterable[tuple[str, int]]:
        partition, blobs = group
        start = "all" if isinstance(stretch, window.GlobalWindow) else f"{stretch.start.micros // 1_000_000}"
        data, rows = to_parquet(deserialize(blobs))
        write_at_once(join(self.root, partition, f"part-{self.run_id}-{start}-{max(pane.index, 0)}.parquet"), data)
        table = partition.split("/")[1]
        Metrics.counter("written", table).inc(rows)
        PROGRESS.files_written += 1
        yield table, rows


def to_parquet(batches: Iterable[pa.RecordBatch]) -> tuple[bytes, int]:
    """(a Parquet file, its rows); row groups of at most ROW_GROUP rows, or a batch."""
    sink, writer, waiting, held, rows = io.BytesIO(), None, [], 0, 0
    for batch in batches:
        if writer is None:
            writer = pq.ParquetWriter(sink, batch.schema, compression="zstd")
        waiting.append(batch)
        held += batch.num_rows
        rows += batch.num_rows
        if held >= ROW_GROUP:
            writer.write_table(pa.Table.from_batches(waiting))
            waiting, held = [], 0
    if writer is None:
        raise ValueError("a partition without rows")
    if waiting:
        writer.write_table(pa.Table.from_batches(waiting))
    writer.close()
    return sink.getvalue(), rows


def write_at_once(path: str, data: bytes) -> None:
    """One atomic create: a reader sees the whole file or none. On disk by rename; an object store's create is atomic itself."""
    if "://" in path:
        with FileSystems.create(path) as f:
            f.write(data)
        return
    os.makedirs(os.path.dirname(path), exist_ok=True)
    temporary = os.path.join(os.path.dirname(path), f".{os.path.basename(path)}.{os.getpid()}")
    try:
        with open(temporary, "wb") as f:
            f.write(data)
        os.replace(temporary, path)
    except BaseException:
        if os.path.exists(temporary):
            os.remove(temporary)
        raise
