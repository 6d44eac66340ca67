"""DATE, DATETIME, TIME and TIMESTAMP of parts, of text and of each other."""

from gamebeam.sql.dialect.calls import Call, Translator
from gamebeam.sql.dialect.casts.cast import cast
from gamebeam.sql.dialect.functions.times.text import timestamp_of_string
from gamebeam.sql.dialect.functions.times.zones import clock, instant
from gamebeam.sql.dialect.registry import ERROR, function
from gamebeam.sql.dialect.runtime import macro
from gamebeam.sql.dialect.types import DATE, DATETIME, TIME, TIMESTAMP, Type
from gamebeam.sql.dialect.values import Value

TOPIC = "dates and times"

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


def _of_timestamp(template: str, t: Type) -> Translator:
    """A translator: the clock of the zone at a TIMESTAMP, in a template."""
    return lambda call: Value(template.format(clock(call.values[0].sql, call.values[1] if len(call.values) > 1 else None)), t)


def _to_timestamp(template: str) -> Translator:
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
