"""Queries of any form, WITH, and queries inside expressions."""

from collections.abc import Callable
from typing import Any, TypeVar

from sqlglot import exp

from gamebeam.sql.dialect.errors import Refused
from gamebeam.sql.dialect.expressions.core import position
from gamebeam.sql.dialect.queries.model import Query, examine, refuse_collation
from gamebeam.sql.dialect.queries.ordering import limit_clause, order_of_output
from gamebeam.sql.dialect.scope import Scope
from gamebeam.sql.dialect.types import array_of, quoted
from gamebeam.sql.dialect.values import Value

Form = TypeVar("Form", bound=Callable[..., Query])
FORMS: dict[type[exp.Expr], Callable[[Any, Scope, bool], Query]] = {}  # by the class of a parsed query, what translates it


def translates_query(*kinds: type[exp.Expr]) -> Callable[[Form], Form]:
    """A decorator: the function translates queries of these classes."""

    def add(form: Form) -> Form:
        FORMS.update(dict.fromkeys(kinds, form))
        return form

    return add


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
    if type(node) in FORMS:
        return FORMS[type(node)](node, scope, outermost)
    raise Refused(f"{type(node).__name__.upper()} is no query that is supported here", *position(node))


def subquery(node: exp.Expr, scope: Scope) -> Query:
    """A query inside an expression, which sees the columns around it."""
    return query(node, scope.inner())


def array_subquery(node: exp.Expr, scope: Scope) -> Value:
    """ARRAY(SELECT …): its rows in the order of the subquery."""
    q = subquery(node, scope)
    kind = node.args.get("kind") if isinstance(node, exp.Select) else None
    if kind != "STRUCT" and len(q.columns) != 1:
        raise Refused("ARRAY(…) needs a subquery of one column; write SELECT AS STRUCT for several", *position(node))
    item = q.columns[0][1]
    return Value(f"ARRAY({q.sql})", array_of(item))


def with_clause(node: exp.Expr, scope: Scope) -> str:
    ctes = node.args.get("with_")
    if not ctes:
        return ""
    recursive = bool(ctes.args.get("recursive"))
    parts = []
    for cte in ctes.expressions:
        name = cte.alias
        if cte.args["alias"].columns:
            raise Refused(f"WITH {name}: a list of columns is not BigQuery SQL", *position(cte))
        if recursive and isinstance(cte.this, exp.Union):
            anchor = query(cte.this.this, scope.inner())
            scope.ctes[name.lower()] = [(n or s, t) for (n, t), s in zip(anchor.columns, anchor.names, strict=True)]
        q = query(cte.this, scope)
        if recursive:
            refuse_collation("WITH RECURSIVE of", (t for _, t in q.columns), cte)
        scope.ctes[name.lower()] = [(n, t) for (_, t), n in zip(q.columns, q.names, strict=True)]
        listed = f"({', '.join(quoted(n) for n in q.names)})"
        parts.append(f"{quoted(name)}{listed} AS ({q.body})" if recursive and q.body else f"{quoted(name)} AS ({q.sql})")
    return f"WITH {'RECURSIVE ' if recursive else ''}{', '.join(parts)} "
