"""Deduplicate: batches by (shard, time bucket) -> batches without copies. The only step with state."""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import apache_beam as beam
import msgspec
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
from transforms.copies import id_hash, pick

HORIZON_MS = 48 * HOUR_MS
WARM_KEYS = 4_096  # id sets that a worker keeps, so that a warm one need not read its state back


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
    """State: the hashes of the ids seen in this shard and bucket, 8 bytes each, until horizon_ms after the last arrival."""

    SEEN = BagStateSpec("seen", BytesCoder())
    # A cell of both: a runner answers each read after a round trip, and little else of this step takes as long.
    LAST = ReadModifyWriteStateSpec("last", TupleCoder((BytesCoder(), VarIntCoder())))  # version of the ids, greatest arrival_time
    EXPIRY = TimerSpec("expiry", TimeDomain.WATERMARK)

    def __init__(self, contract: Contract, horizon_ms: int):
        self.contract, self.horizon_ms = contract, horizon_ms

    def setup(self) -> None:
        collect_rarely()
        self.packer = Packer(self.contract)
        self.warm: OrderedDict[int, tuple[bytes, set[int]]] = OrderedDict()

    def process(self, keyed: tuple[int, bytes], seen: Any = beam.DoFn.StateParam(SEEN), last: Any = beam.DoFn.StateParam(LAST),
                expiry: Any = beam.DoFn.TimerParam(EXPIRY)) -> Iterable[Batch]:
        key, data = keyed
        events, dead = self.packer.unpack(data)
        version, last_arrival = last.read() or (b"", 0)
        known = self._known(key, version, seen)
        new: set[int] = set()
        landed = [self._unseen(*pick(items), known, new) for items in (events, dead)]
        if new:
            chunk = msgspec.msgpack.encode(sorted(new))
            seen.add(chunk)
            version = xxhash.xxh3_128_digest(version + chunk)
            known |= new
        self.warm[key] = version, known
        if len(self.warm) > WARM_KEYS:
            self.warm.popitem(last=False)
        arrived = max(item.arrival_time for item in (*events, *dead))
        if arrived > last_arrival:
            expiry.set(Timestamp(micros=(arrived + self.horizon_ms) * 1000))
        if new or arrived > last_arrival:
            last.write((version, max(arrived, last_arrival)))
        yield without_copies(*landed)

    @staticmethod
    def _unseen(firsts: list[Any], copies: list[Any], known: set[int], new: set[int]) -> tuple[list[Any], list[Any]]:
        kept: list[Any] = []
        for item in firsts:
            h = id_hash(item)
            (copies if h in known else kept).append(item)
            new.add(h)
        new -= known
        return kept, copies

    def _known(self, key: int, version: bytes, seen: Any) -> set[int]:
        """The ids in state; from the worker's own memory where that is still the state's version."""
        warm = self.warm.pop(key, None)
        if not version:
            return set()
        if warm is not None and warm[0] == version:
            return warm[1]
        return {h for chunk in seen.read() for h in msgspec.msgpack.decode(chunk)}

    @on_timer(EXPIRY)
    def forget(self, seen: Any = beam.DoFn.StateParam(SEEN), last: Any = beam.DoFn.StateParam(LAST)) -> None:
        seen.clear()
        last.clear()


def without_copies(events: tuple[list[Any], list[Any]], dead: tuple[list[Any], list[Any]]) -> Batch:
    copies = events[1] + dead[1]
    for item in copies:
        Metrics.counter("duplicate", item.TYPE).inc()
    return Batch(events[0], dead[0], [(item.arrival_time, ledger_key(item)) for item in copies])
