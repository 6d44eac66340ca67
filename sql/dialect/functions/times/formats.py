"""FORMAT_DATE, FORMAT_DATETIME, FORMAT_TIME and FORMAT_TIMESTAMP: the elements of a format, as DuckDB's strftime and expressions."""

import re

from gamebeam.sql.dialect.calls import Call, Translator
from gamebeam.sql.dialect.errors import Refused
from gamebeam.sql.dialect.functions.times.zones import clock
from gamebeam.sql.dialect.registry import ERROR, function
from gamebeam.sql.dialect.runtime import macro
from gamebeam.sql.dialect.types import STRING
from gamebeam.sql.dialect.values import Value, text

TOPIC = "formats of dates and times"

ELEMENT = re.compile(r"%(E\*S|E\dS|E4Y|E[zYyCcXxS]|O[A-Za-z]|.)", re.S)
NATIVE = set("AaBbdHIMSmyYpjGVUWwu")
AS = {
    "h": "%b",
    "D": "%m/%d/%y",
    "x": "%m/%d/%y",
    "F": "%Y-%m-%d",
    "R": "%H:%M",
    "T": "%H:%M:%S",
    "X": "%H:%M:%S",
    "r": "%I:%M:%S %p",
    "n": "\n",
    "t": "\t",
    "c": "%a %b %e %H:%M:%S %Y",
    "EY": "%Y",
    "Ey": "%y",
    "EC": "%C",
    "Ec": "%c",
    "EX": "%X",
    "Ex": "%x",
    "ES": "%S",
    "E0S": "%S",
}
# elements of what a type does not have stand in the result as they are written
UNFIT = {"DATE": "cHIklMPpRrSsTXZz", "TIME": "AaBbhCcDdeFGgjmsQsUuVWwxYyZz", "DATETIME": "Zz", "TIMESTAMP": ""}
EXPRESSIONS = {
    "e": "lpad(CAST(day({0}) AS VARCHAR), 2, ' ')",
    "k": "lpad(CAST(hour({0}) AS VARCHAR), 2, ' ')",
    "l": "lpad(CAST((hour({0}) + 11) % 12 + 1 AS VARCHAR), 2, ' ')",
    "C": "lpad(CAST(year({0}) // 100 AS VARCHAR), 2, '0')",
    "g": "lpad(CAST(isoyear({0}) % 100 AS VARCHAR), 2, '0')",
    "P": "lower(strftime({0}, '%p'))",
    "Q": "CAST(quarter({0}) AS VARCHAR)",
    "J": "lpad(CAST((CAST({0} AS DATE) - CAST(date_trunc('isoyear', {0}) AS DATE)) + 1 AS VARCHAR), 3, '0')",
    "E4Y": "lpad(CAST(year({0}) AS VARCHAR), 4, '0')",
    "E*S": "bq_seconds_text({0})",
}
macro(
    "bq_seconds_text",
    """(t) AS strftime(t, '%S') || CASE WHEN microsecond(t) % 1000000 = 0 THEN ''
      ELSE '.' || rtrim(lpad(CAST(microsecond(t) % 1000000 AS VARCHAR), 6, '0'), '0') END""",
)
macro(
    "bq_offset_digits",
    """(seconds, between) AS CASE WHEN seconds < 0 THEN '-' ELSE '+' END || lpad(CAST(abs(seconds) // 3600 AS VARCHAR), 2, '0')
      || between || lpad(CAST(abs(seconds) % 3600 // 60 AS VARCHAR), 2, '0')""",
)


def pieces(format_: str, kind: str) -> list[tuple[str, str]]:
    """What a format consists of: ("text", …), ("native", an element of strftime) and ("other", an element). Raises: Refused."""
    found: list[tuple[str, str]] = []
    at = 0
    for match in ELEMENT.finditer(format_):
        if match.start() < at:
            continue
        found.append(("text", format_[at : match.start()]))
        element, at = match[1], match.end()
        letter = element[-1] if element[0] in "EO" and len(element) > 1 else element
        if element == "%":
            found.append(("text", "%"))
        elif letter in UNFIT[kind]:
            found.append(("text", match[0]))
        elif element in AS:
            found += pieces(AS[element], kind)
        elif element in NATIVE:
            found.append(("native", element))
        elif element in EXPRESSIONS or element in ("s", "z", "Z", "Ez") or re.fullmatch(r"E[1-6]S", element):
            found.append(("other", element))
        else:
            raise Refused(f"the format element %{element} is not supported here")
    if format_[at:].endswith("%"):
        raise Refused("a format cannot end with a single %")
    found.append(("text", format_[at:]))
    return found


def formatted(format_: str, kind: str, local: str, utc: str, zone: Value | None = None) -> str:
    """The text of a clock's DATETIME. utc: the epoch's microseconds of the same moment."""
    parts = pieces(format_, kind)
    whole = _joined(parts, local, utc, zone, padded=True)
    if not any(p in (("native", "Y"), ("native", "G")) for p in parts) or kind == "TIME":
        return whole
    return f"CASE WHEN year({local}) > 1000 THEN {whole} ELSE {_joined(parts, local, utc, zone, padded=False)} END"


def _joined(parts: list[tuple[str, str]], local: str, utc: str, zone: Value | None, padded: bool) -> str:
    """padded: strftime writes years in four digits, BigQuery in as many as they have."""
    joined: list[str] = []
    run, elements = "", False
    for what, value in [*parts, ("end", "")]:
        short_year = not padded and value in ("Y", "G")
        if what == "text" or (what == "native" and not short_year):
            run += value.replace("%", "%%") if what == "text" else f"%{value}"
            elements = elements or what == "native"
            continue
        if run:
            joined.append(f"strftime({local}, {text(run)})" if elements else text(run.replace("%%", "%")))
        run, elements = "", False
        if short_year:
            joined.append(f"CAST({'year' if value == 'Y' else 'isoyear'}({local}) AS VARCHAR)")
        elif what == "other":
            joined.append(_expression(value, local, utc, zone))
    if not joined:
        return f"CASE WHEN {local} IS NOT NULL THEN '' END"
    constant = not any(local in j or utc in j for j in joined)
    result = f"({' || '.join(joined)})"
    return f"CASE WHEN {local} IS NOT NULL THEN {result} END" if constant else result


def _expression(element: str, local: str, utc: str, zone: Value | None) -> str:
    if element in EXPRESSIONS:
        return EXPRESSIONS[element].format(local)
    if element == "s":
        return f"CAST(bq_floor_div({utc}, 1000000::BIGINT) AS VARCHAR)"
    if element in ("z", "Ez"):
        return f"bq_offset_digits((epoch_us({local}) - {utc}) // 1000000, '{':' if element == 'Ez' else ''}')"
    if element == "Z":
        if zone is None or (zone.literal and zone.constant in ("UTC", "Etc/UTC")):
            return "'UTC'"
        raise Refused("%Z, the name of a time zone, is not supported here; use %Ez")
    return f"(strftime({local}, '%S') || '.' || left(lpad(CAST(microsecond({local}) % 1000000 AS VARCHAR), 6, '0'), {element[1]}))"


def literal_format(call: Call) -> str | None:
    """The format; None if it is NULL. Raises: Refused, if it is no literal."""
    value = call.values[0]
    if value.type.kind == "NULL" or value.sql == "CAST(NULL AS VARCHAR)":
        return None
    if not value.literal or not isinstance(value.constant, str):
        raise call.refuse("the format must be a literal here")
    return value.constant


def _format(kind: str, local: str) -> Translator:
    def translate(call: Call) -> Value:
        format_, zone = literal_format(call), call.values[2] if len(call.values) > 2 else None
        if format_ is None:
            return Value("CAST(NULL AS VARCHAR)", STRING)
        value = call.values[1].sql
        if kind == "TIMESTAMP":
            return Value(formatted(format_, kind, clock(value, zone), f"epoch_us({value})", zone), STRING)
        at = local.format(value)
        return Value(formatted(format_, kind, at, f"epoch_us({at})"), STRING)

    return translate


_DATE = ("STRING, DATE -> STRING", _format("DATE", "{0}"))
_DATETIME = ("STRING, DATETIME -> STRING", _format("DATETIME", "{0}"))
_TIMESTAMP = ("STRING, TIMESTAMP[, STRING] -> STRING", _format("TIMESTAMP", "{0}"))
function(
    "FORMAT_DATE",
    _DATE,
    ("STRING, DATETIME -> STRING", _format("DATETIME", "{0}")),
    ("STRING, TIMESTAMP -> STRING", _format("TIMESTAMP", "{0}")),
    topic=TOPIC,
    examples={
        "FORMAT_DATE('%x', DATE '2008-12-25')": "12/25/08",
        "FORMAT_DATE('%T', DATETIME '2008-12-25 12:34:56')": "12:34:56",
        "FORMAT_DATE('%b-%d-%Y', DATE '2008-12-25')": "Dec-25-2008",
        "FORMAT_DATE('%H', DATE '2008-12-25')": "%H",
        "FORMAT_DATE('%Y Q%Q %e|%G-W%V', DATE '2026-02-03')": "2026 Q1  3|2026-W06",
        "FORMAT_DATE('%E4Y', DATE '0001-01-01')": "0001",
        "FORMAT_DATE('%F', NULL)": None,
        "FORMAT_DATE('%!', DATE '2008-12-25')": ERROR,
    },
)
function(
    "FORMAT_DATETIME",
    _DATETIME,
    topic=TOPIC,
    examples={
        "FORMAT_DATETIME('%c', DATETIME '2008-12-25 15:30:00')": "Thu Dec 25 15:30:00 2008",
        "FORMAT_DATETIME('%E3S|%E*S|%k|%l %P', DATETIME '2008-12-25 05:30:01.25')": "01.250|01.25| 5| 5 am",
    },
)
function(
    "FORMAT_TIME",
    ("STRING, TIME -> STRING", _format("TIME", "(TIMESTAMP '1970-01-01 00:00:00' + to_microseconds(epoch_us({0})))")),
    topic=TOPIC,
    examples={
        "FORMAT_TIME('%R', TIME '15:30:00')": "15:30",
        "FORMAT_TIME('%I:%M %p', TIME '15:30:00')": "03:30 PM",
        "FORMAT_TIME('%Y', TIME '15:30:00')": "%Y",
    },
)
function(
    "FORMAT_TIMESTAMP",
    _TIMESTAMP,
    topic=TOPIC,
    examples={
        "FORMAT_TIMESTAMP('%b-%d-%Y', TIMESTAMP '2008-12-25 15:30:00+00')": "Dec-25-2008",
        "FORMAT_TIMESTAMP('%s', TIMESTAMP '1969-12-31 23:59:59.5+00')": "-1",
        "FORMAT_TIMESTAMP('%F %H:%M%z', TIMESTAMP '2026-11-01 15:04:00+00', 'America/New_York')": "2026-11-01 10:04-0500",
        "FORMAT_TIMESTAMP('%T%Ez', TIMESTAMP '2026-11-01 15:04:00+00', 'Asia/Kolkata')": "20:34:00+05:30",
        "FORMAT_TIMESTAMP('%Z', TIMESTAMP '2026-11-01 15:04:00+00')": "UTC",
    },
)
