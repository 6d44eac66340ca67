"""Hours and days in ms since 1970 (UTC), and days by name."""

from datetime import UTC, datetime
from functools import cache

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


def day(ms: int) -> str:
    return _day(ms // DAY_MS)


def day_ms(date: str) -> int:
    """When a day begins, in ms: the inverse of `day`."""
    return round(datetime.strptime(f"{date}+0000", "%Y-%m-%d%z").timestamp() * 1000)


@cache
def _day(days: int) -> str:
    return datetime.fromtimestamp(days * 86_400, UTC).strftime("%Y-%m-%d")
