"""INTERVAL literals, casts of text to INTERVAL, and MAKE_INTERVAL."""

import re

from sqlglot import exp

from gamebeam.sql.dialect.calls import Call
from gamebeam.sql.dialect.casts.table import describe
from gamebeam.sql.dialect.errors import Refused
from gamebeam.sql.dialect.functions.intervals.arithmetic import DAYS, MICROSECONDS, MONTHS
from gamebeam.sql.dialect.registry import ERROR, special
from gamebeam.sql.dialect.types import INTERVAL
from gamebeam.sql.dialect.values import Value

TOPIC = "intervals"

UNITS = {
    "YEAR": (12, 0, 0),
    "QUARTER": (3, 0, 0),
    "MONTH": (1, 0, 0),
    "WEEK": (0, 7, 0),
    "DAY": (0, 1, 0),
    "HOUR": (0, 0, 3_600_000_000),
    "MINUTE": (0, 0, 60_000_000),
    "SECOND": (0, 0, 1_000_000),
    "MILLISECOND": (0, 0, 1000),
    "MICROSECOND": (0, 0, 1),
}
ORDER = ("YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND")


def interval_value(months: int, days: int, micros: int) -> Value:
    """A constant. Raises: Refused, beyond 10,000 years."""
    if abs(months) > MONTHS or abs(days) > DAYS or abs(micros) > MICROSECONDS:
        raise Refused("INTERVAL: beyond 10,000 years")
    return Value(f"(to_months({months}) + to_days({days}) + to_microseconds({micros}))", INTERVAL, literal=True)


def _literal(call: Call) -> Value:
    node = call.nodes[0]
    unit, count = node.args.get("unit"), node.this
    if isinstance(unit, exp.IntervalSpan):
        first, last = unit.this.name.upper(), unit.expression.name.upper()
        if not isinstance(count, exp.Literal) or not count.is_string:
            raise call.refuse(f"{first} TO {last} needs a text literal")
        return interval_value(*_span(count.name, first, last))
    if not isinstance(unit, exp.Var) or unit.name.upper() not in UNITS:
        raise call.refuse(
            "INTERVAL n PART or INTERVAL 'text' PART TO PART is needed; the parts are YEAR, QUARTER, MONTH, WEEK, DAY, HOUR, MINUTE, SECOND"
        )
    name = unit.name.upper()
    months, days, micros = UNITS[name]
    if isinstance(count, exp.Literal):
        if re.fullmatch(r"[+-]?\d+", count.name):
            n = int(count.name)
            return interval_value(months * n, days * n, micros * n)
        if name == "SECOND" and re.fullmatch(r"[+-]?\d*\.\d{1,6}", count.name):
            return interval_value(0, 0, _seconds(count.name))
        raise call.refuse(f"{count.sql('bigquery')} is no whole number")
    value = call.translate(count, call.scope)
    if value.type.kind not in ("INT64", "NULL", "UNKNOWN"):
        raise call.refuse(f"the number of an INTERVAL is an INT64, not {value.type}")
    number = f"CAST({value.sql} AS HUGEINT)"
    return Value(f"bq_interval({number} * {months}, {number} * {days}, {number} * {micros})", INTERVAL)


def _seconds(written: str) -> int:
    direction, digits = (-1 if written.startswith("-") else 1), written.lstrip("+-")
    whole, _, fraction = digits.partition(".")
    return direction * (int(whole or 0) * 1_000_000 + int(fraction.ljust(6, "0") or 0))


def _span(written: str, first: str, last: str) -> tuple[int, int, int]:
    """Months, days and microseconds of a text such as `1-2 3 4:5:6.5`, of the parts from first to last."""
    if first not in ORDER or last not in ORDER or ORDER.index(first) >= ORDER.index(last):
        raise Refused(f"INTERVAL: {first} TO {last} is no range of parts")
    parts = ORDER[ORDER.index(first) : ORDER.index(last) + 1]
    pattern = ""
    for i, part in enumerate(parts):
        separator = "" if i == 0 else {"MONTH": "-", "DAY": " ", "HOUR": " ", "MINUTE": ":", "SECOND": ":"}[part]
        sign = f"(?P<SIGN_{part}>[+-]?)" if i == 0 or part in ("DAY", "HOUR") else ""
        pattern += separator + sign + (rf"(?P<{part}>\d+(?:\.\d{{1,6}})?)" if part == "SECOND" else rf"(?P<{part}>\d+)")
    found = re.fullmatch(pattern, written)
    if not found:
        raise Refused(f"INTERVAL: {written!r} does not have the parts {first} TO {last}")
    groups, direction, months, days, micros = found.groupdict(), 1, 0, 0, 0
    for part in parts:
        if f"SIGN_{part}" in groups:
            direction = -1 if groups[f"SIGN_{part}"] == "-" else 1
        if part == "SECOND":
            micros += direction * _seconds(groups[part])
        else:
            n = direction * int(groups[part])
            months, days, micros = months + UNITS[part][0] * n, days + UNITS[part][1] * n, micros + UNITS[part][2] * n
    return months, days, micros


def _make_interval(call: Call) -> Value:
    names = ("year", "month", "day", "hour", "minute", "second")
    given: dict[str, str] = {}
    for i, node in enumerate(call.nodes):
        named = isinstance(node, exp.Kwarg)
        name = node.this.name.lower() if named else names[i] if i < len(names) else ""
        if name not in names or name in given:
            raise call.refuse("takes year, month, day, hour, minute and second")
        value = call.translate(node.expression if named else node, call.scope)
        if value.type.kind not in ("INT64", "NULL", "UNKNOWN"):
            raise call.refuse(f"{name} is an INT64, not {value.type}")
        given[name] = f"CAST({value.sql} AS HUGEINT)"
    of = {name: given.get(name, "0::HUGEINT") for name in names}
    return Value(
        f"bq_interval({of['year']} * 12 + {of['month']}, {of['day']}, "
        f"{of['hour']} * 3600000000 + {of['minute']} * 60000000 + {of['second']} * 1000000)",
        INTERVAL,
    )


def of_string(value: Value) -> str:
    """The cast of a text: in the form in which an INTERVAL is written, or in a shorter one. ISO 8601 is refused."""
    if not (value.literal and isinstance(value.constant, str)):
        raise Refused("only a text literal is cast to INTERVAL here; use MAKE_INTERVAL")
    written = value.constant.strip()
    for first in ("YEAR", "DAY", "HOUR", "MONTH", "MINUTE"):
        for last in ORDER[ORDER.index(first) + 1 :]:
            if (first, last) in (
                ("YEAR", "SECOND"),
                ("YEAR", "MONTH"),
                ("HOUR", "SECOND"),
                ("DAY", "SECOND"),
                ("YEAR", "DAY"),
                ("MONTH", "SECOND"),
                ("MONTH", "DAY"),
            ):
                try:
                    return interval_value(*_span(written, first, last)).sql
                except Refused:
                    continue
    raise Refused(f"{written!r} is no INTERVAL here; write it as '1-2 3 4:5:6' or use MAKE_INTERVAL")


describe("INTERVAL", "STRING", "bq_interval_text({0})")
describe("STRING", "INTERVAL", of_string)
special(
    "INTERVAL",
    "INTERVAL n part, or INTERVAL 'text' part TO part",
    _literal,
    kind="operator",
    topic=TOPIC,
    examples={
        "CAST(INTERVAL '10:20:30.52' HOUR TO SECOND AS STRING)": "0-0 0 10:20:30.520",
        "CAST(INTERVAL -3 QUARTER AS STRING)": "-0-9 0 0:0:0",
        "CAST(INTERVAL '1-5 -10 10:5' YEAR TO MINUTE AS STRING)": "1-5 -10 10:5:0",
        "CAST(INTERVAL 1 WEEK AS STRING)": "0-0 7 0:0:0",
        "INTERVAL 'x' DAY": ERROR,
    },
)
special(
    "MAKE_INTERVAL",
    "[year][, month][, day][, hour][, minute][, second] -> INTERVAL",
    _make_interval,
    topic=TOPIC,
    examples={
        "CAST(MAKE_INTERVAL(1, 6, 15) AS STRING)": "1-6 15 0:0:0",
        "CAST(MAKE_INTERVAL(hour => 10, second => 20) AS STRING)": "0-0 0 10:0:20",
        "MAKE_INTERVAL(20000)": ERROR,
    },
)
