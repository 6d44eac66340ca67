"""Deduplicate: batches by (shard, time bucket) -> batches without copies. The only step with state."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import apache_beam as beam
import numpy as np
from apache_beam.coders import BytesCoder
from apache_beam.metrics import Metrics
from apache_beam.transforms.timeutil import TimeDomain
from apache_beam.transforms.userstate import BagStateSpec, TimerSpec, on_timer
from apache_beam.utils.timestamp import Timestamp

from schemas.contract import Contract
from schemas.events import Packer
from schemas.layout import HOUR_MS
from transforms.batch import Batch, ledger_key
from transforms.collector import collect_rarely
from transforms.copies import id_hash, pick
from transforms.seen import FEW, SLICES, Ids, Noted, Recent, Warm, hashes_in

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
            some, others, _ = self.packer.unpack(data)
            events += some
            dead += others
        yield without_copies(pick(events), pick(dead))


_CELL = beam.DoFn.StateParam
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

    def process(self, keyed: tuple[int, bytes], expiry: Any = beam.DoFn.TimerParam(EXPIRY), recent: Any = _CELL(_RECENT),
                s0: Any = _CELL(_SEEN[0]), s1: Any = _CELL(_SEEN[1]), s2: Any = _CELL(_SEEN[2]), s3: Any = _CELL(_SEEN[3]),
                s4: Any = _CELL(_SEEN[4]), s5: Any = _CELL(_SEEN[5]), s6: Any = _CELL(_SEEN[6]), s7: Any = _CELL(_SEEN[7]),
                s8: Any = _CELL(_SEEN[8]), s9: Any = _CELL(_SEEN[9]), s10: Any = _CELL(_SEEN[10]), s11: Any = _CELL(_SEEN[11])
                ) -> Iterable[Batch]:
        key, data = keyed
        seen = (s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11)
        events, dead, beside = self.packer.unpack(data)
        came, state = Noted.unpack(beside), Recent.read(recent.read())
        ids = self.warm.take(key, state.version)
        known = np.zeros(len(came.hashes), bool)
        for number in np.unique(came.slices).tolist():
            if number not in ids:
                older = map(hashes_in, seen[number].read()) if state.filled >> number & 1 else ()
                ids[number] = Ids(state.noted.of(number), *older)
            ids.move_to_end(number)
            here = came.slices == number
            known[here] = ids[number].among(came.hashes[here])
        unknown = np.flatnonzero(~known)
        new = came.at(unknown[np.unique(came.hashes[unknown], return_index=True)[1]])
        expires = self._expires(events, dead)
        if expires > state.expires:
            expiry.set(Timestamp(micros=expires * 1000))
        if len(new.hashes) or expires > state.expires:
            state = self._note(state, state.entry(expires, new), recent, seen)
            for number in np.unique(new.slices).tolist():
                ids[number].add(new.of(number))
        self.warm.put(key, state.version, ids)
        if len(new.hashes) == len(known):
            yield Batch(events, dead, [])
        else:
            copies = set(came.hashes[known].tolist())
            yield without_copies(*(self._unseen(*pick(items), copies) for items in (events, dead)))

    @staticmethod
    def _note(state: Recent, entry: bytes, recent: Any, seen: tuple[Any, ...]) -> Recent:
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

    def _expires(self, events: list[Any], dead: list[Any]) -> int:
        """ms; later than need be by less than a step, or every batch would set a timer. What tells no time is a copy within its hour."""
        step = -(-self.horizon_ms // STEPS)
        needed = max(item.arrival_time for item in (*events, *dead)) + self.horizon_ms
        hours = ((item.arrival_time // HOUR_MS + 1) * HOUR_MS for item in dead if item.event_time is None)
        return max([-(-needed // step) * step, *hours])

    @staticmethod
    def _unseen(firsts: list[Any], copies: list[Any], known: set[int]) -> tuple[list[Any], list[Any]]:
        if not known:
            return firsts, copies
        return [i for i in firsts if id_hash(i) not in known], copies + [i for i in firsts if id_hash(i) in known]

    @on_timer(EXPIRY)
    def forget(self, recent: Any = _CELL(_RECENT),
               s0: Any = _CELL(_SEEN[0]), s1: Any = _CELL(_SEEN[1]), s2: Any = _CELL(_SEEN[2]), s3: Any = _CELL(_SEEN[3]),
               s4: Any = _CELL(_SEEN[4]), s5: Any = _CELL(_SEEN[5]), s6: Any = _CELL(_SEEN[6]), s7: Any = _CELL(_SEEN[7]),
               s8: Any = _CELL(_SEEN[8]), s9: Any = _CELL(_SEEN[9]), s10: Any = _CELL(_SEEN[10]), s11: Any = _CELL(_SEEN[11])) -> None:
        for cell in (recent, s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11):
            cell.clear()


def without_copies(events: tuple[list[Any], list[Any]], dead: tuple[list[Any], list[Any]]) -> Batch:
    copies = events[1] + dead[1]
    for item in copies:
        Metrics.counter("duplicate", item.TYPE).inc()
    return Batch(events[0], dead[0], [(item.arrival_time, ledger_key(item)) for item in copies])
