"""The first or last known platform, app_version and country of some events: a known value wins over an unknown one.

Seen: [time, seq, event_id, platform, app_version, country] of the first or last event. Where another event knew one of the three,
three moments follow, [time, seq, event_id] each: when each value was known. The short form is also that of older state.
"""

from collections.abc import Callable
from operator import itemgetter
from typing import Any, TypeAlias

from gamebeam.schemas.events import Envelope

Seen: TypeAlias = list[Any]
Known: TypeAlias = list[Any]  # [time, seq, event_id] of an event, and perhaps a value of it
SHORT = 6  # length of a Seen whose values are all of its own event


def values(event: Envelope) -> Seen:
    return [event.event_time, event.seq or 0, event.event_id, event.platform, event.app_version, event.country]


def moment(seen: Seen) -> Known:
    """Return [time, seq, event_id], by which Seen are ordered."""
    return seen[:3]


def times(seen: Seen) -> list[int | None]:
    """Return when, in ms, each of the three values was known; None where it is not."""
    return [None if seen[i] is None else _known_at(seen, i)[0] for i in range(3, SHORT)]


def first_known(seen: list[Seen]) -> Seen:
    """Merge Seen: commutative and associative."""
    return _known(seen, min)


def last_known(seen: list[Seen]) -> Seen:
    """Merge Seen: commutative and associative."""
    return _known(seen, max)


def _known(seen: list[Seen], which: Callable[..., Any]) -> Seen:
    chosen: Seen = which(seen, key=moment)
    if (len(chosen) == SHORT and None not in chosen) or all(s[3:] == chosen[3:] for s in seen):
        return chosen  # the usual case: every event knows all three, or none does
    found, moments = [], []
    for i in range(3, SHORT):
        known = [(_known_at(s, i), s[i]) for s in seen if s[i] is not None]
        at, value = which(known, key=itemgetter(0)) if known else (None, None)
        found.append(value)
        moments.append(at)
    return [*moment(chosen), *found, *moments]


def _known_at(seen: Seen, i: int) -> Known:
    return seen[i + 3] if len(seen) > SHORT else moment(seen)
