"""GROUP BY."""

from sqlglot import exp

from gamebeam.sql.dialect.errors import Refused
from gamebeam.sql.dialect.expressions.core import position, translate
from gamebeam.sql.dialect.functions.operators.comparison import compared
from gamebeam.sql.dialect.queries.model import Item, examine, refuse_collation
from gamebeam.sql.dialect.registry import REGISTRY
from gamebeam.sql.dialect.scope import Scope
from gamebeam.sql.dialect.types import Type, duckdb_type, quoted
from gamebeam.sql.dialect.values import Value


def group_clause(node: exp.Select, scope: Scope, items: list[Item]) -> str:
    group = node.args.get("group")
    if not group:
        return ""
    examine(group, {"expressions", "all"})
    if group.args.get("all"):
        keys = [i.value for i in items if i.node is None or not _aggregates(i.node)]
        refuse_collation("GROUP BY of", (v.type for v in keys), node)
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
    refuse_collation("GROUPING SETS, ROLLUP and CUBE of", (i.value.type for i in items), group)
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
        return group_key(_ordinal(node, items, "GROUP BY").value, node)
    value = translate(node, scope)
    if value.type.kind == "JSON":
        raise Refused("GROUP BY cannot group by JSON; use TO_JSON_STRING", *position(node))
    if value.literal:
        raise Refused("GROUP BY needs an expression, not a literal", *position(node))
    return group_key(value, node)


def group_key(value: Value, node: exp.Expr) -> str:
    """What GROUP BY groups by: of text with a collation, its key."""
    if value.type.collated:
        return compared(value)
    refuse_collation("GROUP BY of", [value.type], node)
    return value.sql


def collated_keys(node: exp.Select, scope: Scope, items: list[Item]) -> frozenset[str]:
    """The texts of the keys of GROUP BY that have a collation."""
    group = node.args.get("group")
    keys: list[Value] = []
    for e in group.expressions if group else []:
        if isinstance(e, exp.Literal) and not e.is_string:
            keys.append(_ordinal(e, items, "GROUP BY").value)
        elif not isinstance(e, exp.Rollup | exp.Cube | exp.GroupingSets | exp.Tuple):
            keys.append(translate(e, scope))
    return frozenset(k.sql for k in keys if k.type.collated)


def one_of_equals(sql: str, names: list[str], types: list[Type], node: exp.Expr) -> str:
    """DISTINCT of a query's rows: one of those that a collation finds equal."""
    columns = [Value(quoted(n), t) for n, t in zip(names, types, strict=True)]
    listed = ", ".join(f"any_value({c.sql}) AS {c.sql}" if c.type.collated else c.sql for c in columns)
    return f"SELECT {listed} FROM ({sql}) GROUP BY {', '.join(group_key(c, node) for c in columns)}"


def _ordinal(node: exp.Literal, items: list[Item], where: str) -> Item:
    if not node.name.isdigit() or not 1 <= int(node.name) <= len(items):
        raise Refused(f"{where} {node.name}: there are {len(items)} columns")
    return items[int(node.name) - 1]
