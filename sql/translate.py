"""BigQuery SQL -> DuckDB SQL. What is translated, and what is refused, is in the package sql.dialect.

The connection must run with TimeZone='UTC': BigQuery shows timestamps, and takes their dates, in UTC.
"""

from gamebeam.sql.dialect.catalog import TableColumns
from gamebeam.sql.dialect.errors import SqlError
from gamebeam.sql.dialect.grammar import parse
from gamebeam.sql.dialect.translation import translated

__all__ = ["SqlError", "parse", "to_duckdb"]


def to_duckdb(bigquery_sql: str, tables: TableColumns | None = None) -> str:
    """One statement of BigQuery SQL as one of DuckDB's, on a single line. `runtime.install` creates the functions that it calls."""
    return translated(bigquery_sql, tables or TableColumns())[0]
