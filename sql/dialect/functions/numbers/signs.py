"""Signs, comparisons and special values: ABS, SIGN, GREATEST, LEAST, IS_NAN, IEEE_DIVIDE, RAND."""

import math

from gamebeam.sql.dialect.calls import Call, Translator
from gamebeam.sql.dialect.registry import ERROR, function
from gamebeam.sql.dialect.runtime import macro
from gamebeam.sql.dialect.values import Value

TOPIC = "numbers"

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
    """(a, b) AS CASE WHEN b = 0 AND a IS NOT NULL THEN CASE WHEN a = 0 OR isnan(a) THEN 'nan'::DOUBLE
      WHEN (a > 0) = (CAST(b AS VARCHAR)[1] != '-') THEN 'inf'::DOUBLE ELSE '-inf'::DOUBLE END ELSE a / b END""",
)
function("RAND", (" -> FLOAT64", "random()"), topic=TOPIC, examples={"RAND() BETWEEN 0 AND 1": True})


def _extreme(name: str) -> Translator:
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
