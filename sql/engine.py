"""BigQuery SQL over an archive, on DuckDB."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

import duckdb
from sqlglot import exp

from schemas.contract import Contract
from schemas.feeds import feed_tables
from schemas.fields import FieldType
from schemas.tables import Table, tables
from sql.archive import part_files, read_runs
from sql.translate import SqlError, parse, to_duckdb
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
    for name, text in view_sql(contract).items():
        con.execute(f'CREATE VIEW main."{name}" AS {_translated(text)}')
    return con


_translated = cache(to_duckdb)  # translating is half of the time that opening takes


def ask(con: duckdb.DuckDBPyConnection, sql: str, parameters: Mapping[str, Any] | None = None) -> Result:
    """The answer to one query in BigQuery SQL. parameters: values of its @names."""
    tree = parse(sql)
    if not isinstance(tree, exp.Query):
        raise SqlError("only queries are run here: SELECT … or WITH …", sql)
    used = {p.name for p in tree.find_all(exp.Parameter)}
    if unknown := sorted(used - set(parameters or {})):
        raise SqlError(f"@{unknown[0]}: no such parameter; known are {', '.join(f'@{p}' for p in sorted(parameters or {})) or 'none'}",
                       sql, sql.find(f"@{unknown[0]}"), len(unknown[0]) + 1)
    translated = to_duckdb(sql)
    try:
        con.execute(translated, {name: (parameters or {})[name] for name in used})
        return Result([column[0] for column in con.description or []], con.fetchall())
    except duckdb.Error as e:
        raise _in_terms_of(sql, translated, str(e)) from None


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
