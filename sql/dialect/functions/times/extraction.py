"""EXTRACT and LAST_DAY."""

from sqlglot import exp

from gamebeam.sql.dialect.calls import Call
from gamebeam.sql.dialect.casts.cast import cast
from gamebeam.sql.dialect.functions.intervals.arithmetic import extracted_of_interval
from gamebeam.sql.dialect.functions.times.arguments import count_arguments, typed
from gamebeam.sql.dialect.functions.times.parts import MONTHS, WEEKS, extracted, part_name, truncated
from gamebeam.sql.dialect.functions.times.zones import clock
from gamebeam.sql.dialect.registry import ERROR, special
from gamebeam.sql.dialect.types import DATE, DATETIME, INT64, TIMESTAMP, Type
from gamebeam.sql.dialect.values import Value

TOPIC = "dates and times"


def _extract(call: Call) -> Value:
    part, of, zone = part_name(call.nodes[0]), call.nodes[1], None
    if isinstance(of, exp.AtTimeZone):
        zone, of = call.translate(of.args["zone"], call.scope), of.this
    value = call.translate(of, call.scope)
    kind = value.type.kind
    if zone is not None and kind != "TIMESTAMP":
        raise call.refuse(f"AT TIME ZONE is for a TIMESTAMP, not {kind}")
    if kind == "INTERVAL":
        return Value(extracted_of_interval(part, value.sql), INT64)
    if kind in ("NULL", "UNKNOWN"):
        value, kind = cast(value, TIMESTAMP), "TIMESTAMP"
    if kind not in ("DATE", "DATETIME", "TIME", "TIMESTAMP"):
        raise call.refuse(f"a value of type {kind} has no parts")
    sql = value.sql
    if kind == "TIMESTAMP":
        sql, kind = clock(sql, zone), "DATETIME"
        if part == "DATETIME":
            return Value(sql, DATETIME)
    if part in ("DATE", "TIME") and kind == "DATETIME":
        return Value(f"CAST({sql} AS {part})", Type(part))
    return Value(f"CAST({extracted(part, sql, kind)} AS BIGINT)", INT64)


def _last_day(call: Call) -> Value:
    given = count_arguments(call, 1, 2)
    value, part = typed(call, 0, DATE, DATETIME), part_name(call.nodes[1]) if given == 2 else "MONTH"
    date = value.sql if value.type == DATE else f"CAST({value.sql} AS DATE)"
    if part == "MONTH":
        return Value(f"last_day({date})", DATE)
    if part in ("QUARTER", "YEAR"):
        return Value(f"last_day(CAST({truncated(part, date, 'DATE')} + to_months({MONTHS[part] - 1}) AS DATE))", DATE)
    if part in WEEKS or part == "ISOWEEK":
        return Value(f"bq_date(bq_week_start({date}, {WEEKS.get(part, 1)}) + 6)", DATE)
    if part == "ISOYEAR":
        return Value(f"bq_date(CAST(date_trunc('isoyear', CAST(date_trunc('isoyear', {date}) AS DATE) + 375) AS DATE) - 1)", DATE)
    raise call.refuse(f"{part} has no last day")


special(
    "EXTRACT",
    "part FROM DATE, DATETIME, TIME, INTERVAL or TIMESTAMP [AT TIME ZONE zone]",
    _extract,
    topic=TOPIC,
    examples={
        "EXTRACT(DAY FROM DATE '2013-12-25')": 25,
        "EXTRACT(ISOYEAR FROM DATE '2016-01-03')": 2015,
        "EXTRACT(ISOWEEK FROM DATE '2016-01-03')": 53,
        "EXTRACT(WEEK FROM DATE '2017-11-05')": 45,
        "EXTRACT(WEEK(MONDAY) FROM DATE '2017-11-05')": 44,
        "EXTRACT(DAYOFWEEK FROM DATE '2017-11-05')": 1,
        "EXTRACT(DAY FROM TIMESTAMP '2008-12-25 05:30:00+00' AT TIME ZONE 'America/Los_Angeles')": 24,
        "EXTRACT(HOUR FROM TIME '15:30:00')": 15,
        "EXTRACT(HOUR FROM DATE '2013-12-25')": ERROR,
        "EXTRACT(MILLISECOND FROM DATETIME '2020-01-01 00:00:01.25')": 250,
    },
)

special(
    "LAST_DAY",
    "DATE or DATETIME[, part] -> DATE",
    _last_day,
    topic=TOPIC,
    examples={
        "STRING(LAST_DAY(DATE '2008-11-25'))": "2008-11-30",
        "STRING(LAST_DAY(DATE '2008-11-10', WEEK(SUNDAY)))": "2008-11-15",
        "STRING(LAST_DAY(DATE '2008-11-25', YEAR))": "2008-12-31",
        "STRING(LAST_DAY(DATE '2016-01-03', ISOYEAR))": "2016-01-03",
    },
)
