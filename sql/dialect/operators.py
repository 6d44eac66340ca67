"""Operators: arithmetic, comparison, logic, concatenation."""

from sql.dialect.registry import ERROR, function

TOPIC = "operators"

function("+", ("INT64, INT64 -> INT64", "({0} + {1})"), ("NUMERIC, NUMERIC -> NUMERIC", "({0} + {1})"), ("FLOAT64, FLOAT64 -> FLOAT64", "({0} + {1})"),
         kind="operator", topic=TOPIC, examples={"1 + 2": 3, "1 + 0.5": 1.5, "9223372036854775807 + 1": ERROR})
function("-", ("INT64, INT64 -> INT64", "({0} - {1})"), ("NUMERIC, NUMERIC -> NUMERIC", "({0} - {1})"), ("FLOAT64, FLOAT64 -> FLOAT64", "({0} - {1})"),
         kind="operator", topic=TOPIC, examples={"1 - 2": -1})
function("*", ("INT64, INT64 -> INT64", "({0} * {1})"), ("FLOAT64, FLOAT64 -> FLOAT64", "({0} * {1})"),
         kind="operator", topic=TOPIC, examples={"2 * 3": 6})
for _operator, _true, _false in (("=", "1 = 1", "1 = 2"), ("!=", "1 != 2", "1 != 1"), ("<", "1 < 2", "1 < 1"), ("<=", "1 <= 1", "2 <= 1"),
                                 (">", "2 > 1", "1 > 1"), (">=", "1 >= 1", "1 >= 2")):
    function(_operator, ("T, T -> BOOL", f"({{0}} {_operator} {{1}})"), kind="operator", topic=TOPIC, examples={_true: True, _false: False})
function("AND", ("BOOL, BOOL... -> BOOL", lambda call: _joined(call, " AND ")), kind="operator", topic=TOPIC, examples={"true AND false": False})
function("OR", ("BOOL, BOOL... -> BOOL", lambda call: _joined(call, " OR ")), kind="operator", topic=TOPIC, examples={"true OR false": True})
function("NOT", ("BOOL -> BOOL", "(NOT {0})"), kind="operator", topic=TOPIC, examples={"NOT true": False})


def _joined(call, word):  # type: ignore[no-untyped-def]
    from sql.dialect.types import BOOL
    from sql.dialect.values import Value
    return Value(f"({word.join(v.sql for v in call.values)})", BOOL)
