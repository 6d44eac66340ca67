"""Pipe syntax: each operator is a SELECT over what is before it."""

from dataclasses import dataclass

from sqlglot import exp

from gamebeam.sql.dialect.errors import Refused
from gamebeam.sql.dialect.expressions.core import condition, position, translate
from gamebeam.sql.dialect.queries.items import items_of, starred
from gamebeam.sql.dialect.queries.model import Item, Query, distinct_names, examine, refuse_collation
from gamebeam.sql.dialect.queries.ordering import limit_clause, sort_keys
from gamebeam.sql.dialect.queries.pipe_grammar import Piped
from gamebeam.sql.dialect.queries.pivots import of_relations
from gamebeam.sql.dialect.queries.query import query, translates_query, with_clause
from gamebeam.sql.dialect.queries.relations import from_clause, join_text
from gamebeam.sql.dialect.queries.set_operations import set_operation
from gamebeam.sql.dialect.scope import Column, Relation, Scope, near
from gamebeam.sql.dialect.types import quoted
from gamebeam.sql.dialect.values import Value


@dataclass
class Pipe:
    """source: what follows FROM. scope: its tables and columns."""

    source: str
    scope: Scope

    def visible(self) -> list[Item]:
        return starred(exp.Star(), [], self.scope)

    def project(self, items: list[Item], clause: str = "", tables: bool = True, distinct: bool = False) -> "Pipe":
        """These columns as the new ones. tables: whether `t.column` still reaches the columns that there were before."""
        if distinct:
            refuse_collation("DISTINCT of", (i.value.type for i in items))
        scope = Scope(self.scope.statement, self.scope.parent, ctes=self.scope.ctes)
        name = scope.statement.fresh("pipe")
        listed: list[str] = []

        def column(shown: str, value: Value) -> Column:
            listed.append(f"{value.sql} AS c{len(listed)}")
            return Column(shown, value.type, f"{name}.c{len(listed) - 1}")

        scope.relations = [Relation("", [column(i.name, i.value) for i in items])]
        for r in self.scope.relations if tables else []:
            if not r.name:
                continue
            kept = Relation(r.name, [column(c.name, Value(c.sql, c.type)) for c in r.columns])
            if r.whole:
                whole = column("", r.whole)
                kept.whole = Value(whole.sql, whole.type)
            kept.hidden = {c.name.lower() for c in kept.columns}
            scope.relations.append(kept)
        return Pipe(f"(SELECT {'DISTINCT ' if distinct else ''}{', '.join(listed)} FROM {self.source}{clause}) AS {name}", scope)


@translates_query(Piped)
def piped(node: Piped, scope: Scope, outermost: bool) -> Query:
    inner = scope.inner()
    prefix = with_clause(node, inner)
    pipe = _start(node.this, inner)
    for operator in node.args["operators"]:
        pipe = _apply(operator, pipe)
    items = pipe.visible()
    names = distinct_names([i.name for i in items], outermost)
    listed = ", ".join(f"{i.value.sql} AS {quoted(n)}" for i, n in zip(items, names, strict=True))
    return Query(f"{prefix}SELECT {listed} FROM {pipe.source}", [(i.name, i.value.type) for i in items], names)


def _start(node: exp.Expr, scope: Scope) -> Pipe:
    """FROM alone keeps its tables; any other query is a table without a name."""
    inner = Scope(scope.statement, scope.parent, ctes=scope.ctes)
    if isinstance(node, exp.Select) and not isinstance(node, Piped) and node.args.get("from_") and node.meta.get("from_first"):
        return Pipe(from_clause(node, inner).removeprefix(" FROM "), inner)
    return _of_query(query(node, inner), inner)


def _of_query(q: Query, scope: Scope) -> Pipe:
    outside = Scope(scope.statement, scope.parent, ctes=scope.ctes)
    name = scope.statement.fresh("pipe")
    outside.relations = [Relation("", [Column(n, t, f"{name}.{quoted(s)}") for (n, t), s in zip(q.columns, q.names, strict=True)])]
    return Pipe(f"({q.sql}) AS {name}", outside)


def _apply(node: exp.Expr, pipe: Pipe) -> Pipe:
    if isinstance(node, exp.Where):
        word = "QUALIFY" if node.find(exp.Window) else "WHERE"
        return pipe.project(pipe.visible(), f" {word} {condition(node.this, pipe.scope, word)}")
    if isinstance(node, exp.Order):
        return pipe.project(pipe.visible(), _order(node, pipe))
    if isinstance(node, exp.Join):
        return Pipe(pipe.source + join_text(node, pipe.scope), pipe.scope)
    if isinstance(node, exp.Select):
        return _select(node, pipe)
    word = str(node.this)
    return OPERATORS[word](node.expressions, pipe)


def _order(node: exp.Order, pipe: Pipe) -> str:
    keys: list[tuple[Value, str]] = []
    for o in node.expressions:
        if isinstance(o.this, exp.Literal):
            raise Refused("ORDER BY a literal is not supported in pipe syntax; write the column's name", *position(o))
        keys += sort_keys(translate(o.this, pipe.scope), o)
    return " ORDER BY " + ", ".join(f"{v.sql}{direction}" for v, direction in keys)


def _select(node: exp.Select, pipe: Pipe) -> Pipe:
    examine(node, {"expressions", "distinct", "windows"})
    pipe.scope.windows = {w.name.lower(): w for w in node.args.get("windows") or []}
    return pipe.project(items_of(node.expressions, pipe.scope, True), tables=False, distinct=bool(node.args.get("distinct")))


def _limit(nodes: list[exp.Expr], pipe: Pipe) -> Pipe:
    clauses = exp.Select(**{"limit" if isinstance(n, exp.Limit) else "offset": n.copy() for n in nodes})
    return pipe.project(pipe.visible(), limit_clause(clauses, pipe.scope))


def _extend(nodes: list[exp.Expr], pipe: Pipe) -> Pipe:
    pipe.scope.windows = {
        w.name.lower(): w
        for w in nodes
        if isinstance(w, exp.Window) and w.args.get("over") is None and not isinstance(w.this, exp.Anonymous)
    }
    added = [n for n in nodes if not (isinstance(n, exp.Window) and not isinstance(n.this, exp.Anonymous))]
    return pipe.project([*pipe.visible(), *items_of(added, pipe.scope, True)])


def _set(nodes: list[exp.Expr], pipe: Pipe) -> Pipe:
    items = pipe.visible()
    new = {}
    for node in nodes:
        if not isinstance(node, exp.EQ) or not isinstance(node.this, exp.Column):
            raise Refused("SET needs column = expression", *position(node))
        name = node.this.name.lower()
        _one(items, name, node)
        if name in new:
            raise Refused(f"SET names {name} twice", *position(node))
        new[name] = translate(node.expression, pipe.scope)
    return pipe.project([Item(i.name, new.get(i.name.lower(), i.value)) for i in items])


def _drop(nodes: list[exp.Expr], pipe: Pipe) -> Pipe:
    items = pipe.visible()
    gone = {n.name.lower() for n in nodes}
    for node in nodes:
        _one(items, node.name.lower(), node, duplicates=True)
    left = [i for i in items if i.name.lower() not in gone]
    if not left:
        raise Refused("DROP leaves no columns", *position(nodes[0]))
    return pipe.project(left)


def _rename(nodes: list[exp.Expr], pipe: Pipe) -> Pipe:
    items = pipe.visible()
    new = {}
    for node in nodes:
        _one(items, node.this.name.lower(), node)
        new[node.this.name.lower()] = node.alias
    return pipe.project([Item(new.get(i.name.lower(), i.name), i.value) for i in items])


def _one(items: list[Item], name: str, node: exp.Expr, duplicates: bool = False) -> None:
    found = [i for i in items if i.name.lower() == name]
    if not found:
        raise Refused(f"column {name} not found{near(name, [i.name for i in items])}", *position(node))
    if len(found) > 1 and not duplicates:
        raise Refused(f"column {name} is ambiguous", *position(node))


def _as(nodes: list[exp.Expr], pipe: Pipe) -> Pipe:
    made = pipe.project(pipe.visible(), tables=False)
    made.scope.relations[0].name = nodes[0].name
    return made


def _distinct(nodes: list[exp.Expr], pipe: Pipe) -> Pipe:
    return pipe.project(pipe.visible(), tables=False, distinct=True)


def _aggregate(nodes: list[exp.Expr], pipe: Pipe) -> Pipe:
    group = nodes[-1] if nodes and isinstance(nodes[-1], exp.Group) else None
    ordered = bool(group and group.args.get("all"))
    keys = group.expressions if group else []
    made: list[Item] = []
    order: list[tuple[Value, str]] = []
    for i, node in enumerate([*keys, *(n for n in nodes if n is not group)]):
        direction = (
            node if isinstance(node, exp.Ordered) else exp.Ordered(this=node, nulls_first=True) if ordered and i < len(keys) else None
        )
        plain = node.this if isinstance(node, exp.Ordered) else node
        items = items_of([plain], pipe.scope, True)
        if i < len(keys) and items[0].value.type.kind == "JSON":
            raise Refused("GROUP BY cannot group by JSON; use TO_JSON_STRING", *position(node))
        if i < len(keys):
            refuse_collation("GROUP BY of", (item.value.type for item in items), node)
        made += items
        if direction is not None:
            order += sort_keys(items[0].value, direction)
    clause = f" GROUP BY {', '.join(i.value.sql for i in made[: len(keys)])}" if keys else ""
    if order:
        clause += " ORDER BY " + ", ".join(f"{v.sql}{d}" for v, d in order)
    if not made:
        raise Refused("AGGREGATE needs aggregates or GROUP BY")
    return pipe.project(made, clause, tables=False)


def _set_operations(nodes: list[exp.Expr], pipe: Pipe) -> Pipe:

    for node in nodes:
        items = pipe.visible()
        names = distinct_names([i.name for i in items], False)
        name = pipe.scope.statement.fresh("left")
        listed = ", ".join(f"{i.value.sql} AS {quoted(n)}" for i, n in zip(items, names, strict=True))
        scope = Scope(
            pipe.scope.statement,
            pipe.scope.parent,
            ctes={**pipe.scope.ctes, name: [(n, i.value.type) for n, i in zip(names, items, strict=True)]},
        )
        assert isinstance(node, exp.SetOperation)
        operation = node.copy()
        operation.set("this", exp.select("*").from_(name))
        q = set_operation(operation, scope, False)
        q.sql = f"WITH {quoted(name)} AS (SELECT {listed} FROM {pipe.source}) {q.sql}"
        pipe = _of_query(q, pipe.scope)
    return pipe


def _pivot(nodes: list[exp.Expr], pipe: Pipe) -> Pipe:

    scope = Scope(pipe.scope.statement, pipe.scope.parent, ctes=pipe.scope.ctes)
    flat = pipe.project(pipe.visible(), tables=False)
    return Pipe(of_relations(nodes, flat.source, flat.scope, scope), scope)


OPERATORS = {
    "LIMIT": _limit,
    "EXTEND": _extend,
    "WINDOW": _extend,
    "SET": _set,
    "DROP": _drop,
    "RENAME": _rename,
    "AS": _as,
    "DISTINCT": _distinct,
    "AGGREGATE": _aggregate,
    "SET OPERATIONS": _set_operations,
    "PIVOT": _pivot,
}
