"""Subqueries that are values."""

from sqlglot import exp

from gamebeam.sql.dialect.errors import Refused
from gamebeam.sql.dialect.expressions.core import position, translates
from gamebeam.sql.dialect.queries.query import subquery
from gamebeam.sql.dialect.scope import Scope
from gamebeam.sql.dialect.types import BOOL
from gamebeam.sql.dialect.values import Value


@translates(exp.Exists)
def _exists(node: exp.Exists, scope: Scope) -> Value:
    return Value(f"EXISTS({subquery(node.this, scope).sql})", BOOL)


@translates(exp.Select, exp.Subquery)
def _scalar_subquery(node: exp.Subquery | exp.Query, scope: Scope) -> Value:
    q = subquery(node, scope)
    if len(q.columns) != 1:
        raise Refused(f"a subquery that is a value has one column, not {len(q.columns)}", *position(node))
    return Value(f"({q.sql})", q.columns[0][1])
