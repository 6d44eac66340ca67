"""BigQuery SQL -> DuckDB SQL: sqlglot, and rewrites for what it leaves silently different (sqlglot 30.30, DuckDB 2.0).

The connection must run with TimeZone='UTC': BigQuery shows timestamps, and takes their dates, in UTC.
"""

from collections.abc import Callable

import sqlglot
from sqlglot import exp
from sqlglot.errors import ErrorLevel, ParseError, SqlglotError


class SqlError(ValueError):
    """SQL that cannot be run: what is wrong, then the line of the analyst's own SQL with a caret under the place."""

    def __init__(self, problem: str, sql: str, start: int | None = None, length: int = 1):
        super().__init__(problem if start is None else f"{problem}\n{_pointed_at(sql, start, length)}")


def to_duckdb(bigquery_sql: str) -> str:
    """One statement of BigQuery SQL as one of DuckDB's, on a single line."""
    tree = parse(bigquery_sql)
    for node in reversed(list(tree.walk())):  # children first: a rewrite then holds rewritten arguments
        rewrite = REWRITES.get(type(node))
        if rewrite and (new := rewrite(node)) is not node:
            node.replace(new)
    _name_the_nameless(tree)
    return tree.sql("duckdb", unsupported_level=ErrorLevel.IGNORE, comments=False)


def parse(bigquery_sql: str) -> exp.Expr:
    try:
        trees = [tree for tree in sqlglot.parse(bigquery_sql, read="bigquery") if tree is not None]
    except ParseError as e:
        raise _syntax_error(e, bigquery_sql) from None
    except SqlglotError as e:
        raise SqlError(f"not BigQuery SQL: {e}", bigquery_sql) from None
    if len(trees) != 1:
        raise SqlError(f"one statement at a time, not {len(trees)}" if trees else "no SQL given", bigquery_sql)
    return trees[0]


def _syntax_error(e: ParseError, sql: str) -> SqlError:
    found = e.errors[0]
    line, end, word = found.get("line"), found.get("col"), found.get("highlight") or " "
    if not line or not end:
        return SqlError(str(found.get("description") or e), sql)
    before = sum(len(text) + 1 for text in sql.split("\n")[:line - 1])
    return SqlError(f"syntax error: {found['description']}", sql, before + max(0, end - len(word)), len(word))


def _pointed_at(sql: str, start: int, length: int) -> str:
    number, before = sql.count("\n", 0, start) + 1, sql.rfind("\n", 0, start) + 1
    line = sql[before:].split("\n", 1)[0]
    head = f"line {number}: "
    return f"{head}{line}\n{' ' * (len(head) + start - before)}{'^' * max(1, length)}"


def _name_the_nameless(tree: exp.Expr) -> None:
    """BigQuery calls the columns of a result that have no name f0_, f1_ …"""
    nameless = 0
    while isinstance(tree, exp.SetOperation | exp.Subquery):
        tree = tree.this
    for column in tree.expressions if isinstance(tree, exp.Select) else []:
        if not column.output_name and not column.is_star:
            column.replace(exp.alias_(column.copy(), f"f{nameless}_"))
            nameless += 1


def _call(name: str, *arguments: exp.Expr | str | int | float) -> exp.Expr:
    """A DuckDB function that sqlglot leaves as it is."""
    return exp.Anonymous(this=name, expressions=[
        a.copy() if isinstance(a, exp.Expr) else exp.convert(a) for a in arguments])


def _same_type(node: exp.Expr) -> exp.Expr:
    """DuckDB makes a TIMESTAMP of every DATE it truncates or moves."""
    day = node.this
    if day.is_string:
        day = exp.cast(day.copy(), "date")
        node.set("this", day)
    return _call("CAST_TO_TYPE", node, day)


def _extract(node: exp.Extract) -> exp.Expr:
    of, part = node.expression, node.this.name.upper()
    if isinstance(node.this, exp.WeekStart):
        part = f"WEEK({node.this.name.upper()})"
    match part:
        case "DATE" | "TIME":
            return exp.cast(of.copy(), part)
        case "DAYOFWEEK":  # 1 (Sunday) to 7, not 0 to 6
            return exp.paren(exp.Add(this=node.copy(), expression=exp.convert(1)))
        case "ISOWEEK":
            return exp.Extract(this=exp.var("WEEK"), expression=of.copy())
        case "WEEK" | "WEEK(SUNDAY)" | "WEEK(MONDAY)":  # days before the year's first Sunday or Monday are in week 0
            return exp.cast(_call("STRFTIME", of, "%W" if part == "WEEK(MONDAY)" else "%U"), "bigint")
        case "MILLISECOND" | "MICROSECOND":  # without the seconds
            return exp.paren(exp.Mod(this=node.copy(), expression=exp.convert(1000 if part == "MILLISECOND" else 1_000_000)))
    return node


def _elapsed(node: exp.TimestampDiff) -> exp.Expr:
    """Whole units elapsed; DuckDB's date_diff counts the borders crossed."""
    return _call("DATE_SUB", (node.text("unit") or "MICROSECOND").upper(), node.expression, node.this)


def _divide(node: exp.Binary) -> exp.Expr:
    """BigQuery stops at a division by zero; DuckDB goes on with inf or NULL."""
    by = node.expression
    if isinstance(by, exp.Literal) and float(by.name) != 0:
        return node
    new = node.copy()
    new.set("expression", exp.Case(
        ifs=[exp.If(this=exp.EQ(this=by.copy(), expression=exp.convert(0)), true=_call("ERROR", "division by zero"))],
        default=by.copy()))
    return new


def _divide_whole(node: exp.IntDiv) -> exp.Expr:
    """DIV(a - 1, 2) would be written a - 1 // 2."""
    new = _divide(node).copy()
    for side in ("this", "expression"):
        if isinstance(new.args[side], exp.Binary):
            new.set(side, exp.paren(new.args[side]))
    return exp.paren(new)


def _index(node: exp.Bracket) -> exp.Expr:
    """DuckDB counts from 1; sqlglot adds the 1 only where it knows that the index is a number. The first of a list need not be one."""
    if node.expressions[0].name == "0" and (first := _only_of(node.this)):
        return first
    if node.args.get("offset") != 0 or isinstance(node.expressions[0], exp.Literal):
        return node
    new = node.copy()
    new.set("expressions", [exp.Add(this=exp.paren(node.expressions[0].copy()), expression=exp.convert(1))])
    new.set("offset", 1)
    return new


def _only_of(listed: exp.Expr) -> exp.Expr | None:
    """ARRAY_AGG(x ORDER BY y) [FILTER …], or LIST_SLICE(that, 1, 1), as _array_agg writes it -> FIRST(x ORDER BY y): no list is kept."""
    if isinstance(listed, exp.Anonymous) and listed.name == "LIST_SLICE" and [e.name for e in listed.expressions[1:]] == ["1", "1"]:
        listed = listed.expressions[0]
    only = listed.copy()
    agg = only.this if isinstance(only, exp.Filter) else only
    if not isinstance(agg, exp.ArrayAgg):
        return None
    first = _call("FIRST", agg.this)
    return exp.Filter(this=first, expression=only.expression) if isinstance(only, exp.Filter) else first


def _cast(node: exp.Cast) -> exp.Expr:
    """FLOAT64 to INT64 rounds halves away from zero, DuckDB's to the even neighbour; the type is known only at run time."""
    if not node.to.is_type("bigint") or isinstance(node.this, exp.Literal | exp.Round):
        return node
    number = exp.TryCast(this=node.this.copy(), to=exp.DataType.build("double"))
    rounded = type(node)(this=exp.Round(this=number), to=node.to.copy())
    return exp.If(this=exp.EQ(this=_call("TYPEOF", node.this), expression=exp.convert("DOUBLE")), true=rounded, false=node.copy())


def _format_seconds(node: exp.Expr) -> exp.Expr:
    """%E3S and %E*S, which strftime and strptime have not."""
    if isinstance(node.args["format"], exp.Literal):
        text = node.args["format"].name.replace("%E3S", "%S.%g").replace("%E6S", "%S.%f").replace("%E*S", "%S.%f")
        node.set("format", exp.convert(text))
    return node


def _time_to_string(node: exp.TimeToStr) -> exp.Expr:
    if zone := node.args.get("zone"):  # dropped in silence
        stamp = node.this.this if isinstance(node.this, exp.TsOrDsToTimestamp) else node.this
        node.set("this", exp.AtTimeZone(this=exp.cast(stamp.copy(), "timestamptz"), zone=zone.copy()))
        node.set("zone", None)
    return _format_seconds(node)


def _string_to_time(node: exp.StrToTime) -> exp.Expr:
    """PARSE_TIMESTAMP gives a moment, not a wall clock's time."""
    new = _format_seconds(node.copy())
    zone = new.args.get("zone") or exp.convert("UTC")
    new.set("zone", None)
    return exp.AtTimeZone(this=new, zone=zone.copy())


def _timestamps(node: exp.GenerateTimestampArray) -> exp.Expr:
    for end in ("start", "end"):
        if node.args[end].is_string:
            node.set(end, exp.cast(node.args[end].copy(), "timestamptz"))
    return node


def _array_agg(node: exp.Expr) -> exp.Expr:
    """ARRAY_AGG(x IGNORE NULLS ORDER BY y LIMIT n): DuckDB has neither IGNORE NULLS nor LIMIT inside."""
    if isinstance(node.parent, exp.IgnoreNulls):
        return node
    agg = node.this if isinstance(node, exp.IgnoreNulls) else node
    if not isinstance(agg, exp.ArrayAgg):
        return node
    inner, limit = agg.this, None
    if isinstance(inner, exp.Limit):
        inner, limit = inner.this, inner.expression
    listed: exp.Expr = exp.ArrayAgg(this=inner.copy())
    if isinstance(node, exp.IgnoreNulls):
        value = inner.this if isinstance(inner, exp.Order) else inner
        value = value.expressions[0] if isinstance(value, exp.Distinct) else value
        listed = exp.Filter(this=listed, expression=exp.Where(this=value.copy().is_(exp.null()).not_()))
    return _call("LIST_SLICE", listed, 1, limit) if limit else listed


def _quantiles(node: exp.ApproxQuantiles) -> exp.Expr:
    """Elements of the set, as BigQuery's are; DuckDB's sketch interpolates."""
    parts = int(node.expression.name)
    return _call("QUANTILE_DISC", node.this, exp.Array(expressions=[exp.convert(i / parts) for i in range(parts + 1)]))


def _top_count(node: exp.ApproxTopK) -> exp.Expr:
    """An array of STRUCT<value, count>, the most frequent first."""
    new = sqlglot.parse_one(
        "LIST_SLICE(LIST_TRANSFORM(LIST_REVERSE_SORT(LIST_TRANSFORM(MAP_ENTRIES(HISTOGRAM(x)), "
        "LAMBDA e: {'count': e.value, 'value': e.key})), LAMBDA e: {'value': e.value, 'count': e.count}), 1, n)", read="duckdb")
    for name, argument in (("x", node.this), ("n", node.expression)):
        next(c for c in new.find_all(exp.Column) if c.name == name).replace(argument.copy())
    return new


def _unnest(node: exp.Unnest) -> exp.Expr:
    """WITH OFFSET counts from 0, and a struct without an alias shows its fields: both as a lateral subquery."""
    offset, alias = node.args.get("offset"), node.args.get("alias")
    if not isinstance(node.parent, exp.From | exp.Join) or (not offset and alias):
        return node
    items = node.expressions[0]
    element = _call("UNNEST", items)
    if alias and alias.columns:
        columns = [exp.alias_(element, alias.columns[0].name)]
    else:
        element.append("expressions", sqlglot.parse_one("f(max_depth := 2)", read="duckdb").expressions[0])
        columns = [element]
    if offset:
        numbers = _call("GENERATE_SERIES", 0, exp.Sub(this=_call("LEN", items), expression=exp.convert(1)))
        columns.append(exp.alias_(_call("UNNEST", numbers), offset.name))
    if isinstance(node.parent, exp.Join) and node.parent.side and not node.parent.args.get("on"):
        node.parent.set("on", exp.true())
    return exp.select(*columns).subquery()


REWRITES: dict[type[exp.Expr], Callable[..., exp.Expr]] = {
    exp.ApproxDistinct: lambda node: exp.Count(this=exp.Distinct(expressions=[node.this.copy()])),
    exp.ApproxQuantiles: _quantiles,
    exp.ApproxTopK: _top_count,
    exp.ArrayAgg: _array_agg,
    exp.Bracket: _index,
    exp.Cast: _cast,
    exp.DateAdd: _same_type,
    exp.DateSub: _same_type,
    exp.DateTrunc: _same_type,
    exp.Div: _divide,
    exp.Extract: _extract,
    exp.Format: lambda node: _call("PRINTF", node.this, *node.expressions),
    exp.GenerateTimestampArray: _timestamps,
    exp.IgnoreNulls: _array_agg,
    exp.IntDiv: _divide_whole,
    exp.Mod: _divide,
    exp.ParseDatetime: _format_seconds,
    exp.SafeConvertBytesToString: lambda node: _call("TRY", _call("DECODE", node.this)),
    exp.StrToDate: _format_seconds,
    exp.StrToTime: _string_to_time,
    exp.TimeToStr: _time_to_string,
    exp.TimestampDiff: _elapsed,
    exp.TryCast: _cast,
    exp.UnixToTime: lambda node: exp.cast(node.copy(), "timestamptz"),
    exp.Unnest: _unnest,
}
