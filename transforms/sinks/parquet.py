"""WriteArchive: record batches by partition -> Parquet files, each created at once, and under the same name when done again."""

from collections import deque
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import apache_beam as beam
import pyarrow as pa
from apache_beam.metrics import Metrics
from apache_beam.pvalue import TaggedOutput
from apache_beam.transforms import trigger, window
from apache_beam.transforms.window import BoundedWindow
from apache_beam.utils.windowed_value import PaneInfo, WindowedValue

from gamebeam.archive.atomic_write import write_atomically
from gamebeam.archive.layout import LATE_S, join
from gamebeam.archive.part_files import to_parquet
from gamebeam.transforms.beam_params import PANE, WINDOW, Collections, Outputs
from gamebeam.transforms.columns import deserialize
from gamebeam.transforms.sinks.latency import count_landed

AT_ONCE = 2  # files
EVENTS_S = 60  # of arrival: a partition's events of one minute share a file in a stream; stragglers of LATE_S
ROWS_S = 10  # processing time in which a stream's rollup rows are gathered into one file


@dataclass
class WriteArchive(beam.PTransform[tuple[beam.PCollection[tuple[str, bytes]], ...], beam.PCollection[tuple[str, int]]]):
    """((partition, record batch) of events, the same of rollups) -> (table, rows) per file.

    Files: ROOT/<partition>/part-<run_id>-<window>-<pane>.parquet.
    """

    root: str
    run_id: str
    streaming: bool

    def expand(self, rows: tuple[beam.PCollection[tuple[str, bytes]], ...]) -> beam.PCollection[tuple[str, int]]:
        events, rollups = rows
        if not self.streaming:
            return (self._written("Events", events), self._written("Rollups", rollups)) | "Written" >> beam.Flatten()
        # Never flattened with rollups: on Prism their watermark stays behind by the allowed lateness, and no window here would close.
        kinds = (events | "Punctual" >> beam.ParDo(Punctual()).with_output_types(tuple[str, bytes], late=tuple[str, bytes])  # type: ignore[no-untyped-call]
                 .with_outputs("late", main="punctual"))
        written = [self._written(kind, some | f"Window{kind}" >> windows)
                   | f"Global{kind}" >> beam.WindowInto(window.GlobalWindows(), trigger=trigger.DefaultTrigger(),
                                                        accumulation_mode=trigger.AccumulationMode.DISCARDING)
                   for kind, some, windows in (("Events", kinds.punctual, in_stretches(EVENTS_S)),
                                               ("Late", kinds.late, in_stretches(LATE_S)), ("Rollups", rollups, as_they_come()))]
        return written | "Written" >> beam.Flatten()

    def _written(self, kind: str, rows: Collections) -> Collections:
        return (rows
                | f"ByPartition{kind}" >> beam.GroupByKey()
                | f"Write{kind}" >> beam.ParDo(WriteFile(self.root, self.run_id, self.streaming)).with_output_types(tuple[str, int]))


def in_stretches(seconds: int) -> beam.WindowInto:
    """Events are stamped with arrival, and the watermark passes none unread; should one come behind it, it has its own file."""
    return beam.WindowInto(window.FixedWindows(seconds), trigger=trigger.AfterWatermark(late=trigger.AfterCount(1)),
                           accumulation_mode=trigger.AccumulationMode.DISCARDING, allowed_lateness=LATE_S)


def as_they_come() -> beam.WindowInto:
    """A pane's rows are stamped with its window's end, early ones with a time to come: no window of time gathers them.

    Where a stream ends, the watermark hands on the rest. Prism panics there without a late trigger.
    """
    late = trigger.AfterCount(1)
    return beam.WindowInto(window.GlobalWindows(), accumulation_mode=trigger.AccumulationMode.DISCARDING,
                           trigger=trigger.AfterWatermark(early=trigger.AfterProcessingTime(ROWS_S), late=late))


class Punctual(beam.DoFn):
    """Events that came in time, and those that came late: each kind's files close at times of their own."""

    def process(self, row: tuple[str, bytes]) -> Outputs:
        yield TaggedOutput("late", row) if row[0].endswith("/hour=late") else row


class WriteFile(beam.DoFn):
    """Some files are made at once: Arrow lets go of the interpreter while it compresses."""

    def __init__(self, root: str, run_id: str, streaming: bool):
        self.root, self.run_id, self.streaming = root, run_id, streaming

    def setup(self) -> None:
        self.makers = ThreadPoolExecutor(AT_ONCE)

    def teardown(self) -> None:
        self.makers.shutdown()

    def start_bundle(self) -> None:
        self.making: deque[tuple[Future[Made], str, BoundedWindow]] = deque()

    def process(self, group: tuple[str, Iterable[bytes]], stretch: BoundedWindow = WINDOW,
                pane: PaneInfo = PANE) -> Outputs:
        partition, blobs = group[0], list(group[1])
        if not blobs:  # a window's last pane, after its rows went out in earlier ones
            return
        start = "all" if isinstance(stretch, window.GlobalWindow) else f"{stretch.start.micros // 1_000_000}"
        path = join(self.root, partition, f"part-{self.run_id}-{start}-{max(pane.index, 0)}.parquet")
        self.making.append((self.makers.submit(make_file, path, blobs), partition.split("/")[1], stretch))
        if len(self.making) > AT_ONCE:
            yield self._made()

    def finish_bundle(self) -> Outputs:
        while self.making:
            yield self._made()

    def _made(self) -> WindowedValue:
        """(table, rows) of the file that was begun first, once it is there."""
        file, table, stretch = self.making.popleft()
        batches, rows = file.result()
        if self.streaming:
            count_landed(batches)
        Metrics.counter("written", table).inc(rows)
        return WindowedValue((table, rows), stretch.max_timestamp(), (stretch,))


Made = tuple[list[pa.RecordBatch], int]  # what is in a file, and how many rows


def make_file(path: str, blobs: Iterable[bytes]) -> Made:
    batches = list(deserialize(blobs))
    data, rows = to_parquet(batches)
    write_atomically(path, data)
    return batches, rows
