"""Aggregates that keep their values: STRING_AGG, ARRAY_AGG, ARRAY_CONCAT_AGG."""

from sqlglot import exp

from gamebeam.sql.dialect.calls import Call
from gamebeam.sql.dialect.functions.aggregates.description import aggregate, of
from gamebeam.sql.dialect.runtime import macro
from gamebeam.sql.dialect.types import STRING, array_of, has_collation
from gamebeam.sql.dialect.values import Value


def _listed(call: Call, skip_nulls: bool) -> str:
    """The first argument's values as a list, in order; NULL over no rows."""
    [value, *_] = call.values
    if call.over and (call.order or call.limit is not None):
        raise call.refuse("ORDER BY and LIMIT inside the brackets do not go with OVER")
    rows = call.after(f"{value.sql} IS NOT NULL" if skip_nulls else "")
    listed = f"list({'DISTINCT ' if call.distinct else ''}{value.sql}{call.order}){rows}"
    return f"list_slice({listed}, 1, {call.limit})" if call.limit is not None else listed


def _string_agg(call: Call) -> Value:
    value = call.values[0]
    if len(call.values) > 1 and not call.values[1].literal and "$" not in call.values[1].sql:
        raise call.refuse("the delimiter must be a literal or a parameter")
    if isinstance(call.nodes[-1], exp.Null) and len(call.nodes) > 1:
        raise call.refuse("the delimiter must not be NULL")
    if call.nulls:
        raise call.refuse(f"{call.nulls} does not go with STRING_AGG, which never has NULLs")
    between = call.values[1].sql if len(call.values) > 1 else "','" if value.type == STRING else "','::BLOB"
    if value.type == STRING and call.limit is None and not (call.over and call.order):
        return Value(f"string_agg({'DISTINCT ' if call.distinct else ''}{value.sql}, {between}{call.order}){call.after()}", STRING)
    return Value(f"bq_joined({_listed(call, True)}, {between})", value.type)


macro("bq_joined", "(items, between) AS CASE WHEN len(items) > 0 THEN list_reduce(items, lambda a, b: a || between || b) END")
aggregate(
    "STRING_AGG",
    ("STRING[, STRING] -> STRING", _string_agg),
    ("BYTES[, BYTES] -> BYTES", _string_agg),
    examples={
        of("['apple', NULL, 'pear', 'banana', 'pear']", "STRING_AGG(x)"): "apple,pear,banana,pear",
        of("['apple', 'pear', 'banana', 'pear']", "STRING_AGG(DISTINCT x, ' & ' ORDER BY x DESC LIMIT 2)"): "pear & banana",
        of("['b', 'a']", "STRING_AGG(x, '' ORDER BY x)"): "ab",
    },
)


def _array_agg(call: Call) -> Value:
    [value] = call.values
    if value.type.kind == "ARRAY":
        raise call.refuse("an array of arrays is not supported by BigQuery; put a STRUCT between")
    if call.distinct and value.type.kind == "JSON":
        raise call.refuse("DISTINCT cannot compare JSON; use TO_JSON_STRING")
    if call.distinct and has_collation(value.type):
        raise call.refuse("DISTINCT of text with a collation is not supported here")
    rows = call.after(f"{value.sql} IS NOT NULL" if call.nulls == "IGNORE NULLS" else "")
    first = "" if call.distinct or call.over or call.limit == 0 else f"first({value.sql}{call.order}){rows}"
    return Value(_listed(call, call.nulls == "IGNORE NULLS"), array_of(value.type), first=first)


def _array_concat_agg(call: Call) -> Value:
    [value] = call.values
    if call.over:
        raise call.refuse("is not supported with OVER")
    if call.distinct or call.nulls:
        raise call.refuse("takes neither DISTINCT nor IGNORE NULLS")
    return Value(f"flatten({_listed(call, True)})", value.type)


aggregate(
    "ARRAY_AGG",
    ("ANY -> ANY", _array_agg),
    collated=True,
    examples={
        of("[2, 1, -2, 3, -2, 1, 2]", "ARRAY_AGG(x)"): [2, 1, -2, 3, -2, 1, 2],
        of("[2, 1, 2]", "ARRAY_AGG(DISTINCT x ORDER BY x)"): [1, 2],
        of("[NULL, 1, -2, 3, NULL]", "ARRAY_AGG(x IGNORE NULLS)"): [1, -2, 3],
        of("[2, 1, -2, 3]", "ARRAY_AGG(x ORDER BY ABS(x) LIMIT 2)"): [1, 2],
        of("[3, 1]", "ARRAY_AGG(x ORDER BY x)[SAFE_OFFSET(0)]"): 1,
    },
)
aggregate(
    "ARRAY_CONCAT_AGG",
    ("ARRAY<ANY> -> ANY", _array_concat_agg),
    examples={"(SELECT ARRAY_CONCAT_AGG(x) FROM (SELECT [NULL, 1, 2] AS x UNION ALL SELECT [3] UNION ALL SELECT NULL))": [None, 1, 2, 3]},
)
