"""Arithmetic: + - * / and unary -."""

from collections.abc import Sequence

from gamebeam.sql.dialect.calls import Call, Translator
from gamebeam.sql.dialect.coercion import coerced
from gamebeam.sql.dialect.functions.numbers.decimals import decimal_divide
from gamebeam.sql.dialect.registry import ERROR, function
from gamebeam.sql.dialect.runtime import macro, python
from gamebeam.sql.dialect.types import FLOAT64
from gamebeam.sql.dialect.values import Value

TOPIC = "operators"


def _float_arithmetic(operator: str) -> Translator:
    def translate(call: Call) -> Value:
        return checked(f"({_raw(call.values[0])} {operator} {_raw(call.values[1])})", call.values, operator)

    return translate


def _raw(value: Value) -> str:
    return value.raw or value.sql


def checked(raw: str, operands: Sequence[Value], name: str) -> Value:
    """A FLOAT64 that must not become infinite unless an operand is. One check covers a whole tree of arithmetic."""
    leaves = [leaf for v in operands for leaf in (v.leaves if v.raw else () if v.literal else (v.sql,))]
    finite = "".join(f" AND isfinite({leaf})" for leaf in dict.fromkeys(leaves))
    return Value(
        f"CASE WHEN isinf({raw}){finite} THEN bq_fail('FLOAT64 overflow in {name}') ELSE {raw} END",
        FLOAT64,
        raw=raw,
        leaves=tuple(dict.fromkeys(leaves)),
    )


def _divide(call: Call) -> Value:
    a, b = call.values
    by = _raw(b) if b.literal and b.constant else f"bq_nonzero({b.sql})"
    return checked(f"({_raw(a)} / {by})", call.values, "/")


macro("bq_nonzero", "(x) AS CASE WHEN x = 0 THEN bq_fail('division by zero') ELSE x END")
macro("bq_divide_numeric", "(a, b) AS CAST(bq_decimal_divide(CAST(a AS VARCHAR), CAST(b AS VARCHAR)) AS DECIMAL(38,9))")
python("bq_decimal_divide", decimal_divide, "VARCHAR, VARCHAR", "VARCHAR")

function(
    "+",
    ("INT64, INT64 -> INT64", "({0} + {1})"),
    ("NUMERIC, NUMERIC -> NUMERIC", "({0} + {1})"),
    ("BIGNUMERIC, BIGNUMERIC -> BIGNUMERIC", "({0} + {1})"),
    ("FLOAT64, FLOAT64 -> FLOAT64", _float_arithmetic("+")),
    ("DATE, INT64 -> DATE", "bq_date_plus({0}, {1})"),
    ("INT64, DATE -> DATE", "bq_date_plus({1}, {0})"),
    kind="operator",
    topic=TOPIC,
    examples={
        "1 + 2": 3,
        "1 + 0.5": 1.5,
        "9223372036854775807 + 1": ERROR,
        "2147483647 + 1": 2147483648,
        "1e308 + 1e308": ERROR,
        "CAST(DATE '2026-01-31' + 1 AS STRING)": "2026-02-01",
    },
)
function(
    "-",
    ("INT64, INT64 -> INT64", "({0} - {1})"),
    ("NUMERIC, NUMERIC -> NUMERIC", "({0} - {1})"),
    ("BIGNUMERIC, BIGNUMERIC -> BIGNUMERIC", "({0} - {1})"),
    ("FLOAT64, FLOAT64 -> FLOAT64", _float_arithmetic("-")),
    ("DATE, INT64 -> DATE", "bq_date_plus({0}, -{1})"),
    kind="operator",
    topic=TOPIC,
    examples={"1 - 2": -1, "-9223372036854775808 - 1": ERROR},
)
function(
    "*",
    ("INT64, INT64 -> INT64", "({0} * {1})"),
    ("NUMERIC, NUMERIC -> NUMERIC", "CAST({0} * {1} AS DECIMAL(38,9))"),
    ("FLOAT64, FLOAT64 -> FLOAT64", _float_arithmetic("*")),
    kind="operator",
    topic=TOPIC,
    examples={"2 * 3": 6, "9223372036854775807 * 2": ERROR, "1e200 * 1e200": ERROR},
)
function(
    "/",
    ("INT64, INT64 -> FLOAT64", lambda call: _divide_integers(call)),
    ("NUMERIC, NUMERIC -> NUMERIC", "bq_divide_numeric({0}, {1})"),
    ("FLOAT64, FLOAT64 -> FLOAT64", _divide),
    kind="operator",
    topic=TOPIC,
    examples={"7 / 2": 3.5, "1 / 0": ERROR, "0.0 / 0.0": ERROR, "CAST(NUMERIC '1' / 3 AS STRING)": "0.333333333"},
)
function(
    "NEGATE",
    ("INT64 -> INT64", "(CAST(0 AS BIGINT) - {0})"),
    ("NUMERIC -> NUMERIC", "(-{0})"),
    ("BIGNUMERIC -> BIGNUMERIC", "(-{0})"),
    ("FLOAT64 -> FLOAT64", "(-{0})"),
    kind="operator",
    topic=TOPIC,
    examples={"-(1 + 2)": -3, "-(-9223372036854775807 - 1)": ERROR},
    note="unary -",
)
macro("bq_date_plus", "(d, n) AS CAST(d + CAST(n AS INTEGER) AS DATE)")


def _divide_integers(call: Call) -> Value:
    a, b = call.values
    by = b.sql if b.literal and b.constant else f"bq_nonzero({b.sql})"
    return Value(f"({coerced(a, FLOAT64).sql} / {by})", FLOAT64)
