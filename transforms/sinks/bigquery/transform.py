"""WriteTables: what Route and Rollups made -> BigQuery tables; rows that BigQuery refuses -> dead letters and the ledger."""

import hashlib
import json
import time
from collections.abc import Iterable
from dataclasses import dataclass

import apache_beam as beam
import msgspec
import pyarrow as pa
from apache_beam.metrics import Metrics
from apache_beam.transforms import trigger, window
from apache_beam.transforms.window import BoundedWindow, GlobalWindow
from apache_beam.utils.timestamp import MAX_TIMESTAMP, Timestamp
from apache_beam.utils.windowed_value import PaneInfo, WindowedValue

from gamebeam.archive.layout import event_partition, rollup_partition
from gamebeam.schemas.bigquery import Target, wanted_tables
from gamebeam.schemas.contract.contract import Contract
from gamebeam.schemas.dates import HOUR_MS
from gamebeam.schemas.events import DEAD_LETTER
from gamebeam.schemas.tables import LEDGER_COUNTS, ledger_table, tables
from gamebeam.transforms.beam_params import PANE, TIMESTAMP, WINDOW, Collections, Outputs
from gamebeam.transforms.columns import deserialize, serialize
from gamebeam.transforms.sinks.bigquery.append_rows import LOG, Appender, Rejected, young

HELD_BYTES = 4 << 20  # as they came, compressed: several times that in memory
REASON = "table_rejected"
STRETCH_S = 300  # of the ledger's rows about refused rows. Not the ledger's own: rows of one window and key replace each other
WORDS = 500  # characters of BigQuery's explanation that are kept


@dataclass
class WriteTables(beam.PTransform[Collections, Collections]):
    """(record batches by event type, (partition, record batch) of rollups) -> the same two of what was refused: dead letters, ledger."""

    contract: Contract
    target: Target
    run_id: str
    streaming: bool

    def expand(self, inputs: Collections) -> Collections:
        by_type, rollups = inputs
        # A shuffle before each: what came before it is done, whatever BigQuery does.
        appended = {name: (rows
                           | f"Spread_{name}" >> beam.Reshuffle()
                           | f"Named_{name}" >> beam.Map(lambda blob, name=name: (name, blob))
                           | f"Append_{name}" >> beam.ParDo(self._append())) for name, rows in by_type.items()}
        appended["rollups"] = (rollups | "SpreadRollups" >> beam.Reshuffle()
                               | "NamedRollups" >> beam.Map(of_table) | "AppendRollups" >> beam.ParDo(self._append()))
        dead = [appended[name] for name in self.contract.events] | "Rejected" >> beam.Flatten()
        counted = dead | "Counts" >> beam.FlatMap(counts_of)
        if self.streaming:
            counted |= "WindowCounts" >> beam.WindowInto(
                window.FixedWindows(STRETCH_S), trigger=trigger.AfterWatermark(late=trigger.AfterCount(1)), allowed_lateness=0,
                accumulation_mode=trigger.AccumulationMode.ACCUMULATING)
        ledger = counted | "SumCounts" >> beam.CombinePerKey(sum) | "LedgerRows" >> beam.ParDo(LedgerRows(self.run_id))
        if self.streaming:
            ledger |= "GlobalCounts" >> beam.WindowInto(window.GlobalWindows(), trigger=trigger.DefaultTrigger(),
                                                        accumulation_mode=trigger.AccumulationMode.DISCARDING)
        refused = (dead, ledger) | "Refused" >> beam.Flatten()
        told = (refused | "SpreadRefused" >> beam.Reshuffle() | "NamedRefused" >> beam.Map(of_table)
                | "AppendRefused" >> beam.ParDo(self._append()))
        if self.streaming:
            return dead, ledger
        # No rows come from these, but who waits for what is returned (Commit) must wait for them too.
        return dead, (ledger, told, appended[DEAD_LETTER], appended["rollups"]) | "Done" >> beam.Flatten()

    def _append(self) -> "AppendRows":
        return AppendRows(self.contract, self.target, self.run_id)


def of_table(row: tuple[str, bytes]) -> tuple[str, bytes]:
    """(partition, blob) -> (table, blob)."""
    return row[0].split("/")[1], row[1]


@beam.typehints.with_output_types(tuple[str, bytes])
class AppendRows(beam.DoFn):
    """(table, record batch) -> dead letters of what BigQuery refused of an event type; what it refuses of other tables is logged."""

    def __init__(self, contract: Contract, target: Target, run_id: str):
        self.contract, self.target, self.run_id = contract, target, run_id

    def setup(self) -> None:
        self.appender: Appender | None = None
        self.wanted = wanted_tables(self.contract)

    def start_bundle(self) -> None:
        self.blobs: dict[str, list[bytes]] = {}
        self.held, self.earliest = 0, MAX_TIMESTAMP

    def process(self, row: tuple[str, bytes], at: Timestamp = TIMESTAMP) -> Outputs:
        table, blob = row
        self.blobs.setdefault(table, []).append(blob)
        self.held += len(blob)
        self.earliest = min(self.earliest, at)
        if self.held >= HELD_BYTES:
            for value in self._flush():
                yield window.TimestampedValue(value, self.earliest)

    def finish_bundle(self) -> Outputs:
        for value in self._flush():
            yield WindowedValue(value, self.earliest, (GlobalWindow(),))

    def _flush(self) -> Iterable[tuple[str, bytes]]:
        blobs, self.blobs, self.held = self.blobs, {}, 0
        for table, some in blobs.items():
            rows = pa.Table.from_batches(deserialize(some))
            kept = young(self.wanted[table], rows).combine_chunks()
            Metrics.counter("expired", table).inc(rows.num_rows - kept.num_rows)
            for batch in kept.to_batches():
                self.appender = self.appender or Appender(self.target, self.contract.name)
                refused = self.appender.append(table, batch)
                Metrics.counter("appended", table).inc(batch.num_rows - len(refused))
                if table in self.contract.events:
                    Metrics.counter("refused", table).inc(len(refused))
                    yield from dead_letters(self.contract, table, refused, self.run_id, self.target)
                elif refused:
                    LOG.warning("%s: %d rows refused, such as: %s; the archive has them", table, len(refused), refused[0].why)


def dead_letters(contract: Contract, event_type: str, refused: list[Rejected], run_id: str, target: Target) -> Iterable[tuple[str, bytes]]:
    """(partition, record batch) of each refused row. Its bytes are the row as JSON: the message's own are not at hand any more."""
    schema = tables(contract)[DEAD_LETTER].arrow
    by_partition: dict[str, list[dict[str, object]]] = {}
    for row, why in refused:
        event = row.to_pylist()[0]
        payload = msgspec.json.encode({k: v for k, v in event.items() if k != "run_id" and v is not None})
        known = {name: event.get(name) for name in schema.names if name in event}
        partition = event_partition(round(event["arrival_time"].timestamp() * 1000), False)
        by_partition.setdefault(partition, []).append(known | {
            "run_id": run_id, "dead_id": _digest(f"dead\0{REASON}\0".encode() + payload), "source": target.table_id(event_type),
            "reason": REASON, "detail": why[:WORDS], "event_type": event_type, "payload": payload,
            "fingerprint": _digest(repr((REASON, event_type, None, event.get("app_version"))).encode())})
    for partition, rows in by_partition.items():
        yield f"events/{DEAD_LETTER}/{partition}", serialize(pa.RecordBatch.from_pylist(rows, schema))


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def counts_of(dead: tuple[str, bytes]) -> Iterable[tuple[str, int]]:
    """(the ledger's key as JSON, 1) of each dead letter: JSON, because a key must have one encoding."""
    for batch in deserialize([dead[1]]):
        for row in batch.to_pylist():
            ms = round(row["event_time"].timestamp() * 1000)
            yield json.dumps([ms - ms % HOUR_MS, *(row[n] for n in ("game", "env", "platform", "app_version", "event_type"))]), 1


@beam.typehints.with_output_types(tuple[str, bytes])
class LedgerRows(beam.DoFn):
    """(key, refused) -> (partition, record batch) of the ledger."""

    def __init__(self, run_id: str):
        self.run_id = run_id

    def process(self, counted: tuple[str, int], stretch: BoundedWindow = WINDOW,
                pane: PaneInfo = PANE) -> Iterable[tuple[str, bytes]]:
        key, refused = counted
        hour, *names = json.loads(key)
        if isinstance(stretch, GlobalWindow):  # two hours, for the same reason that STRETCH_S is not the ledger's
            start, end = hour, hour + 2 * HOUR_MS
        else:
            start, end = stretch.start.micros // 1000, stretch.end.micros // 1000
        row = dict(zip(("hour", "game", "env", "platform", "app_version", "event_type"), (hour, *names), strict=True))
        row |= dict.fromkeys(LEDGER_COUNTS, 0) | {REASON: refused, "run_id": self.run_id, "generation": 0, "window_start": start,
                                                  "window_end": end, "pane_index": max(pane.index, 0), "pane_timing": "ON_TIME",
                                                  "emitted_time": time.time_ns() // 1_000_000}
        yield f"rollups/ledger/{rollup_partition(start)}", serialize(pa.RecordBatch.from_pylist([row], ledger_table().arrow))
