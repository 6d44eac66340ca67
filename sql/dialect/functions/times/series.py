"""Series and buckets of dates and times."""

from datetime import date

from gamebeam.sql.dialect.calls import Call, Translator
from gamebeam.sql.dialect.casts.cast import cast
from gamebeam.sql.dialect.functions.times.arguments import count_arguments, typed
from gamebeam.sql.dialect.functions.times.parts import MICROSECONDS, MONTHS, interval_of
from gamebeam.sql.dialect.registry import ERROR, special
from gamebeam.sql.dialect.runtime import macro
from gamebeam.sql.dialect.types import DATE, DATETIME, TIMESTAMP, Type, array_of
from gamebeam.sql.dialect.values import Value

TOPIC = "dates and times"

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


def _series(of: Type) -> Translator:
    def translate(call: Call) -> Value:
        given = count_arguments(call, 2 if of == DATE else 3, 3)
        a, b = typed(call, 0, of), typed(call, 1, of)
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
    given = count_arguments(call, 2, 3)
    value = typed(
        call,
        0,
        DATE if call.function.name.startswith("DATE_") else DATETIME if call.function.name.startswith("DATETIME") else TIMESTAMP,
        DATE,
        DATETIME,
        TIMESTAMP,
    )
    width = call.value(1)
    if width.type.kind == "NULL":
        return cast(width, value.type)
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
