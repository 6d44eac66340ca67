"""Decode: Messages -> batches of events and dead letters, keyed for deduplication; and what was received, counted."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NamedTuple, cast

import apache_beam as beam
import numpy as np
from apache_beam.metrics import Metrics
from apache_beam.pvalue import TaggedOutput
from apache_beam.transforms.window import GlobalWindow, TimestampedValue
from apache_beam.utils.timestamp import MAX_TIMESTAMP, Timestamp
from apache_beam.utils.windowed_value import WindowedValue

from gamebeam.schemas.contract.contract import Contract
from gamebeam.schemas.dates import HOUR_MS
from gamebeam.schemas.events import DeadLetter, Envelope, Item, pack
from gamebeam.transforms.batch import STRETCH_MS, Batch, tally
from gamebeam.transforms.beam_params import TIMESTAMP, Collections, Outputs
from gamebeam.transforms.decode.decoder import Decoder
from gamebeam.transforms.dedup.dedup_key import SHARDS, bucket_ms, by_shard_and_day, copy_rows, keys_of
from gamebeam.transforms.gc_tuning import collect_rarely
from gamebeam.transforms.messages import Messages
from gamebeam.transforms.rollups.ledger import EMPTY
from gamebeam.transforms.rollups.partials import RECEIVED, Partials

FLUSH = 20_000  # events held at most before they are handed on: a batch bundle can be a whole file


class Decoded(NamedTuple):
    """copies: in batch, (shard and day, COPY rows); None in a stream."""

    batches: beam.PCollection[tuple[int, bytes]]
    received: beam.PCollection[tuple[int, Partials]]
    copies: beam.PCollection[tuple[int, bytes]] | None = None


@dataclass
class Decode(beam.PTransform[beam.PCollection[Messages], Any]):
    """Messages -> (batches by shard and time bucket, partial counts for the ledger). Raises on no message.

    started: ms, the start of the run, by which times are judged in files that say nothing of arrival. Raises ValueError, when the
    pipeline is built, for a contract that needs a key where there is none.
    """

    contract: Contract
    streaming: bool
    pii_key: bytes | None = None
    shards: int = SHARDS
    horizon_ms: int = HOUR_MS
    started: int = field(default_factory=lambda: time.time_ns() // 1_000_000)

    def __post_init__(self) -> None:
        Decoder(self.contract, self.pii_key)  # what is wrong with the configuration stops the launch, and is no dead letter

    def expand(self, messages: beam.PCollection[Messages]) -> Collections:  # Decoded
        bucket = bucket_ms(self.streaming, self.horizon_ms)
        decode = beam.ParDo(DecodeMessages(self.contract, self.streaming, self.pii_key, self.started, self.shards, bucket))
        if self.streaming:
            out = messages | "DecodeMessages" >> decode.with_output_types(tuple[int, bytes], received=tuple[int, Partials]).with_outputs(
                "received", main="batches")
            return Decoded(out.batches, out.received)
        typed = decode.with_output_types(tuple[int, bytes], received=tuple[int, Partials], copies=tuple[int, bytes])
        return Decoded(*(messages | "DecodeMessages" >> typed.with_outputs("received", "copies", main="batches")))


class DecodeMessages(beam.DoFn):
    def __init__(self, contract: Contract, streaming: bool, pii_key: bytes | None, started: int, shards: int = SHARDS,
                 bucket: int = HOUR_MS):
        self.contract, self.streaming, self.pii_key, self.started = contract, streaming, pii_key, started
        self.shards, self.bucket = shards, bucket

    def setup(self) -> None:
        collect_rarely()
        self.decoder = Decoder(self.contract, self.pii_key, self.started)
        self.previous_arrival: int | None = None

    def start_bundle(self) -> None:
        self.received: dict[int, tuple[Timestamp, Partials]] = {}  # in a stream, by stretch: (earliest arrival, counts)
        self._clear()

    def _clear(self) -> None:
        self.items: list[Item] = []
        self.earliest = MAX_TIMESTAMP

    def process(self, messages: Messages, at: Timestamp = TIMESTAMP) -> Outputs:
        previous = None if messages.first else self.previous_arrival
        self.items += self.decoder.decode_all(messages.payloads, messages.arrivals, messages.ids, messages.source, previous)
        self.previous_arrival = self.decoder.reached
        self.earliest = min(self.earliest, at)
        if len(self.items) >= FLUSH:
            for tag, value, at in self._flush():
                stamped = TimestampedValue(value, at)
                yield TaggedOutput(tag, stamped) if tag else stamped

    def finish_bundle(self) -> Outputs:
        for tag, value, at in self._flush():
            stamped = WindowedValue(value, at, (GlobalWindow(),))
            yield TaggedOutput(tag, stamped) if tag else stamped
        for at, partials in self.received.values():
            yield TaggedOutput("received", WindowedValue((0, partials), at, (GlobalWindow(),)))
            for (*_, event_type), counts in partials.items():
                known = event_type if event_type in self.contract.events else "unknown"  # a client must not invent metric names
                Metrics.counter("received", known).inc(counts[RECEIVED])
        for error, n in self.decoder.faults.take().items():
            Metrics.counter("decode_fault", error).inc(n)
        for name, n in self.decoder.scrub.take_counts().items():
            Metrics.counter("scrubbed", name).inc(n)

    def _flush(self) -> Iterable[tuple[str | None, tuple[int, bytes], Timestamp]]:
        """Every group as (key, packed batch), stamped as the earliest messages among them: never behind the watermark.

        In batch, also COPY rows by shard and day; only a stream needs what is noted beside its events.
        """
        if not self.items:
            return
        dead = [item for item in self.items if isinstance(item, DeadLetter)]
        events = [item for item in self.items if not isinstance(item, DeadLetter)] if dead else cast(list[Envelope], self.items)
        keys, noted = keys_of(events, dead, self.shards, self.bucket)
        hashes = noted.hashes[:len(events)]
        order = np.argsort(keys, kind="stable")  # then a runner that keeps order has a bucket's shards together
        items: list[Any] = list(map([*events, *dead].__getitem__, order.tolist()))  # a group's events, then its dead letters
        keys, noted = keys[order], noted.at(order)
        for start, end in pairwise([0, *(np.flatnonzero(np.diff(keys)) + 1).tolist(), len(keys)]):
            whole = start + int(np.searchsorted(order[start:end], len(events)))
            beside = noted.at(slice(start, end)).pack() if self.streaming else b""
            yield None, (int(keys[start]), pack(items[start:whole], items[whole:end], beside)), self.earliest
        if not self.streaming:
            yield from (("copies", group, self.earliest) for group in by_shard_and_day(copy_rows(events, hashes), self.shards))
        self._count(Batch(events, dead, []))
        self._clear()

    def _count(self, batch: Batch) -> None:
        for arrived, part in batch.by_stretch() if self.streaming else [(0, batch)]:
            came = Timestamp(micros=arrived * 1000) if self.streaming else self.earliest
            earliest, partials = self.received.get(arrived // STRETCH_MS) or (came, Partials())
            self.received[arrived // STRETCH_MS] = min(earliest, came), partials
            events, _, dead = tally(part)
            for build, n in (*events.items(), *dead.items()):
                partials.setdefault(build, list(EMPTY))[RECEIVED] += n
        for item in batch.dead:
            Metrics.counter("dead_lettered", item.reason).inc()
