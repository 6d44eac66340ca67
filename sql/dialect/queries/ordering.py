"""ORDER BY, LIMIT and OFFSET."""

from sqlglot import exp

from gamebeam.sql.dialect.errors import Refused
from gamebeam.sql.dialect.expressions.core import position, translate
from gamebeam.sql.dialect.functions.operators.comparison import compared
from gamebeam.sql.dialect.queries.model import Item, Query, examine
from gamebeam.sql.dialect.scope import Column, Relation, Scope
from gamebeam.sql.dialect.types import UNKNOWN, quoted
from gamebeam.sql.dialect.values import Value


def order_clause(node: exp.Select, scope: Scope, items: list[Item]) -> str:
    order = node.args.get("order")
    if not order:
        return ""
    keys: list[tuple[Value, str]] = []
    for o in order.expressions:
        at = _output_column(o.this, [i.name for i in items])
        value = Value(str(at + 1), items[at].value.type) if at is not None else translate(o.this, scope)
        if at is None and node.args.get("distinct"):
            _examine_key_of_distinct(o, value, scope, items)
        keys += sort_keys(value, o, items[at].value if at is not None else None)
    return " ORDER BY " + ", ".join(f"{v.sql}{direction}" for v, direction in keys)


def _examine_key_of_distinct(node: exp.Ordered, key: Value, scope: Scope, items: list[Item]) -> None:
    """Refuse a key that the rows of SELECT DISTINCT do not decide."""
    if any(key.sql == item.value.sql for item in items):
        return
    output = Scope(scope.statement, scope.parent, aliases={i.name.lower(): i.value for i in items if i.name}, ctes=scope.ctes)
    try:
        translate(node.this, output)
    except Refused:
        raise Refused("ORDER BY after SELECT DISTINCT sorts by columns of the result; add this expression to SELECT",
                      *position(node)) from None


def order_of_output(node: exp.Expr, q: Query, scope: Scope) -> str:
    """ORDER BY after a set operation: by columns of the output."""
    order = node.args.get("order")
    if not order:
        return ""
    output = scope.inner()
    output.relations = [Relation("", [Column(n, t, quoted(s)) for (n, t), s in zip(q.columns, q.names, strict=True)])]
    keys: list[tuple[Value, str]] = []
    for o in order.expressions:
        at = _output_column(o.this, [n for n, _ in q.columns])
        value = Value(quoted(q.names[at]), q.columns[at][1]) if at is not None else translate(o.this, output)
        keys += sort_keys(value, o)
    return " ORDER BY " + ", ".join(f"{v.sql}{direction}" for v, direction in keys)


def _output_column(node: exp.Expr, names: list[str]) -> int | None:
    if isinstance(node, exp.Literal) and not node.is_string:
        if not node.name.isdigit() or not 1 <= int(node.name) <= len(names):
            raise Refused(f"ORDER BY {node.name}: there are {len(names)} columns")
        return int(node.name) - 1
    if isinstance(node, exp.Column) and len(node.parts) == 1:
        found = [i for i, n in enumerate(names) if n.lower() == node.name.lower()]
        return found[0] if len(found) == 1 else None
    return None


def sort_keys(value: Value, node: exp.Ordered, source: Value | None = None) -> list[tuple[Value, str]]:
    """The keys of one ORDER BY item and their directions. NULL comes before every value; NaN before every other number."""
    examine(node, {"this", "desc", "nulls_first"})
    if value.type.kind in ("JSON", "ARRAY", "STRUCT"):
        raise Refused(f"ORDER BY does not sort values of type {value.type}", *position(node))
    direction = f"{' DESC' if node.args.get('desc') else ''} NULLS {'FIRST' if node.args.get('nulls_first') else 'LAST'}"
    if value.type.kind == "RANGE" or value.type.collated:
        return [(Value(compared(source or value), value.type), direction)]
    if value.type.kind == "FLOAT64":
        real = (source or value).sql
        nan = Value(f"NOT isnan({real})", UNKNOWN)
        return [(nan, direction), (value, direction)]
    return [(value, direction)]


def limit_clause(node: exp.Expr, scope: Scope) -> str:
    parts = ""
    for part, word in (("limit", "LIMIT"), ("offset", "OFFSET")):
        clause = node.args.get(part)
        if clause:
            number = clause.expression.unnest()
            if isinstance(number, exp.Parameter):
                parts += f" {word} {translate(number, scope).sql}"
            elif isinstance(number, exp.Literal) and number.name.isdigit() and not number.is_string:
                parts += f" {word} {number.name}"
            else:
                raise Refused(f"{word} needs a whole number or a parameter", *position(node))
    return parts
