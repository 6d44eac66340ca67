"""When a message arrived, where its producer's clock says so; one that runs ahead is not believed."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Protocol

FAST_CLOCK_MS = 300_000  # beyond this it is not a clock's small error; a window that opens later would stay open until then


class PubsubMessage(Protocol):
    """Of Pub/Sub's client, or of Beam's source."""

    attributes: Mapping[str, str]
    publish_time: datetime


def not_ahead(told: list[int], now: int) -> tuple[list[int], int]:
    """(ms: what CreateTimes count as, the newest that can be true). A fast clock does not speak for other producers' messages."""
    limit = now + FAST_CLOCK_MS
    return [min(at, limit) for at in told], max((at for at in told if at <= limit), default=limit)


def arrival(message: PubsubMessage, attribute: str | None) -> int:
    """ms: the Pub/Sub attribute's, else the publish time; so too where it tells what cannot be: before 1970, or after the publish time."""
    published = milliseconds(message.publish_time)
    told = _told(message.attributes.get(attribute) or "") if attribute else None
    return told if told is not None and 0 <= told <= published + FAST_CLOCK_MS else published


def _told(text: str) -> int | None:
    """ms, as Beam's own source reads it: ms, or RFC 3339."""
    if text.isdecimal():
        return int(text)
    try:
        given = datetime.fromisoformat(text)
    except ValueError:
        return None
    return milliseconds(given if given.tzinfo else given.replace(tzinfo=UTC))


def milliseconds(at: datetime) -> int:
    return round(at.timestamp() * 1_000_000) // 1000
