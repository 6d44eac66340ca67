"""SAFE_ADD and its siblings, which give NULL instead of an error."""

from collections.abc import Callable

from gamebeam.sql.dialect.attempts import Attempt
from gamebeam.sql.dialect.calls import Call
from gamebeam.sql.dialect.functions.operators.arithmetic import checked
from gamebeam.sql.dialect.registry import function
from gamebeam.sql.dialect.runtime import macro
from gamebeam.sql.dialect.types import FLOAT64
from gamebeam.sql.dialect.values import Value

TOPIC = "numbers"


def _safe(template: str) -> Callable[[Call], Value]:
    def translate(call: Call) -> Value:
        attempt = Attempt()
        values = [attempt.argument(v) for v in call.values]
        return Value(attempt.tried(template.format(*(v.sql for v in values))), call.result or values[0].type)

    return translate


def _safe_float(sign: str) -> Callable[[Call], Value]:
    def translate(call: Call) -> Value:
        attempt = Attempt()
        a, b = (attempt.argument(v) for v in call.values)
        return Value(attempt.tried(checked(f"({a.sql} {sign} {b.sql})", (a, b), sign).sql), FLOAT64)

    return translate


for _name, _sign in (("SAFE_ADD", "+"), ("SAFE_SUBTRACT", "-"), ("SAFE_MULTIPLY", "*")):
    function(
        _name,
        ("INT64, INT64 -> INT64", _safe(f"({{0}} {_sign} {{1}})")),
        ("NUMERIC, NUMERIC -> NUMERIC", _safe(f"CAST({{0}} {_sign} {{1}} AS DECIMAL(38,9))")),
        ("FLOAT64, FLOAT64 -> FLOAT64", _safe_float(_sign)),
        topic=TOPIC,
        examples={
            f"{_name}(9223372036854775807, {'-' if _sign == '-' else ''}9223372036854775807)": None,
            f"{_name}(4, 2)": {"+": 6, "-": 2, "*": 8}[_sign],
        },
    )
function(
    "SAFE_NEGATE",
    ("INT64 -> INT64", _safe("(0::BIGINT - {0})")),
    ("NUMERIC -> NUMERIC", "(-{0})"),
    ("FLOAT64 -> FLOAT64", "(-{0})"),
    topic=TOPIC,
    examples={"SAFE_NEGATE(1)": -1, "SAFE_NEGATE(-9223372036854775808)": None},
)
function(
    "SAFE_DIVIDE",
    ("FLOAT64, FLOAT64 -> FLOAT64", "bq_safe_divide({0}, {1})"),
    ("NUMERIC, NUMERIC -> NUMERIC", _safe("bq_divide_numeric({0}, {1})")),
    topic=TOPIC,
    examples={"SAFE_DIVIDE(1, 0)": None, "SAFE_DIVIDE(20, 4)": 5.0, "SAFE_DIVIDE(1, 4)": 0.25},
)
macro("bq_safe_divide", "(a, b) AS CASE WHEN b = 0 OR isinf(a / b) AND isfinite(a) AND isfinite(b) THEN NULL ELSE a / b END")
