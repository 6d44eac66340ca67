"""Queries: WITH, SELECT, GROUP BY, ORDER BY, windows."""

from dataclasses import dataclass

from sqlglot import exp

from sql.dialect import expressions
from sql.dialect.errors import Refused
from sql.dialect.pipe_grammar import Piped
from sql.dialect.relations import from_clause
from sql.dialect.scope import Column, Columns, Relation, Scope, near
from sql.dialect.types import UNKNOWN, array_of, duckdb_type, quoted, struct_of
from sql.dialect.values import Value

SELECT_PARTS = {"kind", "distinct", "expressions", "from_", "joins", "where", "group", "having", "qualify", "windows", "order", "limit",
                "offset", "with_", "laterals", "hint", "operation_modifiers", "into", "match", "pivots"}
EXAMINED_PARTS = SELECT_PARTS - {"hint", "operation_modifiers", "into", "match", "laterals", "pivots"}


@dataclass
class Query:
    """A translated query. columns: BigQuery's names ("" where a column has none) and types. names: the names in the SQL."""

    sql: str
    columns: Columns
    names: list[str]
    body: str = ""  # of a set operation: the two queries alone, as a recursive WITH needs them


@dataclass
class Item:
    """A column of SELECT. node: its expression, None if it comes of a star."""

    name: str
    value: Value
    node: exp.Expr | None = None


def statement(node: exp.Expr, scope: Scope) -> Query:
    """The outermost query: columns without a name are called f0_, f1_ …, and two of one name are refused."""
    q = query(node, scope, outermost=True)
    seen: set[str] = set()
    for name, _ in q.columns:
        if name and name.lower() in seen:
            raise Refused(f"duplicate column names in the result are not supported; found duplicate: {name}")
        seen.add(name.lower())
    return q


def query(node: exp.Expr, scope: Scope, outermost: bool = False) -> Query:
    """A SELECT, a set operation or one of these in brackets."""
    if isinstance(node, exp.Subquery):
        if not any(node.args.get(part) for part in ("order", "limit", "offset", "with_")):
            examine(node, {"this"})
            return query(node.this, scope, outermost)
        examine(node, {"this", "order", "limit", "offset", "with_"})
        inner = scope.inner()
        prefix = with_clause(node, inner)
        q = query(node.this, inner, outermost)
        return Query(f"{prefix}SELECT * FROM ({q.sql}){order_of_output(node, q, inner)}{limit_clause(node, inner)}", q.columns, q.names)
    if isinstance(node, exp.SetOperation):
        from sql.dialect.set_operations import set_operation
        return set_operation(node, scope, outermost)
    if isinstance(node, Piped):
        from sql.dialect.pipes import piped
        return piped(node, scope, outermost)
    if isinstance(node, exp.Select):
        return _select(node, scope, outermost)
    raise Refused(f"{type(node).__name__.upper()} is no query that is supported here", *expressions.position(node))


def subquery(node: exp.Expr, scope: Scope) -> Query:
    """A query inside an expression, which sees the columns around it."""
    return query(node, scope.inner())


def array_subquery(node: exp.Expr, scope: Scope) -> Value:
    """ARRAY(SELECT …): its rows in the order of the subquery."""
    q = subquery(node, scope)
    kind = node.args.get("kind") if isinstance(node, exp.Select) else None
    if kind != "STRUCT" and len(q.columns) != 1:
        raise Refused("ARRAY(…) needs a subquery of one column; write SELECT AS STRUCT for several", *expressions.position(node))
    item = q.columns[0][1]
    return Value(f"ARRAY({q.sql})", array_of(item))


def examine(node: exp.Expr, known: set[str]) -> None:
    for part, value in node.args.items():
        if value and part not in known:
            raise Refused(f"{part.rstrip('_').replace('_', ' ').upper()} is not supported here", *expressions.position(node))


def _select(node: exp.Select, scope: Scope, outermost: bool) -> Query:
    examine(node, EXAMINED_PARTS)
    inner = scope.inner()
    prefix = with_clause(node, inner)
    source = from_clause(node, inner)
    inner.windows = {w.name.lower(): w for w in node.args.get("windows") or []}
    items = items_of(node.expressions, inner, bool(node.args.get("from_")))
    kind = node.args.get("kind")
    if kind == "STRUCT":
        items = [Item("", _struct_of(items))]
    elif kind == "VALUE":
        if len(items) != 1:
            raise Refused("SELECT AS VALUE has one column", *expressions.position(node))
        items = [Item("", items[0].value)]
    inner.aliases = {item.name.lower(): item.value for item, e in zip(items, node.expressions, strict=False)
                     if isinstance(e, exp.Alias) and len(items) == len(node.expressions)}
    where_scope = inner.without_aliases()
    where = f" WHERE {expressions.condition(node.args['where'].this, where_scope, 'WHERE')}" if node.args.get("where") else ""
    group = _group(node, inner, items)
    having = f" HAVING {expressions.condition(node.args['having'].this, inner, 'HAVING')}" if node.args.get("having") else ""
    qualify = f" QUALIFY {expressions.condition(node.args['qualify'].this, inner, 'QUALIFY')}" if node.args.get("qualify") else ""
    names = distinct_names([i.name for i in items], outermost)
    listed = ", ".join(f"{i.value.sql} AS {quoted(n)}" for i, n in zip(items, names, strict=True))
    distinct = "DISTINCT " if node.args.get("distinct") else ""
    if node.args.get("distinct") and node.args["distinct"].args.get("on"):
        raise Refused("DISTINCT ON is not BigQuery SQL", *expressions.position(node))
    order = _order(node, inner, items)
    sql = f"{prefix}SELECT {distinct}{listed}{source}{where}{group}{having}{qualify}{order}{limit_clause(node, inner)}"
    return Query(sql, [(i.name, i.value.type) for i in items], names)


def _struct_of(items: list[Item]) -> Value:
    struct = struct_of((i.name, i.value.type) for i in items)
    if len({i.name.lower() for i in items if i.name}) < len([i for i in items if i.name]):
        raise Refused("a STRUCT with two fields of one name is not supported here")
    packed = ", ".join(f"{quoted(i.name or f'_{n}')}: {i.value.sql}" for n, i in enumerate(items))
    return Value(f"{{{packed}}}", struct)


def distinct_names(names: list[str], outermost: bool) -> list[str]:
    """The columns' names in the SQL: f0_, f1_ … where there is none, and in a subquery none twice."""
    done: list[str] = []
    used = {n.lower() for n in names if n}
    seen: set[str] = set()
    nameless = 0
    for name in names:
        if not name:
            while f"f{nameless}_" in used:
                nameless += 1
            name, nameless = f"f{nameless}_", nameless + 1
        elif name.lower() in seen and not outermost:
            n = 1
            while f"{name.lower()}_{n}" in used | seen:
                n += 1
            name = f"{name}_{n}"
        seen.add(name.lower())
        done.append(name)
    return done


def with_clause(node: exp.Expr, scope: Scope) -> str:
    ctes = node.args.get("with_")
    if not ctes:
        return ""
    recursive = bool(ctes.args.get("recursive"))
    parts = []
    for cte in ctes.expressions:
        name = cte.alias
        if cte.args["alias"].columns:
            raise Refused(f"WITH {name}: a list of columns is not BigQuery SQL", *expressions.position(cte))
        if recursive and isinstance(cte.this, exp.Union):
            anchor = query(cte.this.this, scope.inner())
            scope.ctes[name.lower()] = [(n or s, t) for (n, t), s in zip(anchor.columns, anchor.names, strict=True)]
        q = query(cte.this, scope)
        scope.ctes[name.lower()] = [(n, t) for (_, t), n in zip(q.columns, q.names, strict=True)]
        listed = f"({', '.join(quoted(n) for n in q.names)})"
        parts.append(f"{quoted(name)}{listed} AS ({q.body})" if recursive and q.body else f"{quoted(name)} AS ({q.sql})")
    return f"WITH {'RECURSIVE ' if recursive else ''}{', '.join(parts)} "


def items_of(nodes: list[exp.Expr], scope: Scope, with_from: bool) -> list[Item]:
    items: list[Item] = []
    for node in nodes:
        star = node.this if isinstance(node, exp.Column) else node
        if isinstance(star, exp.Star):
            if not with_from:
                raise Refused("SELECT * needs FROM")
            items += starred(star, [p.name for p in node.parts[:-1]] if isinstance(node, exp.Column) else [], scope)
        elif isinstance(node, exp.Dot) and isinstance(node.expression, exp.Star):
            items += _starred(node.expression, _fields(expressions.translate(node.this, scope)), scope)
        elif isinstance(node, exp.Alias):
            items.append(Item(node.alias, expressions.translate(node.this, scope), node.this))
        else:
            items.append(Item(_implied_name(node), expressions.translate(node, scope), node))
    return items


def _implied_name(node: exp.Expr) -> str:
    if isinstance(node, exp.Column):
        return node.name
    if isinstance(node, exp.Dot) and isinstance(node.expression, exp.Identifier):
        return node.expression.name
    return ""


def starred(star: exp.Star, path: list[str], scope: Scope) -> list[Item]:
    if not path:
        columns = [*scope.merged, *(c for r in scope.relations for c in r.columns if c.name.lower() not in r.hidden)]
        listed = [Item(c.name, Value(c.sql, c.type)) for c in columns]
        return _starred(star, listed, scope)
    relation = scope.relation(path[0]) if len(path) == 1 else None
    if relation and relation.whole is None:
        return _starred(star, [Item(c.name, Value(c.sql, c.type)) for c in relation.columns], scope)
    return _starred(star, _fields(scope.resolve(path)), scope)


def _fields(value: Value) -> list[Item]:
    if value.type.kind != "STRUCT":
        raise Refused(f".* needs a STRUCT, not {value.type}")
    from sql.dialect.types import field_names
    from sql.dialect.values import text
    return [Item(name, Value(f"struct_extract({value.sql}, {text(n)})", t))
            for n, (name, t) in zip(field_names(value.type), value.type.fields, strict=True)]


def _starred(star: exp.Star, items: list[Item], scope: Scope) -> list[Item]:
    examine(star, {"except_", "replace"})
    dropped = [c.name.lower() for c in star.args.get("except_") or []]
    replaced = {r.alias.lower(): r.this for r in star.args.get("replace") or []}
    names = [i.name.lower() for i in items]
    for name in [*dropped, *replaced]:
        if name not in names:
            raise Refused(f"column {name} in * EXCEPT or REPLACE does not exist{near(name, names)}")
    left = [Item(i.name, expressions.translate(replaced[i.name.lower()], scope)) if i.name.lower() in replaced else i
            for i in items if i.name.lower() not in dropped]
    if not left:
        raise Refused("SELECT * expands to no columns")
    return left


def _group(node: exp.Select, scope: Scope, items: list[Item]) -> str:
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
    from sql.dialect.registry import REGISTRY
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
                          *expressions.position(group))


def _group_item(node: exp.Expr, scope: Scope, items: list[Item]) -> str:
    if isinstance(node, exp.Rollup | exp.Cube | exp.GroupingSets):
        word = {exp.Rollup: "ROLLUP", exp.Cube: "CUBE", exp.GroupingSets: "GROUPING SETS"}[type(node)]
        return f"{word} ({', '.join(_group_item(e, scope, items) for e in node.expressions)})"
    if isinstance(node, exp.Tuple):
        return f"({', '.join(_group_item(e, scope, items) for e in node.expressions)})"
    if isinstance(node, exp.Literal) and not node.is_string:
        return _ordinal(node, items, "GROUP BY").value.sql
    value = expressions.translate(node, scope)
    if value.type.kind == "JSON":
        raise Refused("GROUP BY cannot group by JSON; use TO_JSON_STRING", *expressions.position(node))
    if value.literal:
        raise Refused("GROUP BY needs an expression, not a literal", *expressions.position(node))
    return value.sql


def _ordinal(node: exp.Literal, items: list[Item], where: str) -> Item:
    if not node.name.isdigit() or not 1 <= int(node.name) <= len(items):
        raise Refused(f"{where} {node.name}: there are {len(items)} columns")
    return items[int(node.name) - 1]


def _order(node: exp.Select, scope: Scope, items: list[Item]) -> str:
    order = node.args.get("order")
    if not order:
        return ""
    keys: list[tuple[Value, str]] = []
    for o in order.expressions:
        at = _output_column(o.this, [i.name for i in items])
        value = Value(str(at + 1), items[at].value.type) if at is not None else expressions.translate(o.this, scope)
        keys += sort_keys(value, o, items[at].value if at is not None else None)
    return " ORDER BY " + ", ".join(f"{v.sql}{direction}" for v, direction in keys)


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
        value = Value(quoted(q.names[at]), q.columns[at][1]) if at is not None else expressions.translate(o.this, output)
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
        raise Refused(f"ORDER BY does not sort values of type {value.type}", *expressions.position(node))
    direction = f"{' DESC' if node.args.get('desc') else ''} NULLS {'FIRST' if node.args.get('nulls_first') else 'LAST'}"
    if value.type.kind == "RANGE":
        from sql.dialect.operators import range_key
        return [(Value(range_key(source or value), value.type), direction)]
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
                parts += f" {word} {expressions.translate(number, scope).sql}"
            elif isinstance(number, exp.Literal) and number.name.isdigit() and not number.is_string:
                parts += f" {word} {number.name}"
            else:
                raise Refused(f"{word} needs a whole number or a parameter", *expressions.position(node))
    return parts
