"""Which value is coerced to which type without a CAST, and how."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from gamebeam.sql.dialect.casts.table import applied
from gamebeam.sql.dialect.types import (
    COERCED,
    FLOAT64,
    OF_FLOAT_LITERALS,
    OF_STRING_LITERALS,
    STRING,
    Type,
    duckdb_type,
    field_names,
    quoted,
    struct_of,
    supertype,
    without_collation,
)
from gamebeam.sql.dialect.values import Value, text


def exact(value: Value, to: Type) -> Value:
    """A FLOAT64 literal as NUMERIC: from its digits, not from the nearest FLOAT64."""
    return Value(f"bq_string_to_{to.kind.lower()}({text(format(value.constant, 'f'))})", to, literal=True)


def coercion_cost(value: Value, to: Type) -> int | None:
    """0 if the value has the type, more for a wider one, None if BigQuery does not coerce it."""
    have = value.type
    if have == to or have.kind in ("UNKNOWN", "NULL") or to.kind == "UNKNOWN":
        return 0
    if to.kind in COERCED.get(have.kind, ()):
        return 1 if have.kind == "INT64" else 1 + COERCED[have.kind].index(to.kind)  # POW of INT64s is a FLOAT64: the first signature wins
    if value.literal and have == STRING and to.kind in OF_STRING_LITERALS:
        return 5 + OF_STRING_LITERALS.index(to.kind)
    if value.literal and have == FLOAT64 and to.kind in OF_FLOAT_LITERALS:
        return 5
    if have.kind == to.kind == "STRING":
        return 0 if to.collated else None
    if have.kind == to.kind == "ARRAY" and have.item and to.item:
        if have.item.kind == to.item.kind == "STRING":
            return 0 if to.item.collated else None
        if have.item.kind in ("NULL", "UNKNOWN") or to.item.kind == "UNKNOWN":
            return 0
        return 5 if value.literal and to.item.kind in COERCED.get(have.item.kind, ()) else None
    if have.kind == to.kind == "STRUCT" and len(have.fields) == len(to.fields):
        costs = [coercion_cost(Value("", f), t) for (_, f), (_, t) in zip(have.fields, to.fields, strict=True)]
        return None if any(c is None for c in costs) else sum(c or 0 for c in costs) + (field_names(have) != field_names(to))
    return None


def coerced(value: Value, to: Type) -> Value:
    """The value in a type that coercion_cost allows."""
    if value.type == to or to.kind in ("UNKNOWN", "NULL") or (value.type.kind == "UNKNOWN"):
        return value
    if value.type.kind == to.kind and value.type == without_collation(to):
        return replace(value, type=to)
    if value.type.kind == "STRUCT" and to.kind == "STRUCT" and field_names(value.type) != field_names(to):
        fields = ", ".join(f"{quoted(n)}: {coerced(Value(f'({value.sql})[{text(h)}]', f), t).sql}"
                           for n, h, (_, f), (_, t) in zip(field_names(to), field_names(value.type), value.type.fields, to.fields,
                                                           strict=True))
        return Value(f"CASE WHEN {value.sql} IS NULL THEN NULL ELSE {{{fields}}} END", to)
    if value.type == STRING and to.kind in OF_STRING_LITERALS:
        return Value(applied(value, to), to)
    if value.type.kind == "NULL" and not value.literal:  # such as ERROR('…'), which must stay
        return Value(f"CAST(CAST({value.sql} AS VARCHAR) AS {duckdb_type(to)})", to)
    if value.type.kind == "NULL":
        return Value(f"CAST(NULL AS {duckdb_type(to)})", to, literal=value.literal)
    if isinstance(value.constant, Decimal) and to.kind in ("NUMERIC", "BIGNUMERIC"):
        return exact(value, to)
    sql = f"[]::{duckdb_type(to)}" if value.sql == "[]" else f"CAST({value.sql} AS {duckdb_type(to)})"
    return Value(sql, to, value.constant, value.literal)


def unified(values: Sequence[Value]) -> Type | None:
    """The type that all values are coerced to; a literal takes that of the others where it can. A STRUCT's names are the first one's."""
    fixed = supertype(v.type for v in values if not v.literal)
    if fixed is None or fixed.kind == "NULL" or any(coercion_cost(v, fixed) is None for v in values):
        fixed = supertype(v.type for v in values)
    first = next((v.type for v in values if v.type.kind == "STRUCT"), None)
    if fixed is None or fixed.kind != "STRUCT" or first is None:
        return fixed
    return struct_of((name, t) for (name, _), (_, t) in zip(first.fields, fixed.fields, strict=True))
