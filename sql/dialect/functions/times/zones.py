"""Time zones: names of the IANA database and offsets; what a clock in a zone shows, and the instant that it means."""

import re

from gamebeam.sql.dialect.errors import Refused
from gamebeam.sql.dialect.runtime import macro
from gamebeam.sql.dialect.types import STRING
from gamebeam.sql.dialect.values import Value, text

OFFSET = re.compile(r"(?:UTC)?([+-])(\d{1,2}):?(\d{1,2})?")

# DuckDB takes an offset only after the letters GMT
macro(
    "bq_zone",
    r"""(z) AS CASE WHEN regexp_full_match(z, '(UTC)?[+-][0-9]{1,2}:?[0-9]{0,2}')
      THEN CASE WHEN CAST(regexp_extract(z, '([+-])([0-9]{1,2}):?([0-9]{0,2})$', 2) AS INTEGER) > 14 OR z LIKE '%:' THEN
      bq_fail_text('invalid time zone: ' || z)
      ELSE 'GMT' || regexp_extract(z, '[+-]') || lpad(regexp_extract(z, '[+-]([0-9]{1,2})', 1), 2, '0') || ':' ||
      lpad(regexp_extract(z, '[+-][0-9]{1,2}:?([0-9]{0,2})$', 1), 2, '0') END
      ELSE z END""",
)
# a clock that shows a time twice, or leaves it out, is read with the offset before the change; DuckDB takes the one after
macro(
    "bq_instant",
    """(local, zone) AS CASE WHEN local < TIMESTAMP '0001-01-02 00:00:00' OR local >= TIMESTAMP '9999-12-31 00:00:00'
      THEN bq_timestamp_us(epoch_us(timezone(zone, local)))
      WHEN timezone(zone, timezone(zone, local) - to_hours(1)) = local THEN timezone(zone, local) - to_hours(1)
      WHEN zone = 'Australia/Lord_Howe' AND timezone(zone, timezone(zone, local) - to_minutes(30)) = local THEN timezone(zone, local)
      - to_minutes(30)
      ELSE timezone(zone, local) END""",
)
macro(
    "bq_instant_of",
    """(local, zone) AS list_transform([{'clock': local, 'zone': zone}],
      lambda bq_place: bq_instant(bq_place.clock, bq_place.zone))[1]""",
)
macro(
    "bq_clock",
    """(ts, zone) AS CASE WHEN ts < TIMESTAMPTZ '0001-01-02 00:00:00+00' OR ts >= TIMESTAMPTZ '9999-12-31 00:00:00+00'
      THEN bq_datetime(timezone(zone, ts)) ELSE timezone(zone, ts) END""",
)
macro("bq_utc_clock", "(ts) AS make_timestamp(epoch_us(ts))")
macro("bq_of_utc_clock", "(local) AS make_timestamptz(epoch_us(local))")


def zone_text(zone: Value) -> str:
    """DuckDB's SQL of a zone. Raises: Refused, if it is no STRING, or a literal that names no zone."""
    if zone.type.kind not in ("STRING", "NULL", "UNKNOWN"):
        raise Refused(f"a time zone is a STRING, not {zone.type}")
    if zone.literal and isinstance(zone.constant, str):
        return text(zone_name(zone.constant))
    return f"bq_zone({zone.sql})"


def zone_name(zone: str) -> str:
    """The name by which DuckDB knows a zone."""
    offset = OFFSET.fullmatch(zone)
    if offset:
        sign, hours, minutes = offset[1], int(offset[2]), int(offset[3] or 0)
        if hours > 14 or minutes > 59 or (hours == 14 and minutes):
            raise Refused(f"invalid time zone: {zone}")
        return f"GMT{sign}{hours:02d}:{minutes:02d}"
    if not re.fullmatch(r"[A-Za-z][\w+/-]*", zone) or zone.upper().startswith(("GMT+", "GMT-")):
        raise Refused(f"invalid time zone: {zone}; use a name of the IANA database, such as Europe/Berlin, or an offset, such as +05:30")
    return zone


def clock(ts: str, zone: Value | None) -> str:
    """The DATETIME that a clock in the zone shows at a TIMESTAMP; UTC without a zone."""
    if zone is None or (zone.literal and zone.constant in ("UTC", "+00", "+00:00", "Etc/UTC")):
        return f"bq_utc_clock({ts})"
    return f"bq_clock({ts}, {zone_text(zone)})"


def instant(local: str, zone: Value | None) -> str:
    """The TIMESTAMP at which a clock in the zone shows a DATETIME."""
    if zone is None or (zone.literal and zone.constant in ("UTC", "+00", "+00:00", "Etc/UTC")):
        return f"bq_of_utc_clock({local})"
    return f"bq_instant{'' if zone.literal else '_of'}({local}, {zone_text(zone)})"


UTC = Value("'UTC'", STRING, "UTC", literal=True)
