"""Comparisons: = < BETWEEN IN and IS DISTINCT FROM."""

from gamebeam.sql.dialect.calls import Call, Translator
from gamebeam.sql.dialect.coercion import coerced, unified
from gamebeam.sql.dialect.errors import Refused
from gamebeam.sql.dialect.registry import function
from gamebeam.sql.dialect.types import BOOL, duckdb_type, field_names
from gamebeam.sql.dialect.values import Value, text

TOPIC = "operators"

NEVER = "{} < '-inf'::DOUBLE"  # false of every number, NULL of NULL


def compare(operator: str, a: Value, b: Value) -> str:
    """A comparison of two values of one type, in BigQuery's meaning."""
    kind = a.type.kind if a.type.kind not in ("NULL", "UNKNOWN") else b.type.kind
    if kind in ("JSON", "ARRAY"):
        raise Refused(f"{operator} is not defined for values of type {a.type}; compare TO_JSON_STRING of both")
    if kind == "STRUCT":
        return _compare_structs(operator, a, b)
    if kind == "RANGE" or a.type.collated or b.type.collated:
        return f"({compared(a)} {operator} {compared(b)})"
    sql = f"({a.sql} {operator} {b.sql})"
    if kind == "FLOAT64":  # DuckDB sorts NaN above every number and finds it equal to itself
        guarded, other = (b, a) if operator in ("<", "<=") else (a, b)
        if guarded.literal or (operator in ("=", "!=") and b.literal):
            return sql
        if other.literal and other.constant is not None:
            return f"({sql} AND NOT isnan({guarded.sql}))"
        never = NEVER.format(other.sql)
        return f"CASE WHEN isnan({guarded.sql}) THEN {f'NOT ({never})' if operator == '!=' else never} ELSE {sql} END"
    return sql


def compared(value: Value) -> str:
    """What a value is compared and sorted by. Of a RANGE an unbounded start comes first, an unbounded end last."""
    if value.type.collated:
        return f"bq_collation_key({value.sql})"
    if value.type.kind != "RANGE" or value.type.item is None:
        return value.sql
    item = duckdb_type(value.type.item)
    return (
        f"CASE WHEN {value.sql} IS NULL THEN NULL ELSE {{'s': coalesce(struct_extract({value.sql}, 'start'), '-infinity'::{item}), "
        f"'e': coalesce(struct_extract({value.sql}, 'end'), 'infinity'::{item})}} END"
    )


def _compare_structs(operator: str, a: Value, b: Value) -> str:
    if operator not in ("=", "!="):
        raise Refused(f"{operator} is not defined for values of type STRUCT")
    if "STRUCT" not in (a.type.kind, b.type.kind) or a.type.kind != b.type.kind:
        return "CAST(NULL AS BOOLEAN)"
    parts = []
    for (m, (_, s)), (n, (_, t)) in zip(
        zip(field_names(a.type), a.type.fields, strict=True), zip(field_names(b.type), b.type.fields, strict=True), strict=True
    ):
        left, right = Value(f"struct_extract({a.sql}, {text(m)})", s), Value(f"struct_extract({b.sql}, {text(n)})", t)
        to = unified([left, right])
        if to is None:
            raise Refused(f"{operator} cannot compare {a.type} and {b.type}")
        parts.append(compare("=", coerced(left, to), coerced(right, to)))
    both = f"CASE WHEN {a.sql} IS NULL OR {b.sql} IS NULL THEN NULL ELSE {' AND '.join(parts)} END"
    return f"({both})" if operator == "=" else f"(NOT ({both}))"


def _comparison(operator: str) -> Translator:
    return lambda call: Value(compare(operator, *call.values), BOOL)


for _operator, _true, _false in (
    ("=", "1 = 1.0", "1 = 2"),
    ("!=", "1 != 2", "1 != 1"),
    ("<", "1 < 2", "1 < CAST('nan' AS FLOAT64)"),
    ("<=", "1 <= 1", "2 <= 1"),
    (">", "2 > 1", "CAST('nan' AS FLOAT64) > 1"),
    (">=", "1 >= 1", "1 >= 2"),
):
    function(
        _operator,
        ("T, T -> BOOL", _comparison(_operator)),
        kind="operator",
        topic=TOPIC,
        collated=True,
        examples={_true: True, _false: False},
    )


def _between(call: Call) -> Value:
    value, low, high = call.values
    return Value(f"({compare('>=', value, low)} AND {compare('<=', value, high)})", BOOL)


def _in(call: Call) -> Value:
    value, items = call.values[0], call.values[1:]
    if value.type.kind in ("STRUCT", "ARRAY", "JSON") or value.type.collated:
        return Value(f"({' OR '.join(compare('=', value, item) for item in items)})", BOOL)
    sql = f"({value.sql} IN ({', '.join(i.sql for i in items)}))"
    return Value(f"({sql} AND NOT isnan({value.sql}))" if value.type.kind == "FLOAT64" and not value.literal else sql, BOOL)


function(
    "BETWEEN",
    ("T, T, T -> BOOL", _between),
    kind="operator",
    topic=TOPIC,
    collated=True,
    examples={"2 BETWEEN 1 AND 3": True, "2 NOT BETWEEN 1 AND 3": False},
)
function(
    "IN",
    ("T, T... -> BOOL", _in),
    kind="operator",
    topic=TOPIC,
    collated=True,
    examples={"2 IN (1, 2)": True, "1 NOT IN (2)": True, "1 IN (2, NULL)": None},
)
function(
    "IS DISTINCT FROM",
    ("T, T -> BOOL", "({0} IS DISTINCT FROM {1})"),
    kind="operator",
    topic=TOPIC,
    examples={"1 IS DISTINCT FROM NULL": True},
)
function(
    "IS NOT DISTINCT FROM",
    ("T, T -> BOOL", "({0} IS NOT DISTINCT FROM {1})"),
    kind="operator",
    topic=TOPIC,
    examples={"NULL IS NOT DISTINCT FROM NULL": True},
)
