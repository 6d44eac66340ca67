"""The answer sheet's sums: what a perfect pipeline must find, fed by the simulation's own outcomes."""

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from gamebeam.loadgen.client_event import Sent, counter_field
from gamebeam.loadgen.expected import asked_of
from gamebeam.loadgen.rollup_answers import RollupAnswer, micros
from gamebeam.schemas.contract.contract import Contract
from gamebeam.schemas.dates import HOUR_MS

RECEIVED, LANDED, DUPLICATE, DEAD, LATE = range(5)
SECRET = re.compile(rb"hunter2-?\d*")  # scrubbed from dead letters, so two of them may differ by it and still be one
LedgerKey = tuple[int, str | None, str | None, str | None, str | None]  # hour, env, platform, app_version, event_type


@dataclass(slots=True)
class Dead:
    """One delivery that cannot become an event. known: envelope values by name; event_time only if usable."""

    reason: str
    field: str | None
    payload: bytes
    arrival: int
    known: dict[str, Any]

    @property
    def time(self) -> int:
        event_time = self.known.get("event_time")
        return self.arrival if event_time is None else int(event_time)


@dataclass(slots=True)
class Seen:
    """A landed event as player_hours and sessions need it."""

    time: int
    session_id: str | None
    revenue: int  # micros
    score: int  # micros


@dataclass(slots=True)
class Sighting:
    """A counter's number, and when and where it was seen."""

    seq: int
    time: int
    platform: str | None
    app_version: str | None


class Answers:
    """Collects outcomes. Times are ms UTC, money is millionths of a USD."""

    def __init__(self, contract: Contract):
        self.contract = contract
        self.counter = counter_field(contract)
        self.money = {n: [(f.name, f.factor) for f in contract.fields_with_role(n, "revenue")] for n in contract.events}
        self.points = {n: [(f.name, f.factor) for f in contract.fields_with_role(n, "score")] for n in contract.events}
        self.ledger: dict[LedgerKey, list[int]] = defaultdict(lambda: [0] * 5)
        self.contents: dict[LedgerKey, list[int]] = defaultdict(lambda: [0] * 4)  # events, event_time, seq, money
        self.dead_letters: dict[tuple[str | None, ...], int] = defaultdict(int)
        self.players: dict[tuple[str, str], list[Seen]] = defaultdict(list)
        self.nobodys: dict[tuple[str, str], list[Seen]] = defaultdict(list)  # (env, session_id) -> events of no player
        self.sightings: dict[str, dict[tuple[int, str], list[Sighting]]] = defaultdict(lambda: defaultdict(list))  # counter -> (hour, env)
        self.sent: dict[str, int] = defaultdict(int)  # counter -> the last number that the client gave
        self.rollups = [RollupAnswer(contract, r) for r in contract.rollups]
        self.asked = asked_of(contract)
        path = contract.wire.envelope.get("received_time", "received_time")
        self.stamp = re.compile(rb'"%b"\s*:\s*("[^"]*"|-?\d+(?=\s*[,}]))' % path.rsplit(".", 1)[-1].encode())
        self.dead_ids: set[tuple[str, bytes, int]] = set()

    def client_sent(self, sent: Sent) -> None:
        counter = getattr(sent, self.counter) if self.counter else None
        if counter is not None and sent.seq is not None:
            self.sent[counter] = max(self.sent[counter], sent.seq)

    def landed(self, sent: Sent) -> None:
        hour = sent.event_time // HOUR_MS * HOUR_MS
        late = sent.arrival_time - sent.event_time > self.contract.allowed_lateness_ms
        key = (hour, sent.env, sent.platform, sent.app_version, sent.event_type)
        row = self.ledger[key]
        row[RECEIVED] += 1
        row[LANDED] += 1
        row[LATE] += late
        revenue = micros(sent.own, self.money[sent.event_type])
        totals = self.contents[key]
        totals[0] += 1
        totals[1] += sent.event_time
        totals[2] += sent.seq or 0
        totals[3] += revenue
        seen = Seen(sent.event_time, sent.session_id, revenue, micros(sent.own, self.points[sent.event_type]))
        if sent.player_id is not None:
            self.players[sent.env, sent.player_id].append(seen)
        elif sent.session_id is not None:
            self.nobodys[sent.env, sent.session_id].append(seen)
        if self.counter:
            counter = getattr(sent, self.counter)
            if counter is not None and sent.seq is not None:
                sighting = Sighting(sent.seq, sent.event_time, sent.platform, sent.app_version)
                self.sightings[counter][hour, sent.env].append(sighting)
        if self.asked:
            self.asked.add(sent)
        if not late:
            for rollup in self.rollups:
                rollup.add(sent)

    def duplicate(self, sent: Sent) -> None:
        hour = sent.event_time // HOUR_MS * HOUR_MS
        row = self.ledger[hour, sent.env, sent.platform, sent.app_version, sent.event_type]
        row[RECEIVED] += 1
        row[DUPLICATE] += 1

    def dead(self, dead: Dead) -> None:
        """A second identical one in the same hour is a duplicate; in another hour it counts again."""
        known, hour = dead.known, dead.time // HOUR_MS * HOUR_MS
        env = known.get("env") or "live"
        platform, app_version, event_type = (known.get(n) for n in ("platform", "app_version", "event_type"))
        row = self.ledger[hour, env, platform, app_version, event_type]
        row[RECEIVED] += 1
        dead_id = (dead.reason, self.stamp.sub(b"", SECRET.sub(b"", dead.payload)), hour)
        if dead_id in self.dead_ids:
            row[DUPLICATE] += 1
            return
        self.dead_ids.add(dead_id)
        row[DEAD] += 1
        self.dead_letters[dead.reason, dead.field, event_type, env, app_version] += 1
        counter, seq = known.get(self.counter or ""), known.get("seq")
        if counter is not None and seq is not None:
            self.sightings[counter][hour, env].append(Sighting(seq, dead.time, platform, app_version))

