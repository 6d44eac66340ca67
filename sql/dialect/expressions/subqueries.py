"""Subqueries that are values."""

from sqlglot import exp

from sql.dialect.errors import Refused
from sql.dialect.expressions.core import position, translates
from sql.dialect.queries.query import subquery
from sql.dialect.scope import Scope
from sql.dialect.types import BOOL
from sql.dialect.values import Value


@translates(exp.Exists)
def _exists(node: exp.Exists, scope: Scope) -> Value:
    return Value(f"EXISTS({subquery(node.this, scope).sql})", BOOL)


@translates(exp.Select, exp.Subquery)
def _scalar_subquery(node: exp.Subquery | exp.Query, scope: Scope) -> Value:
    q = subquery(node, scope)
    if len(q.columns) != 1:
        raise Refused(f"a subquery that is a value has one column, not {len(q.columns)}", *position(node))
    return Value(f"({q.sql})", q.columns[0][1])
