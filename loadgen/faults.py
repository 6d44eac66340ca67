"""What goes wrong on the way, each with a rate: to the event itself, to one delivery of it, or to when it arrives."""

import random
from dataclasses import dataclass

from gamebeam.loadgen.client_event import Sent, on_wire
from gamebeam.loadgen.players import BAD_BUILD, HOUR, MINUTE
from gamebeam.schemas.contract.contract import Contract, EventType

DEFAULT_RATES = {
    "lost": 0.02,  # of first deliveries
    "duplicated": 0.01,  # at once: identical bytes, same arrival
    "duplicated_later": 0.005,  # the client sends again within 40 hours
    "duplicated_after_days": 0.0,  # the client sends again after 5 days
    "retimed": 0.0,  # the client sends again within 40 hours, and gives the same event a later event_time
    "delayed": 0.01,  # past the allowed lateness
    "reordered": 0.02,  # overtaken by up to two minutes of other messages
    "truncated": 0.003,  # of deliveries
    "not_utf8": 0.002,  # of deliveries
    "unknown_type": 0.002,
    "wrong_type": 0.05,  # share of installs that run the bad build
    "missing_field": 0.002,
    "extra_field": 0.01,
    "clock": 0.001,  # the event happened in 2040
    "oversized": 0.0005,
}
NO_FAULTS = dict.fromkeys(DEFAULT_RATES, 0.0)
EVENT_FAULTS = ("unknown_type", "missing_field", "extra_field", "clock", "oversized")
IN_2040 = 2_208_988_800_000
FARTHEST_MS = 25 * 24 * HOUR  # the job takes events up to 30 days old


@dataclass(frozen=True)
class Delivery:
    """One arrival of an event's message. damage: truncated, not_utf8 or None; publish tells the broker's messages apart.

    moved: ms that this copy's event_time is later than the first one's.
    """

    arrival: int
    publish: int
    damage: str | None
    moved: int = 0


def rates_for(contract: Contract, faults: dict[str, float] | None) -> dict[str, float]:
    """Every rate; 0 for what this game's messages cannot suffer."""
    if unknown := set(faults or {}) - set(DEFAULT_RATES):
        raise ValueError(f"faults: no fault {sorted(unknown)[0]!r}; known are {', '.join(DEFAULT_RATES)}")
    rates = DEFAULT_RATES | (faults or {})
    if wrong := sorted(name for name, rate in rates.items() if not 0 <= rate <= 1):
        raise ValueError(f"faults: {wrong[0]} is {rates[wrong[0]]}; a rate lies between 0 and 1")
    impossible = set[str]()
    if contract.wire.envelope["event_time"] == "arrival":
        impossible |= {"delayed", "clock", "duplicated_later", "duplicated_after_days", "retimed"}
    if contract.wire.envelope["event_id"] == "hash":  # a second publish would be a second event
        impossible |= {"duplicated_later", "duplicated_after_days", "retimed"}
    if bad_field(contract) is None:
        impossible.add("wrong_type")
    return {name: 0.0 if name in impossible else rate for name, rate in rates.items()}


def bad_field(contract: Contract) -> tuple[str, str] | None:
    """(event type, field) that the bad build sends with the wrong type: a purchase's price where the game has one."""
    def order(event: EventType) -> tuple[bool, bool, str]:
        is_purchase = "purchase" in event.name or "buy" in event.name
        return not is_purchase, not contract.fields_with_role(event.name, "revenue"), event.name

    for kinds in (("double", "long"), ("boolean", "timestamp", "date", "array", "record"), ("string", "bytes")):
        for event in sorted(contract.events.values(), key=order):
            for f in event.fields:
                if f.stored and f.type.kind in kinds and f.name not in contract.wire.values:
                    return event.name, f.name
    return None


def required_fields(contract: Contract) -> dict[str, list[str]]:
    """Event type -> the fields that a message of it cannot do without."""
    of_all = ["event_id"] if on_wire(contract, "event_id") else []
    return {name: of_all + [f.name for f in e.fields if f.stored and not f.nullable] for name, e in contract.events.items()}


class Faults:
    """The faults of one contract at given rates."""

    def __init__(self, contract: Contract, rates: dict[str, float]):
        self.rates, self.lateness = rates, contract.allowed_lateness_ms
        self.bad = bad_field(contract)
        self.required = required_fields(contract)
        self.thresholds: list[tuple[float, str]] = []
        for name in EVENT_FAULTS:
            self.thresholds.append((rates[name] + (self.thresholds[-1][0] if self.thresholds else 0.0), name))

    def spoil(self, sent: Sent, version: str, precision: int, rng: random.Random) -> None:
        """Event-level faults: all copies of the event share them."""
        if version == BAD_BUILD and self.bad and sent.event_type == self.bad[0]:
            if self.rates["wrong_type"]:
                sent.fault, sent.fault_field = "wrong_type", self.bad[1]
            return
        roll = rng.random()
        if roll >= self.thresholds[-1][0]:
            return
        fault = next(name for threshold, name in self.thresholds if roll < threshold)
        if fault == "missing_field":
            if not self.required[sent.event_type]:
                return
            sent.fault_field = rng.choice(self.required[sent.event_type])
        elif fault == "clock":
            sent.event_time = IN_2040 + rng.randrange(24 * HOUR) // precision * precision
        sent.fault = fault

    def deliveries(self, leaves: int, rng: random.Random, new_publish: "PublishNumbers") -> list[Delivery]:
        """When and how often an event arrives that leaves the client now; empty if it is lost. leaves: ms."""
        rates = self.rates
        arrival = leaves + 40 + round(rng.expovariate(1 / 400))
        roll = rng.random()
        if roll < rates["delayed"]:
            arrival += min(self.lateness + rng.randrange(MINUTE, 20 * HOUR), FARTHEST_MS)
        elif roll < rates["delayed"] + rates["reordered"]:
            arrival += rng.randrange(5_000, 2 * MINUTE)
        found = []
        if rng.random() >= rates["lost"]:
            publish = new_publish()
            found.append(Delivery(arrival, publish, self._damage(rng)))
            if rng.random() < rates["duplicated"]:
                found.append(Delivery(arrival, publish, self._damage(rng)))
        if rng.random() < rates["duplicated_later"]:
            found.append(Delivery(arrival + rng.randrange(MINUTE, 40 * HOUR), new_publish(), self._damage(rng)))
        if rng.random() < rates["duplicated_after_days"]:
            found.append(Delivery(arrival + 5 * 24 * HOUR, new_publish(), self._damage(rng)))
        if rates["retimed"] and rng.random() < rates["retimed"]:  # no number is drawn without it: loads of before stay the same
            after = rng.randrange(MINUTE, 40 * HOUR)
            moved = rng.randrange(MINUTE, after + 1) // MINUTE * MINUTE
            found.append(Delivery(arrival + after, new_publish(), self._damage(rng), moved))
        return found

    def _damage(self, rng: random.Random) -> str | None:
        roll = rng.random()
        if roll < self.rates["truncated"]:
            return "truncated"
        return "not_utf8" if roll < self.rates["truncated"] + self.rates["not_utf8"] else None


class PublishNumbers:
    """1, 2, 3 … : the broker's message ids."""

    def __init__(self) -> None:
        self.last = 0

    def __call__(self) -> int:
        self.last += 1
        return self.last


def damaged(payload: bytes, damage: str | None, rng: random.Random) -> bytes:
    if damage == "truncated":
        return payload[: rng.randrange(1, len(payload))]
    if damage == "not_utf8":
        at = rng.randrange(len(payload))
        return payload[:at] + b"\xff" + payload[at:]
    return payload
