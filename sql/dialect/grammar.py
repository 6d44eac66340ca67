"""The parser: sqlglot's of BigQuery, except that every call keeps BigQuery's name and its arguments as they were written."""

import sqlglot
from sqlglot import exp
from sqlglot.dialects.bigquery import BigQuery
from sqlglot.errors import ParseError, SqlglotError
from sqlglot.parsers.bigquery import BigQueryParser
from sqlglot.tokens import Token, TokenType

from gamebeam.sql.dialect.errors import SqlError
from gamebeam.sql.dialect.literals import unescaped
from gamebeam.sql.dialect.queries.pipe_grammar import pipe


def _string(parser: BigQueryParser, token: Token) -> exp.Expr:
    """A string or bytes literal from its text: sqlglot does not tell b'\\xe9' from b'é', and lets wrong escapes pass."""
    try:
        value = unescaped(parser.sql[token.start:token.end + 1])
    except ValueError as e:
        parser.raise_error(str(e), token)
        raise
    if isinstance(value, bytes):
        return parser.expression(exp.ByteString(this=value.hex(), is_bytes=True), token)
    return parser.expression(exp.Literal(this=value, is_string=True), token)


def _cast(parser: BigQueryParser, safe: bool) -> exp.Expr:
    """CAST(x AS type FORMAT f AT TIME ZONE z): sqlglot would make the functions of other dialects of the format."""
    value = parser._parse_disjunction()
    if not parser._match(TokenType.ALIAS):
        parser.raise_error("expected AS after CAST")
    to = parser._parse_types()
    format_ = parser._parse_bitwise() if parser._match(TokenType.FORMAT) else None
    if format_ is not None and parser._match_text_seq("AT", "TIME", "ZONE"):
        format_ = exp.AtTimeZone(this=format_, zone=parser._parse_bitwise())
    cast = exp.TryCast(this=value, to=to, format=format_) if safe else exp.Cast(this=value, to=to, format=format_)
    cast.meta["written"] = True  # ARRAY<INT64>[…] and STRUCT<…>(…) become casts too, and convert less
    return cast


class GoogleSqlParser(BigQueryParser):
    STRING_PARSERS = {**BigQueryParser.STRING_PARSERS, TokenType.STRING: _string, TokenType.RAW_STRING: _string}  # noqa: RUF012
    NUMERIC_PARSERS = {**BigQueryParser.NUMERIC_PARSERS, TokenType.BYTE_STRING: _string}  # noqa: RUF012
    PRIMARY_PARSERS = {**BigQueryParser.PRIMARY_PARSERS, **STRING_PARSERS, **NUMERIC_PARSERS}  # noqa: RUF012
    NO_PAREN_FUNCTION_PARSERS = {**BigQueryParser.NO_PAREN_FUNCTION_PARSERS,  # noqa: RUF012
                                 "ALL": lambda self: self.expression(exp.All(this=self._parse_bitwise()))}
    FUNCTIONS = {}  # noqa: RUF012
    NO_PAREN_FUNCTIONS = {}  # noqa: RUF012
    FUNCTION_PARSERS = {"CAST": lambda self: _cast(self, False), "SAFE_CAST": lambda self: _cast(self, True),  # noqa: RUF012
                        "EXTRACT": BigQueryParser.FUNCTION_PARSERS["EXTRACT"], "ARRAY": BigQueryParser.FUNCTION_PARSERS["ARRAY"]}

    def _parse_pipe_syntax_query(self, query: exp.Query) -> exp.Query:
        return pipe(self, query)


class GoogleSql(BigQuery):
    Parser = GoogleSqlParser
    parser_class = GoogleSqlParser  # type: ignore[assignment]


def parse(bigquery_sql: str) -> exp.Expr:
    """The tree of one statement. Raises: SqlError."""
    try:
        trees = [tree for tree in sqlglot.parse(bigquery_sql, read=GoogleSql) if tree is not None]
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
