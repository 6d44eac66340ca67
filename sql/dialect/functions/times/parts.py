"""The parts of dates and times: extraction, truncation, differences, and steps of so many parts."""

from collections.abc import Callable

from sqlglot import exp

from gamebeam.sql.dialect.errors import Refused
from gamebeam.sql.dialect.runtime import macro
from gamebeam.sql.dialect.values import Value

DAYS = ("SUNDAY", "MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY")
WEEKS = {"WEEK": 0, **{f"WEEK({day})": i for i, day in enumerate(DAYS)}}  # the weekday on which a week begins, Sunday is 0
MICROSECONDS = {
    "MICROSECOND": 1,
    "MILLISECOND": 1000,
    "SECOND": 1_000_000,
    "MINUTE": 60_000_000,
    "HOUR": 3_600_000_000,
    "DAY": 86_400_000_000,
}
CLOCK = ("HOUR", "MINUTE", "SECOND", "MILLISECOND", "MICROSECOND")
CALENDAR = ("YEAR", "QUARTER", "MONTH", "DAY", "ISOYEAR", "ISOWEEK", *WEEKS)
MONTHS = {"MONTH": 1, "QUARTER": 3, "YEAR": 12}


def part_name(node: exp.Expr) -> str:
    """The part that an argument names, such as MONTH or WEEK(MONDAY). Raises: Refused, for any other expression."""
    if isinstance(node, exp.Column | exp.Var | exp.Identifier) and not getattr(node, "table", ""):
        return node.name.upper()
    if isinstance(node, exp.Anonymous) and node.name.upper() == "WEEK" and len(node.expressions) == 1:
        name = f"WEEK({node.expressions[0].name.upper()})"
        if name in WEEKS:
            return name
    raise Refused(f"{node.sql('bigquery')[:40]} is no date part, such as DAY, MONTH or WEEK(MONDAY)")


macro("bq_week_start", "(d, first) AS d - CAST((dayofweek(d) + 7 - first) % 7 AS INTEGER)")
macro("bq_week_number", "(d, first) AS CAST((dayofyear(d) + 6 - (dayofweek(d) + 7 - first) % 7) // 7 AS BIGINT)")
macro(
    "bq_date",
    "(d) AS CASE WHEN d < DATE '0001-01-01' OR d > DATE '9999-12-31' THEN bq_fail_date('date out of range') ELSE d END",
)
macro(
    "bq_datetime",
    """(t) AS CASE WHEN t < TIMESTAMP '0001-01-01 00:00:00' OR t > TIMESTAMP '9999-12-31 23:59:59.999999'
      THEN bq_fail_datetime('datetime out of range') ELSE t END""",
)
macro(
    "bq_timestamp_us",
    """(us) AS CASE WHEN us BETWEEN -62135596800000000 AND 253402300799999999 THEN make_timestamptz(us)
      WHEN us IS NOT NULL THEN bq_fail_timestamp('timestamp out of range') END""",
)
macro(
    "bq_datetime_us",
    """(us) AS CASE WHEN us BETWEEN -62135596800000000 AND 253402300799999999 THEN make_timestamp(us)
      WHEN us IS NOT NULL THEN bq_fail_datetime('datetime out of range') END""",
)
macro("bq_floor_div", "(x, n) AS (x - (x % n + n) % n) // n")


def extracted(part: str, value: str, kind: str) -> str:
    """One part as an INT64. value: a DATE, DATETIME or TIME in DuckDB's SQL, as kind tells."""
    if part in WEEKS and kind != "TIME":
        return f"bq_week_number({value}, {WEEKS[part]})"
    names = {
        "YEAR": "year",
        "ISOYEAR": "isoyear",
        "QUARTER": "quarter",
        "MONTH": "month",
        "DAY": "day",
        "DAYOFYEAR": "dayofyear",
        "ISOWEEK": "week",
    }
    if part in names and kind != "TIME":
        return f"{names[part]}({value})"
    if part == "DAYOFWEEK" and kind != "TIME":
        return f"(dayofweek({value}) + 1)"
    if kind != "DATE":
        if part in ("HOUR", "MINUTE", "SECOND"):
            return f"{part.lower()}({value})"
        if part == "MILLISECOND":
            return f"(microsecond({value}) % 1000000 // 1000)"
        if part == "MICROSECOND":
            return f"(microsecond({value}) % 1000000)"
    raise Refused(f"a {kind} has no part {part}")


def truncated(part: str, value: str, kind: str) -> str:
    """The first DATE or DATETIME of the part in which the value is."""
    cast = "DATE" if kind == "DATE" else "TIMESTAMP"
    if part in WEEKS:
        start = f"bq_date(bq_week_start({value if kind == 'DATE' else f'CAST({value} AS DATE)'}, {WEEKS[part]}))"
        return start if kind == "DATE" else f"CAST({start} AS TIMESTAMP)"
    if part in CALENDAR or (kind == "DATETIME" and part in CLOCK):
        whole = f"CAST(date_trunc('{'week' if part == 'ISOWEEK' else part.lower()}', {value}) AS {cast})"
        return whole if not part.startswith("ISO") else f"bq_{kind.lower()}({whole})"
    raise Refused(f"a {kind} is not truncated to {part}")


def difference(part: str, a: str, b: str, kind: str) -> str:
    """How many boundaries of the part lie between b and a, an INT64."""
    if part in WEEKS and kind != "TIME":
        first, second = (v if kind == "DATE" else f"CAST({v} AS DATE)" for v in (a, b))
        return f"((bq_week_start({first}, {WEEKS[part]}) - bq_week_start({second}, {WEEKS[part]})) // 7)"
    if part == "ISOYEAR" and kind != "TIME":
        return f"(isoyear({a}) - isoyear({b}))"
    if (part in CALENDAR and kind != "TIME") or (part in CLOCK and kind != "DATE"):
        return f"date_diff('{'week' if part == 'ISOWEEK' else part.lower()}', {b}, {a})"
    raise Refused(f"the difference of two {kind}s is not counted in {part}")


def moved(part: str, value: str, count: str, kind: str) -> str:
    """The value and so many parts. count: an INT64. The day of a shorter month is its last."""
    if part in MONTHS and kind in ("DATE", "DATETIME"):
        shifted = f"{value} + to_months(CAST({_times(count, MONTHS[part])} AS INTEGER))"
        return f"bq_date(CAST({shifted} AS DATE))" if kind == "DATE" else f"bq_datetime({shifted})"
    if part in ("DAY", "WEEK") and kind in ("DATE", "DATETIME"):
        if kind == "DATE":
            return f"bq_date({value} + CAST({_times(count, 7 if part == 'WEEK' else 1)} AS INTEGER))"
        return f"bq_datetime_us(epoch_us({value}) + {_times(count, MICROSECONDS['DAY'] * (7 if part == 'WEEK' else 1))})"
    if part in MICROSECONDS and kind in ("DATETIME", "TIMESTAMP"):
        return f"bq_{kind.lower()}_us(epoch_us({value}) + {_times(count, MICROSECONDS[part])})"
    if part in CLOCK and kind == "TIME":
        return f"({value} + to_microseconds({_times(f'({count} % 86400000000)', MICROSECONDS[part])} % 86400000000))"
    raise Refused(f"{part} is not added to a {kind}")


def _times(count: str, factor: int) -> str:
    return count if factor == 1 else f"({count} * {factor}::BIGINT)"


def interval_of(node: exp.Expr, translate: Callable[[exp.Expr], Value]) -> tuple[str, str]:
    """The count, an INT64 in DuckDB's SQL, and the part of INTERVAL n PART."""
    if not isinstance(node, exp.Interval) or not isinstance(node.args.get("unit"), exp.Var):
        raise Refused("INTERVAL n PART is needed here, such as INTERVAL 1 DAY")
    part, count = node.args["unit"].name.upper(), node.this
    if isinstance(count, exp.Literal):
        try:
            return f"CAST({int(count.name)} AS BIGINT)", part
        except ValueError:
            raise Refused(f"INTERVAL {count.sql('bigquery')} {part}: a whole number is needed") from None
    value: Value = translate(count)
    if value.type.kind not in ("INT64", "NULL", "UNKNOWN"):
        raise Refused(f"INTERVAL needs an INT64, not {value.type}")
    return f"CAST({value.sql} AS BIGINT)", part
