"""Operators: arithmetic, comparison, logic, concatenation."""

import re
from collections.abc import Sequence

from sql.dialect.calls import Call
from sql.dialect.errors import Refused
from sql.dialect.numeric import decimal_divide
from sql.dialect.registry import ERROR, function
from sql.dialect.runtime import macro, python
from sql.dialect.types import BOOL, FLOAT64, duckdb_type, field_names
from sql.dialect.values import Value, coerced, text, unified

TOPIC = "operators"
COMPARISONS = ("=", "!=", "<", "<=", ">", ">=")
NEVER = "{} < '-inf'::DOUBLE"  # false of every number, NULL of NULL


def _float_arithmetic(operator: str):  # type: ignore[no-untyped-def]
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


def compare(operator: str, a: Value, b: Value) -> str:
    """A comparison of two values of one type, in BigQuery's meaning."""
    kind = a.type.kind if a.type.kind not in ("NULL", "UNKNOWN") else b.type.kind
    if kind in ("JSON", "ARRAY"):
        raise Refused(f"{operator} is not defined for values of type {a.type}; compare TO_JSON_STRING of both")
    if kind == "STRUCT":
        return _compare_structs(operator, a, b)
    if kind == "RANGE":
        return f"({range_key(a)} {operator} {range_key(b)})"
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


def range_key(value: Value) -> str:
    """What a RANGE is compared and sorted by: an unbounded start comes first, an unbounded end last."""
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


def _comparison(operator: str):  # type: ignore[no-untyped-def]
    return lambda call: Value(compare(operator, *call.values), BOOL)


for _operator, _true, _false in (
    ("=", "1 = 1.0", "1 = 2"),
    ("!=", "1 != 2", "1 != 1"),
    ("<", "1 < 2", "1 < CAST('nan' AS FLOAT64)"),
    ("<=", "1 <= 1", "2 <= 1"),
    (">", "2 > 1", "CAST('nan' AS FLOAT64) > 1"),
    (">=", "1 >= 1", "1 >= 2"),
):
    function(_operator, ("T, T -> BOOL", _comparison(_operator)), kind="operator", topic=TOPIC, examples={_true: True, _false: False})


def _between(call: Call) -> Value:
    value, low, high = call.values
    return Value(f"({compare('>=', value, low)} AND {compare('<=', value, high)})", BOOL)


def _in(call: Call) -> Value:
    value, items = call.values[0], call.values[1:]
    if value.type.kind in ("STRUCT", "ARRAY", "JSON"):
        return Value(f"({' OR '.join(compare('=', value, item) for item in items)})", BOOL)
    sql = f"({value.sql} IN ({', '.join(i.sql for i in items)}))"
    return Value(f"({sql} AND NOT isnan({value.sql}))" if value.type.kind == "FLOAT64" and not value.literal else sql, BOOL)


function(
    "BETWEEN",
    ("T, T, T -> BOOL", _between),
    kind="operator",
    topic=TOPIC,
    examples={"2 BETWEEN 1 AND 3": True, "2 NOT BETWEEN 1 AND 3": False},
)
function(
    "IN",
    ("T, T... -> BOOL", _in),
    kind="operator",
    topic=TOPIC,
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


def _joined(word: str):  # type: ignore[no-untyped-def]
    return lambda call: Value(f"({f' {word} '.join(v.sql for v in call.values)})", BOOL)


function(
    "AND",
    ("BOOL, BOOL... -> BOOL", _joined("AND")),
    kind="operator",
    topic=TOPIC,
    examples={"true AND false": False, "false AND NULL": False},
)
function(
    "OR", ("BOOL, BOOL... -> BOOL", _joined("OR")), kind="operator", topic=TOPIC, examples={"true OR false": True, "false OR NULL": None}
)
function("NOT", ("BOOL -> BOOL", "(NOT {0})"), kind="operator", topic=TOPIC, examples={"NOT true": False})


def _like(call: Call) -> Value:
    return Value(like(*call.values), BOOL)


def like(value: Value, pattern: Value) -> str:
    """BigQuery's LIKE, in whose patterns a backslash takes the meaning from % and _."""
    if "BYTES" in (value.type.kind, pattern.type.kind):
        return f"bq_like_bytes({value.sql}, {pattern.sql})"
    plain = pattern.literal and "\\" not in str(pattern.constant)
    return f"({value.sql} LIKE {pattern.sql})" if plain else f"({value.sql} LIKE {pattern.sql} ESCAPE '\\')"


def _like_several(word: str, negated: str = ""):  # type: ignore[no-untyped-def]
    return lambda call: Value(f"({f' {word} '.join(negated + like(call.values[0], p) for p in call.values[1:])})", BOOL)


def _like_bytes(value: bytes, pattern: bytes) -> bool:
    parts, escaped = [], False
    for byte in pattern:
        one = bytes([byte])
        if not escaped and one == b"\\":
            escaped = True
            continue
        parts.append(re.escape(one) if escaped or one not in b"%_" else b".*" if one == b"%" else b".")
        escaped = False
    if escaped:
        raise ValueError("LIKE pattern ends with a backslash")
    return re.fullmatch(b"".join(parts), value, re.DOTALL) is not None


python("bq_like_bytes", _like_bytes, "BLOB, BLOB", "BOOLEAN")
function(
    "LIKE",
    ("STRING, STRING -> BOOL", _like),
    ("BYTES, BYTES -> BOOL", _like),
    kind="operator",
    topic=TOPIC,
    examples={"'a%c' LIKE r'a\\%c'": True, "'abc' LIKE r'a\\%c'": False, "'abc' LIKE 'a_c'": True, "'a' NOT LIKE 'b%'": True},
)
function(
    "LIKE ANY",
    ("STRING, STRING... -> BOOL", _like_several("OR")),
    ("BYTES, BYTES... -> BOOL", _like_several("OR")),
    kind="operator",
    topic=TOPIC,
    examples={"'abc' LIKE ANY ('x', 'a%')": True},
)
function(
    "LIKE ALL",
    ("STRING, STRING... -> BOOL", _like_several("AND")),
    ("BYTES, BYTES... -> BOOL", _like_several("AND")),
    kind="operator",
    topic=TOPIC,
    examples={"'abc' LIKE ALL ('%c', 'a%')": True},
)
function(
    "NOT LIKE ANY",
    ("STRING, STRING... -> BOOL", _like_several("OR", "NOT ")),
    ("BYTES, BYTES... -> BOOL", _like_several("OR", "NOT ")),
    kind="operator",
    topic=TOPIC,
    examples={"'abc' NOT LIKE ANY ('abc', 'x')": True},
)
function(
    "NOT LIKE ALL",
    ("STRING, STRING... -> BOOL", _like_several("AND", "NOT ")),
    ("BYTES, BYTES... -> BOOL", _like_several("AND", "NOT ")),
    kind="operator",
    topic=TOPIC,
    examples={"'abc' NOT LIKE ALL ('abc', 'x')": False},
)
function(
    "||",
    ("STRING, STRING -> STRING", "({0} || {1})"),
    ("BYTES, BYTES -> BYTES", "({0} || {1})"),
    ("ARRAY<T>, ARRAY<T> -> ARRAY<T>", "bq_concat_arrays({0}, {1})"),
    kind="operator",
    topic=TOPIC,
    examples={"'a' || 'b'": "ab", "b'a' || b'b'": b"ab", "'a' || NULL": None, "[1] || [2]": [1, 2]},
)
macro("bq_concat_arrays", "(a, b) AS CASE WHEN a IS NULL OR b IS NULL THEN NULL ELSE list_concat(a, b) END")
function("&", ("INT64, INT64 -> INT64", "({0} & {1})"), kind="operator", topic=TOPIC, examples={"6 & 3": 2})
function("|", ("INT64, INT64 -> INT64", "({0} | {1})"), kind="operator", topic=TOPIC, examples={"6 | 3": 7})
function("^", ("INT64, INT64 -> INT64", "xor({0}, {1})"), kind="operator", topic=TOPIC, examples={"6 ^ 3": 5})
function("~", ("INT64 -> INT64", "(~{0})"), kind="operator", topic=TOPIC, examples={"~1": -2})
function(
    "<<",
    ("INT64, INT64 -> INT64", "bq_shift_left({0}, {1})"),
    kind="operator",
    topic=TOPIC,
    examples={"1 << 3": 8, "1 << 64": 0, "1 << 63": -9223372036854775808, "1 << -1": ERROR},
)
function(
    ">>",
    ("INT64, INT64 -> INT64", "bq_shift_right({0}, {1})"),
    kind="operator",
    topic=TOPIC,
    examples={"8 >> 2": 2, "-1 >> 63": 1, "8 >> 64": 0, "8 >> -1": ERROR},
)
macro(
    "bq_shift_left",
    """(x, n) AS CASE WHEN n < 0 THEN bq_fail('a shift by a negative number') WHEN n > 63 THEN 0
      ELSE CAST(CAST(x AS BIT) << CAST(n AS INTEGER) AS BIGINT) END""",
)
macro(
    "bq_shift_right",
    """(x, n) AS CASE WHEN n < 0 THEN bq_fail('a shift by a negative number') WHEN n > 63 THEN 0
      ELSE CAST(CAST(x AS BIT) >> CAST(n AS INTEGER) AS BIGINT) END""",
)
