"""Powers, roots and logarithms."""

from gamebeam.sql.dialect.functions.numbers import decimals
from gamebeam.sql.dialect.registry import ERROR, function
from gamebeam.sql.dialect.runtime import macro, python

TOPIC = "numbers"

macro("bq_finite", "(r, x, name) AS CASE WHEN isinf(r) AND isfinite(x) THEN bq_fail('FLOAT64 overflow in ' || name) ELSE r END")
macro("bq_undefined", "(x, name) AS bq_fail(name || ' is not defined for ' || x)")
macro("bq_sqrt", "(x) AS CASE WHEN x < 0 THEN bq_undefined(x, 'SQRT') ELSE sqrt(x) END")
macro("bq_ln", "(x) AS CASE WHEN x = '-inf'::DOUBLE THEN 'nan'::DOUBLE WHEN x <= 0 THEN bq_undefined(x, 'LN') ELSE ln(x) END")
macro("bq_log10", "(x) AS CASE WHEN x = '-inf'::DOUBLE THEN 'nan'::DOUBLE WHEN x <= 0 THEN bq_undefined(x, 'LOG10') ELSE log10(x) END")
macro(
    "bq_log",
    """(x, b) AS CASE WHEN x = '-inf'::DOUBLE THEN 'nan'::DOUBLE WHEN x <= 0 THEN bq_undefined(x, 'LOG')
      WHEN b = 'inf'::DOUBLE OR isnan(b) THEN 'nan'::DOUBLE WHEN b <= 0 OR b = 1 THEN bq_undefined(b, 'LOG with base')
      ELSE ln(x) / ln(b) END""",
)
macro(
    "bq_pow",
    """(x, y) AS CASE WHEN isfinite(x) AND x < 0 AND isfinite(y) AND y != trunc(y) THEN bq_undefined(x, 'POW with a fraction as exponent')
      WHEN x = 0 AND y < 0 THEN bq_fail('division by zero in POW') WHEN isinf(pow(x, y)) AND isfinite(x) AND isfinite(y)
      THEN bq_fail('FLOAT64 overflow in POW')
      ELSE pow(x, y) END""",
)
for _name, _two in (("power", decimals.decimal_power), ("log", decimals.decimal_log)):
    python(f"bq_decimal_{_name}", _two, "VARCHAR, VARCHAR", "VARCHAR")
    macro(f"bq_numeric_{_name}", f"(a, b) AS CAST(bq_decimal_{_name}(CAST(a AS VARCHAR), CAST(b AS VARCHAR)) AS DECIMAL(38,9))")
for _name, _one in (
    ("sqrt", decimals.decimal_sqrt),
    ("exp", decimals.decimal_exp),
    ("ln", decimals.decimal_ln),
    ("log10", decimals.decimal_log10),
):
    python(f"bq_decimal_{_name}", _one, "VARCHAR", "VARCHAR")
    macro(f"bq_numeric_{_name}", f"(a) AS CAST(bq_decimal_{_name}(CAST(a AS VARCHAR)) AS DECIMAL(38,9))")

function(
    "SQRT",
    ("FLOAT64 -> FLOAT64", "bq_sqrt({0})"),
    ("NUMERIC -> NUMERIC", "bq_numeric_sqrt({0})"),
    topic=TOPIC,
    examples={"SQRT(4)": 2.0, "SQRT(-1)": ERROR, "CAST(SQRT(NUMERIC '2') AS STRING)": "1.414213562"},
)
function(
    "LN",
    ("FLOAT64 -> FLOAT64", "bq_ln({0})"),
    ("NUMERIC -> NUMERIC", "bq_numeric_ln({0})"),
    topic=TOPIC,
    examples={"LN(1)": 0.0, "LN(0)": ERROR, "SAFE.LN(0)": None, "SAFE.LN(-1)": None},
)
function(
    "LOG10",
    ("FLOAT64 -> FLOAT64", "bq_log10({0})"),
    ("NUMERIC -> NUMERIC", "bq_numeric_log10({0})"),
    topic=TOPIC,
    examples={"LOG10(100)": 2.0, "LOG10(0)": ERROR},
)
function(
    "LOG",
    ("FLOAT64 -> FLOAT64", "bq_ln({0})"),
    ("NUMERIC -> NUMERIC", "bq_numeric_ln({0})"),
    ("FLOAT64, FLOAT64 -> FLOAT64", "bq_log({0}, {1})"),
    ("NUMERIC, NUMERIC -> NUMERIC", "bq_numeric_log({0}, {1})"),
    topic=TOPIC,
    examples={"LOG(1)": 0.0, "LOG(100, 10)": 2.0, "LOG(0)": ERROR, "LOG(2, 1)": ERROR},
)
function(
    "EXP",
    ("FLOAT64 -> FLOAT64", "bq_finite(exp({0}), {0}, 'EXP')"),
    ("NUMERIC -> NUMERIC", "bq_numeric_exp({0})"),
    topic=TOPIC,
    examples={"EXP(0)": 1.0, "EXP(1000)": ERROR},
)
for _name in ("POW", "POWER"):
    function(
        _name,
        ("FLOAT64, FLOAT64 -> FLOAT64", "bq_pow({0}, {1})"),
        ("NUMERIC, NUMERIC -> NUMERIC", "bq_numeric_power({0}, {1})"),
        topic=TOPIC,
        examples={f"{_name}(2, 3)": 8.0, f"{_name}(-2, 0.5)": ERROR, f"{_name}(0, -1)": ERROR, f"{_name}(10, 400)": ERROR},
    )
macro("bq_cbrt", "(x) AS CASE WHEN pow(round(cbrt(x)), 3) = x THEN round(cbrt(x)) ELSE cbrt(x) END")
function("CBRT", ("FLOAT64 -> FLOAT64", "bq_cbrt({0})"), topic=TOPIC, examples={"CBRT(27)": 3.0})
