"""Literals, and nodes without a meaning of their own."""

from sqlglot import exp

from gamebeam.sql.dialect import literals
from gamebeam.sql.dialect.errors import Refused
from gamebeam.sql.dialect.expressions.core import NODES, position, translate, translates
from gamebeam.sql.dialect.scope import Scope
from gamebeam.sql.dialect.types import BOOL, NULL, UNKNOWN
from gamebeam.sql.dialect.values import Value

NODES.update({
    exp.Boolean: lambda node, scope: Value("true" if node.this else "false", BOOL, bool(node.this), literal=True),
    exp.ByteString: lambda node, scope: literals.byte_string(node),
    exp.HexString: lambda node, scope: literals.number(str(int(node.name, 16))),
    exp.Literal: lambda node, scope: literals.literal(node),
    exp.Null: lambda node, scope: Value("NULL", NULL, literal=True),
    exp.Paren: lambda node, scope: translate(node.this, scope),
    exp.Star: lambda node, scope: Value("*", UNKNOWN),
})


@translates(exp.Alias)
def _alias(node: exp.Alias, scope: Scope) -> Value:
    raise Refused("AS is not expected here", *position(node))
