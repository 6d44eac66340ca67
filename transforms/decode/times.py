"""Times as games write them: one reader and one writer of wire.yaml's time_format, for the job and the front door."""

import math
import re
from datetime import UTC, datetime, timedelta
from typing import TypeGuard

from gamebeam.schemas.contract.wire import NUMERIC_TIMES

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][-+]?\d+)?", re.ASCII)
LONGEST = 64  # characters of a time in words
# As databases write it: a space before the zone, UTC by name.
SPACED_ZONE = re.compile(r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?) ?(UTC|GMT|[+-]\d\d(?::?\d\d)?)", re.ASCII)
EARLIEST_MS, LATEST_MS = -62_135_596_800_000, 253_402_300_799_999  # years 1 to 9999


def is_ms(value: object) -> TypeGuard[int]:
    """Whether a value is a time in ms since 1970 that a column can hold."""
    return type(value) is int and EARLIEST_MS <= value <= LATEST_MS


def number(value: object, digits: int) -> object:
    """A string that spells a finite number of at most `digits` characters as that number; any other value as it was."""
    if isinstance(value, str) and len(value) <= digits and (match := NUMBER.fullmatch(value)):
        read = float(value) if match[1] or match[2] else int(value)
        return read if math.isfinite(read) else value
    return value


def to_ms(value: object, time_format: str) -> object:
    """A time on the wire as ms since 1970, UTC; what is no such time comes back as it was, and fails validation."""
    if isinstance(value, bool) or value is None:
        return value
    if per_second := NUMERIC_TIMES.get(time_format):
        value = number(value, LONGEST)
        if isinstance(value, int):
            return value * 1000 // per_second
        return round(value * 1_000_000) // 1000 if isinstance(value, float) and per_second == 1 and abs(value) < 1e12 else value
    if not isinstance(value, str) or len(value) > LONGEST or not value.isascii():
        return value
    try:
        when = _iso(value) if time_format == "iso" else _strptime(value, time_format)
        return ((when if when.tzinfo else when.replace(tzinfo=UTC)) - EPOCH) // MILLISECOND
    except (ValueError, OverflowError):
        return value


def _iso(value: str) -> datetime:
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        spaced = SPACED_ZONE.fullmatch(value)
        if spaced is None:
            raise
        return datetime.fromisoformat(spaced[1] + (spaced[2] if spaced[2][0] in "+-" else "+00:00"))


def _strptime(value: str, time_format: str) -> datetime:
    try:
        return datetime.strptime(value, time_format)
    except ValueError:
        return datetime.strptime(value, time_format.replace(".%f", ""))


def on_wire(ms: int, time_format: str) -> int | str:
    """A time in ms since 1970 as the wire writes it."""
    if per_second := NUMERIC_TIMES.get(time_format):
        return ms * per_second // 1000
    when = EPOCH + ms * MILLISECOND
    return when.isoformat(timespec="milliseconds").replace("+00:00", "Z") if time_format == "iso" else when.strftime(time_format)
