"""Batch: events and dead letters that travel together. Objects within a fused stage, bytes across one."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from operator import attrgetter
from typing import TypeAlias

import apache_beam as beam
import msgspec

from gamebeam.schemas.dates import HOUR_MS
from gamebeam.schemas.events import DeadLetter, Envelope, Item, Packer, pack, time_of

MINUTE_MS = 60_000
Build: TypeAlias = tuple[str | None, ...]  # as BUILD names them
LedgerKey: TypeAlias = tuple[int | str | None, ...]  # the hour in ms, then a Build
STRETCH_MS = MINUTE_MS  # of arrival: a stream sums apart what may fall into different windows of the built-in rollups


class Batch:
    """events, dead: objects. duplicates: (arrival_time, ledger key) of copies that were left out."""

    __slots__ = ("_builds", "_data", "_events", "_hours", "_on_time", "dead", "duplicates")

    def __init__(self, events: list[Envelope], dead: list[DeadLetter], duplicates: list[tuple[int, LedgerKey]]):
        self._data: bytes | None = None
        self._on_time: dict[str, list[Envelope]] | None = None
        self._hours: dict[int, list[Envelope]] | None = None
        self._builds: Counter[tuple[int, bool, Build]] | None = None
        self._events, self.dead, self.duplicates = events, dead, duplicates

    def opened(self, packer: Packer) -> "Batch":
        """Itself, with objects in it, also when it has just crossed a shuffle."""
        if self._data is not None:
            (self._events, self.dead, _), self._data = packer.unpack(self._data), None
        return self

    @property
    def events(self) -> list[Envelope]:
        return self._events

    @property
    def on_time(self) -> dict[str, list[Envelope]]:
        """By type, the events that did not come late."""
        if self._on_time is None:
            self._on_time = defaultdict(list)
            for event in self.events:
                if not event.late:
                    self._on_time[event.TYPE].append(event)
        return self._on_time

    def hours(self) -> Iterable[tuple[int, list[Envelope]]]:
        """(hour of event_time, counted since 1970, its events)."""
        if self._hours is None:
            self._hours = defaultdict(list)
            for event in self.events:
                self._hours[event.event_time // HOUR_MS].append(event)
        return self._hours.items()

    def builds(self) -> Counter[tuple[int, bool, Build]]:
        """How many events by (minute of event_time, counted since 1970; late; what BUILD names)."""
        if self._builds is None:
            minutes = [event.event_time // MINUTE_MS for event in self.events]
            self._builds = Counter(zip(minutes, map(_LATE, self.events), map(_BUILD, self.events), strict=True))
        return self._builds

    def extend(self, other: "Batch") -> None:
        self._events += other.events
        self.dead += other.dead
        self.duplicates += other.duplicates

    def by_stretch(self) -> list[tuple[int, "Batch"]]:
        """(earliest arrival_time in ms, its batch) per stretch of arrival."""
        arrivals = [*map(_ARRIVAL, self.events), *map(_ARRIVAL, self.dead), *(arrived for arrived, _ in self.duplicates)]
        if not arrivals:
            return []
        earliest = min(arrivals)
        if earliest // STRETCH_MS == max(arrivals) // STRETCH_MS:
            return [(earliest, self)]
        parts: dict[int, Batch] = defaultdict(lambda: Batch([], [], []))
        for item in self.events:
            parts[item.arrival_time // STRETCH_MS].events.append(item)
        for letter in self.dead:
            parts[letter.arrival_time // STRETCH_MS].dead.append(letter)
        for arrived, key in self.duplicates:
            parts[arrived // STRETCH_MS].duplicates.append((arrived, key))
        return [stretch for part in parts.values() for stretch in part.by_stretch()]


class BatchCoder(beam.coders.Coder):
    """Only used where a runner puts a shuffle between Deduplicate and what reads from it."""

    def encode(self, value: Batch) -> bytes:
        data = value._data if value._data is not None else pack(value.events, value.dead)
        return msgspec.msgpack.encode((data, value.duplicates))

    def decode(self, encoded: bytes) -> Batch:
        data, duplicates = msgspec.msgpack.decode(encoded, type=tuple[bytes, list[tuple[int, LedgerKey]]])
        batch = Batch([], [], duplicates)
        batch._data = data
        return batch

    def estimate_size(self, value: Batch) -> int:
        return 200 * (len(value.events) + len(value.dead))

    def is_deterministic(self) -> bool:
        return True

    def to_type_hint(self) -> type[Batch]:
        return Batch


beam.coders.registry.register_coder(Batch, BatchCoder)


def tally(batch: Batch) -> tuple[Counter[LedgerKey], Counter[LedgerKey], Counter[LedgerKey]]:
    """How many events, of them late ones, and dead letters, by ledger key."""
    events: Counter[LedgerKey] = Counter()
    late: Counter[LedgerKey] = Counter()
    for (minute, is_late, build), n in batch.builds().items():
        key = (minute * MINUTE_MS // HOUR_MS * HOUR_MS, *build)
        events[key] += n
        if is_late:
            late[key] += n
    return events, late, Counter(map(ledger_key, batch.dead))


BUILD = ("game", "env", "platform", "app_version", "event_type")
_BUILD = attrgetter(*BUILD[:-1], "TYPE")
_ARRIVAL, _LATE = attrgetter("arrival_time"), attrgetter("late")


def ledger_key(item: Item) -> LedgerKey:
    """(hour in ms, game, env, platform, app_version, event_type) of an event or a dead letter."""
    time = time_of(item)
    event_type = item.event_type if isinstance(item, DeadLetter) else item.TYPE
    return (time - time % HOUR_MS, item.game, item.env, item.platform, item.app_version, event_type)
