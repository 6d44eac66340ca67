"""Calls of functions, with what an aggregate has in its brackets, and OVER."""

from dataclasses import replace

from sqlglot import exp

from gamebeam.sql.dialect.attempts import Attempt
from gamebeam.sql.dialect.calls import Call, Translate, apply
from gamebeam.sql.dialect.errors import Refused
from gamebeam.sql.dialect.expressions.constructors import struct
from gamebeam.sql.dialect.expressions.core import call, position, translate, translates
from gamebeam.sql.dialect.expressions.over import Over, over
from gamebeam.sql.dialect.queries.ordering import sort_keys
from gamebeam.sql.dialect.registry import REGISTRY, instead_of
from gamebeam.sql.dialect.scope import Scope, near
from gamebeam.sql.dialect.types import UNKNOWN, has_collation
from gamebeam.sql.dialect.values import Value


@translates(exp.Anonymous)
def _function(node: exp.Anonymous, scope: Scope) -> Value:
    name = node.this if isinstance(node.this, str) else node.this.name
    if name.upper() == "STRUCT":
        return struct(node.expressions, scope)
    return function_of(name.upper(), node.expressions, scope, node)


def function_of(name: str, nodes: list[exp.Expr], scope: Scope, node: exp.Expr, window: Over | None = None,
                argument: Translate = translate) -> Value:
    """A call by the function's name. argument: translates the arguments."""
    f = REGISTRY.functions.get(name)
    if f is None or f.kind == "operator":
        if scope.statement.unexamined is not None:
            scope.statement.unexamined.append(name)
            return Value(f"{name}({', '.join(translate(n, scope).sql for n in nodes)}){window.sql if window else ''}", UNKNOWN)
        instead = instead_of(name.removeprefix("SAFE."))
        raise Refused(f"{name} is not in the list of examined functions: " + (instead or "see docs/sql_functions.md")
                      + ("" if instead else near(name, list(REGISTRY.functions))), *position(node))
    inner = scope.without_aliases() if f.kind == "aggregate" and not window and name != "GROUPING" else scope
    c = Call(f, list(nodes), inner, argument)
    if window:
        c.over, c.ordered, c.framed = window.sql, window.ordered, window.framed
    elif f.kind == "aggregate" and inner.rows:
        c.rows, c.scope = inner.rows, replace(inner, rows="")
    if f.kind in ("aggregate", "window") and c.nodes:
        _open_brackets(c)
    try:
        return apply(c)
    except Refused as e:
        raise e if e.start is not None else Refused(str(e), *position(node)) from None


def _open_brackets(c: Call) -> None:
    """Take DISTINCT, IGNORE NULLS, HAVING MAX, ORDER BY and LIMIT out of an aggregate's last argument, where sqlglot leaves them."""
    last = c.nodes[-1]
    order: list[exp.Expr] = []
    while True:
        if isinstance(last, exp.Limit):
            if not isinstance(last.expression, exp.Literal) or last.expression.is_string:
                raise c.refuse("LIMIT needs a number")
            c.limit, last = int(last.expression.name), last.this
        elif isinstance(last, exp.Order):
            order, last = last.expressions, last.this
        elif isinstance(last, exp.HavingMax):
            c.having, last = (last.expression, bool(last.args.get("max"))), last.this
        elif isinstance(last, exp.IgnoreNulls | exp.RespectNulls):
            c.nulls, last = "IGNORE NULLS" if isinstance(last, exp.IgnoreNulls) else "RESPECT NULLS", last.this
        else:
            break
    c.nodes[-1] = last
    first = c.nodes[0]
    if isinstance(first, exp.Distinct):
        c.distinct = True
        c.nodes[:1] = first.expressions
    if order:
        c.order_keys = [k for o in order if isinstance(o, exp.Ordered) for k in sort_keys(translate(o.this, c.scope), o)]
        c.order = " ORDER BY " + ", ".join(f"{v.sql}{direction}" for v, direction in c.order_keys)


@translates(exp.Window)
def _window(node: exp.Window, scope: Scope) -> Value:
    inner, nulls = node.this, None
    if isinstance(inner, exp.IgnoreNulls | exp.RespectNulls):
        nulls, inner = inner, inner.this
    if not isinstance(inner, exp.Anonymous):
        raise Refused("OVER follows a function", *position(node))
    nodes = list(inner.expressions)
    if nulls:
        nodes[-1] = nulls.__class__(this=nodes[-1])
    name = inner.this if isinstance(inner.this, str) else inner.this.name
    return function_of(name.upper(), nodes, scope, inner, over(node, scope))


@translates(exp.NetFunc)
def _net(node: exp.NetFunc, scope: Scope) -> Value:
    return function_of(f"NET.{node.this.name.upper()}", node.this.expressions, scope, node)


@translates(exp.SafeFunc)
def _safe(node: exp.SafeFunc, scope: Scope) -> Value:
    if isinstance(node.this, exp.NetFunc):
        return _net(node.this, scope)
    if not isinstance(node.this, exp.Anonymous):
        raise Refused("SAFE. goes before the name of a function", *position(node))
    name = node.this.name.upper()
    if name in REGISTRY.functions and REGISTRY.functions[name].kind != "scalar":
        raise Refused(f"SAFE. is not supported for {name}, which is no scalar function; leave SAFE. out", *position(node))
    attempt = Attempt()

    def argument(inner: exp.Expr, within: Scope) -> Value:
        value = translate(inner, within)
        if has_collation(value.type):  # an error of what is not supported would become NULL
            raise Refused(f"SAFE. is not supported for {name} of text with a collation; leave SAFE. out", *position(inner))
        return attempt.argument(value)

    value = function_of(name, node.this.expressions, scope, node.this, argument=argument)
    return Value(attempt.tried(value.sql), value.type)


@translates(exp.Extract)
def _extract(node: exp.Extract, scope: Scope) -> Value:
    return call("EXTRACT", [node.this, node.expression], scope)


@translates(exp.ParseJSON)
def _json_literal(node: exp.ParseJSON, scope: Scope) -> Value:
    mode = exp.Kwarg(this=exp.to_identifier("wide_number_mode"), expression=exp.Literal.string("round"))
    return call("PARSE_JSON", [node.this, mode], scope)


@translates(exp.Interval)
def _interval(node: exp.Interval, scope: Scope) -> Value:
    return call("INTERVAL", [node], scope)
