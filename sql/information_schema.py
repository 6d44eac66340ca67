"""SHOW TABLES, DESCRIBE view, and BigQuery's INFORMATION_SCHEMA.TABLES and .COLUMNS, over the views of an open archive."""

import re
from collections.abc import Iterable

import duckdb
from duckdb.sqltypes import DuckDBPyType

from gamebeam.sql.sources import Source, is_information_schema

SHOW_TABLES = re.compile(r"\s*SHOW\s+TABLES\s*;?\s*", re.IGNORECASE)
DESCRIBE = re.compile(r"\s*DESC(?:RIBE)?\s+(?:TABLE\s+)?(?:main\.)?(`?)(\w+)\1\s*;?\s*", re.IGNORECASE)
TYPES = {"boolean": "BOOL", "varchar": "STRING", "blob": "BYTES", "double": "FLOAT64", "float": "FLOAT64", "date": "DATE", "time": "TIME",
         "timestamp": "DATETIME", "timestamp with time zone": "TIMESTAMP", "interval": "INTERVAL", "json": "JSON"}
INTEGERS = {"tinyint", "smallint", "integer", "bigint", "hugeint", "utinyint", "usmallint", "uinteger", "ubigint", "uhugeint"}
NUMERIC_SCALE, NUMERIC_WHOLE_DIGITS = 9, 29  # a decimal beyond these is BigQuery's BIGNUMERIC
VIEWS = "SELECT view_name FROM duckdb_views() WHERE schema_name = 'main' AND NOT internal"
TABLES = f"SELECT 'archive' AS table_catalog, 'main' AS table_schema, view_name AS table_name, 'VIEW' AS table_type FROM ({VIEWS})"
COLUMNS = "SELECT 'archive' AS table_catalog, 'main' AS table_schema, UNNEST(c) FROM (SELECT UNNEST(?) AS c)"


def as_query(sql: str) -> str:
    """Return the query that SHOW TABLES or DESCRIBE view stands for; any other statement as it is."""
    if SHOW_TABLES.fullmatch(sql):
        return "SELECT table_name FROM INFORMATION_SCHEMA.TABLES ORDER BY table_name"
    if described := DESCRIBE.fullmatch(sql):
        return ("SELECT column_name, data_type, is_nullable FROM INFORMATION_SCHEMA.COLUMNS "
                f"WHERE table_name = '{described[2]}' ORDER BY ordinal_position")
    return sql


def described(sql: str) -> list[Source]:
    """The view that DESCRIBE names, or none."""
    found = DESCRIBE.fullmatch(sql)
    return [Source("", found[2], found.start(2), len(found[2]))] if found else []


def fill_information_schema(con: duckdb.DuckDBPyConnection, read: Iterable[Source]) -> None:
    """Make those views of INFORMATION_SCHEMA that a query reads.

    sqlglot writes INFORMATION_SCHEMA.TABLES as one name with a dot in it, so DuckDB's own schema of that name stays out of it.
    """
    for source in filter(is_information_schema, read):
        schema, name = (source.schema or "main").replace('"', '""'), source.name.upper()
        con.execute(f'CREATE SCHEMA IF NOT EXISTS "{schema}"')
        con.execute(f'CREATE OR REPLACE TABLE "{schema}"."{name}" AS {TABLES if name.endswith(".TABLES") else COLUMNS}',
                    None if name.endswith(".TABLES") else [_columns(con)])


def _columns(con: duckdb.DuckDBPyConnection) -> list[dict[str, str | int]]:
    con.execute("SELECT table_name, column_name, column_index, data_type FROM duckdb_columns() "
                f"WHERE schema_name = 'main' AND table_name IN ({VIEWS})")
    found = []
    for view, column, position, type_ in con.fetchall():
        name = bigquery_name(duckdb.dtype(type_))
        found.append({"table_name": view, "column_name": column, "ordinal_position": position,
                      "is_nullable": "NO" if name.startswith("ARRAY<") else "YES", "data_type": name})
    return found


def bigquery_name(type_: DuckDBPyType) -> str:
    """Name a type of DuckDB's as BigQuery does: ARRAY<STRUCT<name STRING, bytes INT64>>."""
    if type_.id in ("list", "array", "struct"):
        inner = {name: bigquery_name(child) for name, child in type_.children if isinstance(child, DuckDBPyType)}
        if type_.id == "struct":
            return f"STRUCT<{', '.join(f'{name} {child}' for name, child in inner.items())}>"
        return f"ARRAY<{inner['child']}>"
    if type_.id == "decimal":
        digits = {name: n for name, n in type_.children if isinstance(n, int)}
        fits = digits["scale"] <= NUMERIC_SCALE and digits["precision"] - digits["scale"] <= NUMERIC_WHOLE_DIGITS
        return "NUMERIC" if fits else "BIGNUMERIC"
    if type_.id in INTEGERS:
        return "INT64"
    return TYPES.get(str(type_).lower(), TYPES.get(type_.id, str(type_)))
