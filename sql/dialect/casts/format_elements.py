"""The elements of CAST … FORMAT of dates and times, such as YYYY-MM-DD HH24:MI:SS."""

import re
from functools import lru_cache

from gamebeam.sql.dialect.errors import Refused
from gamebeam.sql.dialect.values import Value

ELEMENTS = (
    "YYYY",
    "YYY",
    "YY",
    "Y",
    "RRRR",
    "RR",
    "MONTH",
    "MON",
    "MM",
    "DDD",
    "DD",
    "DAY",
    "DY",
    "D",
    "HH12",
    "HH24",
    "HH",
    "MI",
    "SSSSS",
    "SS",
    *(f"FF{n}" for n in range(1, 10)),
    "A.M.",
    "P.M.",
    "AM",
    "PM",
    "TZH",
    "TZM",
)
_ELEMENT = re.compile("|".join(re.escape(e) for e in sorted(ELEMENTS, key=len, reverse=True)), re.I)
KIND_OF = {
    **dict.fromkeys(("YYYY", "YYY", "YY", "Y", "RRRR", "RR"), "year"),
    **dict.fromkeys(("MONTH", "MON", "MM"), "month"),
    **dict.fromkeys(("DDD", "DD", "DAY", "DY", "D"), "day"),
    "HH12": "hour",
    "HH24": "hour",
    "HH": "hour",
    "MI": "minute",
    "SSSSS": "second",
    "SS": "second",
    **dict.fromkeys(("A.M.", "P.M.", "AM", "PM"), "half"),
    "TZH": "zone",
    "TZM": "zone",
    **{f"FF{n}": "fraction" for n in range(1, 10)},
}
FITS = {
    "DATE": {"year", "month", "day"},
    "TIME": {"hour", "minute", "second", "fraction", "half"},
    "DATETIME": {"year", "month", "day", "hour", "minute", "second", "fraction", "half"},
}
FITS["TIMESTAMP"] = FITS["DATETIME"] | {"zone"}
MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december")


@lru_cache(maxsize=256)
def elements(format_: str) -> tuple[tuple[str, str], ...]:
    """("element", as written) and ("text", …). Raises: Refused."""
    found, at = [], 0
    while at < len(format_):
        match = _ELEMENT.match(format_, at)
        quoted = re.compile(r'"((?:[^"\\]|\\.)*)"').match(format_, at)
        if match:
            found.append(("element", match[0]))
            at = match.end()
        elif quoted:
            found.append(("text", re.sub(r"\\(.)", r"\1", quoted[1])))
            at = quoted.end()
        elif format_[at] in "-./,';: \t\n":
            found.append(("text", format_[at]))
            at += 1
        else:
            raise Refused(f"FORMAT: no element at {at} of {format_!r} is supported here")
    return tuple(found)


def fitting(format_: str, kind: str) -> tuple[tuple[str, str], ...]:
    parts = elements(format_)
    for what, written in parts:
        if what == "element" and KIND_OF[written.upper()] not in FITS[kind]:
            raise Refused(f"FORMAT: {kind} does not support {written.upper()}")
    return parts


def constant_format(format_: Value) -> str:
    if not format_.literal or not isinstance(format_.constant, str):
        raise Refused("FORMAT must be a literal here")
    return format_.constant
