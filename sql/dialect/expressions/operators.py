"""Nodes of operators."""

from sqlglot import exp

from gamebeam.sql.dialect import literals
from gamebeam.sql.dialect.errors import Refused
from gamebeam.sql.dialect.expressions.core import call, position, translates
from gamebeam.sql.dialect.scope import Scope
from gamebeam.sql.dialect.values import Value

OPERATORS: dict[type[exp.Expr], str] = {
    exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/", exp.DPipe: "||", exp.EQ: "=", exp.NEQ: "!=", exp.LT: "<", exp.LTE: "<=",
    exp.GT: ">", exp.GTE: ">=", exp.And: "AND", exp.Or: "OR", exp.BitwiseAnd: "&", exp.BitwiseOr: "|", exp.BitwiseXor: "^",
    exp.BitwiseLeftShift: "<<", exp.BitwiseRightShift: ">>", exp.NullSafeEQ: "IS NOT DISTINCT FROM", exp.NullSafeNEQ: "IS DISTINCT FROM",
    exp.Not: "NOT", exp.Neg: "NEGATE", exp.BitwiseNot: "~"}


@translates(*OPERATORS)
def _operator(node: exp.Expr, scope: Scope) -> Value:
    operands = [node.this, node.expression] if isinstance(node, exp.Binary | exp.NullSafeEQ | exp.NullSafeNEQ) else [node.this]
    if isinstance(node, exp.Neg) and isinstance(node.this, exp.Literal) and not node.this.is_string:
        return literals.number("-" + node.this.name)
    if isinstance(node, exp.And | exp.Or):  # a long chain is one call, not as many nested ones
        operands = list(node.flatten())
    name = OPERATORS[type(node)]
    if name in ("+", "-", "*", "/", "NOT", "NEGATE", "~") and any(isinstance(o, exp.Null) for o in operands):
        raise Refused(f"operands of {name} cannot be literal NULL", *position(node))
    return call(name, operands, scope)
