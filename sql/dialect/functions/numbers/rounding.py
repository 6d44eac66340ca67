"""ROUND, TRUNC, CEIL, FLOOR and PARSE_NUMERIC."""

from gamebeam.sql.dialect.functions.numbers import decimals
from gamebeam.sql.dialect.registry import ERROR, function
from gamebeam.sql.dialect.runtime import macro, python

TOPIC = "numbers"

python("bq_decimal_round", decimals.decimal_round, "VARCHAR, BIGINT, VARCHAR", "VARCHAR")
python("bq_decimal_trunc", decimals.decimal_trunc, "VARCHAR, BIGINT", "VARCHAR")
macro("bq_numeric_round", "(a, n, mode) AS CAST(bq_decimal_round(CAST(a AS VARCHAR), n, mode) AS DECIMAL(38,9))")
macro("bq_numeric_trunc", "(a, n) AS CAST(bq_decimal_trunc(CAST(a AS VARCHAR), n) AS DECIMAL(38,9))")

macro(
    "bq_float_round",
    """(x, n) AS CASE WHEN NOT isfinite(x) OR n > 300 THEN x WHEN n < -308 THEN 0.0::DOUBLE
      WHEN n < -300 THEN CASE WHEN abs(x) < 1e300 THEN 0.0::DOUBLE ELSE bq_fail('ROUND to more than 300 digits is not supported here') END
      WHEN isinf(round(x, CAST(n AS INTEGER))) THEN bq_fail('FLOAT64 overflow in ROUND') ELSE round(x, CAST(n AS INTEGER)) END""",
)
macro(
    "bq_float_trunc",
    """(x, n) AS CASE WHEN NOT isfinite(x) OR n > 15 THEN x WHEN n < -308 THEN 0.0::DOUBLE WHEN n < 0
      THEN trunc(x / pow(10, -n)) * pow(10, -n)
      ELSE trunc(x * pow(10, n)) / pow(10, n) END""",
)
function(
    "ROUND",
    ("FLOAT64 -> FLOAT64", "round({0})"),
    ("NUMERIC -> NUMERIC", "bq_numeric_round({0}, 0, 'ROUND_HALF_AWAY_FROM_ZERO')"),
    ("FLOAT64, INT64 -> FLOAT64", "bq_float_round({0}, {1})"),
    ("NUMERIC, INT64 -> NUMERIC", "bq_numeric_round({0}, {1}, 'ROUND_HALF_AWAY_FROM_ZERO')"),
    ("BIGNUMERIC -> BIGNUMERIC", "bq_numeric_round({0}, 0, 'ROUND_HALF_AWAY_FROM_ZERO')"),
    ("BIGNUMERIC, INT64 -> BIGNUMERIC", "bq_numeric_round({0}, {1}, 'ROUND_HALF_AWAY_FROM_ZERO')"),
    ("BIGNUMERIC, INT64, STRING -> BIGNUMERIC", "bq_numeric_round({0}, {1}, {2})"),
    ("NUMERIC, INT64, STRING -> NUMERIC", "bq_numeric_round({0}, {1}, {2})"),
    topic=TOPIC,
    examples={
        "ROUND(2.5)": 3.0,
        "ROUND(-2.5)": -3.0,
        "ROUND(123.7, -1)": 120.0,
        "ROUND(1.235, 2)": 1.24,
        "CAST(ROUND(NUMERIC '2.25', 1) AS STRING)": "2.3",
        "CAST(ROUND(NUMERIC '2.25', 1, 'ROUND_HALF_EVEN') AS STRING)": "2.2",
    },
)
function(
    "TRUNC",
    ("FLOAT64 -> FLOAT64", "trunc({0})"),
    ("BIGNUMERIC -> BIGNUMERIC", "bq_numeric_trunc({0}, 0)"),
    ("BIGNUMERIC, INT64 -> BIGNUMERIC", "bq_numeric_trunc({0}, {1})"),
    ("NUMERIC -> NUMERIC", "bq_numeric_trunc({0}, 0)"),
    ("FLOAT64, INT64 -> FLOAT64", "bq_float_trunc({0}, {1})"),
    ("NUMERIC, INT64 -> NUMERIC", "bq_numeric_trunc({0}, {1})"),
    topic=TOPIC,
    examples={"TRUNC(2.8)": 2.0, "TRUNC(-2.8)": -2.0, "TRUNC(15.78, -1)": 10.0},
)
for _name in ("CEIL", "CEILING"):
    function(
        _name,
        ("FLOAT64 -> FLOAT64", "ceil({0})"),
        ("NUMERIC -> NUMERIC", "CAST(ceil({0}) AS DECIMAL(38,9))"),
        ("BIGNUMERIC -> BIGNUMERIC", "CAST(ceil({0}) AS DECIMAL(38,9))"),
        topic=TOPIC,
        examples={f"{_name}(2.3)": 3.0, f"{_name}(-2.3)": -2.0},
    )
function(
    "FLOOR",
    ("FLOAT64 -> FLOAT64", "floor({0})"),
    ("NUMERIC -> NUMERIC", "CAST(floor({0}) AS DECIMAL(38,9))"),
    ("BIGNUMERIC -> BIGNUMERIC", "CAST(floor({0}) AS DECIMAL(38,9))"),
    topic=TOPIC,
    examples={"FLOOR(2.8)": 2.0, "FLOOR(-2.3)": -3.0},
)

python("bq_parse_decimal", decimals.parse_decimal, "VARCHAR", "VARCHAR")
function(
    "PARSE_NUMERIC",
    ("STRING -> NUMERIC", "CAST(bq_parse_decimal({0}) AS DECIMAL(38,9))"),
    topic=TOPIC,
    examples={
        "CAST(PARSE_NUMERIC(' - 1,2.34 ') AS STRING)": "-12.34",
        "CAST(PARSE_NUMERIC('12.34e-1 +') AS STRING)": "1.234",
        "PARSE_NUMERIC('x')": ERROR,
    },
)
