"""CAST of a STRING as a date or time FORMAT …"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from gamebeam.sql.dialect.casts.format_elements import KIND_OF, MONTHS, constant_format, elements, fitting
from gamebeam.sql.dialect.casts.table import FORMATTED
from gamebeam.sql.dialect.errors import Refused
from gamebeam.sql.dialect.functions.times.zones import instant
from gamebeam.sql.dialect.runtime import python
from gamebeam.sql.dialect.types import Type, duckdb_type
from gamebeam.sql.dialect.values import Value, text


def read(s: str, format_: str) -> datetime:
    """The clock's time that a text shows, less the offset in it. Raises: ValueError."""
    got: dict[str, int] = {}
    at = len(s) - len(s.lstrip())
    for what, written in elements(format_):
        if what == "text":
            if written.isspace():
                space = re.compile(r"\s+").match(s, at)
                if not space:
                    raise ValueError(f"{s!r} does not fit the format {format_!r}")
                at = space.end()
            elif s.startswith(written, at):
                at += len(written)
            else:
                raise ValueError(f"{s!r} does not fit the format {format_!r}")
        else:
            at = _read_element(written.upper(), s, at, got)
    if s[at:].strip():
        raise ValueError(f"{s!r} does not fit the format {format_!r}")
    hour = got.get("hour", 0)
    if "half" in got:
        hour = hour % 12 + 12 * got["half"]
    seconds = got.get("of_day", hour * 3600 + got.get("minute", 0) * 60 + got.get("second", 0))
    day = datetime(got.get("year", 1970), got.get("month", 1), got.get("day", 1))
    if "of_year" in got:
        day = datetime(got["year"], 1, 1) + timedelta(days=got["of_year"] - 1)
        if day.year != got["year"]:
            raise ValueError(f"{got['year']} has no day {got['of_year']}")
    offset = got.get("sign", 1) * (got.get("zone_hour", 0) * 60 + got.get("zone_minute", 0))
    return day + timedelta(seconds=seconds, microseconds=got.get("micros", 0), minutes=-offset)


_NUMBERS = {
    "YYYY": ("year", 4, 1, 9999),
    "RRRR": ("year", 4, 0, 9999),
    "YY": ("year", 2, 0, 99),
    "RR": ("year", 2, 0, 99),
    "MM": ("month", 2, 1, 12),
    "DD": ("day", 2, 1, 31),
    "DDD": ("of_year", 3, 1, 366),
    "HH": ("hour", 2, 1, 12),
    "HH12": ("hour", 2, 1, 12),
    "HH24": ("hour", 2, 0, 23),
    "MI": ("minute", 2, 0, 59),
    "SS": ("second", 2, 0, 59),
    "SSSSS": ("of_day", 5, 0, 86399),
    "TZM": ("zone_minute", 2, 0, 59),
}


def _read_element(element: str, s: str, at: int, got: dict[str, int]) -> int:
    if element in _NUMBERS:
        name, most, low, high = _NUMBERS[element]
        match = re.compile(rf"[0-9]{{1,{most}}}").match(s, at)
        if not match or not low <= int(match[0]) <= high:
            raise ValueError(f"{s!r}: {element} is no number from {low} to {high}")
        n = int(match[0])
        if element == "YY":
            n += datetime.now(UTC).year // 100 * 100
        elif element in ("RR", "RRRR") and len(match[0]) <= 2:
            n += 2000 if n < 50 else 1900
        got[name] = n
        return match.end()
    if element in ("MONTH", "MON"):
        for i, name in enumerate(MONTHS):
            wanted = name if element == "MONTH" else name[:3]
            if s[at : at + len(wanted)].lower() == wanted:
                got["month"] = i + 1
                return at + len(wanted)
    if KIND_OF[element] == "half":
        match = re.compile(r"([ap])\.m\." if "." in element else "([ap])m", re.I).match(s, at)
        if match:
            got["half"] = int(match[1].lower() == "p")
            return match.end()
    if element.startswith("FF"):
        match = re.compile(rf"[0-9]{{1,{element[2]}}}").match(s, at)
        if match:
            got["micros"] = int(match[0][:6].ljust(6, "0"))
            return match.end()
    if element == "TZH":
        match = re.compile(r"([+-])([0-9]{1,2})").match(s, at)
        if match and int(match[2]) <= 14:
            got["sign"], got["zone_hour"] = (-1 if match[1] == "-" else 1), int(match[2])
            return match.end()
    raise ValueError(f"{s!r}: {element} does not fit")


python("bq_read", read, "VARCHAR, VARCHAR", "TIMESTAMP")


def _parsed(kind: str) -> Callable[[Value, Value, Value | None], Value]:
    t = Type(kind)

    def translate(value: Value, format_: Value, zone: Value | None) -> Value:
        if format_.type.kind == "NULL" or format_.sql == "CAST(NULL AS VARCHAR)" or (zone is not None and zone.type.kind == "NULL"):
            return Value(f"CAST(NULL AS {duckdb_type(t)})", t)
        try:
            names = [w.upper() for what, w in fitting(constant_format(format_), kind) if what == "element"]
            kinds = [KIND_OF[n] for n in names]
            if any(kinds.count(k) > 1 for k in kinds if k != "zone") or len(set(names)) < len(names):
                raise Refused("FORMAT: one element of each kind")
            if any(n in ("DAY", "DY", "D", "Y", "YYY") for n in names):
                raise Refused("FORMAT: Y, YYY, D, DY and DAY are not read here")
            if kind != "TIME" and not ({"year", "month"} <= set(kinds) or ("year" in kinds and "DDD" in names)):
                raise Refused("FORMAT: year and month are needed here; BigQuery would take the current ones")
            value_at = f"bq_read({value.sql}, {format_.sql})"
            sql = (
                instant(value_at, None if "zone" in kinds else zone)
                if kind == "TIMESTAMP"
                else value_at
                if kind == "DATETIME"
                else f"CAST({value_at} AS {kind})"
            )
        except Refused as e:
            return Value(f"CAST(bq_fail_text({text(str(e))}) AS {duckdb_type(t)})", t)
        return Value(sql, t)

    return translate


for _kind in ("DATE", "DATETIME", "TIME", "TIMESTAMP"):
    FORMATTED["STRING", _kind] = _parsed(_kind)
