"""Dates and times as text: their casts to STRING and from it, and literals such as DATE '2026-11-30'."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta

from gamebeam.sql.dialect.calls import Call
from gamebeam.sql.dialect.casts.table import describe
from gamebeam.sql.dialect.errors import Refused
from gamebeam.sql.dialect.functions.times.zones import OFFSET, clock, zone_name, zone_text
from gamebeam.sql.dialect.registry import function
from gamebeam.sql.dialect.runtime import macro
from gamebeam.sql.dialect.types import STRING
from gamebeam.sql.dialect.values import Value, text

DATE_TEXT, TIME_TEXT = r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}", r"[0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}(?:\.[0-9]{1,6})?"
ZONE_TEXT = r"[zZ]|(?:UTC)?[+-][0-9]{1,2}(?::?[0-9]{1,2})?| (?:UTC)?[+-][0-9]{1,2}(?::?[0-9]{1,2})?| [A-Za-z][A-Za-z0-9_+/-]*"
TIMESTAMP_TEXT = f"({DATE_TEXT})(?:[ Tt]({TIME_TEXT}))?({ZONE_TEXT})?"
DATETIME_TEXT = f"({DATE_TEXT})(?:[ Tt]({TIME_TEXT}))?"

# to STRING: the fraction of a second in no, three or six digits
macro(
    "bq_fraction",
    """(t) AS CASE WHEN microsecond(t) % 1000000 = 0 THEN '' WHEN microsecond(t) % 1000 = 0 THEN '.' || lpad(CAST(microsecond(t) %
      1000000 // 1000 AS VARCHAR), 3, '0')
      ELSE '.' || lpad(CAST(microsecond(t) % 1000000 AS VARCHAR), 6, '0') END""",
)
macro("bq_datetime_text", "(t) AS strftime(t, '%Y-%m-%d %H:%M:%S') || bq_fraction(t)")
macro("bq_time_text", "(t) AS left(CAST(t AS VARCHAR), 8) || bq_fraction(t)")
macro(
    "bq_offset_text",
    """(seconds) AS CASE WHEN seconds < 0 THEN '-' ELSE '+' END || lpad(CAST(abs(seconds) // 3600 AS VARCHAR), 2, '0')
      || CASE WHEN abs(seconds) % 3600 // 60 = 0 THEN '' ELSE ':' || lpad(CAST(abs(seconds) % 3600 // 60 AS VARCHAR), 2, '0') END""",
)
macro("bq_utc_text", "(ts) AS bq_datetime_text(bq_utc_clock(ts)) || '+00'")
macro("bq_zone_text", "(ts, local) AS bq_datetime_text(local) || bq_offset_text((epoch_us(local) - epoch_us(ts)) // 1000000)")

# from STRING
macro("bq_invalid", "(s, type) AS bq_fail_text('invalid ' || type || ': ' || s)")
macro(
    "bq_string_to_date",
    f"""(s) AS CASE WHEN regexp_full_match(s, '{DATE_TEXT}') AND s >= '0001' THEN CAST(s AS DATE)
      WHEN s IS NOT NULL THEN CAST(bq_invalid(s, 'DATE') AS DATE) END""",
)
macro(
    "bq_string_to_time",
    f"""(s) AS CASE WHEN regexp_full_match(s, '{TIME_TEXT}') AND NOT regexp_matches(s, '^24') THEN CAST(s AS TIME)
      WHEN s IS NOT NULL THEN CAST(bq_invalid(s, 'TIME') AS TIME) END""",
)
macro(
    "bq_string_to_datetime",
    f"""(s) AS CASE WHEN regexp_full_match(s, '{DATETIME_TEXT}') AND s >= '0001' AND NOT regexp_matches(s, '[ Tt]24') THEN
      CAST(upper(s) AS TIMESTAMP)
      WHEN s IS NOT NULL THEN CAST(bq_invalid(s, 'DATETIME') AS TIMESTAMP) END""",
)
# a text with an offset or none is DuckDB's to read; one with a name of a zone has its parts bound first, as a macro repeats its arguments
PLAIN_TEXT = f"{DATE_TEXT}(?:[ Tt]{TIME_TEXT})?(?:[zZ]|[+-][0-9]{{2}}(?::[0-9]{{2}})?)?"
macro(
    "bq_string_to_timestamp",
    f"""(s) AS CASE WHEN s > '0001-01-02' AND s < '9999-12-31' AND regexp_full_match(s, '{PLAIN_TEXT}')
      AND NOT regexp_matches(s, '[ Tt]24:') THEN CAST(upper(s) AS TIMESTAMPTZ) WHEN s IS NOT NULL THEN bq_string_in_zone(s, 'UTC') END""",
)
macro(
    "bq_string_in_zone",
    f"""(s, zone) AS CASE WHEN s >= '0001' AND regexp_full_match(s, '{TIMESTAMP_TEXT}') AND NOT regexp_matches(s, '[ Tt]24:')
      THEN list_transform([{{'clock': upper(regexp_extract(s, '^{DATETIME_TEXT}')), 'zone': regexp_extract(s, '^{TIMESTAMP_TEXT}$', 3)}}],
      lambda bq_parts: bq_of_parts(bq_parts, zone))[1] WHEN s IS NOT NULL THEN CAST(bq_invalid(s, 'TIMESTAMP') AS TIMESTAMPTZ) END""",
)
macro(
    "bq_of_parts",
    """(parts, zone) AS list_transform(list_transform([{'clock': CAST(parts.clock AS TIMESTAMP), 'zone': bq_text_zone(parts.zone, zone)}],
      lambda bq_place: epoch_us(bq_instant(bq_place.clock, bq_place.zone))), lambda bq_us: bq_timestamp_us(bq_us))[1]""",
)
macro(
    "bq_string_without_zone",
    f"""(s, zone) AS CASE WHEN regexp_extract(s, '^{TIMESTAMP_TEXT}$', 3) != ''
      THEN CAST(bq_invalid(s, 'TIMESTAMP, two time zones') AS TIMESTAMPTZ) ELSE bq_string_in_zone(s, zone) END""",
)
macro(
    "bq_text_zone",
    """(written, otherwise) AS CASE written WHEN '' THEN otherwise WHEN 'Z' THEN 'UTC' WHEN 'z' THEN 'UTC'
      ELSE bq_zone(trim(written)) END""",
)


def timestamp_of_string(value: Value, zone: Value | None = None) -> str:
    """The TIMESTAMP that a text names, in the zone if the text has none."""
    if value.literal and isinstance(value.constant, str) and (zone is None or zone.literal):
        found = re.fullmatch(TIMESTAMP_TEXT, value.constant)
        if found:
            name = (found[3] or "").strip()
            if name and zone is not None:
                raise Refused(f"TIMESTAMP: {value.constant} has a time zone, and another is given")
            if (not name and zone is None) or name in ("Z", "z", "UTC") or OFFSET.fullmatch(name):
                return _timestamp_literal(found[1], found[2] or "0:0:0", name)
            local = _literal("TIMESTAMP", f"{found[1]} {found[2] or '0:0:0'}")
            return f"bq_instant({local}, {text(zone_name(name)) if name else zone_text(zone or Value('', STRING))})"
    if zone is not None:
        return f"bq_string_without_zone({value.sql}, {zone_text(zone)})"
    return f"bq_string_to_timestamp({value.sql})"


def _parsed(written: str) -> datetime:
    """A date and perhaps a time with numbers of one or more digits. Raises: Refused."""
    try:
        numbers = [int(n) for n in re.split(r"[-: ]", written.split(".")[0])]
        fraction = int(written.partition(".")[2].ljust(6, "0")) if "." in written else 0
        return datetime(*numbers, microsecond=fraction)  # type: ignore[arg-type, misc]
    except ValueError as e:
        raise Refused(f"invalid date or time: {written}: {e}") from None


def _literal(duckdb_type: str, written: str) -> str:
    at = _parsed(written)
    return f"{duckdb_type} '{at.isoformat(' ')}'"


def _timestamp_literal(day: str, at: str, zone: str) -> str:
    local = _parsed(f"{day} {at}")
    offset = OFFSET.fullmatch(zone)
    if offset:
        zone_name(zone)
        minutes = int(offset[2]) * 60 + int(offset[3] or 0)
        try:
            local -= timedelta(minutes=-minutes if offset[1] == "-" else minutes)
        except OverflowError:
            raise Refused(f"timestamp out of range: {day} {at}{zone}") from None
    return f"TIMESTAMPTZ '{local.isoformat(' ')}+00'"


def _of_string(kind: str, pattern: str, otherwise: str) -> Callable[[Value], str]:
    """A cast of a STRING: a literal is read here, so that DuckDB can compare a column with it."""

    def template(value: Value) -> str:
        if not (value.literal and isinstance(value.constant, str)):
            return otherwise.format(value.sql)
        if not re.fullmatch(pattern, value.constant):
            return otherwise.format(value.sql)
        try:
            if kind == "TIME":
                clock_time = _parsed(f"2000-01-01 {value.constant}").time()
                return f"TIME '{clock_time.isoformat()}'"
            at = _parsed(re.sub("[Tt]", " ", value.constant))
            return f"DATE '{at.date().isoformat()}'" if kind == "DATE" else f"TIMESTAMP '{at.isoformat(' ')}'"
        except Refused:
            return otherwise.format(value.sql)

    return template


for _kind, _pattern in (("DATE", DATE_TEXT), ("TIME", TIME_TEXT), ("DATETIME", DATETIME_TEXT)):
    describe("STRING", _kind, _of_string(_kind, _pattern, f"bq_string_to_{_kind.lower()}({{0}})"))
describe("STRING", "TIMESTAMP", timestamp_of_string)
describe("DATE", "STRING", "strftime({0}, '%Y-%m-%d')")
describe("DATETIME", "STRING", "bq_datetime_text({0})")
describe("TIME", "STRING", "bq_time_text({0})")
describe("TIMESTAMP", "STRING", "bq_utc_text({0})")
describe("TIMESTAMP", "DATETIME", "bq_utc_clock({0})")
describe("TIMESTAMP", "DATE", "CAST(bq_utc_clock({0}) AS DATE)")
describe("TIMESTAMP", "TIME", "CAST(bq_utc_clock({0}) AS TIME)")
describe("DATETIME", "TIMESTAMP", "bq_of_utc_clock({0})")
describe("DATE", "TIMESTAMP", "bq_of_utc_clock({0})")


def _string_of_timestamp(call: Call) -> Value:
    ts = call.values[0].sql
    if len(call.values) == 1:
        return Value(f"bq_utc_text({ts})", STRING)
    return Value(f"bq_zone_text({ts}, {clock(ts, call.values[1])})", STRING)


STRING_SIGNATURES = (
    ("TIMESTAMP[, STRING] -> STRING", _string_of_timestamp),
    ("DATE -> STRING", "strftime({0}, '%Y-%m-%d')"),
    ("DATETIME -> STRING", "bq_datetime_text({0})"),
    ("TIME -> STRING", "bq_time_text({0})"),
)
function(
    "STRING",
    *STRING_SIGNATURES,
    topic="dates and times",
    examples={
        "STRING(TIMESTAMP '2008-12-25 15:30:00+00', 'America/Los_Angeles')": "2008-12-25 07:30:00-08",
        "STRING(TIMESTAMP '2008-12-25 15:30:00.5+00', 'Asia/Kolkata')": "2008-12-25 21:00:00.500+05:30",
        "STRING(DATE '2020-01-02')": "2020-01-02",
        "STRING(TIME '01:02:03.000004')": "01:02:03.000004",
    },
)
