"""Bounds of what one message may hold, and of the times that are believed where no broker dates a message."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Any

from gamebeam.schemas.contract.fields import ContractError

SETTINGS = ("max_depth", "max_digits", "earliest_event_time", "latest_event_time")
DEPTHS, DIGITS = (20, 200), (100, 300)  # what max_depth and max_digits may be: code that handles a message recurses a few frames a level
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
IN_STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*+("|$)', re.DOTALL)
NO_BRACKETS = re.compile(rb"[^\[\]{}]+")


@dataclass(frozen=True)
class Bounds:
    """depth: levels of arrays and objects in each other. digits: of a whole number, and characters of a number inside a string.

    earliest_ms, latest_ms: event times that are accepted where neither broker nor file says when a message arrived, in ms since 1970.
    latest_ms is None for the start of the run + 24 h.
    """

    depth: int = 100
    digits: int = 100
    earliest_ms: int = 946_684_800_000  # 2000-01-01
    latest_ms: int | None = None

    @cached_property
    def _long(self) -> re.Pattern[bytes]:
        return re.compile(rb"[0-9][0-9]{%d}" % self.digits)

    @cached_property
    def _too_long(self) -> re.Pattern[bytes]:
        return re.compile(rb"(?<![\w.+-])-?[0-9]{%d,}+(?![\w.])" % (self.digits + 1))

    def exceeded(self, text: bytes) -> str | None:
        """Return what JSON text exceeds, or None. A text that could not exceed anything costs three searches in C."""
        perhaps_deep = text.count(b"[") + text.count(b"{") > self.depth
        if not perhaps_deep and not self._long.search(text):
            return None
        bare = IN_STRINGS.sub(b"", text)
        if perhaps_deep and _is_deeper(bare, self.depth):
            return f"nested deeper than {self.depth} levels; the limit is max_depth in contract.yaml"
        if self._too_long.search(bare):
            return f"a whole number of more than {self.digits} digits; the limit is max_digits in contract.yaml"
        return None


def parse_bounds(settings: dict[str, Any], file: str) -> Bounds:
    """Return the bounds that contract.yaml sets; defaults where it is silent. Raises ContractError."""
    depth, digits = (_number(settings, name, default, *bounds, file) for name, default, bounds in (
        ("max_depth", Bounds.depth, DEPTHS), ("max_digits", Bounds.digits, DIGITS)))
    earliest, latest = (_moment(settings[name], name, file) if name in settings else default for name, default in (
        ("earliest_event_time", Bounds.earliest_ms), ("latest_event_time", Bounds.latest_ms)))
    if earliest is None or (latest is not None and latest <= earliest):
        raise ContractError(file, "latest_event_time", "must be after earliest_event_time")
    return Bounds(depth, digits, earliest, latest)


def _number(settings: dict[str, Any], name: str, default: int, least: int, most: int, file: str) -> int:
    value = settings.get(name, default)
    if type(value) is not int or not least <= value <= most:
        raise ContractError(file, name, f"a whole number from {least} to {most}, not {value!r}")
    return value


def _moment(value: Any, name: str, file: str) -> int:
    """YAML reads 2000-01-01 as a date, and 2000-01-01 12:00:00 as a time; both are UTC unless they say otherwise."""
    try:
        when = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        when = None
    if isinstance(when, date) and not isinstance(when, datetime):
        when = datetime.combine(when, time())
    if not isinstance(when, datetime):
        raise ContractError(file, name, f"a date or time such as 2000-01-01, not {value!r}")
    return ((when if when.tzinfo else when.replace(tzinfo=UTC)) - EPOCH) // timedelta(milliseconds=1)


def _is_deeper(bare: bytes, limit: int) -> bool:
    depth = 0
    for bracket in NO_BRACKETS.sub(b"", bare):
        depth += 1 if bracket in b"[{" else -1
        if depth > limit:
            return True
    return False
