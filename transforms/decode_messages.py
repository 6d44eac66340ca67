"""Decode: Messages -> batches of events and dead letters, keyed for deduplication; and what was received, counted."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import apache_beam as beam
from apache_beam.metrics import Metrics
from apache_beam.pvalue import TaggedOutput
from apache_beam.transforms.window import GlobalWindow, TimestampedValue
from apache_beam.utils.timestamp import MAX_TIMESTAMP, Timestamp
from apache_beam.utils.windowed_value import WindowedValue

from schemas.contract import Contract
from schemas.events import DEAD_LETTER, pack
from transforms.batch import STRETCH_MS, Batch, tally
from transforms.collector import collect_rarely
from transforms.copies import BUCKET_MS, SHARDS, dedupe_key
from transforms.decode import Decoder
from transforms.ledger import EMPTY
from transforms.messages import Messages
from transforms.partials import RECEIVED, Partials

FLUSH = 20_000  # events held at most before they are handed on: a batch bundle can be a whole file


class Decoded(NamedTuple):
    batches: beam.PCollection[tuple[int, bytes]]
    received: beam.PCollection[tuple[int, Partials]]


@dataclass
class Decode(beam.PTransform):
    """Messages -> (batches by shard and time bucket, partial counts for the ledger). Raises on no message."""

    contract: Contract
    streaming: bool
    pii_key: bytes | None = None
    shards: int = SHARDS
    horizon_ms: int = BUCKET_MS

    def expand(self, messages: beam.PCollection[Messages]) -> Any:  # Decoded; Beam would warn of a type that is none of its own
        decode = beam.ParDo(DecodeMessages(self.contract, self.streaming, self.pii_key, self.shards, min(BUCKET_MS, self.horizon_ms)))
        out = messages | "DecodeMessages" >> decode.with_output_types(tuple[int, bytes], received=tuple[int, Partials]).with_outputs(
            "received", main="batches")
        return Decoded(out.batches, out.received)


class DecodeMessages(beam.DoFn):
    def __init__(self, contract: Contract, streaming: bool, pii_key: bytes | None, shards: int = SHARDS, bucket_ms: int = BUCKET_MS):
        self.contract, self.streaming, self.pii_key = contract, streaming, pii_key
        self.shards, self.bucket_ms = shards, bucket_ms

    def setup(self) -> None:
        collect_rarely()
        self.decoder = Decoder(self.contract, self.pii_key)
        self.previous_arrival = 0

    def start_bundle(self) -> None:
        self.received: dict[int, tuple[Timestamp, Partials]] = {}  # in a stream, by stretch: (earliest arrival, counts)
        self._clear()

    def _clear(self) -> None:
        self.events: dict[int, list[Any]] = defaultdict(list)
        self.dead: dict[int, list[Any]] = defaultdict(list)
        self.held, self.earliest = 0, MAX_TIMESTAMP

    def process(self, messages: Messages, at: Any = beam.DoFn.TimestampParam) -> Iterable[Any]:
        decode, source, arrivals, ids = self.decoder.decode, messages.source, messages.arrivals, messages.ids
        previous = 0 if messages.first else self.previous_arrival
        events, dead, shards, bucket_ms = self.events, self.dead, self.shards, self.bucket_ms
        for i, payload in enumerate(messages.payloads):
            item = decode(payload, arrivals[i] if arrivals else None, ids[i] if ids else "", source, previous)
            previous = item.arrival_time
            (dead if item.TYPE == DEAD_LETTER else events)[dedupe_key(item, shards, bucket_ms)].append(item)
        self.previous_arrival = previous
        self.earliest = min(self.earliest, at)
        self.held += len(messages.payloads)
        if self.held >= FLUSH:
            yield from (TimestampedValue(value, at) for value, at in self._flush())

    def finish_bundle(self) -> Iterable[Any]:
        for value, at in self._flush():
            yield WindowedValue(value, at, (GlobalWindow(),))
        for at, partials in self.received.values():
            yield TaggedOutput("received", WindowedValue((0, partials), at, (GlobalWindow(),)))
            for (*_, event_type), counts in partials.items():
                known = event_type if event_type in self.contract.events else "unknown"  # a client must not invent metric names
                Metrics.counter("received", known).inc(counts[RECEIVED])

    def _flush(self) -> Iterable[tuple[tuple[int, bytes], Timestamp]]:
        """Every group as (key, packed batch), stamped as the earliest messages among them: never behind the watermark."""
        if not self.held:
            return
        at, together = self.earliest, Batch([], [], [])
        for key in sorted(self.events.keys() | self.dead.keys()):  # then a runner that keeps order has an hour's shards together
            batch = Batch(self.events.get(key, []), self.dead.get(key, []), [])
            yield (key, pack(batch.events, batch.dead)), at
            together.extend(batch)
        for arrived, part in together.by_stretch() if self.streaming else [(0, together)]:
            came = Timestamp(micros=arrived * 1000) if self.streaming else at
            earliest, partials = self.received.get(arrived // STRETCH_MS) or (came, Partials())
            self.received[arrived // STRETCH_MS] = min(earliest, came), partials
            for counted in tally(part):
                for build, n in counted.items():
                    partials.setdefault(build, list(EMPTY))[RECEIVED] += n
        for item in together.dead:
            Metrics.counter("dead_lettered", item.reason).inc()
        self._clear()
