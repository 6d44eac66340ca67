"""PARSE_DATE, PARSE_DATETIME, PARSE_TIME and PARSE_TIMESTAMP."""

import re

from gamebeam.sql.dialect.calls import Call, Translator
from gamebeam.sql.dialect.functions.times.elements import KNOWN, elements, parsed
from gamebeam.sql.dialect.functions.times.formats import ELEMENT, UNFIT, literal_format
from gamebeam.sql.dialect.functions.times.zones import instant
from gamebeam.sql.dialect.registry import ERROR, function
from gamebeam.sql.dialect.runtime import python
from gamebeam.sql.dialect.types import DATE, DATETIME, TIME, TIMESTAMP
from gamebeam.sql.dialect.values import Value, text

TOPIC = "formats of dates and times"

ZONED = re.compile(r"(?<!%)(?:%%)*%(?:E?z|s)")

python("bq_parse", parsed, "VARCHAR, VARCHAR", "TIMESTAMP")


FIXED = {"Y": "[0-9]{4}", "m": "(0[1-9]|1[0-2])", "d": "[0-3][0-9]", "H": "([01][0-9]|2[0-3])", "M": "[0-5][0-9]", "S": "[0-5][0-9]"}


def _read(s: str, format_: str, sql: str) -> str:
    """A text as a DATETIME: by DuckDB where it has each of the usual elements in full width, else in Python."""
    listed = elements(format_)
    letters = [e[1:] for e in listed if len(e) == 2]
    usual = {"Y", "m", "d"} <= set(letters) <= set(FIXED) and len(set(letters)) == len(letters)
    if usual and all(len(e) <= 2 for e in listed):
        pattern = "".join(FIXED[e[1]] if len(e) == 2 else re.escape(e) for e in listed)
        native = "".join(listed)
        return (
            f"CASE WHEN regexp_full_match({s}, {text(pattern)}) AND {s} NOT LIKE '%0000%' THEN strptime({s}, {text(native)}) "
            f"ELSE bq_parse({s}, {sql}) END"
        )
    return f"bq_parse({s}, {sql})"


def _parse(kind: str, result: str) -> Translator:
    def translate(call: Call) -> Value:
        format_, zone = literal_format(call), call.values[2] if len(call.values) > 2 else None
        t = {"DATE": DATE, "DATETIME": DATETIME, "TIME": TIME, "TIMESTAMP": TIMESTAMP}[kind]
        for match in ELEMENT.finditer((format_ or "").replace("%%", "")):
            element = match[1]
            if (element[-1] in UNFIT[kind] and element[-1] != "s") or (element == "s" and kind in ("DATE", "TIME")):
                raise call.refuse(f"the format element %{element} is none of a {kind}")
            if element not in KNOWN and not re.fullmatch(r"E(\*S|\dS|4Y|[zYyCS])", element):
                raise call.refuse(f"the format element %{element} is not supported here")
        value = _read(call.values[1].sql, format_ or "", call.values[0].sql)
        if kind == "TIMESTAMP":
            return Value(instant(value, None if ZONED.search(format_ or "") else zone), t)
        return Value(result.format(value), t)

    return translate


function(
    "PARSE_DATE",
    ("STRING, STRING -> DATE", _parse("DATE", "CAST({0} AS DATE)")),
    topic=TOPIC,
    note="the format is a literal",
    examples={
        "STRING(PARSE_DATE('%A %b %e %Y', 'Thursday Dec 25 2008'))": "2008-12-25",
        "STRING(PARSE_DATE('%Y%m%d', '20081225'))": "2008-12-25",
        "STRING(PARSE_DATE('%x', '12/25/08'))": "2008-12-25",
        "STRING(PARSE_DATE('%F', ' 2000-12-30 '))": "2000-12-30",
        "PARSE_DATE('%F', '2023-02-29')": ERROR,
        "PARSE_DATE('%H', '1')": ERROR,
        "STRING(PARSE_DATE('%W%y', '092'))": "2002-03-04",
        "SAFE.PARSE_DATE('%F', 'x')": None,
    },
)
function(
    "PARSE_DATETIME",
    ("STRING, STRING -> DATETIME", _parse("DATETIME", "{0}")),
    topic=TOPIC,
    note="the format is a literal",
    examples={
        "STRING(PARSE_DATETIME('%Y-%m-%d %H:%M:%S', '1998-10-18 13:45:55'))": "1998-10-18 13:45:55",
        "STRING(PARSE_DATETIME('%m/%d/%Y %I:%M:%S %p', '8/30/2018 2:23:38 PM'))": "2018-08-30 14:23:38",
        "STRING(PARSE_DATETIME('%a %b %e %I:%M:%S %Y', 'Thu Dec 25 07:30:00 2008'))": "2008-12-25 07:30:00",
    },
)
function(
    "PARSE_TIME",
    ("STRING, STRING -> TIME", _parse("TIME", "CAST({0} AS TIME)")),
    topic=TOPIC,
    note="the format is a literal",
    examples={
        "STRING(PARSE_TIME('%H', '15'))": "15:00:00",
        "STRING(PARSE_TIME('%I:%M:%S %p', '2:23:38 pm'))": "14:23:38",
        "PARSE_TIME('%T', '25:00:00')": ERROR,
    },
)
function(
    "PARSE_TIMESTAMP",
    ("STRING, STRING[, STRING] -> TIMESTAMP", _parse("TIMESTAMP", "{0}")),
    topic=TOPIC,
    note="the format is a literal",
    examples={
        "STRING(PARSE_TIMESTAMP('%c', 'Thu Dec 25 07:30:00 2008'))": "2008-12-25 07:30:00+00",
        "STRING(PARSE_TIMESTAMP('%F %T%z', '2026-11-01 10:04:00-0500'))": "2026-11-01 15:04:00+00",
        "STRING(PARSE_TIMESTAMP('%F %H:%M', '2026-11-01 10:04', 'America/New_York'))": "2026-11-01 15:04:00+00",
        "STRING(PARSE_TIMESTAMP('%s', '-1'))": "1969-12-31 23:59:59+00",
        "STRING(PARSE_TIMESTAMP('%E*S', '7.25'))": "1970-01-01 00:00:07.250+00",
    },
)
