"""Arithmetic of intervals, JUSTIFY_*. Months, days and microseconds are kept apart, as DuckDB keeps them."""

import gamebeam.sql.dialect.functions.operators.arithmetic  # noqa: F401  describes the operators that get more signatures here
from gamebeam.sql.dialect.errors import Refused
from gamebeam.sql.dialect.registry import ERROR, function, more
from gamebeam.sql.dialect.runtime import macro

TOPIC = "intervals"

MONTHS, DAYS, MICROSECONDS = 120_000, 3_660_000, 316_224_000_000_000_000  # 10,000 years

macro(
    "bq_interval",
    f"""(m, d, us) AS CASE WHEN abs(m) > {MONTHS} OR abs(d) > {DAYS} OR abs(us) > {MICROSECONDS}
      THEN bq_fail_interval('interval out of range') ELSE to_months(CAST(m AS INTEGER)) + to_days(CAST(d AS INTEGER)) +
      to_microseconds(CAST(us AS BIGINT)) END""",
)
macro("bq_months", "(i) AS (datepart('year', i) * 12 + datepart('month', i))")
macro("bq_days", "(i) AS datepart('day', i)")
macro("bq_micros", "(i) AS (datepart('hour', i) * 3600000000 + datepart('minute', i) * 60000000 + datepart('microsecond', i))")
macro(
    "bq_interval_text",
    """(i) AS CASE WHEN bq_months(i) < 0 THEN '-' ELSE '' END || abs(bq_months(i)) // 12 || '-' || abs(bq_months(i)) % 12 || ' ' ||
      bq_days(i) || ' '
      || CASE WHEN bq_micros(i) < 0 THEN '-' ELSE '' END || abs(bq_micros(i)) // 3600000000 || ':' || abs(bq_micros(i)) // 60000000 %
      60 || ':'
      || abs(bq_micros(i)) // 1000000 % 60 || CASE WHEN abs(bq_micros(i)) % 1000000 = 0 THEN '' WHEN abs(bq_micros(i)) % 1000 = 0
      THEN '.' || lpad(CAST(abs(bq_micros(i)) % 1000000 // 1000 AS VARCHAR), 3, '0') ELSE '.' || lpad(CAST(abs(bq_micros(i)) %
      1000000 AS VARCHAR), 6, '0') END""",
)
macro("bq_interval_product", "(i, n) AS bq_interval(bq_months(i) * n, bq_days(i) * n, CAST(bq_micros(i) AS HUGEINT) * n)")
macro("bq_interval_sum", "(a, b) AS bq_interval(bq_months(a) + bq_months(b), bq_days(a) + bq_days(b), bq_micros(a) + bq_micros(b))")
macro("bq_interval_quotient", "(i, n) AS bq_quotient(bq_months(i), bq_days(i), bq_micros(i), bq_nonzero(n))")
macro(
    "bq_quotient",
    """(m, d, us, n) AS bq_interval(m // n, (d + m % n * 30) // n, (us + CAST((d + m % n * 30) % n AS HUGEINT) * 86400000000) // n)""",
)
macro("bq_justify_hours", "(i) AS bq_justified(bq_months(i), bq_days(i), bq_micros(i))")
macro("bq_justified", """(m, d, us) AS bq_signed(m, d + us // 86400000000, us % 86400000000)""")
macro(
    "bq_signed",
    """(m, d, us) AS CASE WHEN d > 0 AND us < 0 THEN bq_interval(m, d - 1, us + 86400000000)
      WHEN d < 0 AND us > 0 THEN bq_interval(m, d + 1, us - 86400000000) ELSE bq_interval(m, d, us) END""",
)
macro("bq_justify_days", "(i) AS bq_justified_days(bq_months(i), bq_days(i), bq_micros(i))")
macro(
    "bq_justified_days",
    """(m, d, us) AS CASE WHEN m + d // 30 > 0 AND d % 30 < 0 THEN bq_interval(m + d // 30 - 1, d % 30 + 30, us)
      WHEN m + d // 30 < 0 AND d % 30 > 0 THEN bq_interval(m + d // 30 + 1, d % 30 - 30, us) ELSE bq_interval(m + d // 30, d % 30,
      us) END""",
)
macro(
    "bq_justify_interval",
    "(i) AS bq_interval(bq_total(i) // 2592000000000, bq_total(i) % 2592000000000 // 86400000000, bq_total(i) % 86400000000)",
)
macro("bq_total", "(i) AS ((CAST(bq_months(i) AS HUGEINT) * 30 + bq_days(i)) * 86400000000 + bq_micros(i))")
macro(
    "bq_add_to_datetime",
    """(t, i) AS bq_datetime(bq_datetime(t + to_months(CAST(bq_months(i) AS INTEGER))) + to_days(CAST(bq_days(i) AS INTEGER)) +
      to_microseconds(bq_micros(i)))""",
)
macro(
    "bq_add_to_timestamp",
    """(t, i) AS CASE WHEN bq_months(i) != 0 THEN bq_fail_timestamp('an INTERVAL with years or months is not added to a TIMESTAMP')
      ELSE bq_timestamp_us(epoch_us(t) + bq_days(i) * 86400000000 + bq_micros(i)) END""",
)


def extracted_of_interval(part: str, value: str) -> str:
    """A part of an INTERVAL: the years and months of its months, the hours and smaller of its microseconds."""
    parts = {
        "YEAR": f"bq_months({value}) // 12",
        "MONTH": f"bq_months({value}) % 12",
        "DAY": f"bq_days({value})",
        "HOUR": f"bq_micros({value}) // 3600000000",
        "MINUTE": f"bq_micros({value}) // 60000000 % 60",
        "SECOND": f"bq_micros({value}) // 1000000 % 60",
        "MILLISECOND": f"bq_micros({value}) % 1000000 // 1000",
        "MICROSECOND": f"bq_micros({value}) % 1000000",
    }
    if part not in parts:
        raise Refused(f"an INTERVAL has no part {part}")
    return f"CAST({parts[part]} AS BIGINT)"


function(
    "JUSTIFY_DAYS",
    ("INTERVAL -> INTERVAL", "bq_justify_days({0})"),
    topic=TOPIC,
    examples={
        "CAST(JUSTIFY_DAYS(INTERVAL 35 DAY) AS STRING)": "0-1 5 0:0:0",
        "CAST(JUSTIFY_DAYS(INTERVAL -31 DAY) AS STRING)": "-0-1 -1 0:0:0",
    },
)
function(
    "JUSTIFY_HOURS",
    ("INTERVAL -> INTERVAL", "bq_justify_hours({0})"),
    topic=TOPIC,
    examples={
        "CAST(JUSTIFY_HOURS(INTERVAL 47 HOUR) AS STRING)": "0-0 1 23:0:0",
        "CAST(JUSTIFY_HOURS(INTERVAL -12345 MINUTE) AS STRING)": "0-0 -8 -13:45:0",
    },
)
function(
    "JUSTIFY_INTERVAL",
    ("INTERVAL -> INTERVAL", "bq_justify_interval({0})"),
    topic=TOPIC,
    examples={"CAST(JUSTIFY_INTERVAL(INTERVAL '29 49:00:00' DAY TO SECOND) AS STRING)": "0-1 1 1:0:0"},
)

more(
    "+",
    ("DATE, INTERVAL -> DATETIME", "bq_add_to_datetime(CAST({0} AS TIMESTAMP), {1})"),
    ("DATETIME, INTERVAL -> DATETIME", "bq_add_to_datetime({0}, {1})"),
    ("TIMESTAMP, INTERVAL -> TIMESTAMP", "bq_add_to_timestamp({0}, {1})"),
    ("INTERVAL, DATE -> DATETIME", "bq_add_to_datetime(CAST({1} AS TIMESTAMP), {0})"),
    ("INTERVAL, DATETIME -> DATETIME", "bq_add_to_datetime({1}, {0})"),
    ("INTERVAL, TIMESTAMP -> TIMESTAMP", "bq_add_to_timestamp({1}, {0})"),
    ("INTERVAL, INTERVAL -> INTERVAL", "bq_interval_sum({0}, {1})"),
    examples={
        "CAST(DATE '2021-04-20' + INTERVAL 30 HOUR AS STRING)": "2021-04-21 06:00:00",
        "CAST(TIMESTAMP '2021-05-02 00:01:02+00' + INTERVAL 25 HOUR AS STRING)": "2021-05-03 01:01:02+00",
        "TIMESTAMP '2021-05-02' + INTERVAL 1 MONTH": ERROR,
        "CAST(INTERVAL 1 YEAR + INTERVAL 25 HOUR AS STRING)": "1-0 0 25:0:0",
    },
)
more(
    "-",
    ("DATE, DATE -> INTERVAL", "bq_interval(0, {0} - {1}, 0)"),
    ("DATETIME, DATETIME -> INTERVAL", "bq_interval(0, 0, epoch_us({0}) - epoch_us({1}))"),
    ("TIMESTAMP, TIMESTAMP -> INTERVAL", "bq_interval(0, 0, epoch_us({0}) - epoch_us({1}))"),
    ("TIME, TIME -> INTERVAL", "bq_interval(0, 0, epoch_us({0}) - epoch_us({1}))"),
    ("DATE, INTERVAL -> DATETIME", "bq_add_to_datetime(CAST({0} AS TIMESTAMP), -{1})"),
    ("DATETIME, INTERVAL -> DATETIME", "bq_add_to_datetime({0}, -{1})"),
    ("TIMESTAMP, INTERVAL -> TIMESTAMP", "bq_add_to_timestamp({0}, -{1})"),
    ("INTERVAL, INTERVAL -> INTERVAL", "bq_interval_sum({0}, -{1})"),
    examples={
        "CAST(DATE '2021-05-20' - DATE '2020-04-19' AS STRING)": "0-0 396 0:0:0",
        "CAST(DATE '2021-05-20' - INTERVAL 1 MONTH AS STRING)": "2021-04-20 00:00:00",
        "CAST(TIMESTAMP '2021-06-01 12:34:56.789+00' - TIMESTAMP '2021-05-31 00:00:00+00' AS STRING)": "0-0 0 36:34:56.789",
    },
)
more(
    "*",
    ("INTERVAL, INT64 -> INTERVAL", "bq_interval_product({0}, {1})"),
    ("INT64, INTERVAL -> INTERVAL", "bq_interval_product({1}, {0})"),
    examples={"CAST(INTERVAL '1:2:3' HOUR TO SECOND * 10 AS STRING)": "0-0 0 10:20:30", "INTERVAL 9000 YEAR * 2": ERROR},
)
more(
    "/",
    ("INTERVAL, INT64 -> INTERVAL", "bq_interval_quotient({0}, {1})"),
    examples={"CAST(INTERVAL 35 MINUTE / 4 AS STRING)": "0-0 0 0:8:45", "INTERVAL 1 DAY / 0": ERROR},
)
more("NEGATE", ("INTERVAL -> INTERVAL", "(-{0})"), examples={"CAST(-INTERVAL '1-2' YEAR TO MONTH AS STRING)": "-1-2 0 0:0:0"})
