"""Times on the wire, recognised from their values: which format, and what they mean in ms since 1970 (UTC)."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime

FORMATS = ("%Y-%m-%d %H:%M:%S.%f", "%Y/%m/%d %H:%M:%S.%f", "%d/%m/%Y %H:%M:%S.%f", "%m/%d/%Y %H:%M:%S.%f", "%d.%m.%Y %H:%M:%S.%f")
OLDEST_S, NEWEST_S = 946_684_800, 4_102_444_800  # 2000 to 2100
DIGITS = re.compile(r"\d{9,16}(\.\d+)?")


def time_format(values: Iterable[object]) -> str | None:
    """ms, s, iso or strptime's format that every value fits; None where there is none."""
    values = list(values)
    if not values:
        return None
    for name in ("ms", "s", "iso", *FORMATS):
        if all(to_ms(v, name) is not None for v in values):
            return name
    return None


def to_ms(value: object, name: str) -> int | None:
    """ms since 1970, or None where the value is no time of that format."""
    if isinstance(value, bool):
        return None
    if name in ("ms", "s"):
        if isinstance(value, str) and DIGITS.fullmatch(value):
            value = float(value) if "." in value else int(value)
        if not isinstance(value, int | float) or (name == "ms" and not isinstance(value, int)):
            return None
        scale = 1000 if name == "s" else 1
        return int(value * scale) if OLDEST_S * 1000 <= value * scale < NEWEST_S * 1000 else None
    if not isinstance(value, str):
        return None
    try:
        when = datetime.fromisoformat(value) if name == "iso" else _strptime(value, name)
    except ValueError:
        return None
    if name == "iso" and not re.match(r"\d{4}-\d\d-\d\d(T|.*(Z|[+-]\d\d:?\d\d)$)", value):
        return None  # "2020-11-22 22:00:01" is the game's own spelling, and a date alone is no time
    return round((when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp() * 1000)


def _strptime(value: str, name: str) -> datetime:
    try:
        return datetime.strptime(value, name)
    except ValueError:
        return datetime.strptime(value, name.replace(".%f", ""))


def says_time(leaf: str) -> bool:
    """Whether a name speaks of a time: eventTimestamp, created_at, session_start_ts, first_seen."""
    return re.search(r"(time|stamp|date|seen|created)$|(^|_)(ts|at)$", leaf) is not None
