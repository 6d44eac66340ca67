"""SELECT."""

from sqlglot import exp

from gamebeam.sql.dialect.errors import Refused
from gamebeam.sql.dialect.expressions.core import condition, position
from gamebeam.sql.dialect.queries.grouping import collated_keys, group_clause, one_of_equals
from gamebeam.sql.dialect.queries.items import items_of
from gamebeam.sql.dialect.queries.model import Item, Query, distinct_names, examine
from gamebeam.sql.dialect.queries.ordering import limit_clause, order_clause
from gamebeam.sql.dialect.queries.query import translates_query, with_clause
from gamebeam.sql.dialect.queries.relations import from_clause
from gamebeam.sql.dialect.scope import Scope
from gamebeam.sql.dialect.types import has_collation, quoted, struct_of
from gamebeam.sql.dialect.values import Value

EXAMINED_PARTS = {"kind", "distinct", "expressions", "from_", "joins", "where", "group", "having", "qualify", "windows", "order", "limit",
                  "offset", "with_"}


@translates_query(exp.Select)
def select(node: exp.Select, scope: Scope, outermost: bool) -> Query:
    examine(node, EXAMINED_PARTS)
    inner = scope.inner()
    prefix = with_clause(node, inner)
    source = from_clause(node, inner)
    inner.windows = {w.name.lower(): w for w in node.args.get("windows") or []}
    items = items_of(node.expressions, inner, bool(node.args.get("from_")))
    inner.aliases = _aliases(node, items)
    if grouped := collated_keys(node, inner, items):
        group = group_clause(node, inner, items)
        inner.grouped, inner.aliases = grouped, {}
        items = items_of(node.expressions, inner, bool(node.args.get("from_")))  # again: a key is now one text of its group
    kind = node.args.get("kind")
    if kind == "STRUCT":
        items = [Item("", _struct_of(items))]
    elif kind == "VALUE":
        if len(items) != 1:
            raise Refused("SELECT AS VALUE has one column", *position(node))
        items = [Item("", items[0].value)]
    inner.aliases = _aliases(node, items)
    where_scope = inner.without_aliases()
    where = f" WHERE {condition(node.args['where'].this, where_scope, 'WHERE')}" if node.args.get("where") else ""
    if not grouped:
        group = group_clause(node, inner, items)
    having = f" HAVING {condition(node.args['having'].this, inner, 'HAVING')}" if node.args.get("having") else ""
    qualify = f" QUALIFY {condition(node.args['qualify'].this, inner, 'QUALIFY')}" if node.args.get("qualify") else ""
    names = distinct_names([i.name for i in items], outermost)
    listed = ", ".join(f"{i.value.sql} AS {quoted(n)}" for i, n in zip(items, names, strict=True))
    collated = bool(node.args.get("distinct")) and any(has_collation(i.value.type) for i in items)
    distinct = "DISTINCT " if node.args.get("distinct") and not collated else ""
    if node.args.get("distinct") and node.args["distinct"].args.get("on"):
        raise Refused("DISTINCT ON is not BigQuery SQL", *position(node))
    if collated:
        if any(node.args.get(part) for part in ("order", "limit", "offset")):
            raise Refused("DISTINCT of text with a collation goes into a subquery of ORDER BY and LIMIT here", *position(node))
        types = [i.value.type for i in items]
        sql = one_of_equals(f"{prefix}SELECT {listed}{source}{where}{group}{having}{qualify}", names, types, node)
        return Query(sql, [(i.name, i.value.type) for i in items], names)
    order = order_clause(node, inner, items)
    sql = f"{prefix}SELECT {distinct}{listed}{source}{where}{group}{having}{qualify}{order}{limit_clause(node, inner)}"
    return Query(sql, [(i.name, i.value.type) for i in items], names)


def _aliases(node: exp.Select, items: list[Item]) -> dict[str, Value]:
    return {item.name.lower(): item.value for item, e in zip(items, node.expressions, strict=False)
            if isinstance(e, exp.Alias) and len(items) == len(node.expressions)}


def _struct_of(items: list[Item]) -> Value:
    struct = struct_of((i.name, i.value.type) for i in items)
    if len({i.name.lower() for i in items if i.name}) < len([i for i in items if i.name]):
        raise Refused("a STRUCT with two fields of one name is not supported here")
    packed = ", ".join(f"{quoted(i.name or f'_{n}')}: {i.value.sql}" for n, i in enumerate(items))
    return Value(f"{{{packed}}}", struct)
