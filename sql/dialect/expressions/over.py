"""OVER: partitions, order and frames, with the named windows of WINDOW."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlglot import exp

from gamebeam.sql.dialect.coercion import coerced
from gamebeam.sql.dialect.errors import Refused
from gamebeam.sql.dialect.expressions.core import position, translate
from gamebeam.sql.dialect.functions.operators.comparison import compared
from gamebeam.sql.dialect.queries.model import examine
from gamebeam.sql.dialect.queries.ordering import sort_keys
from gamebeam.sql.dialect.scope import Scope
from gamebeam.sql.dialect.types import FLOAT64, INT64
from gamebeam.sql.dialect.values import Value

LARGEST = 1e300  # an offset that a FLOAT64 key can be moved by without overflow
NUMBERS = ("INT64", "FLOAT64", "NUMERIC")


@dataclass
class Over:
    """What follows a function. sql: ` OVER (…)`. ordered, framed: whether it has ORDER BY and a frame of its own."""

    sql: str
    ordered: bool
    framed: bool


def over(node: exp.Window, scope: Scope) -> Over:
    parts = _resolved(node, scope, ())
    inner = scope.without_aliases()
    sql = []
    if partition := parts.get("partition_by"):
        sql.append(f"PARTITION BY {', '.join(_partition(e, inner) for e in partition)}")
    order, spec = parts.get("order"), parts.get("spec")
    ends = (spec.args.get("start"), spec.args.get("end")) if spec else ()
    offsets = spec is not None and spec.args["kind"] == "RANGE" and any(isinstance(end, exp.Expr) for end in ends)
    key = None
    if order:
        keys = [(translate(o.this, inner), o) for o in order.expressions]
        if offsets:
            key = _range_key(keys, "UNBOUNDED" in ends, node)
        listed = [k for value, o in keys for k in sort_keys(value, o)]
        if key is not None:
            listed = [(key, listed[-1][1])]
        sql.append(f"ORDER BY {', '.join(f'{v.sql}{direction}' for v, direction in listed)}")
    elif offsets:
        raise Refused("RANGE with an offset needs ORDER BY", *position(node))
    if spec:
        examine(spec, {"kind", "start", "start_side", "end", "end_side"})
        sql.append(f"{spec.args['kind']} BETWEEN {_bound(spec, 'start', inner, key)} AND {_bound(spec, 'end', inner, key)}")
    return Over(f" OVER ({' '.join(sql)})", bool(order), bool(spec))


def _resolved(node: exp.Window, scope: Scope, within: tuple[str, ...]) -> dict[str, Any]:
    """The parts of a window and of the named window that it extends."""
    examine(node, {"this", "partition_by", "order", "spec", "alias", "over"})
    own = {part: node.args[part] for part in ("partition_by", "order", "spec") if node.args.get(part)}
    alias = node.args.get("alias")
    if not alias:
        return own
    name = alias.name.lower()
    if name not in scope.windows or name in within:
        raise Refused(f"unrecognized window {alias.name}", *position(node))
    base = _resolved(scope.windows[name], scope, (*within, name))
    if "partition_by" in own or ("order" in own and "order" in base) or ("spec" in base and own):
        raise Refused(f"window {alias.name} cannot be extended by these parts", *position(node))
    return {**base, **own}


def _partition(node: exp.Expr, scope: Scope) -> str:
    value = translate(node, scope)
    if value.type.kind in ("JSON", "ARRAY", "STRUCT"):
        raise Refused(f"PARTITION BY does not compare values of type {value.type}", *position(node))
    return compared(value) if value.type.collated else value.sql


def _range_key(keys: list[tuple[Value, exp.Ordered]], unbounded: bool, node: exp.Expr) -> Value:
    """The one numeric key of RANGE with an offset. NaN, which DuckDB sorts last, is an error of the row where the frame has no end."""
    if len(keys) != 1 or keys[0][0].type.kind not in NUMBERS:
        raise Refused("RANGE with an offset needs ORDER BY one number, such as UNIX_SECONDS(…)", *position(node))
    key = keys[0][0]
    if key.type.kind == "INT64":  # an offset must not overflow
        return Value(f"CAST({key.sql} AS HUGEINT)", key.type)
    if key.type.kind == "NUMERIC" or not unbounded:
        return key
    return Value(
        f"CASE WHEN isnan({key.sql}) THEN bq_fail('NaN in ORDER BY of RANGE with an offset is not supported here') ELSE {key.sql} END",
        key.type,
    )


def _bound(spec: exp.Expr, end: str, scope: Scope, key: Value | None) -> str:
    bound, side = spec.args.get(end), spec.args.get(f"{end}_side")
    if bound is None:
        return "CURRENT ROW"
    if isinstance(bound, str):
        return f"{bound} {side}" if bound == "UNBOUNDED" else bound
    value = translate(bound, scope)
    to = key.type if key else INT64
    if value.type.kind not in (*NUMBERS, "NULL", "UNKNOWN") or (key is None and value.type.kind not in ("INT64", "NULL", "UNKNOWN")):
        raise Refused(f"the offset of a frame is a {to}, not {value.type}", *position(bound))
    if value.type.kind == "NULL":
        raise Refused("the offset of a frame cannot be NULL", *position(bound))
    sql = coerced(value, to).sql
    if key and key.type == INT64:
        sql = f"CAST({sql} AS HUGEINT)"
    if value.literal and isinstance(value.constant, int | Decimal):
        if value.constant < 0 or (to == FLOAT64 and value.constant > LARGEST):
            raise Refused("the offset of a frame cannot be negative, or so large that it overflows", *position(bound))
        return f"{sql} {side}"
    nan = f" AND {sql} <= {LARGEST}" if to.kind == "FLOAT64" else ""
    return f"CASE WHEN bq_check(coalesce({sql} >= 0{nan}, false), 'the offset of a frame cannot be NULL or negative') THEN {sql} END {side}"
