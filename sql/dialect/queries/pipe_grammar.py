"""Pipe syntax: `FROM t |> WHERE … |> AGGREGATE …` as a query with a list of operators."""

from sqlglot import exp
from sqlglot.parsers.bigquery import BigQueryParser
from sqlglot.tokens import TokenType

JOINS = {"JOIN", "INNER", "LEFT", "RIGHT", "FULL", "CROSS"}
SETS = {"UNION", "INTERSECT", "EXCEPT"}


class Piped(exp.Select):
    """this: the query before the first |>. operators: what follows each |>: a clause, or a word with its arguments (Anonymous)."""

    arg_types = {**exp.Select.arg_types, "this": True, "operators": True}  # noqa: RUF012


def pipe(parser: BigQueryParser, query: exp.Expr) -> Piped:
    operators = []
    while parser._match(TokenType.PIPE_GT):
        operators.append(_operator(parser))
    piped = Piped(this=query, operators=operators)
    if isinstance(query, exp.Select) and isinstance(star := query.expressions[0], exp.Star):
        query.meta["from_first"] = parser.sql[star.meta["start"]] != "*"  # the parser has added SELECT *
    if ctes := query.args.get("with_"):  # WITH t AS (…) FROM t |> …
        query.set("with_", None)
        piped.set("with_", ctes)
    return piped


def _operator(parser: BigQueryParser) -> exp.Expr:
    word = parser._curr.text.upper() if parser._curr else ""
    start = parser._curr
    following = parser._next.text.upper() if parser._next else ""
    if word == "WHERE":
        return parser._parse_where()  # type: ignore[return-value]
    if word == "SELECT":
        return parser._parse_select_query(parse_set_operation=False)  # type: ignore[return-value]
    if word == "ORDER BY" or (word == "ORDER" and following == "BY"):
        return parser._parse_order()  # type: ignore[return-value]
    if word == "LIMIT":
        clauses = [c for c in (parser._parse_limit(), parser._parse_offset()) if c]
        return exp.Anonymous(this="LIMIT", expressions=clauses)
    if word in ("PIVOT", "UNPIVOT"):
        return exp.Anonymous(this="PIVOT", expressions=parser._parse_pivots() or [])
    if word in SETS or (word in ("FULL", "LEFT", "INNER") and _set_follows(parser)):
        return _set_operation(parser)
    if word in JOINS:
        return parser._parse_join()  # type: ignore[return-value]
    if word in ("EXTEND", "SET", "DROP", "RENAME", "AS", "AGGREGATE", "DISTINCT", "WINDOW"):
        parser._advance()
        return exp.Anonymous(this=word, expressions=_arguments(parser, word))
    parser.raise_error(f"the pipe operator {word} is not supported here", start)
    raise AssertionError


def _arguments(parser: BigQueryParser, word: str) -> list[exp.Expr]:
    if word == "DISTINCT":
        return []
    if word == "AS":
        return [parser._parse_id_var()]  # type: ignore[list-item]
    if word == "DROP":
        return parser._parse_csv(parser._parse_id_var)
    if word == "RENAME":
        return parser._parse_csv(lambda: _renamed(parser))
    if word == "SET":
        return parser._parse_csv(parser._parse_disjunction)
    if word == "AGGREGATE":
        return _aggregate(parser)
    return [*parser._parse_expressions(), *_windows(parser)]


def _windows(parser: BigQueryParser) -> list[exp.Expr]:
    if not parser._match(TokenType.WINDOW):
        return []
    return parser._parse_csv(lambda: parser._parse_named_window())


def _renamed(parser: BigQueryParser) -> exp.Expr:
    name = parser._parse_id_var()
    parser._match(TokenType.ALIAS)
    return exp.Alias(this=name, alias=parser._parse_id_var())


def _aggregate(parser: BigQueryParser) -> list[exp.Expr]:
    """The aggregates, then exp.Group with the keys; its order is there after GROUP AND ORDER BY."""
    items = parser._parse_csv(lambda: _sorted_item(parser)) if not _group_follows(parser) else []
    if parser._match_text_seq("GROUP", "AND"):
        ordered = bool(parser._match(TokenType.ORDER_BY))
        if not ordered:
            parser.raise_error("expected ORDER BY after GROUP AND")
    elif parser._match(TokenType.GROUP_BY):
        ordered = False
    else:
        return items
    keys = parser._parse_csv(lambda: _sorted_item(parser))
    return [*items, exp.Group(expressions=keys, all=ordered)]


def _group_follows(parser: BigQueryParser) -> bool:
    return bool(parser._curr) and parser._curr.text.upper().startswith("GROUP")


def _sorted_item(parser: BigQueryParser) -> exp.Expr | None:
    item = parser._parse_disjunction()
    if item is None or _group_follows(parser):
        return item
    item = parser._parse_alias(item)
    if parser._match_set((TokenType.ASC, TokenType.DESC), advance=False):
        return parser._parse_ordered(lambda: item)
    return item


def _set_follows(parser: BigQueryParser) -> bool:
    tokens = parser._tokens[parser._index : parser._index + 4]
    return any(t.text.upper() in SETS for t in tokens[1:3]) and not any(t.text.upper() == "JOIN" for t in tokens[1:3])


def _set_operation(parser: BigQueryParser) -> exp.Expr:
    """A set operation whose left side is a mark; several right sides are one operation each."""
    first = parser.parse_set_operation(exp.Placeholder())
    assert first is not None
    queries = [first.expression]
    while parser._match(TokenType.COMMA):
        if parser._curr is None or parser._curr.token_type != TokenType.L_PAREN:
            break
        queries.append(parser._parse_paren())
    made = []
    for query in queries:
        operation = first.copy()
        operation.set("expression", query)
        made.append(operation)
    return exp.Anonymous(this="SET OPERATIONS", expressions=made)
