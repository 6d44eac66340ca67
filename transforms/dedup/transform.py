"""Deduplicate: batches by (shard, time bucket) -> batches without copies. The only step with state."""

from collections.abc import Iterable
from dataclasses import dataclass

import apache_beam as beam
import numpy as np
from apache_beam.coders import BytesCoder
from apache_beam.metrics import Metrics
from apache_beam.transforms.timeutil import TimeDomain
from apache_beam.transforms.userstate import BagStateSpec, TimerSpec, on_timer
from apache_beam.utils.timestamp import Timestamp

from gamebeam.schemas.contract.contract import Contract
from gamebeam.schemas.dates import HOUR_MS
from gamebeam.schemas.events import DeadLetter, Envelope, Item, Packer, pack
from gamebeam.transforms.batch import Batch, ledger_key
from gamebeam.transforms.beam_params import STATE, TIMER, Bag, Collections, Timer
from gamebeam.transforms.dedup.dedup_key import COPY, SHARDS, duplicates_across_hours, pick, without_known
from gamebeam.transforms.dedup.seen_ids import FEW, SLICES, Ids, Noted, Recent, Warm, hashes_in
from gamebeam.transforms.gc_tuning import collect_rarely

HORIZON_MS = 48 * HOUR_MS
STEPS = 32  # of the horizon, in which state expires


@dataclass
class Deduplicate(beam.PTransform[Collections, beam.PCollection[Batch]]):
    """Batch: of an event's copies the earliest lands. Streaming: the first to arrive, for `horizon_ms` of arrival_time.

    A batch run works hour by hour. Copies in different hours of a day are found first, from columns of 25 bytes an event.
    """

    contract: Contract
    streaming: bool
    horizon_ms: int = HORIZON_MS
    shards: int = SHARDS

    def expand(self, decoded: Collections) -> beam.PCollection[Batch]:
        if self.streaming:
            return decoded | "FirstToArrive" >> beam.ParDo(FirstToArrive(self.contract, self.horizon_ms))
        batches, copies = decoded
        across_hours = (copies | "ByShardAndDay" >> beam.GroupByKey()
                        | "AcrossHours" >> beam.ParDo(AcrossHours(self.shards)).with_output_types(tuple[int, bytes]))
        return ((batches, across_hours) | "WithAcrossHours" >> beam.Flatten()
                | "ByShardAndBucket" >> beam.GroupByKey() | "Earliest" >> beam.ParDo(Earliest(self.contract)))


class AcrossHours(beam.DoFn):
    """(shard and day, its COPY rows) -> per hour, a batch without events; beside it, the id hashes that land in another hour of the day."""

    def __init__(self, shards: int):
        self.shards = shards

    def process(self, group: tuple[int, Iterable[bytes]]) -> Iterable[tuple[int, bytes]]:
        key, parts = group
        rows = np.concatenate([np.frombuffer(part, COPY) for part in parts])
        hours = rows["time"] // HOUR_MS
        duplicates = duplicates_across_hours(rows, hours)
        for hour in np.unique(hours[duplicates]).tolist():
            hashes = rows["hash"][duplicates[hours[duplicates] == hour]]
            yield hour * self.shards + key % self.shards, pack([], [], hashes.tobytes())


class Earliest(beam.DoFn):
    """Of all copies, whatever the order of the files, the one that `pick` prefers."""

    def __init__(self, contract: Contract):
        self.contract = contract

    def setup(self) -> None:
        collect_rarely()
        self.packer = Packer(self.contract)

    def process(self, group: tuple[int, Iterable[bytes]]) -> Iterable[Batch]:
        events: list[Envelope] = []
        dead: list[DeadLetter] = []
        elsewhere: set[int] = set()
        for data in group[1]:
            some, others, beside = self.packer.unpack(data)
            events += some
            dead += others
            elsewhere.update(hashes_in(beside).tolist())
        yield without_copies(without_known(*pick(events), elsewhere), pick(dead))


_CELL = STATE
_RECENT = BagStateSpec("recent", BytesCoder())
_SEEN = tuple(BagStateSpec(f"seen{n}", BytesCoder()) for n in range(SLICES))


class FirstToArrive(beam.DoFn):
    """State: hashes of the ids seen in this shard and bucket, 8 bytes each (9 in the small cell), for at least horizon_ms of arrival."""

    # A runner answers each request for state after a round trip, and little else of this step takes as long: one read, one addition.
    EXPIRY = TimerSpec("expiry", TimeDomain.WATERMARK)

    def __init__(self, contract: Contract, horizon_ms: int):
        self.contract, self.horizon_ms = contract, horizon_ms

    def setup(self) -> None:
        collect_rarely()
        self.packer = Packer(self.contract)
        self.warm = Warm()  # so that ids need not be read back from state

    def process(self, keyed: tuple[int, bytes], expiry: Timer = TIMER(EXPIRY), recent: Bag = _CELL(_RECENT),
                s0: Bag = _CELL(_SEEN[0]), s1: Bag = _CELL(_SEEN[1]), s2: Bag = _CELL(_SEEN[2]), s3: Bag = _CELL(_SEEN[3]),
                s4: Bag = _CELL(_SEEN[4]), s5: Bag = _CELL(_SEEN[5]), s6: Bag = _CELL(_SEEN[6]), s7: Bag = _CELL(_SEEN[7]),
                s8: Bag = _CELL(_SEEN[8]), s9: Bag = _CELL(_SEEN[9]), s10: Bag = _CELL(_SEEN[10]), s11: Bag = _CELL(_SEEN[11])
                ) -> Iterable[Batch]:
        key, data = keyed
        seen = (s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11)
        events, dead, beside = self.packer.unpack(data)
        came, state = Noted.unpack(beside), Recent.read(recent.read())

        def read(number: int) -> Ids:
            return Ids(state.noted.of(number), *(map(hashes_in, seen[number].read()) if state.filled >> number & 1 else ()))

        ids = self.warm.take(key, state.version)
        known = ids.among(came, state.slices(), read)
        unknown = np.flatnonzero(~known)
        new = came.at(unknown[np.unique(came.hashes[unknown], return_index=True)[1]])
        expires = self._expires(events, dead)
        if expires > state.expires:
            expiry.set(Timestamp(micros=expires * 1000))
        if len(new.hashes) or expires > state.expires:
            state = self._note(state, state.entry(expires, new), recent, seen)
            ids.add(new)
        self.warm.put(key, state.version, ids)
        if len(new.hashes) == len(known):
            yield Batch(events, dead, [])
        else:
            copies = set(came.hashes[known].tolist())
            yield without_copies(without_known(*pick(events), copies), without_known(*pick(dead), copies))

    @staticmethod
    def _note(state: Recent, entry: bytes, recent: Bag, seen: tuple[Bag, ...]) -> Recent:
        """The state with one entry more; where the small cell is full, its ids are moved to the slices' cells."""
        state = state.plus(entry)
        if len(state.noted.hashes) > FEW:
            for number in (dense := state.dense()):
                seen[number].add(state.noted.of(number).tobytes())
            recent.clear()
            state, staying = state.moved(dense)
            entry = state.entry(0, staying)
            state = state.plus(entry)
        recent.add(entry)
        return state

    def _expires(self, events: list[Envelope], dead: list[DeadLetter]) -> int:
        """ms; later than need be by less than a step, or every batch would set a timer. What tells no time is a copy within its hour."""
        step = -(-self.horizon_ms // STEPS)
        needed = max([e.arrival_time for e in events] + [d.arrival_time for d in dead]) + self.horizon_ms
        hours = ((item.arrival_time // HOUR_MS + 1) * HOUR_MS for item in dead if item.event_time is None)
        return max([-(-needed // step) * step, *hours])

    @on_timer(EXPIRY)
    def forget(self, recent: Bag = _CELL(_RECENT),
               s0: Bag = _CELL(_SEEN[0]), s1: Bag = _CELL(_SEEN[1]), s2: Bag = _CELL(_SEEN[2]), s3: Bag = _CELL(_SEEN[3]),
               s4: Bag = _CELL(_SEEN[4]), s5: Bag = _CELL(_SEEN[5]), s6: Bag = _CELL(_SEEN[6]), s7: Bag = _CELL(_SEEN[7]),
               s8: Bag = _CELL(_SEEN[8]), s9: Bag = _CELL(_SEEN[9]), s10: Bag = _CELL(_SEEN[10]), s11: Bag = _CELL(_SEEN[11])) -> None:
        for cell in (recent, s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11):
            cell.clear()


def without_copies(events: tuple[list[Envelope], list[Envelope]], dead: tuple[list[DeadLetter], list[DeadLetter]]) -> Batch:
    copies: list[Item] = [*events[1], *dead[1]]
    for item in copies:
        Metrics.counter("duplicate", item.TYPE).inc()
    return Batch(events[0], dead[0], [(item.arrival_time, ledger_key(item)) for item in copies])
