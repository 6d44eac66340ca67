"""Expressions: each parsed node that is known is translated; any other is refused."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlglot import exp

from sql.dialect import casts, literals
from sql.dialect.calls import Call, apply, with_signature
from sql.dialect.errors import Refused
from sql.dialect.operators import compare
from sql.dialect.registry import REGISTRY
from sql.dialect.scope import Scope, fields, near
from sql.dialect.types import BOOL, NULL, UNKNOWN, Type, array_of, duckdb_type, field_names, of_node, quoted, struct_of
from sql.dialect.values import Value, coerced, unified

if TYPE_CHECKING:
    from sql.dialect.over import Over

OPERATORS: dict[type[exp.Expr], str] = {
    exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/", exp.DPipe: "||", exp.EQ: "=", exp.NEQ: "!=", exp.LT: "<", exp.LTE: "<=",
    exp.GT: ">", exp.GTE: ">=", exp.And: "AND", exp.Or: "OR", exp.BitwiseAnd: "&", exp.BitwiseOr: "|", exp.BitwiseXor: "^",
    exp.BitwiseLeftShift: "<<", exp.BitwiseRightShift: ">>", exp.NullSafeEQ: "IS NOT DISTINCT FROM", exp.NullSafeNEQ: "IS DISTINCT FROM",
    exp.Not: "NOT", exp.Neg: "NEGATE", exp.BitwiseNot: "~"}


def translate(node: exp.Expr, scope: Scope) -> Value:
    """The value of an expression. Raises: Refused, with the place of the innermost part that is wrong."""
    try:
        return _translated(node, scope)
    except Refused as e:
        raise e if e.start is not None else Refused(str(e), *position(node)) from None


def _translated(node: exp.Expr, scope: Scope) -> Value:
    if type(node) in OPERATORS:
        return _operator(node, scope)
    rewrite = EXPRESSIONS.get(type(node))
    if rewrite:
        return rewrite(node, scope)
    if scope.statement.unexamined is not None:
        scope.statement.unexamined.append(type(node).__name__)
        return Value(f"({node.sql('duckdb')})", UNKNOWN)
    raise Refused(f"{node.sql('bigquery')[:60]}: this form of expression is not supported here", *position(node))


def position(node: exp.Expr) -> tuple[int | None, int]:
    """Where a node is in the analyst's text: the start and the length of its first word that has a place."""
    if isinstance(node, exp.Column) and all("start" in part.meta for part in node.parts):
        return node.parts[0].meta["start"], node.parts[-1].meta["end"] - node.parts[0].meta["start"] + 1
    for inner in node.walk():
        if "start" in inner.meta:
            return inner.meta["start"], inner.meta["end"] - inner.meta["start"] + 1
    return None, 1


def call(name: str, nodes: list[exp.Expr], scope: Scope) -> Value:
    """The call of an examined function or operator."""
    if name not in REGISTRY.functions:
        raise Refused(f"{name} is not in the list of examined operators", *position(nodes[0]))
    return apply(Call(REGISTRY.functions[name], nodes, scope, translate))


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


def _column(node: exp.Column, scope: Scope) -> Value:
    if len(node.parts) == 1 and not node.this.args.get("quoted"):
        from sql.dialect.datetimes import now_without_brackets
        now = now_without_brackets(node.name)
        if now is not None:
            return now
    return scope.resolve([part.name for part in node.parts])


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
        return _function_of(base.sql("bigquery").split("(")[0].upper(), list(base.expression.expressions), scope, base)
    return fields(translate(base, scope), path)


def _function(node: exp.Anonymous, scope: Scope) -> Value:
    name = node.this if isinstance(node.this, str) else node.this.name
    if name.upper() == "STRUCT":
        return _struct(node.expressions, scope)
    return _function_of(name.upper(), node.expressions, scope, node)


def _function_of(name: str, nodes: list[exp.Expr], scope: Scope, node: exp.Expr, over: "Over | None" = None) -> Value:
    f = REGISTRY.functions.get(name)
    if f is None or f.kind == "operator":
        if scope.statement.unexamined is not None:
            scope.statement.unexamined.append(name)
            return Value(f"{name}({', '.join(translate(n, scope).sql for n in nodes)}){over.sql if over else ''}", UNKNOWN)
        instead = REGISTRY.hints.get(name)
        raise Refused(f"{name} is not in the list of examined functions: " + (instead or "see docs/sql_functions.md")
                      + ("" if instead else near(name, list(REGISTRY.functions))), *position(node))
    inner = scope.without_aliases() if f.kind == "aggregate" and not over and name != "GROUPING" else scope
    c = Call(f, list(nodes), inner, translate)
    if over:
        c.over, c.ordered, c.framed = over.sql, over.ordered, over.framed
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
        from sql.dialect.queries import sort_keys
        c.order_keys = [k for o in order if isinstance(o, exp.Ordered) for k in sort_keys(translate(o.this, c.scope), o)]
        c.order = " ORDER BY " + ", ".join(f"{v.sql}{direction}" for v, direction in c.order_keys)


def _window(node: exp.Window, scope: Scope) -> Value:
    from sql.dialect.over import over
    inner, nulls = node.this, None
    if isinstance(inner, exp.IgnoreNulls | exp.RespectNulls):
        nulls, inner = inner, inner.this
    if not isinstance(inner, exp.Anonymous):
        raise Refused("OVER follows a function", *position(node))
    nodes = list(inner.expressions)
    if nulls:
        nodes[-1] = nulls.__class__(this=nodes[-1])
    name = inner.this if isinstance(inner.this, str) else inner.this.name
    return _function_of(name.upper(), nodes, scope, inner, over(node, scope))


def _safe(node: exp.SafeFunc, scope: Scope) -> Value:
    value = translate(node.this, scope)
    name = node.this.name.upper() if isinstance(node.this, exp.Anonymous) else ""
    if name in REGISTRY.functions and REGISTRY.functions[name].kind != "scalar":
        raise Refused(f"SAFE. is not supported for {name}, which is no scalar function", *position(node))
    return Value(f"TRY({value.sql})", value.type)


def _paren(node: exp.Paren, scope: Scope) -> Value:
    return translate(node.this, scope)


def _case(node: exp.Case, scope: Scope) -> Value:
    branches = node.args["ifs"]
    results = [translate(b.args["true"], scope) for b in branches]
    default = node.args.get("default")
    results.append(translate(default, scope) if default else Value("NULL", NULL, literal=True))
    result = unified(results)
    if result is None:
        raise Refused(f"CASE has results of types that do not go together: {', '.join(dict.fromkeys(str(r.type) for r in results))}",
                      *position(node))
    conditions = [call("=", [node.this, b.this], scope) if node.this else _condition(b.this, scope, "CASE WHEN") for b in branches]
    whens = " ".join(f"WHEN {c.sql} THEN {coerced(r, result).sql}" for c, r in zip(conditions, results, strict=False))
    return Value(f"CASE {whens} ELSE {coerced(results[-1], result).sql} END", result)


def _if(node: exp.If, scope: Scope) -> Value:
    case = exp.Case(ifs=[exp.If(this=node.this.copy(), true=node.args["true"].copy())])
    if node.args.get("false"):
        case.set("default", node.args["false"].copy())
    return _case(case, scope)


def _condition(node: exp.Expr, scope: Scope, where: str) -> Value:
    value = translate(node, scope)
    if value.type.kind not in ("BOOL", "NULL", "UNKNOWN"):
        raise Refused(f"{where} needs a BOOL, not {value.type}", *position(node))
    return value


def condition(node: exp.Expr, scope: Scope, where: str) -> str:
    return _condition(node, scope, where).sql


def _is(node: exp.Is, scope: Scope) -> Value:
    negated = " NOT" if node.args.get("negate") else ""
    value = translate(node.this, scope)
    of = node.expression
    if isinstance(of, exp.Null):
        return Value(f"({value.sql} IS{negated} NULL)", BOOL)
    if isinstance(of, exp.Boolean) and value.type.kind in ("BOOL", "NULL", "UNKNOWN"):
        return Value(f"({value.sql} IS{negated} {'TRUE' if of.this else 'FALSE'})", BOOL)
    raise Refused("IS is followed by NULL, TRUE or FALSE here", *position(node))


def _in(node: exp.In, scope: Scope) -> Value:
    negated = "NOT " if node.args.get("negate") else ""
    if node.args.get("unnest"):
        array = translate(node.args["unnest"].expressions[0], scope)
        value = translate(node.this, scope)
        to = unified([value, Value("", array.type.item or UNKNOWN)])
        if array.type.kind not in ("ARRAY", "UNKNOWN", "NULL") or to is None:
            raise Refused(f"IN UNNEST of {array.type} cannot find a {value.type}", *position(node))
        name = scope.statement.fresh("in")
        item = coerced(Value(name, array.type.item or UNKNOWN), to)
        if to.kind in ("STRUCT", "FLOAT64"):
            return _unless(bool(negated), quantified(compare("=", coerced(value, to), item), name, array, any_=True))
        return Value(f"({coerced(value, to).sql} {negated}IN (SELECT {item.sql} FROM (SELECT unnest({array.sql}) AS {name})))", BOOL)
    if node.args.get("query"):
        from sql.dialect.queries import subquery
        q = subquery(node.args["query"], scope)
        value = translate(node.this, scope)
        if len(q.columns) != 1:
            raise Refused("IN needs a subquery of one column", *position(node))
        to = unified([value, Value("", q.columns[0][1])])
        if to is None:
            raise Refused(f"IN compares {value.type} with {q.columns[0][1]}", *position(node))
        if to.kind in ("STRUCT", "FLOAT64"):
            name = scope.statement.fresh("in")
            test = compare("=", coerced(value, to), coerced(Value(name, q.columns[0][1]), to))
            return _unless(bool(negated), quantified(test, name, Value(f"ARRAY({q.sql})", array_of(q.columns[0][1])), any_=True))
        body = q.sql if q.columns[0][1] == to else f"SELECT {coerced(Value('v', q.columns[0][1]), to).sql} FROM ({q.sql}) AS q(v)"
        return Value(f"({coerced(value, to).sql} {negated}IN ({body}))", BOOL)
    return _unless(bool(negated), call("IN", [node.this, *node.expressions], scope))


def _between(node: exp.Between, scope: Scope) -> Value:
    return _unless(bool(node.args.get("negate")), call("BETWEEN", [node.this, node.args["low"], node.args["high"]], scope))


def _unless(negated: bool, value: Value) -> Value:
    return Value(f"(NOT {value.sql})", BOOL) if negated else value


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
    name = scope.statement.fresh("p")
    value, item = translate(node.this, scope), Value(name, array.type.item or UNKNOWN)
    one = with_signature(Call(REGISTRY.functions[word], [], scope, translate, [value, item]))
    return quantified(one.sql, name, array, any_=word.endswith("ANY"))


def array_subquery_of(node: exp.Subquery, scope: Scope) -> Value:
    from sql.dialect.queries import array_subquery
    return array_subquery(node.this, scope)


def quantified(test: str, name: str, array: Value, any_: bool) -> Value:
    """Whether a test holds for any or for all elements of an array, each called `name`; unknown where NULL decides."""
    found, other = ("true", "false") if any_ else ("false", "true")
    decided = "bool_or(t)" if any_ else "NOT bool_and(t)"
    return Value(f"(SELECT CASE WHEN {decided} THEN {found} WHEN count(t) < count(*) THEN NULL ELSE {other} END FROM "
                 f"(SELECT {test} AS t FROM (SELECT unnest({array.sql}) AS {name})))", BOOL)


def _exists(node: exp.Exists, scope: Scope) -> Value:
    from sql.dialect.queries import subquery
    return Value(f"EXISTS({subquery(node.this, scope).sql})", BOOL)


def _scalar_subquery(node: exp.Subquery | exp.Query, scope: Scope) -> Value:
    from sql.dialect.queries import subquery
    q = subquery(node, scope)
    if len(q.columns) != 1:
        raise Refused(f"a subquery that is a value has one column, not {len(q.columns)}", *position(node))
    return Value(f"({q.sql})", q.columns[0][1])


def _array(node: exp.Array, scope: Scope) -> Value:
    items = node.expressions
    if len(items) == 1 and isinstance(items[0], exp.Query):
        from sql.dialect.queries import array_subquery
        return array_subquery(items[0], scope)
    values = [translate(item, scope) for item in items]
    item = unified(values) if values else NULL
    if item is None:
        raise Refused(f"an array has elements of one type, not {', '.join(dict.fromkeys(str(v.type) for v in values))}", *position(node))
    if item.kind == "ARRAY":
        raise Refused("an array of arrays is not supported by BigQuery; put a STRUCT between", *position(node))
    if item.kind == "NULL" and not values:
        return Value("[]", array_of(NULL), literal=True)
    return Value(f"[{', '.join(coerced(v, item).sql for v in values)}]", array_of(item), literal=all(v.literal for v in values))


def _struct(nodes: list[exp.Expr], scope: Scope, t: Type | None = None) -> Value:
    names, values = [], []
    for node in nodes:
        alias = isinstance(node, exp.Alias | exp.PropertyEQ)
        inner = node.this if isinstance(node, exp.Alias) else node.expression if isinstance(node, exp.PropertyEQ) else node
        if isinstance(node, exp.PropertyEQ):
            names.append(node.this.name)
        else:
            names.append(node.alias if alias else inner.name if isinstance(inner, exp.Column) else
                         inner.expression.name if isinstance(inner, exp.Dot) else "")
        values.append(translate(inner, scope))
    if t is not None:
        if len(t.fields) != len(values):
            raise Refused(f"STRUCT has {len(t.fields)} fields and {len(values)} values")
        values = [casts.implicit(v, f) for v, (_, f) in zip(values, t.fields, strict=True)]
        names = [n for n, _ in t.fields]
    struct = struct_of(zip(names, (v.type for v in values), strict=True))
    listed = field_names(struct)
    if len({n.lower() for n in listed}) < len(listed):
        raise Refused("a STRUCT with two fields of one name is not supported here")
    packed = ", ".join(f"{quoted(n)}: {v.sql}" for n, v in zip(listed, values, strict=True))
    return Value(f"{{{packed}}}", struct, literal=bool(values) and all(v.literal for v in values))


def _cast(node: exp.Cast, scope: Scope) -> Value:
    to = of_node(node.to)
    if isinstance(node.this, exp.Struct) and to.kind == "STRUCT":
        return _struct(node.this.expressions, scope, to)
    if isinstance(node.this, exp.Array) and to.kind == "ARRAY" and "written" not in node.meta and not node.this.find(exp.Query):
        items = [casts.implicit(_untyped_struct(e, scope, to.item or UNKNOWN), to.item or UNKNOWN) for e in node.this.expressions]
        return Value(f"CAST([{', '.join(i.sql for i in items)}] AS {duckdb_type(to)})", to)
    value = translate(node.this, scope)
    return casts.cast(value, to, safe=isinstance(node, exp.TryCast), format_=node.args.get("format"), parameters=node.to.expressions,
                      translate=lambda e: translate(e, scope))


def _untyped_struct(node: exp.Expr, scope: Scope, t: Type) -> Value:
    """An element of ARRAY<STRUCT<…>>[(1, 2), …]."""
    if isinstance(node, exp.Tuple) and t.kind == "STRUCT":
        return _struct(node.expressions, scope, t)
    return translate(node, scope)


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


def _parameter(node: exp.Parameter, scope: Scope) -> Value:
    if isinstance(node.this, exp.Parameter):
        raise Refused("system variables are not supported here", *position(node))
    return Value(f"${node.name}", scope.statement.parameters.get(node.name, UNKNOWN))


def _extract(node: exp.Extract, scope: Scope) -> Value:
    return call("EXTRACT", [node.this, node.expression], scope)


def _json_literal(node: exp.ParseJSON, scope: Scope) -> Value:
    return call("PARSE_JSON", [node.this, exp.Kwarg(this=exp.to_identifier("wide_number_mode"), expression=exp.Literal.string("round"))], scope)


def _interval(node: exp.Interval, scope: Scope) -> Value:
    return call("INTERVAL", [node], scope)


def _special_call(name: str) -> Callable[..., Value]:
    return lambda node, scope: call(name, [node], scope)


def _refused(message: str) -> Callable[..., Value]:
    def refuse(node: exp.Expr, scope: Scope) -> Value:
        raise Refused(message, *position(node))
    return refuse


EXPRESSIONS: dict[type[exp.Expr], Callable[..., Value]] = {
    exp.Alias: _refused("AS is not expected here"),
    exp.Anonymous: _function,
    exp.Array: _array,
    exp.Between: _between,
    exp.Boolean: lambda node, scope: Value("true" if node.this else "false", BOOL, bool(node.this), literal=True),
    exp.Bracket: _bracket,
    exp.ByteString: lambda node, scope: literals.byte_string(node),
    exp.Case: _case,
    exp.Cast: _cast,
    exp.Column: _column,
    exp.Dot: _dot,
    exp.Exists: _exists,
    exp.Extract: _extract,
    exp.HexString: lambda node, scope: literals.number(str(int(node.name, 16))),
    exp.If: _if,
    exp.In: _in,
    exp.Interval: _interval,
    exp.Is: _is,
    exp.Like: _like,
    exp.Literal: lambda node, scope: literals.literal(node),
    exp.Null: lambda node, scope: Value("NULL", NULL, literal=True),
    exp.Parameter: _parameter,
    exp.Paren: _paren,
    exp.ParseJSON: _json_literal,
    exp.SafeFunc: _safe,
    exp.Select: _scalar_subquery,
    exp.Star: lambda node, scope: Value("*", UNKNOWN),
    exp.Struct: lambda node, scope: _struct(node.expressions, scope),
    exp.Subquery: _scalar_subquery,
    exp.TryCast: _cast,
    exp.Tuple: lambda node, scope: _struct([exp.Paren(this=e) for e in node.expressions], scope),  # its fields have no names
    exp.Window: _window,
}
