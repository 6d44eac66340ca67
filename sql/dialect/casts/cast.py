"""CAST and SAFE_CAST: from which type to which, and how."""

import re
from collections.abc import Callable, Sequence
from decimal import Decimal

from sqlglot import exp

from gamebeam.sql.dialect.casts.table import CASTS, FORMATTED, applied
from gamebeam.sql.dialect.coercion import coerced, coercion_cost, exact
from gamebeam.sql.dialect.errors import Refused
from gamebeam.sql.dialect.runtime import macro
from gamebeam.sql.dialect.types import STRING, Type, duckdb_type, field_names, has_collation, quoted
from gamebeam.sql.dialect.values import Value, text


def cast(value: Value, to: Type, format_: exp.Expr | None = None, parameters: Sequence[exp.Expr] = (),
         translate: Callable[[exp.Expr], Value] | None = None) -> Value:
    """CAST(value AS to).

    Args:
        format_: What follows FORMAT.
        parameters: Those of the type, as in STRING(10) and NUMERIC(10, 2).
        translate: Translates the format.

    Raises:
        Refused: BigQuery does not cast the one type to the other.
    """
    result = _formatted(value, to, format_, translate) if format_ is not None and translate else Value(_cast(value, to), to)
    if parameters and to.kind not in ("ARRAY", "STRUCT", "RANGE"):
        return Value(_limited(result.sql, to, [int(p.name) for p in parameters]), to)
    return Value(result.sql, to)


def implicit(value: Value, to: Type) -> Value:
    """The value where the type is demanded, as in ARRAY<to>[value]. Raises: Refused."""
    if coercion_cost(value, to) is None:
        raise Refused(f"{value.type} is not coerced to {to}; use CAST")
    return coerced(value, to)


def _cast(value: Value, to: Type) -> str:
    have = value.type
    if have == to:
        return value.sql
    if has_collation(have):
        raise Refused("CAST of text with a collation is not supported here; take it off with COLLATE(…, '')")
    if to.kind == "RANGE" and have.kind == "STRING" and to.item and isinstance(value.constant, str):
        return _range(value.constant, to)
    if value.sql == "[]" or have.kind in ("NULL", "UNKNOWN"):
        return f"CAST({value.sql} AS {duckdb_type(to)})"
    if isinstance(value.constant, Decimal) and to.kind in ("NUMERIC", "BIGNUMERIC"):
        return exact(value, to).sql
    if (have.kind, to.kind) in CASTS:
        return applied(value, to)
    if have.kind == to.kind == "ARRAY" and have.item and to.item:
        return f"list_transform({value.sql}, lambda bq_item: {_cast(Value('bq_item', have.item), to.item)})"
    if have.kind == to.kind == "STRUCT" and len(have.fields) == len(to.fields):
        parts = ", ".join(f"{quoted(n)}: {_cast(Value(f'struct_extract({value.sql}, {text(m)})', s), t)}"
                          for m, (_, s), n, (_, t) in zip(field_names(have), have.fields, field_names(to), to.fields, strict=True))
        return f"CASE WHEN {value.sql} IS NULL THEN NULL ELSE {{{parts}}} END"
    raise Refused(f"invalid cast from {have} to {to}")


def _range(written: str, to: Type) -> str:
    """A RANGE literal: [start, end), each a value or UNBOUNDED."""
    form = re.fullmatch(r"\[\s*(.*?)\s*,\s*(.*?)\s*\)", written)
    if not form or not to.item:
        raise Refused(f"invalid RANGE value: {written}; write [start, end) with UNBOUNDED for an end that is open")
    ends = [None if end.upper() in ("UNBOUNDED", "NULL") else _cast(Value(text(end), STRING, end, literal=True), to.item)
            for end in form.groups()]
    start, end = (f"CAST({e or 'NULL'} AS {duckdb_type(to.item)})" for e in ends)
    return f"bq_range({start}, {end})"


macro("bq_no_range", "(message) AS {'start': CAST(CAST(bq_fail(message) AS VARCHAR) AS DATE), 'end': NULL}")
macro("bq_range", """(s, e) AS CASE WHEN s >= e THEN bq_no_range('RANGE: the start must be before the end')
      ELSE {'start': s, 'end': e} END""")


def _formatted(value: Value, to: Type, format_: exp.Expr, translate: Callable[[exp.Expr], Value]) -> Value:
    zone = None
    if isinstance(format_, exp.AtTimeZone):
        zone, format_ = translate(format_.args["zone"]), format_.this
    key = value.type.kind, to.kind
    if key not in FORMATTED:
        raise Refused(f"CAST from {value.type} to {to} has no FORMAT here")
    return FORMATTED[key](value, translate(format_), zone)


def _limited(sql: str, to: Type, parameters: list[int]) -> str:
    """A parameterized type: too long a STRING is an error, a NUMERIC is rounded to its scale."""
    if to.kind == "STRING" and len(parameters) == 1:
        return f"bq_at_most({sql}, {parameters[0]})"
    if to.kind == "BYTES" and len(parameters) == 1:
        return f"bq_at_most_bytes({sql}, {parameters[0]})"
    if to.kind in ("NUMERIC", "BIGNUMERIC") and len(parameters) <= 2:
        precision, scale = [*parameters, 0][:2]
        if not 0 <= scale <= 9 or not max(1, scale) <= precision <= scale + 29:
            raise Refused(f"NUMERIC({', '.join(map(str, parameters))}): the scale is at most 9, and precision minus scale at most 29")
        return f"bq_within(CAST(round({sql}, {scale}) AS DECIMAL(38,9)), {10 ** (precision - scale)})"
    raise Refused(f"{to} does not have parameters")


macro("bq_at_most", "(s, n) AS CASE WHEN length(s) > n THEN CAST(bq_fail('a STRING longer than its type') AS VARCHAR) ELSE s END")
macro("bq_at_most_bytes", """(s, n) AS CASE WHEN octet_length(s) > n THEN encode(CAST(bq_fail('BYTES longer than their type') AS VARCHAR))
      ELSE s END""")
macro("bq_within", "(x, n) AS CASE WHEN abs(x) >= n THEN bq_fail('numeric overflow') ELSE x END")
