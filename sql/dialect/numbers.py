"""Numbers: rounding, powers, logarithms, trigonometry, SAFE_ arithmetic, RANGE_BUCKET, GENERATE_ARRAY."""

import math
from collections.abc import Callable

from sql.dialect import numeric
from sql.dialect.calls import Call
from sql.dialect.operators import checked
from sql.dialect.registry import ERROR, function
from sql.dialect.runtime import macro, python
from sql.dialect.types import FLOAT64
from sql.dialect.values import Value

TOPIC = "numbers"


def _float(name: str, body: str, examples: dict[str, object], *, overflow: bool = False) -> None:
    """A function of one FLOAT64. body: DuckDB's SQL of x; it fails by bq_fail."""
    macro(f"bq_{name.lower()}", f"(x) AS {body}")
    result = f"bq_finite(bq_{name.lower()}({{0}}), {{0}}, '{name}')" if overflow else f"bq_{name.lower()}({{0}})"
    function(name, ("FLOAT64 -> FLOAT64", result), topic=TOPIC, examples=examples)


macro("bq_finite", "(r, x, name) AS CASE WHEN isinf(r) AND isfinite(x) THEN bq_fail('FLOAT64 overflow in ' || name) ELSE r END")
macro("bq_undefined", "(x, name) AS bq_fail(name || ' is not defined for ' || x)")
macro("bq_sqrt", "(x) AS CASE WHEN x < 0 THEN bq_undefined(x, 'SQRT') ELSE sqrt(x) END")
macro("bq_ln", "(x) AS CASE WHEN x = '-inf'::DOUBLE THEN 'nan'::DOUBLE WHEN x <= 0 THEN bq_undefined(x, 'LN') ELSE ln(x) END")
macro("bq_log10", "(x) AS CASE WHEN x = '-inf'::DOUBLE THEN 'nan'::DOUBLE WHEN x <= 0 THEN bq_undefined(x, 'LOG10') ELSE log10(x) END")
macro(
    "bq_log",
    """(x, b) AS CASE WHEN x <= 0 THEN bq_undefined(x, 'LOG') WHEN b <= 0 OR b = 1 THEN bq_undefined(b, 'LOG with base')
      WHEN isinf(b) AND isinf(x) OR isnan(b) THEN 'nan'::DOUBLE ELSE ln(x) / ln(b) END""",
)
macro(
    "bq_pow",
    """(x, y) AS CASE WHEN isfinite(x) AND x < 0 AND isfinite(y) AND y != trunc(y) THEN bq_undefined(x, 'POW with a fraction as exponent')
      WHEN x = 0 AND y < 0 THEN bq_fail('division by zero in POW') WHEN isinf(pow(x, y)) AND isfinite(x) AND isfinite(y)
      THEN bq_fail('FLOAT64 overflow in POW')
      ELSE pow(x, y) END""",
)
for _name, _two in (("power", numeric.decimal_power), ("log", numeric.decimal_log)):
    python(f"bq_decimal_{_name}", _two, "VARCHAR, VARCHAR", "VARCHAR")
    macro(f"bq_numeric_{_name}", f"(a, b) AS CAST(bq_decimal_{_name}(CAST(a AS VARCHAR), CAST(b AS VARCHAR)) AS DECIMAL(38,9))")
for _name, _one in (
    ("sqrt", numeric.decimal_sqrt),
    ("exp", numeric.decimal_exp),
    ("ln", numeric.decimal_ln),
    ("log10", numeric.decimal_log10),
):
    python(f"bq_decimal_{_name}", _one, "VARCHAR", "VARCHAR")
    macro(f"bq_numeric_{_name}", f"(a) AS CAST(bq_decimal_{_name}(CAST(a AS VARCHAR)) AS DECIMAL(38,9))")
python("bq_decimal_round", numeric.decimal_round, "VARCHAR, BIGINT, VARCHAR", "VARCHAR")
python("bq_decimal_trunc", numeric.decimal_trunc, "VARCHAR, BIGINT", "VARCHAR")
macro("bq_numeric_round", "(a, n, mode) AS CAST(bq_decimal_round(CAST(a AS VARCHAR), n, mode) AS DECIMAL(38,9))")
macro("bq_numeric_trunc", "(a, n) AS CAST(bq_decimal_trunc(CAST(a AS VARCHAR), n) AS DECIMAL(38,9))")

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
function(
    "ABS",
    ("INT64 -> INT64", "abs({0})"),
    ("NUMERIC -> NUMERIC", "abs({0})"),
    ("BIGNUMERIC -> BIGNUMERIC", "abs({0})"),
    ("FLOAT64 -> FLOAT64", "abs({0})"),
    topic=TOPIC,
    examples={"ABS(-25)": 25, "ABS(-1.5)": 1.5, "ABS(-9223372036854775808)": ERROR},
)
function(
    "SIGN",
    ("INT64 -> INT64", "CAST(sign({0}) AS BIGINT)"),
    ("NUMERIC -> NUMERIC", "CAST(sign({0}) AS DECIMAL(38,9))"),
    ("BIGNUMERIC -> BIGNUMERIC", "CAST(sign({0}) AS DECIMAL(38,9))"),
    ("FLOAT64 -> FLOAT64", "CASE WHEN isnan({0}) THEN {0} ELSE CAST(sign({0}) AS DOUBLE) END"),
    topic=TOPIC,
    examples={"SIGN(-25)": -1, "SIGN(2.5)": 1.0},
)
function("IS_INF", ("FLOAT64 -> BOOL", "isinf({0})"), topic=TOPIC, examples={"IS_INF(CAST('-inf' AS FLOAT64))": True, "IS_INF(25)": False})
function("IS_NAN", ("FLOAT64 -> BOOL", "isnan({0})"), topic=TOPIC, examples={"IS_NAN(CAST('nan' AS FLOAT64))": True, "IS_NAN(25)": False})
function(
    "IEEE_DIVIDE",
    ("FLOAT64, FLOAT64 -> FLOAT64", "bq_ieee_divide({0}, {1})"),
    topic=TOPIC,
    examples={"IEEE_DIVIDE(20, 4)": 5.0, "IEEE_DIVIDE(1, 0)": math.inf, "IEEE_DIVIDE(-1, 0)": -math.inf, "IS_NAN(IEEE_DIVIDE(0, 0))": True},
)
macro(
    "bq_ieee_divide",
    """(a, b) AS CASE WHEN b = 0 THEN CASE WHEN a = 0 OR isnan(a) THEN 'nan'::DOUBLE
      WHEN (a > 0) = (CAST(b AS VARCHAR)[1] != '-') THEN 'inf'::DOUBLE ELSE '-inf'::DOUBLE END ELSE a / b END""",
)
function("RAND", (" -> FLOAT64", "random()"), topic=TOPIC, examples={"RAND() BETWEEN 0 AND 1": True})

# rounding
macro(
    "bq_float_round",
    """(x, n) AS CASE WHEN NOT isfinite(x) OR n > 300 THEN x WHEN n < -308 THEN 0.0::DOUBLE
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

# whole numbers
macro("bq_mod", "(a, b) AS a % bq_nonzero(b)")
macro("bq_div_numeric", "(a, b) AS CAST(bq_decimal_trunc(bq_decimal_divide(CAST(a AS VARCHAR), CAST(b AS VARCHAR)), 0) AS DECIMAL(38,9))")
function(
    "DIV",
    ("INT64, INT64 -> INT64", "bq_div({0}, {1})"),
    ("NUMERIC, NUMERIC -> NUMERIC", "bq_div_numeric({0}, {1})"),
    topic=TOPIC,
    examples={"DIV(20, 4)": 5, "DIV(-7, 2)": -3, "DIV(0, 20)": 0, "DIV(20, 0)": ERROR, "DIV(-9223372036854775808, -1)": ERROR},
)
macro("bq_div", "(a, b) AS (a // bq_nonzero(b))")
function(
    "MOD",
    ("INT64, INT64 -> INT64", "bq_mod({0}, {1})"),
    ("NUMERIC, NUMERIC -> NUMERIC", "CAST(bq_mod({0}, {1}) AS DECIMAL(38,9))"),
    topic=TOPIC,
    examples={"MOD(25, 12)": 1, "MOD(-7, 3)": -1, "MOD(25, 0)": ERROR},
)
function(
    "BIT_COUNT",
    ("INT64 -> INT64", "CAST(bit_count({0}) AS BIGINT)"),
    ("BYTES -> INT64", "CAST(bit_count(CAST({0} AS BIT)) AS BIGINT)"),
    topic=TOPIC,
    examples={"BIT_COUNT(7)": 3, "BIT_COUNT(-1)": 64},
)


def _extreme(name: str):  # type: ignore[no-untyped-def]
    def translate(call: Call) -> Value:
        arguments = [v.sql for v in call.values]
        tested = [v.sql for v in call.values if v.constant is None]  # a text that is repeated grows with each nesting
        nulls = " OR ".join(f"{a} IS NULL" for a in tested)
        nan = " OR ".join(f"isnan({a})" for a in tested)
        result = call.result or call.values[0].type
        guard = f" WHEN {nan} THEN 'nan'::DOUBLE" if result.kind == "FLOAT64" else ""
        if result.kind in ("STRUCT", "ARRAY", "JSON"):
            raise call.refuse(f"is not defined for values of type {result}")
        extreme = f"{name}({', '.join(arguments)})"
        return Value(f"CASE WHEN {nulls} THEN NULL{guard} ELSE {extreme} END" if tested else extreme, result)

    return translate


function("GREATEST", ("T, T... -> T", _extreme("greatest")), topic=TOPIC, examples={"GREATEST(3, 5, 1)": 5, "GREATEST(1, NULL)": None})
function("LEAST", ("T, T... -> T", _extreme("least")), topic=TOPIC, examples={"LEAST(3, 5, 1)": 1, "LEAST(1, NULL)": None})

def _safe_float(sign: str) -> Callable[[Call], Value]:
    def translate(call: Call) -> Value:
        a, b = call.values
        return Value(f"TRY({checked(f'({a.sql} {sign} {b.sql})', call.values, sign).sql})", FLOAT64)

    return translate


# SAFE_ arithmetic
for _name, _sign in (("SAFE_ADD", "+"), ("SAFE_SUBTRACT", "-"), ("SAFE_MULTIPLY", "*")):
    function(
        _name,
        ("INT64, INT64 -> INT64", f"TRY({{0}} {_sign} {{1}})"),
        ("NUMERIC, NUMERIC -> NUMERIC", f"TRY(CAST({{0}} {_sign} {{1}} AS DECIMAL(38,9)))"),
        ("FLOAT64, FLOAT64 -> FLOAT64", _safe_float(_sign)),
        topic=TOPIC,
        examples={
            f"{_name}(9223372036854775807, {'-' if _sign == '-' else ''}9223372036854775807)": None,
            f"{_name}(4, 2)": {"+": 6, "-": 2, "*": 8}[_sign],
        },
    )
function(
    "SAFE_NEGATE",
    ("INT64 -> INT64", "TRY(0::BIGINT - {0})"),
    ("NUMERIC -> NUMERIC", "(-{0})"),
    ("FLOAT64 -> FLOAT64", "(-{0})"),
    topic=TOPIC,
    examples={"SAFE_NEGATE(1)": -1, "SAFE_NEGATE(-9223372036854775808)": None},
)
function(
    "SAFE_DIVIDE",
    ("FLOAT64, FLOAT64 -> FLOAT64", "bq_safe_divide({0}, {1})"),
    ("NUMERIC, NUMERIC -> NUMERIC", "TRY(bq_divide_numeric({0}, {1}))"),
    topic=TOPIC,
    examples={"SAFE_DIVIDE(1, 0)": None, "SAFE_DIVIDE(20, 4)": 5.0, "SAFE_DIVIDE(1, 4)": 0.25},
)
macro("bq_safe_divide", "(a, b) AS CASE WHEN b = 0 OR isinf(a / b) AND isfinite(a) AND isfinite(b) THEN NULL ELSE a / b END")

# trigonometry
for _name in ("COS", "SIN", "TAN"):
    _float(_name, f"CASE WHEN isinf(x) THEN 'nan'::DOUBLE ELSE {_name.lower()}(x) END", {f"{_name}(0)": 1.0 if _name == "COS" else 0.0})
_float("ACOS", "CASE WHEN abs(x) > 1 AND NOT isnan(x) THEN bq_undefined(x, 'ACOS') ELSE acos(x) END", {"ACOS(1)": 0.0, "ACOS(2)": ERROR})
_float("ASIN", "CASE WHEN abs(x) > 1 AND NOT isnan(x) THEN bq_undefined(x, 'ASIN') ELSE asin(x) END", {"ASIN(0)": 0.0, "ASIN(2)": ERROR})
_float("ATAN", "atan(x)", {"ATAN(0)": 0.0})
_float("COSH", "cosh(x)", {"COSH(0)": 1.0, "COSH(1000)": ERROR}, overflow=True)
_float("SINH", "sinh(x)", {"SINH(0)": 0.0, "SINH(1000)": ERROR}, overflow=True)
_float("TANH", "tanh(x)", {"TANH(0)": 0.0})
_float("ACOSH", "CASE WHEN x < 1 THEN bq_undefined(x, 'ACOSH') ELSE acosh(x) END", {"ACOSH(1)": 0.0, "ACOSH(0)": ERROR})
_float("ASINH", "asinh(x)", {"ASINH(0)": 0.0})
_float(
    "ATANH", "CASE WHEN abs(x) >= 1 AND NOT isnan(x) THEN bq_undefined(x, 'ATANH') ELSE atanh(x) END", {"ATANH(0)": 0.0, "ATANH(1)": ERROR}
)
_float(
    "COT",
    "CASE WHEN x = 0 THEN bq_undefined(x, 'COT') WHEN isinf(x) THEN 'nan'::DOUBLE ELSE 1 / tan(x) END",
    {"COT(0)": ERROR, "ROUND(COT(1), 4)": 0.6421},
)
_float("COTH", "CASE WHEN x = 0 THEN bq_undefined(x, 'COTH') ELSE 1 / tanh(x) END", {"COTH(0)": ERROR, "ROUND(COTH(1), 4)": 1.313})
_float(
    "CSC",
    "CASE WHEN x = 0 THEN bq_undefined(x, 'CSC') WHEN isinf(x) THEN 'nan'::DOUBLE ELSE 1 / sin(x) END",
    {"CSC(0)": ERROR, "ROUND(CSC(1), 4)": 1.1884},
)
_float("CSCH", "CASE WHEN x = 0 THEN bq_undefined(x, 'CSCH') ELSE 1 / sinh(x) END", {"CSCH(0)": ERROR, "ROUND(CSCH(1), 4)": 0.8509})
_float("SEC", "CASE WHEN isinf(x) THEN 'nan'::DOUBLE ELSE 1 / cos(x) END", {"SEC(0)": 1.0})
_float("SECH", "1 / cosh(x)", {"SECH(0)": 1.0})
function("ATAN2", ("FLOAT64, FLOAT64 -> FLOAT64", "atan2({0}, {1})"), topic=TOPIC, examples={"ATAN2(0, 1)": 0.0})

python("bq_parse_decimal", numeric.parse_decimal, "VARCHAR", "VARCHAR")
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

# buckets and series
macro(
    "bq_range_bucket",
    """(x, points) AS CASE WHEN x IS NULL OR points IS NULL THEN NULL
      WHEN list_sort(points) != points OR list_contains(list_transform(points, lambda p: p IS NULL), true)
      THEN bq_fail('RANGE_BUCKET: the array must be sorted and without NULL')
      ELSE CAST(len(list_filter(points, lambda p: p <= x)) AS BIGINT) END""",
)
function(
    "RANGE_BUCKET",
    ("T, ARRAY<T> -> INT64", "bq_range_bucket({0}, {1})"),
    topic=TOPIC,
    examples={
        "RANGE_BUCKET(20, [0, 10, 20, 30, 40])": 3,
        "RANGE_BUCKET(25, [0, 10, 20, 30, 40])": 3,
        "RANGE_BUCKET(-10, [5, 6])": 0,
        "RANGE_BUCKET(NULL, [1])": None,
    },
)


macro(
    "bq_generate_array",
    """(a, b, s) AS CASE WHEN a IS NULL OR b IS NULL OR s IS NULL THEN NULL WHEN s = 0 THEN [bq_fail('GENERATE_ARRAY: the step cannot be 0')]
      WHEN (b > a AND s < 0) OR (b < a AND s > 0) THEN [] ELSE generate_series(a, b, s) END""",
)
macro(
    "bq_generate_floats",
    """(a, b, s) AS CASE WHEN a IS NULL OR b IS NULL OR s IS NULL THEN NULL
      WHEN (s = 0 OR NOT (isfinite(a) AND isfinite(b) AND isfinite(s))) THEN [bq_fail('GENERATE_ARRAY: the bounds must be finite and the step not 0')]
      WHEN (b > a AND s < 0) OR (b < a AND s > 0) THEN []
      ELSE list_transform(range(CAST(floor((b - a) / s) AS BIGINT) + 1), lambda i: a + i * s) END""",
)
macro(
    "bq_generate_numerics",
    """(a, b, s) AS CASE WHEN a IS NULL OR b IS NULL OR s IS NULL THEN NULL
      WHEN s = 0 THEN [bq_fail('GENERATE_ARRAY: the step cannot be 0')]
      WHEN (b > a AND s < 0) OR (b < a AND s > 0) THEN []
      ELSE list_transform(range(CAST(floor(CAST(b - a AS DOUBLE) / CAST(s AS DOUBLE)) AS BIGINT) + 1),
      lambda i: CAST(a + CAST(i AS DECIMAL(20,0)) * s AS DECIMAL(38,9))) END""",
)
function(
    "GENERATE_ARRAY",
    ("INT64, INT64 -> ARRAY<INT64>", "bq_generate_array({0}, {1}, 1::BIGINT)"),
    ("INT64, INT64, INT64 -> ARRAY<INT64>", "bq_generate_array({args})"),
    ("NUMERIC, NUMERIC -> ARRAY<NUMERIC>", "bq_generate_numerics({0}, {1}, 1::DECIMAL(38,9))"),
    ("NUMERIC, NUMERIC, NUMERIC -> ARRAY<NUMERIC>", "bq_generate_numerics({args})"),
    ("FLOAT64, FLOAT64 -> ARRAY<FLOAT64>", "bq_generate_floats({0}, {1}, 1::DOUBLE)"),
    ("FLOAT64, FLOAT64, FLOAT64 -> ARRAY<FLOAT64>", "bq_generate_floats({args})"),
    topic=TOPIC,
    examples={
        "GENERATE_ARRAY(1, 7, 3)": [1, 4, 7],
        "GENERATE_ARRAY(10, 0, -5)": [10, 5, 0],
        "GENERATE_ARRAY(4, 1)": [],
        "GENERATE_ARRAY(1, 2, 0)": ERROR,
        "GENERATE_ARRAY(0, 1, 0.5)": [0.0, 0.5, 1.0],
    },
)


def _distance(name: str, sql: str, examples: dict[str, object]) -> None:
    function(name, ("ARRAY<FLOAT64>, ARRAY<FLOAT64> -> FLOAT64", sql), topic=TOPIC, examples=examples)


macro(
    "bq_cosine_distance",
    """(a, b) AS CASE WHEN len(a) != len(b) OR len(a) = 0 THEN bq_fail('COSINE_DISTANCE: arrays of one length are needed')
      WHEN list_contains(list_transform(a || b, lambda x: x IS NULL), true) THEN bq_fail('COSINE_DISTANCE: NULL in an array')
      WHEN list_aggregate(list_transform(a, lambda x: x * x), 'sum') = 0 OR list_aggregate(list_transform(b, lambda x: x * x), 'sum') = 0
      THEN bq_fail('COSINE_DISTANCE: a zero vector') ELSE list_cosine_distance(a, b) END""",
)
macro(
    "bq_euclidean_distance",
    """(a, b) AS CASE WHEN len(a) != len(b) THEN bq_fail('EUCLIDEAN_DISTANCE: arrays of one length are needed')
      WHEN list_contains(list_transform(a || b, lambda x: x IS NULL), true) THEN bq_fail('EUCLIDEAN_DISTANCE: NULL in an array')
      ELSE list_distance(a, b) END""",
)
_distance(
    "COSINE_DISTANCE",
    "bq_cosine_distance({0}, {1})",
    {"ROUND(COSINE_DISTANCE([1.0, 2.0], [3.0, 4.0]), 6)": 0.01613, "COSINE_DISTANCE([0.0], [1.0])": ERROR},
)
_distance("EUCLIDEAN_DISTANCE", "bq_euclidean_distance({0}, {1})", {"EUCLIDEAN_DISTANCE([1.0, 1.0], [4.0, 5.0])": 5.0})
