"""Conditional functions and those of no other topic: COALESCE, IFNULL, NULLIF, ERROR, TYPEOF, GENERATE_UUID."""

from dataclasses import replace

from gamebeam.sql.dialect.calls import Call
from gamebeam.sql.dialect.functions.operators.comparison import compare
from gamebeam.sql.dialect.registry import ERROR, function
from gamebeam.sql.dialect.types import STRING, Type
from gamebeam.sql.dialect.values import Value, text

TOPIC = "conditions"


def _nullif(call: Call) -> Value:
    a, b = call.values
    return Value(f"CASE WHEN {compare('=', a, b)} THEN NULL ELSE {a.sql} END", call.result or a.type)


def _error(call: Call) -> Value:
    return Value(f"bq_fail(coalesce({call.values[0].sql}, 'NULL'))", call.result or STRING)


def _typeof(call: Call) -> Value:
    t = call.values[0].type
    if t.kind == "UNKNOWN":
        raise call.refuse("cannot tell the type of a value that was not examined")
    return Value(text(str(_settled(t))), STRING)


def _settled(t: Type) -> Type:
    """A NULL without a type is an INT64 in the end."""
    item = _settled(t.item) if t.item else None
    return replace(t, kind="INT64" if t.kind == "NULL" else t.kind, item=item, fields=tuple((n, _settled(f)) for n, f in t.fields))


function("COALESCE", ("T... -> T", "coalesce({args})"), topic=TOPIC, collated=True,
         examples={"COALESCE('A', 'B')": "A", "COALESCE(NULL, 'B')": "B"})
function("IFNULL", ("T, T -> T", "coalesce({args})"), topic=TOPIC, collated=True, examples={"IFNULL(NULL, 0)": 0, "IFNULL(10, 0)": 10})
function("NULLIF", ("T, T -> T", _nullif), topic=TOPIC, collated=True, examples={"NULLIF(0, 0)": None, "NULLIF(10, 0)": 10})
function("ERROR", ("STRING -> NULL", _error), topic=TOPIC, examples={"IF(true, 1, ERROR('x'))": 1, "ERROR('x')": ERROR})
function(
    "TYPEOF",
    ("ANY -> STRING", _typeof),
    collated=True,
    topic=TOPIC,
    examples={"TYPEOF(1)": "INT64", "TYPEOF(NULL)": "INT64", "TYPEOF([1.5])": "ARRAY<FLOAT64>"},
)
function(
    "GENERATE_UUID",
    (" -> STRING", "CAST(uuid() AS VARCHAR)"),
    topic=TOPIC,
    examples={"GENERATE_UUID() LIKE '________-____-____-____-____________'": True},
)
