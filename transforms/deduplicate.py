"""Deduplicate: batches by (shard, time bucket) -> batches without copies. The only step with state."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import apache_beam as beam
import xxhash
from apache_beam.coders import BytesCoder, TupleCoder, VarIntCoder
from apache_beam.metrics import Metrics
from apache_beam.transforms.timeutil import TimeDomain
from apache_beam.transforms.userstate import BagStateSpec, ReadModifyWriteStateSpec, TimerSpec, on_timer
from apache_beam.utils.timestamp import Timestamp

from schemas.contract import Contract
from schemas.events import Packer
from schemas.layout import HOUR_MS
from transforms.batch import Batch, ledger_key
from transforms.collector import collect_rarely
from transforms.copies import BUCKET_MS, id_hash, pick
from transforms.seen import Ids, Warm, chunk

HORIZON_MS = 48 * HOUR_MS
STEPS = 32  # of the horizon, in which state expires


@dataclass
class Deduplicate(beam.PTransform):
    """Batch: of an event's copies the earliest lands. Streaming: the first to arrive, for `horizon_ms` of arrival_time."""

    contract: Contract
    streaming: bool
    horizon_ms: int = HORIZON_MS

    def expand(self, batches: beam.PCollection[tuple[int, bytes]]) -> beam.PCollection[Batch]:
        if self.streaming:
            return batches | "FirstToArrive" >> beam.ParDo(FirstToArrive(self.contract, self.horizon_ms))
        return batches | "ByShardAndBucket" >> beam.GroupByKey() | "Earliest" >> beam.ParDo(Earliest(self.contract))


class Earliest(beam.DoFn):
    """Of all copies, whatever the order of the files, the one that `pick` prefers."""

    def __init__(self, contract: Contract):
        self.contract = contract

    def setup(self) -> None:
        collect_rarely()
        self.packer = Packer(self.contract)

    def process(self, group: tuple[int, Iterable[bytes]]) -> Iterable[Batch]:
        events: list[Any] = []
        dead: list[Any] = []
        for data in group[1]:
            some, others = self.packer.unpack(data)
            events += some
            dead += others
        yield without_copies(pick(events), pick(dead))


class FirstToArrive(beam.DoFn):
    """State: the hashes of the ids seen in this shard and bucket, 8 bytes each, for at least horizon_ms of arrival_time."""

    SEEN = BagStateSpec("seen", BytesCoder())
    # A cell of both: a runner answers each read after a round trip, and little else of this step takes as long.
    LAST = ReadModifyWriteStateSpec("last", TupleCoder((BytesCoder(), VarIntCoder())))  # version of the ids, when they expire (ms)
    EXPIRY = TimerSpec("expiry", TimeDomain.WATERMARK)

    def __init__(self, contract: Contract, horizon_ms: int):
        self.contract, self.horizon_ms = contract, horizon_ms

    def setup(self) -> None:
        collect_rarely()
        self.packer = Packer(self.contract)
        self.warm = Warm()  # so that its ids need not be read back from state

    def process(self, keyed: tuple[int, bytes], seen: Any = beam.DoFn.StateParam(SEEN), last: Any = beam.DoFn.StateParam(LAST),
                expiry: Any = beam.DoFn.TimerParam(EXPIRY)) -> Iterable[Batch]:
        key, data = keyed
        events, dead = self.packer.unpack(data)
        version, expires = last.read() or (b"", 0)
        ids = self.warm.take(key, version)
        if ids is None:
            ids = Ids(seen.read() if version else ())
        hashes = {id_hash(item) for items in (events, dead) for item in items}
        known = ids.among(hashes)
        landed = [self._unseen(*pick(items), known) for items in (events, dead)]
        if new := hashes - known:
            added = chunk(new)
            seen.add(added)
            version = xxhash.xxh3_128_digest(version + added)
            ids.add(new)
        self.warm.put(key, version, ids)
        if (later := self._expires(events, dead)) > expires:
            expiry.set(Timestamp(micros=later * 1000))
        if new or later > expires:
            last.write((version, max(later, expires)))
        yield without_copies(*landed)

    def _expires(self, events: list[Any], dead: list[Any]) -> int:
        """ms; later than need be by less than a step, or every batch would set a timer. What tells no time is a copy within its hour."""
        step = -(-self.horizon_ms // STEPS)
        needed = max(item.arrival_time for item in (*events, *dead)) + self.horizon_ms
        hours = ((item.arrival_time // BUCKET_MS + 1) * BUCKET_MS for item in dead if item.event_time is None)
        return max([-(-needed // step) * step, *hours])

    @staticmethod
    def _unseen(firsts: list[Any], copies: list[Any], known: set[int]) -> tuple[list[Any], list[Any]]:
        if not known:
            return firsts, copies
        return [i for i in firsts if id_hash(i) not in known], copies + [i for i in firsts if id_hash(i) in known]

    @on_timer(EXPIRY)
    def forget(self, seen: Any = beam.DoFn.StateParam(SEEN), last: Any = beam.DoFn.StateParam(LAST)) -> None:
        seen.clear()
        last.clear()


def without_copies(events: tuple[list[Any], list[Any]], dead: tuple[list[Any], list[Any]]) -> Batch:
    copies = events[1] + dead[1]
    for item in copies:
        Metrics.counter("duplicate", item.TYPE).inc()
    return Batch(events[0], dead[0], [(item.arrival_time, ledger_key(item)) for item in copies])
