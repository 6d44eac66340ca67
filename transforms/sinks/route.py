"""Route: batches -> one side output per event type and one for dead letters, and all of them, keyed by partition, for the archive."""

from collections.abc import Iterable
from dataclasses import dataclass

import apache_beam as beam
from apache_beam.metrics import Metrics
from apache_beam.pvalue import TaggedOutput
from apache_beam.transforms.window import GlobalWindow, TimestampedValue
from apache_beam.utils.timestamp import MAX_TIMESTAMP, Timestamp
from apache_beam.utils.windowed_value import WindowedValue

from gamebeam.archive.layout import event_partition
from gamebeam.schemas.contract.contract import Contract
from gamebeam.schemas.dates import DAY_MS, HOUR_MS
from gamebeam.schemas.events import DEAD_LETTER, Item, Packer
from gamebeam.schemas.tables import tables
from gamebeam.transforms.batch import Batch
from gamebeam.transforms.beam_params import TIMESTAMP, Collections, Outputs
from gamebeam.transforms.columns import serialize, to_columns
from gamebeam.transforms.gc_tuning import collect_rarely

FLUSH = 20_000  # rows held at most: few large record batches instead of many small
ARCHIVE = "archive"


@dataclass
class Route(beam.PTransform[beam.PCollection[Batch], Collections]):
    """Batch -> outputs by tag: `archive` as (partition, record batch), and per event type its record batches."""

    contract: Contract
    run_id: str

    def expand(self, batches: beam.PCollection[Batch]) -> Collections:
        tags = (*self.contract.events, DEAD_LETTER)
        route = beam.ParDo(RouteByType(self.contract, self.run_id)).with_output_types(tuple[str, bytes], **dict.fromkeys(tags, bytes))
        return batches | "ByType" >> route.with_outputs(*tags, main=ARCHIVE)


class RouteByType(beam.DoFn):
    def __init__(self, contract: Contract, run_id: str):
        self.contract, self.run_id = contract, run_id

    def setup(self) -> None:
        collect_rarely()
        self.tables, self.packer = tables(self.contract), Packer(self.contract)

    def start_bundle(self) -> None:
        self._clear()

    def _clear(self) -> None:
        self.rows: dict[tuple[str, int, bool], list[Item]] = {}
        self.held, self.earliest = 0, MAX_TIMESTAMP

    def process(self, batch: Batch, at: Timestamp = TIMESTAMP) -> Outputs:
        batch = batch.opened(self.packer)
        for item in batch.events:
            key = (item.TYPE, item.event_time // (DAY_MS if item.late else HOUR_MS), item.late)  # as the archive's partitions
            if key in self.rows:
                self.rows[key].append(item)
            else:
                self.rows[key] = [item]
        for letter in batch.dead:
            self.rows.setdefault((DEAD_LETTER, letter.arrival_time // HOUR_MS, False), []).append(letter)
        self.held += len(batch.events) + len(batch.dead)
        self.earliest = min(self.earliest, at)
        if self.held >= FLUSH:
            for tag, value, stamp in self._flush():
                stamped = TimestampedValue(value, stamp)
                yield TaggedOutput(tag, stamped) if tag else stamped

    def finish_bundle(self) -> Outputs:
        for tag, value, at in self._flush():
            stamped = WindowedValue(value, at, (GlobalWindow(),))
            yield TaggedOutput(tag, stamped) if tag else stamped

    def _flush(self) -> Iterable[tuple[str | None, tuple[str, bytes] | bytes, Timestamp]]:
        at = self.earliest
        for (table, number, late), items in self.rows.items():
            blob = serialize(to_columns(self.tables[table], items, self.run_id))
            partition = event_partition(number * (DAY_MS if late else HOUR_MS), late)
            yield None, (f"events/{table}/{partition}", blob), at
            yield table, blob, at
            Metrics.counter("landed", table).inc(len(items))
            if late:
                Metrics.counter("late", table).inc(len(items))
        self._clear()
