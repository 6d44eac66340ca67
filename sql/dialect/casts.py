"""CAST and SAFE_CAST: from which type to which, and how."""

import re
from collections.abc import Callable, Sequence
from decimal import Decimal

from sqlglot import exp

from sql.dialect.errors import Refused
from sql.dialect.runtime import macro
from sql.dialect.types import STRING, Type, duckdb_type, field_names, quoted
from sql.dialect.values import Value, coerced, coercion_cost, exact, text

CASTS: dict[tuple[str, str], str | Callable[[Value], str]] = {}  # (from, to) -> a template that raises where a value cannot be cast
FORMATTED: dict[tuple[str, str], Callable[[Value, Value, Value | None], Value]] = {}  # CAST … FORMAT: value, format, zone


def cast(value: Value, to: Type, safe: bool = False, format_: exp.Expr | None = None, parameters: Sequence[exp.Expr] = (),
         translate: Callable[[exp.Expr], Value] | None = None) -> Value:
    """CAST(value AS to). safe: NULL where a value cannot be cast. parameters: as in STRING(10) and NUMERIC(10, 2)."""
    result = _formatted(value, to, format_, translate) if format_ is not None and translate else Value(_cast(value, to), to)
    if parameters and to.kind not in ("ARRAY", "STRUCT", "RANGE"):
        result = Value(_limited(result.sql, to, [int(p.name) for p in parameters]), to)
    return Value(f"TRY({result.sql})" if safe else result.sql, to)


def implicit(value: Value, to: Type) -> Value:
    """The value where the type is demanded, as in ARRAY<to>[value]. Raises: Refused."""
    if coercion_cost(value, to) is None:
        raise Refused(f"{value.type} is not coerced to {to}; use CAST")
    return coerced(value, to)


def describe(of: str, to: str, template: str | Callable[[Value], str]) -> None:
    """A cast of one type to another: the template raises an error where a value cannot be cast."""
    CASTS[of, to] = template


def _cast(value: Value, to: Type) -> str:
    have = value.type
    if have == to:
        return value.sql
    if to.kind == "RANGE" and have.kind == "STRING" and to.item and isinstance(value.constant, str):
        return _range(value.constant, to)
    if value.sql == "[]" or have.kind in ("NULL", "UNKNOWN"):
        return f"CAST({value.sql} AS {duckdb_type(to)})"
    if isinstance(value.constant, Decimal) and to.kind in ("NUMERIC", "BIGNUMERIC"):
        return exact(value, to).sql
    if (have.kind, to.kind) in CASTS:
        template = CASTS[have.kind, to.kind]
        return template.format(value.sql) if isinstance(template, str) else template(value)
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
macro("bq_at_most_bytes", "(s, n) AS CASE WHEN octet_length(s) > n THEN encode(CAST(bq_fail('BYTES longer than their type') AS VARCHAR)) ELSE s END")
macro("bq_within", "(x, n) AS CASE WHEN abs(x) >= n THEN bq_fail('numeric overflow') ELSE x END")

macro("bq_float_to_int", """(x) AS CASE WHEN x IS NULL THEN NULL WHEN isfinite(x) AND round(x) >= -9223372036854775808.0::DOUBLE
      AND round(x) < 9223372036854775808.0::DOUBLE THEN CAST(round(x) AS BIGINT)
      ELSE bq_fail('casting ' || x || ' to INT64 is out of range') END""")
macro("bq_string_to_int", r"""(s) AS CASE WHEN s IS NULL THEN NULL WHEN regexp_full_match(s, '\s*[+-]?[0-9]+\s*')
      THEN CAST(trim(s, E' \t\n\r\f\v') AS BIGINT)
      WHEN regexp_full_match(s, '\s*[+-]?0[xX][0-9a-fA-F]+\s*') THEN bq_hex_to_int(trim(s, E' \t\n\r\f\v'))
      ELSE bq_fail('bad INT64 value: ' || s) END""")
macro("bq_hex_to_int", """(s) AS CAST(list_reduce(list_prepend(0::HUGEINT, list_transform(
      string_split(lower(regexp_replace(s, '[+-]?0[xX]0*', '')), ''),
      lambda c: CAST(strpos('0123456789abcdef', c) - 1 AS HUGEINT))), lambda a, b: a * 16 + b) * CASE WHEN s[1] = '-' THEN -1
      ELSE 1 END AS BIGINT)""")
macro("bq_string_to_float", r"""(s) AS CASE WHEN s IS NULL THEN NULL
      WHEN regexp_full_match(s, '(?i)\s*[+-]?([0-9]+\.?[0-9]*(e[+-]?[0-9]+)?|\.[0-9]+(e[+-]?[0-9]+)?)\s*')
      THEN CAST(s AS DOUBLE) WHEN regexp_full_match(s, '(?i)\s*[+]?(inf|infinity)\s*') THEN 'inf'::DOUBLE
      WHEN regexp_full_match(s, '(?i)\s*-(inf|infinity)\s*') THEN '-inf'::DOUBLE
      WHEN regexp_full_match(s, '(?i)\s*[+-]?nan\s*') THEN 'nan'::DOUBLE ELSE bq_fail('bad FLOAT64 value: ' || s) END""")
macro("bq_string_to_numeric", r"""(s) AS CASE WHEN s IS NULL THEN NULL
      WHEN regexp_full_match(s, '(?i)\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?\s*')
      THEN CAST(s AS DECIMAL(38,9)) ELSE bq_fail('invalid NUMERIC value: ' || s) END""")
macro("bq_string_to_bool", """(s) AS CASE WHEN s IS NULL THEN NULL WHEN lower(s) = 'true' THEN true WHEN lower(s) = 'false' THEN false
      ELSE bq_fail('bad BOOL value: ' || s) = 0 END""")
macro("bq_float_to_string", """(x) AS CASE WHEN isnan(x) THEN 'nan' WHEN isinf(x) THEN CASE WHEN x > 0 THEN 'inf' ELSE '-inf' END
      WHEN x = 0 THEN '0' WHEN CAST(printf('%.15g', x) AS DOUBLE) = x THEN printf('%.15g', x) ELSE printf('%.17g', x) END""")
macro("bq_numeric_to_string", r"""(x) AS regexp_replace(CAST(x AS VARCHAR), '\.?0+$', '')""")
# DuckDB multiplies a DOUBLE by 10^9 in floating point on its way to a DECIMAL: the whole part goes another way.
macro("bq_float_to_decimal", "(x) AS CAST(CAST(trunc(x) AS HUGEINT) AS DECIMAL(38,9)) + CAST(x - trunc(x) AS DECIMAL(38,9))")
macro("bq_float_to_bignumeric", """(x) AS CASE WHEN x IS NULL THEN NULL WHEN isfinite(x) AND abs(x) < 1e29 AND x * 512 = trunc(x * 512)
      THEN bq_float_to_decimal(x) ELSE bq_fail('casting ' || x || ' to BIGNUMERIC needs more than 38 digits, or 9 after the point') END""")
macro("bq_float_to_numeric", """(x) AS CASE WHEN x IS NULL THEN NULL WHEN isfinite(x) AND abs(x) < 1e29 THEN bq_float_to_decimal(x)
      ELSE bq_fail('casting ' || x || ' to NUMERIC is out of range') END""")
macro("bq_string_to_bignumeric", """(s) AS CASE WHEN s IS NULL THEN NULL WHEN NOT regexp_matches(s, '[.][0-9]{9}[0-9]*[1-9]|[eE]')
      THEN bq_string_to_numeric(s) ELSE bq_fail('a BIGNUMERIC of more than 38 digits, or 9 after the point: ' || s) END""")
macro("bq_numeric_to_int", "(x) AS CAST(round(x, 0) AS BIGINT)")
macro("bq_bytes_to_string", "(b) AS decode(b)")

for _of, _to, _template in (
        ("INT64", "FLOAT64", "CAST({0} AS DOUBLE)"), ("INT64", "NUMERIC", "CAST({0} AS DECIMAL(38,9))"),
        ("INT64", "STRING", "CAST({0} AS VARCHAR)"), ("INT64", "BOOL", "({0} != 0)"),
        ("BOOL", "INT64", "CAST({0} AS BIGINT)"), ("BOOL", "STRING", "CAST({0} AS VARCHAR)"),
        ("FLOAT64", "INT64", "bq_float_to_int({0})"), ("FLOAT64", "STRING", "bq_float_to_string({0})"),
        ("FLOAT64", "NUMERIC", "bq_float_to_numeric({0})"), ("FLOAT64", "BIGNUMERIC", "bq_float_to_bignumeric({0})"),
        ("NUMERIC", "INT64", "bq_numeric_to_int({0})"), ("NUMERIC", "FLOAT64", "CAST({0} AS DOUBLE)"),
        ("NUMERIC", "STRING", "bq_numeric_to_string({0})"),
        ("STRING", "INT64", "bq_string_to_int({0})"), ("STRING", "FLOAT64", "bq_string_to_float({0})"),
        ("STRING", "NUMERIC", "bq_string_to_numeric({0})"), ("STRING", "BOOL", "bq_string_to_bool({0})"),
        ("INT64", "BIGNUMERIC", "CAST({0} AS DECIMAL(38,9))"), ("NUMERIC", "BIGNUMERIC", "{0}"),
        ("STRING", "BIGNUMERIC", "bq_string_to_bignumeric({0})"),
        ("BIGNUMERIC", "INT64", "bq_numeric_to_int({0})"), ("BIGNUMERIC", "FLOAT64", "CAST({0} AS DOUBLE)"),
        ("BIGNUMERIC", "NUMERIC", "{0}"),
        ("BIGNUMERIC", "STRING", "bq_numeric_to_string({0})"),
        ("STRING", "BYTES", "encode({0})"), ("BYTES", "STRING", "bq_bytes_to_string({0})"),
        ("DATE", "DATETIME", "CAST({0} AS TIMESTAMP)"), ("DATETIME", "DATE", "CAST({0} AS DATE)"), ("DATETIME", "TIME", "CAST({0} AS TIME)")):
    describe(_of, _to, _template)
