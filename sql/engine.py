"""BigQuery SQL over an archive, on DuckDB."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple

import duckdb
from sqlglot import exp

from schemas.contract import Contract
from schemas.feeds import feed_tables
from schemas.fields import FieldType
from schemas.tables import Table, tables
from sql.archive import part_files, read_runs
from sql.dialect.catalog import Catalog, CatalogKey, catalog_of
from sql.dialect.runtime import install
from sql.dialect.translation import translated
from sql.dialect.types import BOOL, BYTES, DATE, DATETIME, FLOAT64, INT64, NUMERIC, STRING, TIMESTAMP, UNKNOWN, Type
from sql.translate import SqlError, parse
from sql.views import view_sql

DUCKDB = {"boolean": "BOOLEAN", "long": "BIGINT", "double": "DOUBLE", "string": "VARCHAR", "bytes": "BLOB",
          "timestamp": "TIMESTAMPTZ", "date": "DATE"}


class Result(NamedTuple):
    columns: list[str]
    rows: list[tuple[Any, ...]]


def run(contract: Contract, archive: str, sql: str) -> Result:
    """One query in BigQuery SQL over the archive's views."""
    return ask(open_archive(contract, archive), sql)


def open_archive(contract: Contract, archive: str) -> duckdb.DuckDBPyConnection:
    """The archive's tables in a schema `tables`, and the contract's views over them. Reads no event yet."""
    runs = read_runs(archive)
    con = duckdb.connect()
    con.execute("SET TimeZone = 'UTC'; CREATE SCHEMA tables")
    con.register("manifests", runs)
    con.execute("CREATE TABLE tables.runs AS SELECT * FROM manifests")
    con.unregister("manifests")
    con.execute("SET python_enable_replacements = false")  # or a misspelt table might find a Python variable
    for table in (*tables(contract).values(), *feed_tables(contract).values()):
        con.execute(_table_sql(table, part_files(archive, table.folder, table.name, runs)))
    for name, text in _translated_views(tuple(view_sql(contract).items()), catalog_of(con).key()):
        install(con, text)
        con.execute(f'CREATE VIEW main."{name}" AS {text}')
    return con


@cache
def _translated_views(texts: tuple[tuple[str, str], ...], tables: CatalogKey) -> list[tuple[str, str]]:
    """The views in DuckDB's SQL. Cached, since translating is most of the time that opening takes."""
    catalog, views = Catalog(tables), []
    for name, text in texts:
        duckdb_sql, columns = translated(text, catalog)
        catalog.add("main", name, columns)
        views.append((name, duckdb_sql))
    return views


def ask(con: duckdb.DuckDBPyConnection, sql: str, parameters: Mapping[str, Any] | None = None, unchecked: bool = False,
        unexamined: list[str] | None = None) -> Result:
    """The answer to one query in BigQuery SQL. parameters: values of its @names.

    unchecked: run functions that are not in the list of examined ones too; unexamined gets their names.
    """
    tree = parse(sql)
    if not isinstance(tree, exp.Query):
        raise SqlError("only queries are run here: SELECT … or WITH …", sql)
    used = {p.name for p in tree.find_all(exp.Parameter)}
    if unknown := sorted(used - set(parameters or {})):
        raise SqlError(f"@{unknown[0]}: no such parameter; known are {', '.join(f'@{p}' for p in sorted(parameters or {})) or 'none'}",
                       sql, sql.find(f"@{unknown[0]}"), len(unknown[0]) + 1)
    values = {name: (parameters or {})[name] for name in used}
    text, _ = translated(sql, catalog_of(con), {name: _type_of(value) for name, value in values.items()}, unchecked, unexamined)
    try:
        install(con, text)
        con.execute(text, values)
        return Result([column[0] for column in con.description or []], con.fetchall())
    except duckdb.Error as e:
        raise _in_terms_of(sql, text, str(e)) from None


def _type_of(value: Any) -> Type:
    """The BigQuery type of a parameter's value."""
    kinds: tuple[tuple[type, Type], ...] = (
        (bool, BOOL), (int, INT64), (float, FLOAT64), (str, STRING), (bytes, BYTES), (Decimal, NUMERIC),
        (datetime, TIMESTAMP if getattr(value, "tzinfo", None) else DATETIME), (date, DATE))
    return next((t for python_type, t in kinds if isinstance(value, python_type)), UNKNOWN)


def _table_sql(table: Table, files: list[str]) -> str:
    """Columns are read by name with the contract's types: files of any age serve, what they lack is null."""
    if not files:
        columns = ", ".join(f'"{f.name}" {duckdb_type(f.type)}' for f in table.fields)
        return f'CREATE TABLE tables."{table.name}" ({columns})'
    listed = ", ".join(_quoted(path) for path in files)
    schema = ", ".join(f"'{f.name}': {{name: '{f.name}', type: {_quoted(duckdb_type(f.type))}, default_value: NULL}}"
                       for f in table.fields)
    return (f'CREATE VIEW tables."{table.name}" AS SELECT * FROM read_parquet([{listed}], schema = MAP {{{schema}}}, '
            "hive_partitioning = false)")


def duckdb_type(t: FieldType) -> str:
    if t.kind == "array":
        return f"{duckdb_type(t.item or FieldType('string'))}[]"
    if t.kind == "record":
        return f"STRUCT({', '.join(f'{chr(34)}{f.name}{chr(34)} {duckdb_type(f.type)}' for f in t.fields if f.stored)})"
    return DUCKDB[t.kind]


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _in_terms_of(sql: str, translated: str, message: str) -> SqlError:
    """DuckDB points into the translated SQL; find the word it means in the analyst's own."""
    if own := re.search(r"Could not convert string 'BigQuery error: (.*)' to INT64|executing the UDF: \w+: (.*)", message):
        return SqlError(own[1] or own[2], sql)
    problem = re.sub(r"^[\w ]+ Error: ", "", message.split("\n\nLINE ")[0]).replace("\n", " ").rstrip()
    pointed = re.search(r"\nLINE \d+: (.*)\n( *)\^", message)
    if not pointed:
        return SqlError(problem, sql)
    shown, column = pointed[1], len(pointed[2]) - len("LINE 1: ")
    part = shown.strip(".")
    at = translated.find(part) + column - (len(shown) - len(shown.lstrip(".")))
    word = re.match(r"\w+", translated[at:].lstrip('"'))
    if not word or part not in translated:
        return SqlError(problem, sql)
    same = re.compile(rf"\b{re.escape(word[0])}\b", re.IGNORECASE)
    nth = len(same.findall(translated[:at]))
    places = [m.start() for m in same.finditer(sql)]
    return SqlError(problem, sql, places[min(nth, len(places) - 1)], len(word[0])) if places else SqlError(problem, sql)
