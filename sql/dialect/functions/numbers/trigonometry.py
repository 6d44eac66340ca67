"""Trigonometric and hyperbolic functions."""

from gamebeam.sql.dialect.registry import ERROR, function
from gamebeam.sql.dialect.runtime import macro

TOPIC = "numbers"


def _float(name: str, body: str, examples: dict[str, object], *, overflow: bool = False) -> None:
    """A function of one FLOAT64. body: DuckDB's SQL of x; it fails by bq_fail."""
    macro(f"bq_{name.lower()}", f"(x) AS {body}")
    result = f"bq_finite(bq_{name.lower()}({{0}}), {{0}}, '{name}')" if overflow else f"bq_{name.lower()}({{0}})"
    function(name, ("FLOAT64 -> FLOAT64", result), topic=TOPIC, examples=examples)


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
