"""One statement of BigQuery SQL as one of DuckDB's."""

from collections.abc import Callable, Mapping, Sequence

from sqlglot import exp

import gamebeam.sql.dialect.topics  # noqa: F401  fills the registry
from gamebeam.sql.dialect.errors import Refused, SqlError
from gamebeam.sql.dialect.expressions import (  # noqa: F401  each fills the table of nodes
    conditionals,
    constructors,
    functions,
    leaves,
    membership,
    names,
    operators,
    subqueries,
)
from gamebeam.sql.dialect.grammar import parse
from gamebeam.sql.dialect.queries import pipes, select, set_operations  # noqa: F401  each fills the table of queries
from gamebeam.sql.dialect.queries.query import statement
from gamebeam.sql.dialect.scope import Columns, Scope, Statement
from gamebeam.sql.dialect.types import Type

Tables = Callable[[Sequence[str]], tuple[str, Columns] | None]


def translated(bigquery_sql: str, tables: Tables, parameters: Mapping[str, Type] | None = None,
               unexamined: list[str] | None = None, tree: exp.Expr | None = None) -> tuple[str, Columns]:
    """DuckDB's SQL, on a single line, and the columns of the result. Raises: SqlError.

    tables: the columns of a table by the path that names it. unexamined: gets the names of what is in no list and runs all the same;
    None refuses it. tree: the statement, if it has been parsed.
    """
    tree = tree or parse(bigquery_sql)
    if not isinstance(tree, exp.Query):
        raise SqlError("only queries are run here: SELECT … or WITH …", bigquery_sql)
    context = Statement(bigquery_sql, tables, parameters or {}, unexamined)
    try:
        q = statement(tree, Scope(context))
    except Refused as e:
        raise SqlError(str(e), bigquery_sql, e.start, e.length) from None
    return q.sql, [(name, t) for name, (_, t) in zip(q.names, q.columns, strict=True)]
