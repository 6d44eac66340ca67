"""SteadyLoad: players who play so many messages a second, for so long, each made when it is due; and the answers."""

import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from gamebeam.loadgen.client_event import Sent
from gamebeam.loadgen.faults import Delivery, rates_for
from gamebeam.loadgen.ground_truth import write_sheet
from gamebeam.loadgen.outgoing import Outgoing
from gamebeam.loadgen.players import DAY, Player, Session
from gamebeam.loadgen.world import World
from gamebeam.loadgen.write import Message
from gamebeam.schemas.contract.contract import Contract

MESSAGES_PER_PLAYER = 60  # about what one of them sends before another takes the place
FEWEST_PLAYERS = 20
LATER_S = 120  # within which what is sent again is


class Later(NamedTuple):
    """A second delivery of what was sent once."""

    sent: Sent
    delivery: Delivery
    rng: random.Random


class SteadyLoad:
    """Message i arrives i / rate seconds after the launch: what happened before it (mostly a second, after a fault hours) has its own time.

    speed: simulated seconds in a second; the simulated time ends, `seconds` after the launch, at that moment.
    players: at most so many at once. launch: ms; when the first message is asked for, if not given. Ends early once stop() is true;
    the answers are then of what was sent.
    """

    def __init__(self, contract: Contract, *, rate: float, seconds: float, players: int = 2000, seed: int = 1, speed: float = 1.0,
                 faults: dict[str, float] | None = None, launch: int | None = None, stop: Callable[[], bool] = lambda: False):
        self.total = round(rate * seconds)
        if rate <= 0 or speed <= 0 or players < 1 or self.total < 1:
            raise ValueError("generate: rate, for, players and speed are more than 0")
        self.launch, self.ahead, self.step, self.rate = launch, seconds * (speed - 1) * 1_000, 1_000 * speed / rate, rate
        rates = rates_for(contract, faults) | {"retimed": 0.0}  # what is sent again here keeps its event_time
        self.world = World(contract, "avro", rates, seed, round((launch or _now()) - self.ahead) - DAY, 1)
        if self.world.ids_are_hashes or self.world.arrives_as_event_time:
            rates["duplicated"] = 0.0  # the broker cannot be made to give one message twice, and two are two events
        self.parameters = {"contract": contract.name, "fingerprint": contract.fingerprint, "rate": rate, "seconds": seconds, "speed": speed,
                           "players": players, "seed": seed, "launch": launch, "faults": rates}
        self.stop, self.rng, self.taken, self.messages = stop, random.Random(f"{seed}/steady"), 0, 0
        self.counters: dict[str, int] = {}
        at_once = min(players, max(FEWEST_PLAYERS, self.total // MESSAGES_PER_PLAYER))
        self.playing = [self._next_player() for _ in range(at_once)]
        self.later: dict[int, Later] = {}

    def __iter__(self) -> Iterator[Outgoing]:
        first = (self.launch or _now()) - self.ahead
        for i in range(self.total):
            if self.stop():
                return
            arrival = round(first + i * self.step)
            sent, message = self._again(arrival, self.later.pop(i)) if i in self.later else self._new(arrival, i)
            self.messages += 1
            yield Outgoing(i / self.rate, arrival, sent.install_id or sent.player_id, message.payload)

    def write_answers(self, folder: Path) -> None:
        totals = {"events_sent": self.world.events, "events_lost": self.world.lost, "messages": self.messages}
        write_sheet(self.world.answers, folder, self.parameters, totals)

    def _next_player(self) -> Iterator[tuple[Player, Session, Sent, int]]:
        self.taken += 1
        return self.world.moments(self.taken - 1, is_bot=False)

    def _new(self, arrival: int, i: int) -> tuple[Sent, Message]:
        """The next event that somebody sends and that is not lost, and its first delivery."""
        while True:
            who = self.rng.randrange(len(self.playing))
            moment = next(self.playing[who], None)
            if moment is None:
                self.playing[who] = self._next_player()
                continue
            player, session, sent, _ = moment
            deliveries = self.world.faults.deliveries(0, player.rng, self.world.publish)
            sent.event_time = self._before(arrival, deliveries)
            self.world.leaves(sent, player, session.install, self.counters)
            self.world.count(sent, deliveries)
            if not deliveries:
                continue
            for delivery in deliveries[1:]:
                self._plan(i, Later(sent, delivery, player.rng), at_once=delivery.arrival == deliveries[0].arrival)
            return sent, self._arrived(sent, arrival, deliveries[0], player.rng)

    def _before(self, arrival: int, deliveries: list[Delivery]) -> int:
        """When it happened, if it takes that long."""
        event_time = arrival - (deliveries[0].arrival if deliveries else 0)
        return event_time - event_time % self.world.precision

    def _plan(self, i: int, later: Later, at_once: bool) -> None:
        """Another delivery comes next, or some time later; one that finds no place any more is not made."""
        at = i + 1 + (0 if at_once else self.rng.randrange(min(self.total - i, max(1, round(LATER_S * self.rate)))))
        while at in self.later:
            at += 1
        self.later[at] = later

    def _again(self, arrival: int, later: Later) -> tuple[Sent, Message]:
        return later.sent, self._arrived(later.sent, arrival, later.delivery, later.rng)

    def _arrived(self, sent: Sent, arrival: int, delivery: Delivery, rng: random.Random) -> Message:
        """One delivery, and what it adds to the answers: of the readable copies the first to arrive lands."""
        message = self.world.message(sent, arrival, delivery, rng)
        if not message.intact:
            self.world.read_broken([message])
        elif not self.world.is_dead(sent, message):
            if sent.arrival_time:  # one has landed
                self.world.answers.duplicate(sent)
            else:
                sent.arrival_time = arrival
                self.world.land([sent])
        return message


def _now() -> int:
    return time.time_ns() // 1_000_000
