"""Columns, fields, elements and parameters."""

from sqlglot import exp

from gamebeam.sql.dialect.calls import Call, with_signature
from gamebeam.sql.dialect.errors import Refused
from gamebeam.sql.dialect.expressions.core import position, translate, translates
from gamebeam.sql.dialect.expressions.functions import function_of
from gamebeam.sql.dialect.functions.times.current import now_without_brackets
from gamebeam.sql.dialect.registry import REGISTRY
from gamebeam.sql.dialect.scope import Scope, fields
from gamebeam.sql.dialect.types import UNKNOWN
from gamebeam.sql.dialect.values import Value


@translates(exp.Column)
def _column(node: exp.Column, scope: Scope) -> Value:
    if len(node.parts) == 1 and not node.this.args.get("quoted"):
        now = now_without_brackets(node.name)
        if now is not None:
            return now
    return scope.resolve([part.name for part in node.parts])


@translates(exp.Dot)
def _dot(node: exp.Dot, scope: Scope) -> Value:
    path: list[str] = []
    base: exp.Expr = node
    while isinstance(base, exp.Dot) and isinstance(base.expression, exp.Identifier):
        path.insert(0, base.expression.name)
        base = base.this
    if isinstance(base, exp.Column):
        return scope.resolve([part.name for part in base.parts] + path)
    if isinstance(base, exp.Identifier):
        return scope.resolve([base.name, *path])
    if isinstance(base, exp.Dot):  # HLL_COUNT.INIT(x)
        return function_of(base.sql("bigquery").split("(")[0].upper(), list(base.expression.expressions), scope, base)
    return fields(translate(base, scope), path)


@translates(exp.Bracket)
def _bracket(node: exp.Bracket, scope: Scope) -> Value:
    if len(node.expressions) != 1:
        raise Refused("one index in brackets", *position(node))
    value = translate(node.this, scope)
    modes: dict[object, str] = {(0, False): "[OFFSET]", (0, True): "[SAFE_OFFSET]", (1, False): "[ORDINAL]", (1, True): "[SAFE_ORDINAL]"}
    mode = modes.get((node.args.get("offset"), bool(node.args.get("safe"))), "[]")
    if mode not in REGISTRY.functions:
        raise Refused(f"an index in brackets, {mode}, is not in the list of examined operators", *position(node))
    c = Call(REGISTRY.functions[mode], [node.this, node.expressions[0]], scope, translate)
    c.values = [value, translate(node.expressions[0], scope)]
    return with_signature(c)


@translates(exp.Parameter)
def _parameter(node: exp.Parameter, scope: Scope) -> Value:
    if isinstance(node.this, exp.Parameter):
        raise Refused("system variables are not supported here", *position(node))
    return Value(f"${node.name}", scope.statement.parameters.get(node.name, UNKNOWN))
