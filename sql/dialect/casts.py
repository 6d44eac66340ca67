"""CAST and SAFE_CAST: from which type to which, and how."""

from collections.abc import Callable, Sequence

from sqlglot import exp

from sql.dialect.errors import Refused
from sql.dialect.runtime import macro
from sql.dialect.types import Type, duckdb_type
from sql.dialect.values import Value, coerced, coercion_cost

CASTS: dict[tuple[str, str], str] = {}  # (from, to) -> a template that raises on a value that cannot be cast


def cast(value: Value, to: Type, safe: bool = False, format_: exp.Expr | None = None, parameters: Sequence[exp.Expr] = (),
         zone: Callable[[exp.Expr], Value] | None = None) -> Value:
    """CAST(value AS to). safe: NULL where a value cannot be cast."""
    if format_ is not None:
        raise Refused("CAST … FORMAT is not supported here yet")
    if value.type.kind in ("NULL", "UNKNOWN") or value.type == to:
        sql = f"CAST({value.sql} AS {duckdb_type(to)})" if value.type != to else value.sql
    elif (value.type.kind, to.kind) in CASTS:
        sql = CASTS[value.type.kind, to.kind].format(value.sql)
    elif value.type.kind == to.kind and value.type.kind in ("ARRAY", "STRUCT"):
        sql = f"CAST({value.sql} AS {duckdb_type(to)})"
    else:
        raise Refused(f"invalid cast from {value.type} to {to}")
    return Value(f"TRY({sql})" if safe else sql, to, literal=False)


def implicit(value: Value, to: Type) -> Value:
    """The value where the type is demanded, as in ARRAY<to>[value]."""
    if coercion_cost(value, to) is None:
        raise Refused(f"{value.type} is not coerced to {to}; use CAST")
    return coerced(value, to)


def describe(of: str, to: str, template: str) -> None:
    CASTS[of, to] = template


macro("bq_float_to_int", """(x) AS CASE WHEN isfinite(x) AND x > -9223372036854775809 AND x < 9223372036854775807 THEN CAST(round(x) AS BIGINT)
      WHEN x IS NULL THEN NULL ELSE bq_fail('casting ' || CAST(x AS VARCHAR) || ' to INT64 is out of range') END""")
macro("bq_string_to_int", """(s) AS CASE WHEN regexp_full_match(s, '\\s*[+-]?([0-9]+|0[xX][0-9a-fA-F]+)\\s*') THEN CAST(trim(s) AS BIGINT)
      WHEN s IS NULL THEN NULL ELSE bq_fail('bad INT64 value: ' || s) END""")

for _of, _to, _template in (
        ("INT64", "FLOAT64", "CAST({0} AS DOUBLE)"), ("INT64", "NUMERIC", "CAST({0} AS DECIMAL(38,9))"),
        ("INT64", "STRING", "CAST({0} AS VARCHAR)"), ("INT64", "BOOL", "({0} != 0)"), ("BOOL", "INT64", "CAST({0} AS BIGINT)"),
        ("BOOL", "STRING", "CAST({0} AS VARCHAR)"), ("FLOAT64", "INT64", "bq_float_to_int({0})"), ("STRING", "INT64", "bq_string_to_int({0})"),
        ("DATE", "DATETIME", "CAST({0} AS TIMESTAMP)"), ("STRING", "DATE", "CAST({0} AS DATE)"), ("STRING", "TIMESTAMP", "CAST({0} AS TIMESTAMPTZ)"),
        ("STRING", "DATETIME", "CAST({0} AS TIMESTAMP)"), ("STRING", "TIME", "CAST({0} AS TIME)"), ("DATE", "STRING", "CAST({0} AS VARCHAR)"),
        ("NUMERIC", "FLOAT64", "CAST({0} AS DOUBLE)"), ("STRING", "NUMERIC", "CAST({0} AS DECIMAL(38,9))"),
        ("STRING", "FLOAT64", "CAST({0} AS DOUBLE)"), ("TIMESTAMP", "DATE", "CAST({0} AS DATE)"), ("TIMESTAMP", "DATETIME", "CAST({0} AS TIMESTAMP)"),
        ("DATETIME", "DATE", "CAST({0} AS DATE)"), ("DATE", "TIMESTAMP", "CAST({0} AS TIMESTAMPTZ)"), ("DATETIME", "TIMESTAMP", "CAST({0} AS TIMESTAMPTZ)"),
        ("DATETIME", "TIME", "CAST({0} AS TIME)"), ("TIMESTAMP", "TIME", "CAST(CAST({0} AS TIMESTAMP) AS TIME)"),
        ("STRING", "BYTES", "encode({0})"), ("BYTES", "STRING", "decode({0})")):
    describe(_of, _to, _template)
