"""GROUP BY."""

from sqlglot import exp

from gamebeam.sql.dialect.errors import Refused
from gamebeam.sql.dialect.expressions.core import position, translate
from gamebeam.sql.dialect.queries.model import Item, examine
from gamebeam.sql.dialect.registry import REGISTRY
from gamebeam.sql.dialect.scope import Scope
from gamebeam.sql.dialect.types import duckdb_type
from gamebeam.sql.dialect.values import Value


def group_clause(node: exp.Select, scope: Scope, items: list[Item]) -> str:
    group = node.args.get("group")
    if not group:
        return ""
    examine(group, {"expressions", "all"})
    if group.args.get("all"):
        keys = [i.value for i in items if i.node is None or not _aggregates(i.node)]
        return f" GROUP BY {', '.join(_key(v) for v in keys)}" if keys else ""
    if any(isinstance(e, exp.Rollup | exp.Cube | exp.GroupingSets) for e in group.expressions):
        _examine_sets(group, scope, items)
    return f" GROUP BY {', '.join(_group_item(e, scope, items) for e in group.expressions)}"


def _aggregates(node: exp.Expr) -> bool:
    """Whether an expression holds an aggregate or a window function of its own query."""
    for inner in node.walk(prune=lambda n: isinstance(n, exp.Query)):
        f = REGISTRY.functions.get(inner.name.upper()) if isinstance(inner, exp.Anonymous) else None
        if isinstance(inner, exp.Window) or (f and f.kind == "aggregate"):
            return True
    return False


def _key(value: Value) -> str:
    return f"CAST({value.sql} AS {duckdb_type(value.type)})" if value.literal else value.sql


def _examine_sets(group: exp.Group, scope: Scope, items: list[Item]) -> None:
    """Refuse a key that contains another key: BigQuery and DuckDB take SELECT a + 1 for different ones of them."""
    keys: list[str] = []
    for node in group.expressions:
        for part in node.walk(prune=lambda n: not isinstance(n, exp.Group | exp.Rollup | exp.Cube | exp.GroupingSets | exp.Tuple)):
            if not isinstance(part, exp.Rollup | exp.Cube | exp.GroupingSets | exp.Tuple):
                keys.append(_group_item(part, scope, items))
    for key in keys:
        if any(key != other and key in other for other in keys):
            raise Refused("a key of GROUPING SETS, ROLLUP or CUBE that contains another key is not supported here; use a subquery",
                          *position(group))


def _group_item(node: exp.Expr, scope: Scope, items: list[Item]) -> str:
    if isinstance(node, exp.Rollup | exp.Cube | exp.GroupingSets):
        word = {exp.Rollup: "ROLLUP", exp.Cube: "CUBE", exp.GroupingSets: "GROUPING SETS"}[type(node)]
        return f"{word} ({', '.join(_group_item(e, scope, items) for e in node.expressions)})"
    if isinstance(node, exp.Tuple):
        return f"({', '.join(_group_item(e, scope, items) for e in node.expressions)})"
    if isinstance(node, exp.Literal) and not node.is_string:
        return _ordinal(node, items, "GROUP BY").value.sql
    value = translate(node, scope)
    if value.type.kind == "JSON":
        raise Refused("GROUP BY cannot group by JSON; use TO_JSON_STRING", *position(node))
    if value.literal:
        raise Refused("GROUP BY needs an expression, not a literal", *position(node))
    return value.sql


def _ordinal(node: exp.Literal, items: list[Item], where: str) -> Item:
    if not node.name.isdigit() or not 1 <= int(node.name) <= len(items):
        raise Refused(f"{where} {node.name}: there are {len(items)} columns")
    return items[int(node.name) - 1]
