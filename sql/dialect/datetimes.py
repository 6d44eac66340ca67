"""Dates, times and timestamps: construction, parts, differences, truncation, zones, Unix time, series."""

from datetime import date

from sqlglot import exp

from sql.dialect.calls import Call
from sql.dialect.casts import cast
from sql.dialect.errors import Refused
from sql.dialect.parts import CLOCK, MICROSECONDS, MONTHS, WEEKS, difference, extracted, interval_of, moved, part_name, truncated
from sql.dialect.registry import ERROR, function, special
from sql.dialect.runtime import macro
from sql.dialect.times_text import timestamp_of_string
from sql.dialect.types import DATE, DATETIME, INT64, STRING, TIME, TIMESTAMP, Type, array_of
from sql.dialect.values import Value, coerced
from sql.dialect.zones import clock, instant

TOPIC = "dates and times"


def _typed(call: Call, index: int, *allowed: Type) -> Value:
    """An argument of one of the types; a literal STRING and a DATE are coerced."""
    value = call.value(index)
    if value.type in allowed:
        return value
    if value.type.kind in ("NULL", "UNKNOWN") or (value.literal and value.type == STRING):
        return cast(value, allowed[0])
    if value.type == DATE and DATETIME in allowed:
        return coerced(value, DATETIME)
    raise Refused(f"{call.function.name}: {value.type} where {' or '.join(map(str, allowed))} is needed")


def _arguments(call: Call, least: int, most: int) -> int:
    given = len(call.nodes)
    if not least <= given <= most:
        raise call.refuse(f"takes {least if least == most else f'{least} to {most}'} arguments, not {given}")
    return given


def _zone(call: Call, index: int) -> Value | None:
    return call.value(index) if len(call.nodes) > index else None


def _extract(call: Call) -> Value:
    part, of, zone = part_name(call.nodes[0]), call.nodes[1], None
    if isinstance(of, exp.AtTimeZone):
        zone, of = call.translate(of.args["zone"], call.scope), of.this
    value = call.translate(of, call.scope)
    kind = value.type.kind
    if zone is not None and kind != "TIMESTAMP":
        raise call.refuse(f"AT TIME ZONE is for a TIMESTAMP, not {kind}")
    if kind == "INTERVAL":
        from sql.dialect.intervals import extracted_of_interval

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


def _trunc(*allowed: Type):  # type: ignore[no-untyped-def]
    def translate(call: Call) -> Value:
        given = _arguments(call, 2, 3)
        value, part = _typed(call, 0, *allowed), part_name(call.nodes[1])
        kind = value.type.kind
        if kind == "TIME":
            if part not in CLOCK or given > 2:
                raise call.refuse(f"a TIME is not truncated to {part}")
            return Value(
                f"CAST(date_trunc('{part.lower()}', TIMESTAMP '1970-01-01 00:00:00' + to_microseconds(epoch_us({value.sql}))) AS TIME)",
                TIME,
            )
        if kind != "TIMESTAMP":
            if given > 2:
                raise call.refuse("only a TIMESTAMP has a time zone")
            return Value(truncated(part, value.sql, kind), value.type)
        zone = _zone(call, 2)
        local = clock(value.sql, zone)
        if zone is not None and part in ("HOUR", "MINUTE"):  # an hour of the zone's clock, of which there may be two
            return Value(f"({value.sql} - ({local} - {truncated(part, local, 'DATETIME')}))", TIMESTAMP)
        if part in ("SECOND", "MILLISECOND", "MICROSECOND"):
            return Value(f"bq_of_utc_clock({truncated(part, clock(value.sql, None), 'DATETIME')})", TIMESTAMP)
        return Value(instant(truncated(part, local, "DATETIME"), zone), TIMESTAMP)

    return translate


def _diff(*allowed: Type):  # type: ignore[no-untyped-def]
    def translate(call: Call) -> Value:
        _arguments(call, 3, 3)
        a, b, part = _typed(call, 0, *allowed), _typed(call, 1, *allowed), part_name(call.nodes[2])
        if a.type != b.type:
            if {a.type, b.type} != {DATE, DATETIME}:
                raise call.refuse(f"{a.type} and {b.type} have no difference")
            a, b = coerced(a, DATETIME), coerced(b, DATETIME)
        if a.type == TIMESTAMP:
            if part not in MICROSECONDS:
                raise call.refuse(f"the difference of two TIMESTAMPs is not counted in {part}; use DATE_DIFF of their dates")
            return Value(f"((epoch_us({a.sql}) - epoch_us({b.sql})) // {MICROSECONDS[part]}::BIGINT)", INT64)
        return Value(difference(part, a.sql, b.sql, a.type.kind), INT64)

    return translate


def _shift(sign: str, *allowed: Type):  # type: ignore[no-untyped-def]
    def translate(call: Call) -> Value:
        _arguments(call, 2, 2)
        value = _typed(call, 0, *allowed)
        count, part = interval_of(call.nodes[1], lambda node: call.translate(node, call.scope))
        kind = value.type.kind
        if kind == "DATE" and part in CLOCK:
            value, kind = coerced(value, DATETIME), "DATETIME"
            if DATETIME not in allowed:
                raise call.refuse(f"{part} is not added to a DATE")
        return Value(moved(part, value.sql, f"(0::BIGINT - {count})" if sign == "-" else count, kind), Type(kind))

    return translate


macro("bq_last_of_month", "(d) AS last_day(CAST(d AS DATE))")


def _last_day(call: Call) -> Value:
    given = _arguments(call, 1, 2)
    value, part = _typed(call, 0, DATE, DATETIME), part_name(call.nodes[1]) if given == 2 else "MONTH"
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


def _now(of: str, t: Type):  # type: ignore[no-untyped-def]
    def translate(call: Call) -> Value:
        _arguments(call, 0, 1)
        return Value(of.format(clock("now()", _zone(call, 0))), t)

    return translate


def now_without_brackets(name: str) -> Value | None:
    """CURRENT_DATE and its siblings, which BigQuery takes without brackets."""
    sql, t = NOW.get(name.upper(), ("", DATE))
    return Value(sql.format(clock("now()", None)), t) if sql else None


NOW = {
    "CURRENT_DATE": ("CAST({} AS DATE)", DATE),
    "CURRENT_DATETIME": ("{}", DATETIME),
    "CURRENT_TIME": ("CAST({} AS TIME)", TIME),
    "CURRENT_TIMESTAMP": ("now()", TIMESTAMP),
}

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
_TRUNC = {
    "DATE_TRUNC": (DATE, DATETIME, TIMESTAMP),
    "DATETIME_TRUNC": (DATETIME, DATE, TIMESTAMP),
    "TIMESTAMP_TRUNC": (TIMESTAMP, DATETIME, DATE),
    "TIME_TRUNC": (TIME,),
}
_TRUNC_EXAMPLES: dict[str, dict[str, object]] = {
    "DATE_TRUNC": {
        "STRING(DATE_TRUNC(DATE '2017-11-07', WEEK))": "2017-11-05",
        "STRING(DATE_TRUNC(DATE '2017-11-05', WEEK(MONDAY)))": "2017-10-30",
        "STRING(DATE_TRUNC(DATE '2015-06-15', ISOYEAR))": "2014-12-29",
        "DATE_TRUNC(DATE '2020-01-01', HOUR)": ERROR,
    },
    "DATETIME_TRUNC": {"STRING(DATETIME_TRUNC(DATETIME '2008-12-25 15:30:00', DAY))": "2008-12-25 00:00:00"},
    "TIMESTAMP_TRUNC": {
        "STRING(TIMESTAMP_TRUNC(TIMESTAMP '2008-12-25 15:30:00+00', DAY, 'America/Los_Angeles'))": "2008-12-25 08:00:00+00",
        "STRING(TIMESTAMP_TRUNC(TIMESTAMP '2026-11-01 05:50:00+00', HOUR, 'Asia/Kolkata'))": "2026-11-01 05:30:00+00",
    },
    "TIME_TRUNC": {"STRING(TIME_TRUNC(TIME '15:30:42', HOUR))": "15:00:00"},
}
for _name, _types in _TRUNC.items():
    special(
        _name,
        f"{' or '.join(map(str, _types))}, part{'[, zone]' if TIMESTAMP in _types else ''}",
        _trunc(*_types),
        topic=TOPIC,
        examples=_TRUNC_EXAMPLES[_name],
    )
_STEPS = {
    "DATE": (DATE, DATETIME, TIMESTAMP),
    "DATETIME": (DATETIME, DATE, TIMESTAMP),
    "TIMESTAMP": (TIMESTAMP, DATETIME, DATE),
    "TIME": (TIME,),
}
_STEP_EXAMPLES: dict[str, tuple[dict[str, object], dict[str, object], dict[str, object]]] = {
    "DATE": (
        {
            "DATE_DIFF(DATE '2017-10-15', DATE '2017-10-14', WEEK)": 1,
            "DATE_DIFF(DATE '2017-12-30', DATE '2014-12-30', ISOYEAR)": 2,
            "DATE_DIFF(DATE '2010-07-07', DATE '2008-12-25', DAY)": 559,
        },
        {
            "STRING(DATE_ADD(DATE '2008-12-25', INTERVAL 5 DAY))": "2008-12-30",
            "STRING(DATE_ADD(DATE '2023-01-31', INTERVAL 1 MONTH))": "2023-02-28",
            "DATE_ADD(DATE '9999-12-31', INTERVAL 1 DAY)": ERROR,
        },
        {"STRING(DATE_SUB(DATE '2008-12-25', INTERVAL 5 DAY))": "2008-12-20"},
    ),
    "DATETIME": (
        {"DATETIME_DIFF(DATETIME '2010-07-07 10:20:00', DATETIME '2008-12-25 15:30:00', DAY)": 559},
        {"STRING(DATETIME_ADD(DATETIME '2008-12-25 15:30:00', INTERVAL 10 MINUTE))": "2008-12-25 15:40:00"},
        {"STRING(DATETIME_SUB(DATETIME '2008-12-25 15:30:00', INTERVAL 10 MINUTE))": "2008-12-25 15:20:00"},
    ),
    "TIMESTAMP": (
        {
            "TIMESTAMP_DIFF(TIMESTAMP '2010-07-07 10:20:00+00', TIMESTAMP '2008-12-25 15:30:00+00', HOUR)": 13410,
            "TIMESTAMP_DIFF(TIMESTAMP '2018-08-14', TIMESTAMP '2018-10-14', DAY)": -61,
            "TIMESTAMP_DIFF('2001-02-01 01:00:00', '2001-02-01 00:00:01', HOUR)": 0,
        },
        {
            "STRING(TIMESTAMP_ADD(TIMESTAMP '2008-12-25 15:30:00+00', INTERVAL 10 MINUTE))": "2008-12-25 15:40:00+00",
            "TIMESTAMP_ADD(TIMESTAMP '2008-12-25 15:30:00+00', INTERVAL 1 MONTH)": ERROR,
        },
        {"STRING(TIMESTAMP_SUB(TIMESTAMP '2008-12-25 15:30:00+00', INTERVAL 10 MINUTE))": "2008-12-25 15:20:00+00"},
    ),
    "TIME": (
        {"TIME_DIFF(TIME '15:30:00', TIME '14:35:00', MINUTE)": 55},
        {"STRING(TIME_ADD(TIME '15:30:00', INTERVAL 10 HOUR))": "01:30:00"},
        {"STRING(TIME_SUB(TIME '00:30:00', INTERVAL 1 HOUR))": "23:30:00"},
    ),
}
for _name, _types in _STEPS.items():
    _names, _examples = " or ".join(map(str, _types)), _STEP_EXAMPLES[_name]
    special(f"{_name}_DIFF", f"{_names}, {_names}, part -> INT64", _diff(*_types), topic=TOPIC, examples=_examples[0])
    special(f"{_name}_ADD", f"{_names}, INTERVAL n part", _shift("+", *_types), topic=TOPIC, examples=_examples[1])
    special(f"{_name}_SUB", f"{_names}, INTERVAL n part", _shift("-", *_types), topic=TOPIC, examples=_examples[2])
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
for _name, (_sql, _type) in NOW.items():
    special(
        _name,
        f"{'' if _name == 'CURRENT_TIMESTAMP' else '[zone] '}-> {_type}",
        _now(_sql, _type),
        topic=TOPIC,
        examples={f"{_name}() IS NOT NULL": True, f"{_name} IS NOT NULL": True},
    )

# construction
macro(
    "bq_date_of",
    "(y, m, d) AS CASE WHEN y BETWEEN 1 AND 9999 OR y IS NULL THEN make_date(y, m, d) ELSE bq_fail_date('year out of range: ' || y) END",
)
macro(
    "bq_time_of",
    """(h, m, s) AS CASE WHEN h BETWEEN 0 AND 23 AND m BETWEEN 0 AND 59 AND s BETWEEN 0 AND 60 THEN TIME '00:00:00' +
      to_microseconds((h * 3600 + m * 60 + s) % 86400 * 1000000)
      WHEN h IS NOT NULL AND m IS NOT NULL AND s IS NOT NULL THEN bq_fail_time('invalid time') END""",
)
macro("bq_at", "(d, t) AS CAST(d AS TIMESTAMP) + to_microseconds(epoch_us(t))")
macro(
    "bq_clock_of",
    """(h, m, s) AS CASE WHEN h BETWEEN 0 AND 23 AND m BETWEEN 0 AND 59 AND s BETWEEN 0 AND 60 THEN to_microseconds((h * 3600 + m *
      60 + s) * 1000000)
      WHEN h IS NOT NULL AND m IS NOT NULL AND s IS NOT NULL THEN bq_fail_interval('invalid time') END""",
)


def _of_timestamp(template: str, t: Type):  # type: ignore[no-untyped-def]
    """A translator: the clock of the zone at a TIMESTAMP, in a template."""
    return lambda call: Value(template.format(clock(call.values[0].sql, call.values[1] if len(call.values) > 1 else None)), t)


def _to_timestamp(template: str):  # type: ignore[no-untyped-def]
    """A translator: the TIMESTAMP at which the zone's clock shows a DATE or DATETIME."""
    return lambda call: Value(instant(template.format(call.values[0].sql), call.values[1] if len(call.values) > 1 else None), TIMESTAMP)


def _timestamp_of_string(call: Call) -> Value:
    return Value(timestamp_of_string(call.values[0], call.values[1] if len(call.values) > 1 else None), TIMESTAMP)


function(
    "DATE",
    ("INT64, INT64, INT64 -> DATE", "bq_date_of({args})"),
    ("DATE -> DATE", "{0}"),
    ("TIMESTAMP[, STRING] -> DATE", _of_timestamp("CAST({} AS DATE)", DATE)),
    ("DATETIME -> DATE", "CAST({0} AS DATE)"),
    ("STRING -> DATE", lambda call: Value(f"CAST(bq_utc_clock({timestamp_of_string(call.values[0])}) AS DATE)", DATE)),
    topic=TOPIC,
    examples={
        "STRING(DATE('2020-09-01 12:34:56'))": "2020-09-01",
        "STRING(DATE(2016, 12, 25))": "2016-12-25",
        "STRING(DATE(TIMESTAMP '2016-12-25 05:30:00+07', 'America/Los_Angeles'))": "2016-12-24",
        "DATE(2016, 13, 1)": ERROR,
    },
)
function(
    "DATETIME",
    ("INT64, INT64, INT64, INT64, INT64, INT64 -> DATETIME", "(CAST(bq_date_of({0}, {1}, {2}) AS TIMESTAMP) + bq_clock_of({3}, {4}, {5}))"),
    ("DATETIME -> DATETIME", "{0}"),
    ("DATE, TIME -> DATETIME", "bq_at({0}, {1})"),
    ("STRING -> DATETIME", lambda call: cast(call.values[0], DATETIME)),
    ("TIMESTAMP[, STRING] -> DATETIME", _of_timestamp("{}", DATETIME)),
    topic=TOPIC,
    examples={
        "STRING(DATETIME(2008, 12, 25, 5, 30, 0))": "2008-12-25 05:30:00",
        "STRING(DATETIME(TIMESTAMP '2008-12-25 05:30:00+00', 'America/Los_Angeles'))": "2008-12-24 21:30:00",
    },
)
function(
    "TIME",
    ("INT64, INT64, INT64 -> TIME", "bq_time_of({args})"),
    ("TIME -> TIME", "{0}"),
    ("TIMESTAMP[, STRING] -> TIME", _of_timestamp("CAST({} AS TIME)", TIME)),
    ("DATETIME -> TIME", "CAST({0} AS TIME)"),
    topic=TOPIC,
    examples={
        "STRING(TIME(15, 30, 0))": "15:30:00",
        "STRING(TIME(TIMESTAMP '2008-12-25 15:30:00+08', 'America/Los_Angeles'))": "23:30:00",
        "TIME(24, 0, 0)": ERROR,
    },
)
function(
    "TIMESTAMP",
    ("STRING[, STRING] -> TIMESTAMP", _timestamp_of_string),
    ("TIMESTAMP -> TIMESTAMP", "{0}"),
    ("DATE[, STRING] -> TIMESTAMP", _to_timestamp("CAST({} AS TIMESTAMP)")),
    ("DATETIME[, STRING] -> TIMESTAMP", _to_timestamp("{}")),
    topic=TOPIC,
    examples={
        "STRING(TIMESTAMP('2008-12-25 15:30:00+00'))": "2008-12-25 15:30:00+00",
        "STRING(TIMESTAMP('2008-12-25 15:30:00', 'America/Los_Angeles'))": "2008-12-25 23:30:00+00",
        "STRING(TIMESTAMP(DATETIME '2026-11-01 01:30:00', 'America/New_York'))": "2026-11-01 05:30:00+00",
        "TIMESTAMP('tomorrow')": ERROR,
    },
)

# Unix time
for _name, _unit in (("SECONDS", 1_000_000), ("MILLIS", 1000), ("MICROS", 1)):
    function(
        f"UNIX_{_name}",
        ("TIMESTAMP -> INT64", f"bq_floor_div(epoch_us({{0}}), {_unit}::BIGINT)" if _unit > 1 else "epoch_us({0})"),
        topic=TOPIC,
        examples={
            f"UNIX_{_name}(TIMESTAMP '2008-12-25 15:30:00+00')": 1230219000_000000 // _unit,
            f"UNIX_{_name}(TIMESTAMP '1969-12-31 23:59:59.999999+00')": -1,
        },
    )
    function(
        f"TIMESTAMP_{_name}",
        ("INT64 -> TIMESTAMP", f"bq_timestamp_us({{0}} * {_unit}::BIGINT)"),
        topic=TOPIC,
        examples={
            f"STRING(TIMESTAMP_{_name}({1230219000_000000 // _unit}))": "2008-12-25 15:30:00+00",
            f"TIMESTAMP_{_name}(9000000000000000000)": ERROR,
        },
    )
function("UNIX_DATE", ("DATE -> INT64", "({0} - DATE '1970-01-01')"), topic=TOPIC, examples={"UNIX_DATE(DATE '2008-12-25')": 14238})
function(
    "DATE_FROM_UNIX_DATE",
    ("INT64 -> DATE", "bq_date(DATE '1970-01-01' + CAST({0} AS INTEGER))"),
    topic=TOPIC,
    examples={"STRING(DATE_FROM_UNIX_DATE(14238))": "2008-12-25", "DATE_FROM_UNIX_DATE(9999999)": ERROR},
)

# series
macro("bq_step", "(n) AS CASE WHEN n = 0 THEN bq_fail('the step of a series cannot be 0') ELSE n END")
macro(
    "bq_day_series",
    """(a, b, n) AS CASE WHEN a IS NULL OR b IS NULL OR n IS NULL THEN NULL
      ELSE list_transform(generate_series(0, CAST(b - a AS BIGINT), bq_step(n)), lambda i: a + CAST(i AS INTEGER)) END""",
)
macro(
    "bq_month_series",
    """(a, b, n) AS CASE WHEN a IS NULL OR b IS NULL OR n IS NULL THEN NULL
      ELSE list_filter(list_transform(generate_series(0, date_diff('month', a, b), bq_step(n)), lambda i: CAST(a + to_months(CAST(i
      AS INTEGER)) AS DATE)),
      lambda d: CASE WHEN n > 0 THEN d <= b ELSE d >= b END) END""",
)
macro(
    "bq_time_series",
    """(a, b, n) AS CASE WHEN a IS NULL OR b IS NULL OR n IS NULL THEN NULL
      ELSE list_transform(generate_series(epoch_us(a), epoch_us(b), bq_step(n)), lambda i: make_timestamptz(i)) END""",
)


def _series(of: Type):  # type: ignore[no-untyped-def]
    def translate(call: Call) -> Value:
        given = _arguments(call, 2 if of == DATE else 3, 3)
        a, b = _typed(call, 0, of), _typed(call, 1, of)
        count, part = interval_of(call.nodes[2], lambda node: call.translate(node, call.scope)) if given == 3 else ("1::BIGINT", "DAY")
        if of == TIMESTAMP and part in MICROSECONDS:
            return Value(f"bq_time_series({a.sql}, {b.sql}, {count} * {MICROSECONDS[part]}::BIGINT)", array_of(of))
        if of == DATE and part in ("DAY", "WEEK"):
            return Value(f"bq_day_series({a.sql}, {b.sql}, {count} * {7 if part == 'WEEK' else 1}::BIGINT)", array_of(of))
        if of == DATE and part in MONTHS:
            return Value(f"bq_month_series({a.sql}, {b.sql}, {count} * {MONTHS[part]}::BIGINT)", array_of(of))
        raise call.refuse(f"no series of {of}s goes by {part}")

    return translate


special(
    "GENERATE_DATE_ARRAY",
    "DATE, DATE[, INTERVAL n part] -> ARRAY<DATE>",
    _series(DATE),
    topic=TOPIC,
    examples={
        "GENERATE_DATE_ARRAY('2016-10-05', '2016-10-07')": [date(2016, 10, 5), date(2016, 10, 6), date(2016, 10, 7)],
        "GENERATE_DATE_ARRAY('2016-01-31', '2016-03-31', INTERVAL 1 MONTH)": [date(2016, 1, 31), date(2016, 2, 29), date(2016, 3, 31)],
        "GENERATE_DATE_ARRAY('2016-10-05', '2016-10-01', INTERVAL 1 DAY)": [],
        "GENERATE_DATE_ARRAY('2016-10-05', '2016-10-08', INTERVAL 0 DAY)": ERROR,
    },
)
special(
    "GENERATE_TIMESTAMP_ARRAY",
    "TIMESTAMP, TIMESTAMP, INTERVAL n part -> ARRAY<TIMESTAMP>",
    _series(TIMESTAMP),
    topic=TOPIC,
    examples={"TIMESTAMP '2016-10-07' IN UNNEST(GENERATE_TIMESTAMP_ARRAY('2016-10-05', '2016-10-07', INTERVAL 1 DAY))": True},
)


def _bucket(call: Call) -> Value:
    given = _arguments(call, 2, 3)
    value = _typed(
        call,
        0,
        DATE if call.function.name.startswith("DATE_") else DATETIME if call.function.name.startswith("DATETIME") else TIMESTAMP,
        DATE,
        DATETIME,
        TIMESTAMP,
    )
    width = call.value(1)
    if width.type.kind != "INTERVAL":
        raise call.refuse(f"INTERVAL n part is needed, not {width.type}")
    origin = cast(call.value(2), value.type).sql if given == 3 else cast(Value("DATE '1950-01-01'", DATE), value.type).sql
    clocks = [f"bq_utc_clock({v})" if value.type == TIMESTAMP else f"CAST({v} AS TIMESTAMP)" for v in (value.sql, origin)]
    bucket = f"bq_bucket({clocks[0]}, {width.sql}, {clocks[1]})"
    return Value(
        f"bq_of_utc_clock({bucket})" if value.type == TIMESTAMP else f"CAST({bucket} AS {'DATE' if value.type == DATE else 'TIMESTAMP'})",
        value.type,
    )


macro(
    "bq_bucket",
    """(t, width, origin) AS CASE WHEN CAST(bq_months(width) != 0 AS INTEGER) + CAST(bq_days(width) != 0 AS INTEGER) +
      CAST(bq_micros(width) != 0 AS INTEGER) = 1 AND width > to_days(0)
      THEN time_bucket(width, t, origin) WHEN width IS NOT NULL THEN bq_fail_datetime('a bucket is so many months, days, or parts of
      a day') END""",
)
_BUCKETS = {
    "DATE": "DATE_BUCKET(DATE '2020-02-15', INTERVAL 7 DAY)",
    "DATETIME": "DATETIME_BUCKET(DATETIME '2020-02-15 10:00:00', INTERVAL 7 DAY)",
    "TIMESTAMP": "TIMESTAMP_BUCKET(TIMESTAMP '2020-02-15 10:00:00+00', INTERVAL 7 DAY)",
}
for _name, _example in _BUCKETS.items():
    special(
        f"{_name}_BUCKET",
        f"{_name}, INTERVAL n part[, origin] -> {_name}",
        _bucket,
        topic=TOPIC,
        examples={f"CAST({_example} AS STRING) LIKE '2020-02-09%'": True},
    )
