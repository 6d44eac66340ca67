"""The simulation: everything that the players send, what becomes of each delivery, and the answers."""

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from gamebeam.loadgen.answers import Answers, Dead
from gamebeam.loadgen.broken import reader
from gamebeam.loadgen.client_event import IDENTITY, Sent, on_wire
from gamebeam.loadgen.costs import Costs
from gamebeam.loadgen.encode import UNKNOWN_TYPE, encoder, precision_ms
from gamebeam.loadgen.faults import IN_2040, Delivery, Faults, PublishNumbers, damaged
from gamebeam.loadgen.lookalikes import anonymous_types, player_ids
from gamebeam.loadgen.payloads import payload
from gamebeam.loadgen.players import Install, Player, Session, make_player, sessions
from gamebeam.loadgen.session_script import Storyteller
from gamebeam.loadgen.write import Message
from gamebeam.schemas.contract.contract import Contract
from gamebeam.schemas.dates import DAY_MS

AHEAD_MS, BEHIND_MS = DAY_MS, 30 * DAY_MS  # how far event_time may stand from arrival_time
FRONT_DOOR_MS = 35  # from received_time to the broker's publish time, where both are there


class World:
    """One simulation: everything that its players send, what becomes of it, and the answers."""

    def __init__(self, contract: Contract, suffix: str, rates: dict[str, float], seed: int, begin: int, days: int):
        self.contract, self.rates, self.seed, self.begin, self.days = contract, rates, seed, begin, days
        self.by_broker = suffix == "avro"
        self.precision = precision_ms(contract.wire)
        self.arrives_as_event_time = contract.wire.envelope["event_time"] == "arrival"
        self.ids_are_hashes = contract.wire.envelope["event_id"] == "hash"
        self.encode = encoder(contract)
        self.teller, self.faults, self.answers = Storyteller(contract), Faults(contract, rates), Answers(contract)
        self.player_id, self.anonymous = player_ids(contract), anonymous_types(contract)
        self.carried = {n for n in (*IDENTITY, "country", "received_time") if on_wire(contract, n)}
        self.read = reader(contract)
        self.publish, self.costs = PublishNumbers(), Costs(contract, seed)
        self.messages: list[Message] = []
        self.plain_payloads: set[bytes] = set()
        self.events = self.lost = 0

    def play(self, number: int, is_bot: bool) -> None:
        """Everything that one player does, and every message that comes of it."""
        counters: dict[str, int] = {}
        before, backlog = "", 0
        for player, session, sent, when in self.moments(number, is_bot):
            if session.session_id != before:
                before, backlog = session.session_id, 0
            leaves = sent.event_time
            if session.reconnect is not None:
                backlog += player.rng.randrange(5, 40)
                leaves = max(session.reconnect, when) + backlog
            self.leaves(sent, player, session.install, counters)
            self._send(sent, leaves, player)

    def moments(self, number: int, is_bot: bool) -> Iterator[tuple[Player, Session, Sent, int]]:
        """(who, in which session, what, when in ms) of all that one player does, in order of time."""
        bad_builds = self.rates["wrong_type"]
        player = make_player(number, self.player_id(number), self.seed, self.begin, self.days, is_bot, bad_builds)
        self.costs.installed(player)
        for session in sessions(player, self.begin, self.days, bad_builds):
            for event_type, when, facts, known in self.teller.tell(player, session):
                yield player, session, self._sent(player, session, event_type, when, facts, known), when

    def leaves(self, sent: Sent, player: Player, install: Install, counters: dict[str, int]) -> None:
        """What the client does before it sends: it may spoil the event, and it counts it."""
        self.faults.spoil(sent, install.app_version, self.precision, player.rng)
        if "seq" in self.carried:
            of = {"player": player.player_id, "session": sent.session_id or ""}
            counter = of.get(self.contract.counter or "", install.install_id)
            counters[counter] = sent.seq = counters.get(counter, 0) + 1

    def _sent(self, player: Player, session: Session, event_type: str, when: int, facts: dict[str, object], known: bool) -> Sent:
        rng, contract = player.rng, self.contract
        when -= when % self.precision
        anonymous = event_type in self.anonymous or (not known and contract.counter != "player")
        secret = f"hunter2-{0 if self.ids_are_hashes else player.number}"
        own = payload(contract, event_type, facts, rng, when, secret, self.precision)
        values: dict[str, Any] = {
            "player_id": None if anonymous else player.player_id, "session_id": session.session_id,
            "install_id": session.install.install_id, "env": player.env, "platform": session.install.platform,
            "app_version": session.install.app_version, "country": player.country}
        values = {n: contract.wire.constants.get(n) or (v if n in self.carried else None) for n, v in values.items()}
        values["env"] = values["env"] or "live"
        return Sent(event_id=_uuid(rng), event_type=event_type, event_time=when, seq=None, own=own, secret=secret, **values)

    def _send(self, sent: Sent, leaves: int, player: Player) -> None:
        deliveries = self.faults.deliveries(leaves, player.rng, self.publish)
        if self._indistinguishable(sent, deliveries):
            return
        self.count(sent, deliveries)
        good: list[Sent] = []
        for delivery in deliveries:
            copy = replace(sent, event_time=sent.event_time + delivery.moved)
            message = self.message(copy, self._arrival(delivery), delivery, player.rng)
            self.messages.append(message)
            if message.intact and not self.is_dead(copy, message):
                copy.arrival_time = message.arrival
                good.append(copy)
        self.land(good)

    def count(self, sent: Sent, deliveries: list[Delivery]) -> None:
        self.events += 1
        self.lost += not deliveries
        self.answers.client_sent(sent)

    def message(self, sent: Sent, arrival: int, delivery: Delivery, rng: random.Random) -> Message:
        """What arrives. One that is not intact is to be given to read_broken, in the order of arrival."""
        payload_ = damaged(self._payload(sent, arrival), delivery.damage, rng)
        intact = delivery.damage is None and len(payload_) <= self.contract.max_message_bytes
        return Message(arrival, len(self.messages), delivery.publish, payload_, intact)

    def is_dead(self, sent: Sent, message: Message) -> bool:
        """Whether an intact message is no event; if so, it is in the answers."""
        dead = self._dead(sent, message.payload, message.arrival)
        if dead:
            self.answers.dead(dead)
        return dead is not None

    def _arrival(self, delivery: Delivery) -> int:
        """ms, as the receiver will read it."""
        return delivery.arrival if self.by_broker else delivery.arrival - delivery.arrival % self.precision

    def _payload(self, sent: Sent, arrival: int) -> bytes:
        if self.arrives_as_event_time:
            sent.event_time = arrival
        return self.encode(sent, self._received(arrival))

    def _received(self, arrival: int) -> int:
        received = arrival - FRONT_DOOR_MS if self.by_broker else arrival
        return received - received % self.precision

    def _indistinguishable(self, sent: Sent, deliveries: list[Delivery]) -> bool:
        """Without any id, two equal messages in plain files differ by their place alone: no client sends such a pair here."""
        if self.by_broker or not self.ids_are_hashes or not deliveries:
            return False
        whole = self._payload(sent, self._arrival(deliveries[0]))
        seen = whole in self.plain_payloads
        self.plain_payloads.add(whole)
        return seen

    def land(self, readable: list[Sent]) -> None:
        """Of an event's readable copies whose event_time is on one UTC day, the first to arrive lands; the others are duplicates."""
        by_day: dict[int, list[Sent]] = defaultdict(list)
        for sent in readable:
            by_day[sent.event_time // DAY_MS].append(sent)
        for copies in by_day.values():
            first, *others = sorted(copies, key=lambda sent: (sent.arrival_time, sent.event_time))
            first.received_time = self._received(first.arrival_time) if "received_time" in self.carried else None
            self.answers.landed(first)
            for sent in others:
                self.answers.duplicate(sent)

    def _dead(self, sent: Sent, payload_: bytes, arrival: int) -> Dead | None:
        """Why a message that parses is no event; None if it is one."""
        usable = -AHEAD_MS <= arrival - sent.event_time <= BEHIND_MS
        if sent.fault == "unknown_type":
            reason, field = "unknown_event_type", None
        elif sent.fault in ("wrong_type", "missing_field"):
            reason, field = "schema_violation", sent.fault_field
        elif not usable:
            reason, field = "timestamp_out_of_range", "event_time"
        else:
            return None
        constants = self.contract.wire.constants
        known = {"env": "live"} | {n: getattr(sent, n) for n in IDENTITY if n in self.carried or n in constants}
        known["event_type"] = UNKNOWN_TYPE if sent.fault == "unknown_type" else sent.event_type
        known["event_time"] = sent.event_time if usable else None
        return Dead(reason, field, payload_, arrival, known)

    def read_broken(self, part: list[Message]) -> None:
        """The messages of one file that do not parse, in its order.

        One that does not contain its arrival takes that of the message before it; the first ones of a file take the next one there is.
        """
        known = [{} if message.intact else self.read(message.payload) for message in part]
        arrivals = [message.arrival if message.intact or self.by_broker else _own_arrival(values)
                    for message, values in zip(part, known, strict=True)]
        before = next((arrival for arrival in arrivals if arrival is not None), 0)
        for message, values, own_arrival in zip(part, known, arrivals, strict=True):
            before = before if own_arrival is None else own_arrival
            if message.intact:
                continue
            event_time = values.get("event_time")
            if event_time is None or not -AHEAD_MS <= before - event_time <= BEHIND_MS:
                values["event_time"] = None
            too_large = len(message.payload) > self.contract.max_message_bytes
            self.answers.dead(Dead("too_large" if too_large else "malformed", None, message.payload, before, values))


def _own_arrival(values: dict[str, Any]) -> int | None:
    """ms, of a damaged message in a plain file; a clock in 2040 is not believed."""
    return next((values[name] for name in ("arrival_time", "event_time") if values.get(name, IN_2040) < IN_2040), None)


def _uuid(rng: random.Random) -> str:
    text = f"{rng.getrandbits(128):032x}"
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"
