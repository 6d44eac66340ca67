"""Rollups: per-bundle partial sums -> windows -> one CombineFn -> rows. One mechanism for all of them."""

import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import apache_beam as beam
from apache_beam.pvalue import TaggedOutput
from apache_beam.transforms import trigger, window
from apache_beam.transforms.window import BoundedWindow, GlobalWindow, TimestampedValue
from apache_beam.utils.timestamp import MAX_TIMESTAMP, Timestamp
from apache_beam.utils.windowed_value import PaneInfo, WindowedValue

from gamebeam.archive.layout import rollup_partition
from gamebeam.schemas.contract.contract import Contract
from gamebeam.schemas.events import Packer
from gamebeam.schemas.tables import Table
from gamebeam.transforms.batch import STRETCH_MS, Batch
from gamebeam.transforms.beam_params import PANE, TIMESTAMP, WINDOW, Collections, Outputs
from gamebeam.transforms.columns import columns_of_rows, serialize
from gamebeam.transforms.gc_tuning import collect_rarely
from gamebeam.transforms.rollups.counters import CounterHours
from gamebeam.transforms.rollups.declared_rollup import Declared
from gamebeam.transforms.rollups.ledger import Ledger
from gamebeam.transforms.rollups.partials import Key, Partial, Partials, PartialsCoder, Rollup, Windowed
from gamebeam.transforms.rollups.players import PlayerHours

FLUSH = 50_000  # events summed at most before their partials are handed on
EARLY_S = 10  # processing time between early panes
LEDGER_S = STRETCH_MS // 1000  # windows of arrival, in which nothing is late, for the built-in rollups
OTHERS_S = 10 * LEDGER_S
TIMINGS = ("EARLY", "ON_TIME", "LATE", "ON_TIME")  # Beam's EARLY, ON_TIME, LATE, UNKNOWN; batch has one pane


def rollups_of(contract: Contract, streaming: bool) -> list[Rollup]:
    """The built-in rollups, then the declared ones."""
    counters = [CounterHours(contract.counter, contract.name, streaming)] if contract.counter else []
    return [Ledger(), *counters, PlayerHours(contract, streaming), *(Declared(contract, r, streaming) for r in contract.rollups)]


@dataclass
class Rollups(beam.PTransform[Any, Any]):
    """(batches, partial counts of what was received) -> (partition, record batch) of every rollup's rows."""

    contract: Contract
    run_id: str
    streaming: bool
    others_s: float = OTHERS_S

    def expand(self, inputs: Collections) -> Collections:
        batches, received = inputs
        rollups = rollups_of(self.contract, self.streaming)
        names = [r.table.name for r in rollups]
        summing = beam.ParDo(Sum(self.contract, self.streaming)).with_output_types(Any, **dict.fromkeys(names, tuple[int, Partials]))
        partials = batches | "Sum" >> summing.with_outputs(*names)
        declared = {r.name: f"{r.name}-{r.fingerprint}" for r in self.contract.rollups}
        rows = []
        for rollup in rollups:
            name = rollup.table.name
            sums = partials[name]
            if name == "ledger":
                sums = (sums, received) | "WithReceived" >> beam.Flatten()
            if self.streaming:
                sums |= f"Window_{declared.get(name, name)}" >> self._window(rollup)
            made = (sums
                    | f"Combine_{declared.get(name, name)}" >> beam.CombinePerKey(MergePartials(rollup))
                    | f"Rows_{declared.get(name, name)}" >> beam.ParDo(ToRows(rollup, self.run_id)))
            if self.streaming:  # or what follows would keep accumulating, and write every row again at every pane
                made |= f"Global_{declared.get(name, name)}" >> beam.WindowInto(
                    window.GlobalWindows(), trigger=trigger.DefaultTrigger(),
                    accumulation_mode=trigger.AccumulationMode.DISCARDING)
            rows.append(made)
        return rows | "AllRows" >> beam.Flatten()

    def _window(self, rollup: Rollup) -> beam.WindowInto:
        late = trigger.AfterCount(1)
        if not isinstance(rollup, Declared):  # stamped with arrival, of which the watermark passes none unread: nothing is late
            return beam.WindowInto(window.FixedWindows(LEDGER_S if isinstance(rollup, Ledger) else self.others_s),
                                   trigger=trigger.AfterWatermark(late=late), allowed_lateness=0,
                                   accumulation_mode=trigger.AccumulationMode.ACCUMULATING)
        size, period = rollup.rollup.window_ms / 1000, rollup.rollup.period_ms / 1000
        windows = window.FixedWindows(size) if size == period else window.SlidingWindows(size, period)
        early = trigger.AfterProcessingTime(EARLY_S) if rollup.early else None
        return beam.WindowInto(windows, trigger=trigger.AfterWatermark(early=early, late=late),
                               allowed_lateness=self.contract.allowed_lateness_ms / 1000,
                               accumulation_mode=trigger.AccumulationMode.ACCUMULATING)


class Sum(beam.DoFn):
    """Batches -> per rollup, (key, partials), once a bundle or every FLUSH events."""

    def __init__(self, contract: Contract, streaming: bool):
        self.contract, self.streaming = contract, streaming

    def setup(self) -> None:
        collect_rarely()
        self.packer, self.rollups = Packer(self.contract), rollups_of(self.contract, self.streaming)

    def start_bundle(self) -> None:
        self._clear()

    def _clear(self) -> None:
        self.held, self.earliest = Batch([], [], []), MAX_TIMESTAMP  # together: many a batch is of one event

    def process(self, batch: Batch, at: Timestamp = TIMESTAMP) -> Outputs:
        self.held.extend(batch.opened(self.packer))
        self.earliest = min(self.earliest, at)
        if len(self.held.events) + len(self.held.dead) >= FLUSH:
            for name, value, stamp in self._flush():
                yield TaggedOutput(name, TimestampedValue(value, stamp))

    def finish_bundle(self) -> Outputs:
        for name, value, at in self._flush():
            yield TaggedOutput(name, WindowedValue(value, at, (GlobalWindow(),)))

    def _flush(self) -> Iterable[tuple[str, tuple[int, Partials], Timestamp]]:
        # In a stream by each event's own arrival: however bundles are cut, also after a restart, it is in the same window.
        parts = ((Timestamp(micros=arrived * 1000), part) for arrived, part in self.held.by_stretch())
        for earliest, part in parts if self.streaming else [(self.earliest, self.held)]:
            for rollup in self.rollups:
                rollup.add(part)
                for flushed in rollup.flush():
                    at = earliest if flushed.at is None else Timestamp(micros=flushed.at * 1000)
                    yield rollup.table.name, (flushed.beam_key, Partials(flushed.partials)), at
        self._clear()


@beam.typehints.with_input_types(Partials)
@beam.typehints.with_output_types(Partials)
class MergePartials(beam.CombineFn):
    """Partials -> partials, merged by key."""

    def __init__(self, rollup: Rollup):
        self.rollup = rollup

    def create_accumulator(self) -> Partials:
        return Partials()

    def add_input(self, merged: Partials, some: Partials) -> Partials:
        merge = self.rollup.merge
        for key, partial in some.items():
            other = merged.get(key)
            merged[key] = partial if other is None else merge([other, partial])
        return merged

    def add_inputs(self, merged: Partials, elements: Iterable[Partials]) -> Partials:
        """By key all at once: on Flink every pane merges all that its window has, and one after the other took half of the job's time."""
        elements = list(elements)
        if not merged and len(elements) == 1:  # most of a bundle's; a copy, as sliding windows share it
            return Partials(elements[0])
        by_key: dict[Key, list[Partial]] = defaultdict(list)
        for some in (merged, *elements):
            for key, partial in some.items():
                by_key[key].append(partial)
        return Partials((key, partials[0] if len(partials) == 1 else self.rollup.merge(partials)) for key, partials in by_key.items())

    def merge_accumulators(self, accumulators: Iterable[Partials]) -> Partials:
        return self.add_inputs(Partials(), accumulators)

    def extract_output(self, merged: Partials) -> Partials:
        return merged

    def get_accumulator_coder(self) -> beam.coders.Coder:
        return PartialsCoder()


@beam.typehints.with_input_types(tuple[int, Partials])
@beam.typehints.with_output_types(tuple[str, bytes])
class ToRows(beam.DoFn):
    """Merged partials of a pane -> (partition, record batch)."""

    def __init__(self, rollup: Rollup, run_id: str):
        self.rollup, self.run_id = rollup, run_id

    @cached_property
    def table(self) -> Table:
        return self.rollup.table

    def start_bundle(self) -> None:
        # One time for the bundle: Prism hands over panes that wait together in any order, and of equal times the highest pane counts.
        self.emitted = time.time_ns() // 1_000_000

    def process(self, merged: tuple[int, Partials], stretch: BoundedWindow = WINDOW,
                pane: PaneInfo = PANE) -> Iterable[tuple[str, bytes]]:
        beam_key, partials = merged
        entries = list(partials.items())
        if isinstance(stretch, GlobalWindow):
            windowed = self.rollup.windows(beam_key, entries)
        else:  # a stream's rows are about Beam's window: of event_time if declared, else of arrival, with the hour in the key
            start, end = stretch.start.micros // 1000, stretch.end.micros // 1000
            windowed = (Windowed(start, end, key, partial) for key, partial in entries)
        rows: dict[str, list[tuple[object, ...]]] = {}
        for start, end, key, partial in windowed:
            row = (self.run_id, 0, start, end, *self.rollup.row(key, partial), max(pane.index, 0), TIMINGS[pane.timing], self.emitted)
            rows.setdefault(rollup_partition(start), []).append(row)
        for partition, some in rows.items():
            yield f"rollups/{self.table.name}/{partition}", serialize(columns_of_rows(self.table, some))
