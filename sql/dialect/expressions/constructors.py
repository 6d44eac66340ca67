"""Arrays, structs and casts."""

from sqlglot import exp

from gamebeam.sql.dialect.attempts import Attempt
from gamebeam.sql.dialect.casts.cast import cast, implicit
from gamebeam.sql.dialect.coercion import coerced, unified
from gamebeam.sql.dialect.errors import Refused
from gamebeam.sql.dialect.expressions.core import position, translate, translates
from gamebeam.sql.dialect.queries.query import array_subquery
from gamebeam.sql.dialect.scope import Scope
from gamebeam.sql.dialect.types import NULL, UNKNOWN, Type, array_of, duckdb_type, field_names, of_node, quoted, struct_of
from gamebeam.sql.dialect.values import Value


@translates(exp.Array)
def _array(node: exp.Array, scope: Scope) -> Value:
    items = node.expressions
    if len(items) == 1 and isinstance(items[0], exp.Query):
        return array_subquery(items[0], scope)
    values = [translate(item, scope) for item in items]
    item = unified(values) if values else NULL
    if item is None:
        raise Refused(f"an array has elements of one type, not {', '.join(dict.fromkeys(str(v.type) for v in values))}", *position(node))
    if item.kind == "ARRAY":
        raise Refused("an array of arrays is not supported by BigQuery; put a STRUCT between", *position(node))
    if item.kind == "NULL" and not values:
        return Value("[]", array_of(NULL), literal=True)
    return Value(f"[{', '.join(coerced(v, item).sql for v in values)}]", array_of(item), literal=all(v.literal for v in values))


def struct(nodes: list[exp.Expr], scope: Scope, t: Type | None = None) -> Value:
    names, values = [], []
    for node in nodes:
        alias = isinstance(node, exp.Alias | exp.PropertyEQ)
        inner = node.this if isinstance(node, exp.Alias) else node.expression if isinstance(node, exp.PropertyEQ) else node
        if isinstance(node, exp.PropertyEQ):
            names.append(node.this.name)
        else:
            names.append(node.alias if alias else inner.name if isinstance(inner, exp.Column) else
                         inner.expression.name if isinstance(inner, exp.Dot) else "")
        values.append(translate(inner, scope))
    if t is not None:
        if len(t.fields) != len(values):
            raise Refused(f"STRUCT has {len(t.fields)} fields and {len(values)} values")
        values = [implicit(v, f) for v, (_, f) in zip(values, t.fields, strict=True)]
        names = [n for n, _ in t.fields]
    struct = struct_of(zip(names, (v.type for v in values), strict=True))
    listed = field_names(struct)
    if len({n.lower() for n in listed}) < len(listed):
        raise Refused("a STRUCT with two fields of one name is not supported here")
    packed = ", ".join(f"{quoted(n)}: {v.sql}" for n, v in zip(listed, values, strict=True))
    return Value(f"{{{packed}}}", struct, literal=bool(values) and all(v.literal for v in values))


@translates(exp.Cast, exp.TryCast)
def _cast(node: exp.Cast, scope: Scope) -> Value:
    to = of_node(node.to)
    if isinstance(node.this, exp.Struct) and to.kind == "STRUCT":
        return struct(node.this.expressions, scope, to)
    if isinstance(node.this, exp.Array) and to.kind == "ARRAY" and "written" not in node.meta and not node.this.find(exp.Query):
        items = [implicit(_untyped_struct(e, scope, to.item or UNKNOWN), to.item or UNKNOWN) for e in node.this.expressions]
        return Value(f"CAST([{', '.join(i.sql for i in items)}] AS {duckdb_type(to)})", to)
    value = translate(node.this, scope)

    def written(of: Value) -> Value:
        return cast(of, to, node.args.get("format"), node.to.expressions, lambda e: translate(e, scope))

    if not isinstance(node, exp.TryCast):
        return written(value)
    attempt = Attempt()
    return Value(attempt.tried(written(attempt.argument(value)).sql), to)


def _untyped_struct(node: exp.Expr, scope: Scope, t: Type) -> Value:
    """An element of ARRAY<STRUCT<…>>[(1, 2), …]."""
    if isinstance(node, exp.Tuple) and t.kind == "STRUCT":
        return struct(node.expressions, scope, t)
    return translate(node, scope)


@translates(exp.Struct)
def _struct(node: exp.Struct, scope: Scope) -> Value:
    return struct(node.expressions, scope)


@translates(exp.Tuple)
def _tuple(node: exp.Tuple, scope: Scope) -> Value:
    return struct([exp.Paren(this=e) for e in node.expressions], scope)  # its fields have no names
