"""IN, BETWEEN and LIKE, with lists, arrays and subqueries."""

from sqlglot import exp

from gamebeam.sql.dialect.calls import Call, with_signature
from gamebeam.sql.dialect.coercion import coerced, unified
from gamebeam.sql.dialect.errors import Refused
from gamebeam.sql.dialect.expressions.core import call, position, translate, translates
from gamebeam.sql.dialect.functions.operators.comparison import compare
from gamebeam.sql.dialect.queries.query import array_subquery, subquery
from gamebeam.sql.dialect.registry import REGISTRY
from gamebeam.sql.dialect.scope import Scope
from gamebeam.sql.dialect.types import BOOL, UNKNOWN, array_of
from gamebeam.sql.dialect.values import Value, name_of


@translates(exp.In)
def _in(node: exp.In, scope: Scope) -> Value:
    negated = "NOT " if node.args.get("negate") else ""
    if node.args.get("unnest"):
        array = translate(node.args["unnest"].expressions[0], scope)
        value = translate(node.this, scope)
        to = unified([value, Value("", array.type.item or UNKNOWN)])
        if array.type.kind not in ("ARRAY", "UNKNOWN", "NULL") or to is None:
            raise Refused(f"IN UNNEST of {array.type} cannot find a {value.type}", *position(node))
        name = name_of("in", array.sql)
        item = coerced(Value(name, array.type.item or UNKNOWN), to)
        if to.kind in ("STRUCT", "FLOAT64") or to.collated:
            return _unless(bool(negated), quantified(compare("=", coerced(value, to), item), name, array, any_=True))
        return Value(f"({coerced(value, to).sql} {negated}IN (SELECT {item.sql} FROM (SELECT unnest({array.sql}) AS {name})))", BOOL)
    if node.args.get("query"):
        q = subquery(node.args["query"], scope)
        value = translate(node.this, scope)
        if len(q.columns) != 1:
            raise Refused("IN needs a subquery of one column", *position(node))
        to = unified([value, Value("", q.columns[0][1])])
        if to is None:
            raise Refused(f"IN compares {value.type} with {q.columns[0][1]}", *position(node))
        if to.kind in ("STRUCT", "FLOAT64") or to.collated:
            name = name_of("in", q.sql)
            test = compare("=", coerced(value, to), coerced(Value(name, q.columns[0][1]), to))
            return _unless(bool(negated), quantified(test, name, Value(f"ARRAY({q.sql})", array_of(q.columns[0][1])), any_=True))
        body = q.sql if q.columns[0][1] == to else f"SELECT {coerced(Value('v', q.columns[0][1]), to).sql} FROM ({q.sql}) AS q(v)"
        return Value(f"({coerced(value, to).sql} {negated}IN ({body}))", BOOL)
    return _unless(bool(negated), call("IN", [node.this, *node.expressions], scope))


@translates(exp.Between)
def _between(node: exp.Between, scope: Scope) -> Value:
    return _unless(bool(node.args.get("negate")), call("BETWEEN", [node.this, node.args["low"], node.args["high"]], scope))


def _unless(negated: bool, value: Value) -> Value:
    return Value(f"(NOT {value.sql})", BOOL) if negated else value


@translates(exp.Like)
def _like(node: exp.Like, scope: Scope) -> Value:
    negated = bool(node.args.get("negate"))
    if not isinstance(node.expression, exp.Any | exp.All):
        return _unless(negated, call("LIKE", [node.this, node.expression], scope))
    word = f"{'NOT ' if negated else ''}LIKE {'ANY' if isinstance(node.expression, exp.Any) else 'ALL'}"
    patterns = node.expression.this
    while isinstance(patterns, exp.Paren) and isinstance(patterns.this, exp.Anonymous) and patterns.this.name.upper() == "UNNEST":
        patterns = patterns.this
    if isinstance(patterns, exp.Tuple | exp.Paren):
        items = patterns.expressions if isinstance(patterns, exp.Tuple) else [patterns.this]
        return call(word, [node.this, *items], scope)
    if isinstance(patterns, exp.Subquery):
        array = array_subquery_of(patterns, scope)
    elif isinstance(patterns, exp.Anonymous) and patterns.name.upper() == "UNNEST":
        array = translate(patterns.expressions[0], scope)
    else:
        raise Refused(f"{word} needs a list of patterns in brackets, UNNEST(…) or a subquery", *position(node))
    name = name_of("p", array.sql)
    value, item = translate(node.this, scope), Value(name, array.type.item or UNKNOWN)
    one = with_signature(Call(REGISTRY.functions[word], [], scope, translate, [value, item]))
    return quantified(one.sql, name, array, any_=word.endswith("ANY"))


def array_subquery_of(node: exp.Subquery, scope: Scope) -> Value:
    return array_subquery(node.this, scope)


def quantified(test: str, name: str, array: Value, any_: bool) -> Value:
    """Whether a test holds for any or for all elements of an array, each called `name`; unknown where NULL decides."""
    found, other = ("true", "false") if any_ else ("false", "true")
    decided = "bool_or(t)" if any_ else "NOT bool_and(t)"
    return Value(f"(SELECT CASE WHEN {decided} THEN {found} WHEN count(t) < count(*) THEN NULL ELSE {other} END FROM "
                 f"(SELECT {test} AS t FROM (SELECT unnest({array.sql}) AS {name})))", BOOL)
