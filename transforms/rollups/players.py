"""player_hours: what each player did, per hour; sessions, players, DAU and leaderboards are views on it."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import Any, TypeAlias

from gamebeam.schemas.contract.contract import Contract
from gamebeam.schemas.dates import HOUR_MS
from gamebeam.schemas.events import Envelope
from gamebeam.schemas.tables import player_hours_table
from gamebeam.transforms.batch import Batch
from gamebeam.transforms.rollups.known_values import Known, first_known, last_known, moment, times, values
from gamebeam.transforms.rollups.partials import Flushed, Key, Partial, Row, Windowed, round_micros, saturated, sharded

_TIME, _SESSION, _PLAYER = attrgetter("event_time"), attrgetter("session_id"), attrgetter("env", "player_id")
ANONYMOUS = True  # the fourth part of a key whose third is no player: nobody was known
P_START, P_END, P_EVENTS, P_REVENUE, P_SESSION, P_FIRST = range(6)
Piece: TypeAlias = list[Any]  # a stretch of activity, as P_START and the others index it


class PlayerHours:
    """Partial: [events, revenue, score, first time, last time, latest, states, pieces].

    latest: the last known platform, app_version and country, as transforms.known_values has them.
    states: {field: [time, seq, event_id, value]}.
    pieces: [start, end, events, revenue, session_id, the first known platform, app_version and country].

    Keys are (hour, env, player_id). Events of no player are summed too, so that a game without players has sessions: under
    (hour, env, session_id, ANONYMOUS), or, where sessions are made of gaps and the wire carries no player, by installation.
    """

    early = False

    def __init__(self, contract: Contract, streaming: bool):
        self.table, self.streaming = player_hours_table(contract), streaming
        self.gap = contract.session_gap_ms
        self.stands_in = _stands_in(contract)
        self.state_names = [f.name for f in contract.state_fields]
        stored = {name: [f for f in e.fields if f.stored] for name, e in contract.events.items()}
        self.revenue = {name: [(f.name, f.factor) for f in fields if "revenue" in f.roles] for name, fields in stored.items()}
        self.score = {name: [(f.name, f.factor) for f in fields if "score" in f.roles] for name, fields in stored.items()}
        self.states = {name: [f.name for f in fields if f.is_state] for name, fields in stored.items()}
        self.told = {name for name in stored if self.revenue[name] or self.score[name]}
        self.groups: dict[Key, list[Envelope]] = defaultdict(list)

    def add(self, batch: Batch) -> None:
        groups = self.groups
        for hour, events in batch.hours():
            for player, event in zip(map(_PLAYER, events), events, strict=True):
                groups[hour, *player].append(event)

    def flush(self) -> Iterable[Flushed]:
        yield from sharded(((key, self._partial(items)) for key, items in self._by_key()), self.streaming)
        self.groups.clear()

    def _by_key(self) -> Iterable[tuple[Key, list[Envelope]]]:
        for (hour, env, player), items in self.groups.items():
            if player is not None:
                yield (hour, env, player), items
                continue
            apart: dict[str, list[Envelope]] = defaultdict(list)
            for e in items:
                if (other := self.stands_in(e)) is not None:
                    apart[other].append(e)
            yield from (((hour, env, other, ANONYMOUS), some) for other, some in apart.items())

    def _partial(self, items: list[Envelope]) -> Partial:
        items.sort(key=_TIME)
        if len(set(map(_TIME, items))) < len(items):
            items.sort(key=lambda e: (e.event_time, e.seq or 0, e.event_id))
        score = 0
        earned: dict[str | int | None, int] = defaultdict(int)  # by session, or by event where sessions are made of gaps
        for e in items:
            if e.TYPE not in self.told:
                continue
            if of_revenue := self.revenue[e.TYPE]:
                earned[e.session_id if self.gap is None else id(e)] += micros(e, of_revenue)
            if of_score := self.score[e.TYPE]:
                score += micros(e, of_score)
        pieces = self._sessions(items, earned) if self.gap is None else self._coalesce(
            [[e.event_time, e.event_time, 1, earned.get(id(e), 0), None, values(e)] for e in items])
        return [len(items), saturated(sum(earned.values())), saturated(score), items[0].event_time, items[-1].event_time,
                _last_of(items), self._states(items), pieces]

    def _states(self, items: list[Envelope]) -> dict[str, Known]:
        """The last known value of each; items come in order of time."""
        states: dict[str, Known] = {}
        if self.state_names:
            for e in reversed(items):
                for name in self.states[e.TYPE]:
                    if name not in states and (value := getattr(e, name)) is not None:
                        states[name] = [e.event_time, e.seq or 0, e.event_id, value]
        return states

    @staticmethod
    def _sessions(items: list[Envelope], earned: dict[str | int | None, int]) -> list[Piece]:
        """A piece per session_id; items come in order of time."""
        by_session: dict[str | None, list[Envelope]] = defaultdict(list)
        sessions = set(map(_SESSION, items))
        if len(sessions) == 1:
            by_session[items[0].session_id] = items
        else:
            for e in items:
                by_session[e.session_id].append(e)
        return [[some[0].event_time, some[-1].event_time, len(some), saturated(earned.get(session, 0)), session, _first_of(some)]
                for session in sorted(sessions - {None}) for some in (by_session[session],)]

    def merge(self, partials: list[Partial]) -> Partial:
        events, revenue, score, first, last, latest, states, pieces = zip(*partials, strict=True)
        latest_states: dict[str, Known] = {}
        for name, value in (item for some in states for item in some.items()):
            latest_states[name] = max(latest_states.get(name, value), value, key=moment)
        return [sum(events), saturated(sum(revenue)), saturated(sum(score)), min(first), max(last), last_known(list(latest)), latest_states,
                self._coalesce([p for some in pieces for p in some])]

    def _coalesce(self, pieces: list[Piece]) -> list[Piece]:
        """Intervals of one session_id, or less than a gap apart, become one: in any order, any number of times."""
        if len(pieces) < 2:
            return pieces
        if self.gap is None:
            by_session: dict[str, Piece] = {}
            for p in pieces:
                other = by_session.get(p[P_SESSION])
                by_session[p[P_SESSION]] = p if other is None else _joined(other, p)
            return [by_session[s] for s in sorted(by_session)]
        out: list[Piece] = []
        for p in sorted(pieces, key=lambda p: (p[P_START], moment(p[P_FIRST]))):
            if out and p[P_START] - out[-1][P_END] <= self.gap:
                out[-1] = _joined(out[-1], p)
            else:
                out.append(p)
        return out

    @staticmethod
    def windows(beam_key: int, merged: list[tuple[Key, Partial]]) -> Iterable[Windowed]:
        return (Windowed(key[0] * HOUR_MS, (key[0] + 1) * HOUR_MS, key, partial) for key, partial in merged)

    def row(self, key: Key, partial: Partial) -> Row:
        hour, env, player, *anonymous = key
        events, revenue, score, first, last, latest, states, pieces = partial
        state_columns = [v for name in self.state_names for v in ((states[name][3], states[name][0]) if name in states else (None, None))]
        known = [v for pair in zip(latest[3:6], times(latest), strict=True) for v in pair]
        return (hour * HOUR_MS, env, player, bool(anonymous), *known, events, revenue, score, first, last, *state_columns,
                [_piece_record(p) for p in pieces])


def micros(event: Envelope, fields: list[tuple[str, int]]) -> int:
    """The sum of some number fields in millionths: integers, because a sum of floats depends on its order."""
    return saturated(sum(round_micros(value) * factor for name, factor in fields if (value := getattr(event, name)) is not None))


def _stands_in(contract: Contract) -> Callable[[Envelope], str | None]:
    """Return what tells the activity of unknown players apart: None for an event leaves it out.

    A session_id does. By gaps an installation would, but where players log in it is the same activity twice: so only in games whose
    messages carry no player.
    """
    if contract.session_gap_ms is None:
        return _SESSION
    if any("player_id" in {**wire.envelope, **wire.constants} for wire in (contract.wire, *contract.wire.shapes)):
        return lambda event: None
    return lambda event: event.install_id or event.session_id


def _last_of(items: list[Envelope]) -> Known:
    """Of items in order of time."""
    last = values(items[-1])
    return last_known([values(e) for e in items]) if None in last else last


def _first_of(items: list[Envelope]) -> Known:
    """Of items in order of time."""
    first = values(items[0])
    return first_known([values(e) for e in items]) if None in first else first


def _joined(a: Piece, b: Piece) -> Piece:
    return [min(a[P_START], b[P_START]), max(a[P_END], b[P_END]), a[P_EVENTS] + b[P_EVENTS], saturated(a[P_REVENUE] + b[P_REVENUE]),
            a[P_SESSION], first_known([a[P_FIRST], b[P_FIRST]])]


def _piece_record(p: Piece) -> dict[str, object]:
    platform, app_version, country = p[P_FIRST][3:6]
    return {"piece_start": p[P_START], "piece_end": p[P_END], "events": p[P_EVENTS], "revenue_micros": p[P_REVENUE],
            "session_id": p[P_SESSION], "platform": platform, "app_version": app_version, "country": country}
