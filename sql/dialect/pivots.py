"""PIVOT and UNPIVOT."""

from sqlglot import exp

from sql.dialect import expressions
from sql.dialect.errors import Refused
from sql.dialect.scope import Scope


def pivoted(node: exp.Expr, scope: Scope) -> str:
    """The relation that PIVOT or UNPIVOT makes of a table or subquery."""
    raise Refused("PIVOT and UNPIVOT are not supported here yet", *expressions.position(node))
