"""Conditional functions and those of no other topic: COALESCE, IFNULL, NULLIF, ERROR, TYPEOF, GENERATE_UUID."""

from sql.dialect.calls import Call
from sql.dialect.functions.operators.comparison import compare
from sql.dialect.registry import ERROR, function
from sql.dialect.types import STRING
from sql.dialect.values import Value, text

TOPIC = "conditions"


def _nullif(call: Call) -> Value:
    a, b = call.values
    return Value(f"CASE WHEN {compare('=', a, b)} THEN NULL ELSE {a.sql} END", call.result or a.type)


def _error(call: Call) -> Value:
    return Value(f"bq_fail(coalesce({call.values[0].sql}, 'NULL'))", call.result or STRING)


function("COALESCE", ("T... -> T", "coalesce({args})"), topic=TOPIC, examples={"COALESCE('A', 'B')": "A", "COALESCE(NULL, 'B')": "B"})
function("IFNULL", ("T, T -> T", "coalesce({args})"), topic=TOPIC, examples={"IFNULL(NULL, 0)": 0, "IFNULL(10, 0)": 10})
function("NULLIF", ("T, T -> T", _nullif), topic=TOPIC, examples={"NULLIF(0, 0)": None, "NULLIF(10, 0)": 10})
function("ERROR", ("STRING -> NULL", _error), topic=TOPIC, examples={"IF(true, 1, ERROR('x'))": 1, "ERROR('x')": ERROR})
function(
    "TYPEOF",
    ("ANY -> STRING", lambda call: Value(text(str(call.values[0].type)), STRING)),
    topic=TOPIC,
    examples={"TYPEOF(1)": "INT64", "TYPEOF([1.5])": "ARRAY<FLOAT64>"},
)
function(
    "GENERATE_UUID",
    (" -> STRING", "CAST(uuid() AS VARCHAR)"),
    topic=TOPIC,
    examples={"GENERATE_UUID() LIKE '________-____-____-____-____________'": True},
)
