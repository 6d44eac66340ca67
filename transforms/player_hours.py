"""player_hours: what each player did, per hour; sessions, players, DAU and leaderboards are views on it."""

from collections import defaultdict
from collections.abc import Iterable
from operator import attrgetter
from typing import Any

import xxhash

from schemas.contract import Contract
from schemas.layout import HOUR_MS
from schemas.tables import player_hours_table
from transforms.batch import Batch
from transforms.partials import Flushed, Key, Windowed, saturated

SHARDS = 16
_TIME, _PLAYER = attrgetter("event_time"), attrgetter("env", "player_id")
P_START, P_END, P_EVENTS, P_REVENUE, P_SESSION, P_FIRST = range(6)


class PlayerHours:
    """Partial: [events, revenue, score, first time, last time, latest, states, pieces].

    latest: [time, seq, event_id, platform, app_version, country] of the last event.
    states: {field: [time, seq, event_id, value]}.
    pieces: [start, end, events, revenue, session_id, [time, seq, event_id, platform, app_version, country] of its first event].
    """

    early = False

    def __init__(self, contract: Contract):
        self.table = player_hours_table(contract)
        self.gap = contract.session_gap_ms
        self.state_names = [f.name for f in contract.state_fields]
        stored = {name: [f for f in e.fields if f.stored] for name, e in contract.events.items()}
        self.revenue = {name: [(f.name, f.factor) for f in fields if "revenue" in f.roles] for name, fields in stored.items()}
        self.score = {name: [(f.name, f.factor) for f in fields if "score" in f.roles] for name, fields in stored.items()}
        self.states = {name: [f.name for f in fields if f.is_state] for name, fields in stored.items()}
        self.told = {name for name in stored if self.revenue[name] or self.score[name] or self.states[name]}
        self.groups: dict[Key, list[Any]] = defaultdict(list)

    def add(self, batch: Batch) -> None:
        groups = self.groups
        for hour, events in batch.hours():
            for player, event in zip(map(_PLAYER, events), events, strict=True):
                groups[hour, *player].append(event)

    def flush(self) -> Iterable[Flushed]:
        by_shard: dict[int, dict[Key, Any]] = {}
        for key, items in self.groups.items():
            if key[2] is None:
                continue
            beam_key = key[0] * SHARDS + xxhash.xxh3_64_intdigest(key[2].encode()) % SHARDS
            by_shard.setdefault(beam_key, {})[key] = self._partial(items)
        self.groups.clear()
        for beam_key, partials in by_shard.items():
            yield Flushed(beam_key, None, partials)

    def _partial(self, items: list[Any]) -> list[Any]:
        items.sort(key=_TIME)
        if len(set(map(_TIME, items))) < len(items):
            items.sort(key=lambda e: (e.event_time, e.seq or 0, e.event_id))
        revenue = score = 0
        states: dict[str, list[Any]] = {}
        pieces: list[list[Any]] = []
        by_session: dict[str, list[Any]] = {}
        for e in items:
            time, money = e.event_time, 0
            if e.TYPE in self.told:
                money = micros(e, self.revenue[e.TYPE])
                revenue += money
                score += micros(e, self.score[e.TYPE])
                for name in self.states[e.TYPE]:
                    value = getattr(e, name)
                    if value is not None:
                        states[name] = [time, e.seq or 0, e.event_id, value]
            session = e.session_id
            if self.gap is not None:
                pieces.append([time, time, 1, money, None, _seen(e)])
            elif session in by_session:  # items are in order of time: the piece grows at its end
                piece = by_session[session]
                piece[P_END] = time
                piece[P_EVENTS] += 1
                piece[P_REVENUE] += money
            elif session is not None:
                by_session[session] = [time, time, 1, money, session, _seen(e)]
        for piece in by_session.values():
            piece[P_REVENUE] = saturated(piece[P_REVENUE])
        pieces = self._coalesce(pieces) if self.gap is not None else [by_session[s] for s in sorted(by_session)]
        return [len(items), saturated(revenue), saturated(score), items[0].event_time, items[-1].event_time, _seen(items[-1]),
                states, pieces]

    def merge(self, partials: list[list[Any]]) -> list[Any]:
        events, revenue, score, first, last, latest, states, pieces = zip(*partials, strict=True)
        latest_states: dict[str, list[Any]] = {}
        for name, value in (item for some in states for item in some.items()):
            latest_states[name] = max(latest_states.get(name, value), value, key=_moment)
        return [sum(events), saturated(sum(revenue)), saturated(sum(score)), min(first), max(last), max(latest, key=_moment), latest_states,
                self._coalesce([p for some in pieces for p in some])]

    def _coalesce(self, pieces: list[list[Any]]) -> list[list[Any]]:
        """Intervals of one session_id, or less than a gap apart, become one: in any order, any number of times."""
        if len(pieces) < 2:
            return pieces
        if self.gap is None:
            by_session: dict[str, list[Any]] = {}
            for p in pieces:
                other = by_session.get(p[P_SESSION])
                by_session[p[P_SESSION]] = p if other is None else _joined(other, p)
            return [by_session[s] for s in sorted(by_session)]
        out: list[list[Any]] = []
        for p in sorted(pieces, key=lambda p: (p[P_START], _moment(p[P_FIRST]))):
            if out and p[P_START] - out[-1][P_END] <= self.gap:
                out[-1] = _joined(out[-1], p)
            else:
                out.append(p)
        return out

    @staticmethod
    def windows(beam_key: int, merged: list[tuple[Key, Any]]) -> Iterable[Windowed]:
        return (Windowed(key[0] * HOUR_MS, (key[0] + 1) * HOUR_MS, key, partial) for key, partial in merged)

    def row(self, key: Key, partial: list[Any]) -> tuple[Any, ...]:
        hour, env, player = key
        events, revenue, score, first, last, latest, states, pieces = partial
        state_columns = [v for name in self.state_names for v in ((states[name][3], states[name][0]) if name in states else (None, None))]
        return (hour * HOUR_MS, env, player, *latest[3:], events, revenue, score, first, last, *state_columns,
                [_piece_record(p) for p in pieces])


def micros(event: Any, fields: list[tuple[str, int]]) -> int:
    """The sum of some number fields in millionths: integers, because a sum of floats depends on its order."""
    return saturated(sum(round(value * 1_000_000) * factor for name, factor in fields if (value := getattr(event, name)) is not None))


def _moment(seen: list[Any]) -> list[Any]:
    """[time, seq, event_id]"""
    return seen[:3]


def _seen(e: Any) -> list[Any]:
    return [e.event_time, e.seq or 0, e.event_id, e.platform, e.app_version, e.country]


def _joined(a: list[Any], b: list[Any]) -> list[Any]:
    return [min(a[P_START], b[P_START]), max(a[P_END], b[P_END]), a[P_EVENTS] + b[P_EVENTS], saturated(a[P_REVENUE] + b[P_REVENUE]),
            a[P_SESSION], min(a[P_FIRST], b[P_FIRST], key=_moment)]


def _piece_record(p: list[Any]) -> dict[str, Any]:
    platform, app_version, country = p[P_FIRST][3:]
    return {"piece_start": p[P_START], "piece_end": p[P_END], "events": p[P_EVENTS], "revenue_micros": p[P_REVENUE],
            "session_id": p[P_SESSION], "platform": platform, "app_version": app_version, "country": country}
