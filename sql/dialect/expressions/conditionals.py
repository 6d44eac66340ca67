"""CASE, IF and IS."""

from sqlglot import exp

from gamebeam.sql.dialect.coercion import coerced, unified
from gamebeam.sql.dialect.errors import Refused
from gamebeam.sql.dialect.expressions.core import call, condition_value, position, translate, translates
from gamebeam.sql.dialect.functions.operators.comparison import compare
from gamebeam.sql.dialect.scope import Scope
from gamebeam.sql.dialect.types import BOOL, NULL
from gamebeam.sql.dialect.values import Value


@translates(exp.Case)
def _case(node: exp.Case, scope: Scope) -> Value:
    branches = node.args["ifs"]
    results = [translate(b.args["true"], scope) for b in branches]
    default = node.args.get("default")
    results.append(translate(default, scope) if default else Value("NULL", NULL, literal=True))
    result = unified(results)
    if result is None:
        raise Refused(f"CASE has results of types that do not go together: {', '.join(dict.fromkeys(str(r.type) for r in results))}",
                      *position(node))
    if node.this:
        conditions = _equal(node.this, [b.this for b in branches], scope)
    else:
        conditions = [condition_value(b.this, scope, "CASE WHEN") for b in branches]
    whens = " ".join(f"WHEN {c.sql} THEN {coerced(r, result).sql}" for c, r in zip(conditions, results, strict=False))
    return Value(f"CASE {whens} ELSE {coerced(results[-1], result).sql} END", result)


def _equal(node: exp.Expr, others: list[exp.Expr], scope: Scope) -> list[Value]:
    """The comparisons of CASE x WHEN …; a collation of one of the values is that of all comparisons."""
    values = [translate(n, scope) for n in (node, *others)]
    to = unified(values)
    if to is None or not to.collated:
        return [call("=", [node, other], scope) for other in others]
    first, *rest = (coerced(v, to) for v in values)
    return [Value(compare("=", first, other), BOOL) for other in rest]


@translates(exp.If)
def _if(node: exp.If, scope: Scope) -> Value:
    case = exp.Case(ifs=[exp.If(this=node.this.copy(), true=node.args["true"].copy())])
    if node.args.get("false"):
        case.set("default", node.args["false"].copy())
    return _case(case, scope)


@translates(exp.Is)
def _is(node: exp.Is, scope: Scope) -> Value:
    negated = " NOT" if node.args.get("negate") else ""
    value = translate(node.this, scope)
    of = node.expression
    if isinstance(of, exp.Null):
        return Value(f"({value.sql} IS{negated} NULL)", BOOL)
    if isinstance(of, exp.Boolean) and value.type.kind in ("BOOL", "NULL", "UNKNOWN"):
        return Value(f"({value.sql} IS{negated} {'TRUE' if of.this else 'FALSE'})", BOOL)
    raise Refused("IS is followed by NULL, TRUE or FALSE here", *position(node))
