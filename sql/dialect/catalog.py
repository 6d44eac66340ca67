"""The tables and views of a connection, with their columns in BigQuery's types."""

from collections.abc import Sequence

import duckdb

from gamebeam.sql.dialect.scope import Columns
from gamebeam.sql.dialect.types import Type, of_duckdb, quoted

ColumnsKey = tuple[tuple[tuple[str, str], tuple[tuple[str, Type], ...]], ...]


class TableColumns:
    """Columns by schema and name. A path without a dataset is in `main`."""

    def __init__(self, columns: ColumnsKey = ()):
        self._columns: dict[tuple[str, str], tuple[str, Columns]] = {}
        for (schema, name), listed in columns:
            self.add(schema, name, list(listed))

    def add(self, schema: str, name: str, columns: Columns) -> None:
        sql = quoted(name) if schema == "main" else f"{quoted(schema)}.{quoted(name)}"
        self._columns[schema.lower(), name.lower()] = sql, columns

    def key(self) -> ColumnsKey:
        """The tables as a value that can be compared and hashed."""
        return tuple((path, tuple(columns)) for path, (_, columns) in self._columns.items())

    def __call__(self, path: Sequence[str]) -> tuple[str, Columns] | None:
        """How DuckDB names the table and its columns; None if there is no such table. A project's name is passed over."""
        schema, name = ["main", *path][-2:] if len(path) == 1 else path[-2:]
        return self._columns.get((schema.lower(), name.lower()))


def columns_of(con: duckdb.DuckDBPyConnection) -> TableColumns:
    """What the connection's database holds now."""
    # of a view of which the report keeps a copy in `temp`, the view counts
    rows = con.execute("SELECT schema_name, table_name, column_name, data_type FROM duckdb_columns() "
                       "WHERE NOT internal AND NOT (database_name = 'temp' "
                       "AND table_name IN (SELECT view_name FROM duckdb_views() WHERE schema_name = 'main')) "
                       "ORDER BY schema_name, table_name, column_index").fetchall()
    found: dict[tuple[str, str], Columns] = {}
    for schema, table, column, data_type in rows:
        found.setdefault((schema, table), []).append((column, of_duckdb(data_type)))
    return TableColumns(tuple((path, tuple(columns)) for path, columns in found.items()))
