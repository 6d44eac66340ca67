"""BigQuery SQL over an archive, on DuckDB."""

import os
import re
import tempfile
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, NamedTuple, TypeVar

import duckdb
import pyarrow as pa
from sqlglot import exp

from gamebeam.archive.layout import escape_glob
from gamebeam.schemas.contract.contract import Contract
from gamebeam.schemas.contract.feeds import feed_tables
from gamebeam.schemas.contract.fields import FieldType
from gamebeam.schemas.tables import Table, tables
from gamebeam.sql.archive import RUNS, part_files, read_runs
from gamebeam.sql.information_schema import as_query, described, fill_information_schema
from gamebeam.sql.sources import Catalog, Source, catalog_of, refuse_unknown, sources
from gamebeam.sql.translate import SqlError, parse, to_duckdb
from gamebeam.sql.views import view_sql

DUCKDB = {"boolean": "BOOLEAN", "long": "BIGINT", "double": "DOUBLE", "string": "VARCHAR", "bytes": "BLOB",
          "timestamp": "TIMESTAMPTZ", "date": "DATE"}


T = TypeVar("T")


class Result(NamedTuple):
    columns: list[str]
    rows: list[tuple[Any, ...]]


def run(contract: Contract, archive: str, sql: str) -> Result:
    """One query in BigQuery SQL over the archive's views."""
    return ask(open_archive(contract, archive), sql)


def open_archive(contract: Contract, archive: str, memory: str = "") -> duckdb.DuckDBPyConnection:
    """Open an archive: its tables in a schema `tables`, and the contract's views over them. Reads no event yet.

    The connection reaches the archive's part files and its own spill files, and no other file, address or extension.

    Args:
        memory: The most that a query holds in memory, as DuckDB writes it (`2GB`); more is spilled to the system's folder for
            temporary files. "" is four fifths of the machine's memory.

    Raises:
        ArchiveError: The archive cannot be read.
    """
    runs = read_runs(archive)
    return _opened(contract, runs, lambda table: part_files(archive, table.folder, table.name, runs), memory)


def open_empty(contract: Contract) -> duckdb.DuckDBPyConnection:
    """The contract's views over no rows, for a look at its SQL."""
    return _opened(contract, RUNS.empty_table(), lambda _: [])


def _opened(contract: Contract, runs: pa.Table, files_of: Callable[[Table], list[str]], memory: str = "") -> duckdb.DuckDBPyConnection:
    parts = [(table, files_of(table)) for table in (*tables(contract).values(), *feed_tables(contract).values())]
    con = duckdb.connect()
    con.execute("SET TimeZone = 'UTC'; CREATE SCHEMA tables")
    con.register("manifests", runs)
    con.execute("CREATE TABLE tables.runs AS SELECT * FROM manifests")
    con.unregister("manifests")
    _confine(con, [path for _, paths in parts for path in paths], memory)
    for table, paths in parts:
        con.execute(_table_sql(table, paths))
    con.execute("CREATE TABLE tables.broken_views (name VARCHAR, reason VARCHAR)")
    made = {("tables", name) for name in ("runs", *(table.name for table, _ in parts))}
    engine = catalog_of(con).engine
    for name, text in view_sql(contract).items():
        try:
            view = _view(text)
            refuse_unknown(view.reads, view.tree, Catalog(frozenset(made), engine), text)
            con.execute(f"CREATE VIEW main.{_identifier(name)} AS {view.translated}")
        except (SqlError, duckdb.Error) as e:  # the other views are as good as before
            reason = str(e).splitlines()[0] if isinstance(e, SqlError) else _problem(str(e))
            con.execute("INSERT INTO tables.broken_views VALUES (?, ?)", [name, reason])
            continue
        made.add(("main", name))
    return con


class _View(NamedTuple):
    tree: exp.Expr
    reads: list[Source]
    translated: str


@cache  # translating is half of the time that opening takes
def _view(text: str) -> _View:
    tree = parse(text)
    if not isinstance(tree, exp.Query):
        raise SqlError("a view is a query: SELECT … or WITH …", text)
    return _View(tree, sources(tree, text), to_duckdb(text))


def _confine(con: duckdb.DuckDBPyConnection, files: list[str], memory: str) -> None:
    """Leave the connection only these files. Views open them when they are read, so each is allowed by its path."""
    if memory:
        con.execute("SET memory_limit = ?", [memory])
    # The folder is made when a query spills, and removed when the connection is closed.
    con.execute("SET temp_directory = ?", [f"{tempfile.gettempdir()}/gamebeam-query-{os.urandom(8).hex()}"])
    con.execute("SET allowed_paths = ?", [sorted({*files, *map(escape_glob, files)})])  # as a glob, too, since read_parquet takes globs
    con.execute("SET python_enable_replacements = false")  # or a misspelt table might find a Python variable
    con.execute("SET autoinstall_known_extensions = false; SET autoload_known_extensions = false")
    con.execute("SET enable_external_access = false; SET lock_configuration = true")


def broken_views(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Why a view of the contract cannot be queried, such as a table that it misses, by the view's name."""
    return dict(con.execute("SELECT name, reason FROM tables.broken_views").fetchall())


def _refuse_broken(con: duckdb.DuckDBPyConnection, reads: list[Source], sql: str) -> None:
    broken = broken_views(con)
    for source in reads:
        if source.schema in ("", "main") and source.name in broken:
            raise SqlError(f"view {source.name}: {broken[source.name]}; fix views/{source.name}.sql, and give its "
                           "folder as --contract", sql, source.start, source.length)


def ask(con: duckdb.DuckDBPyConnection, sql: str, parameters: Mapping[str, Any] | None = None) -> Result:
    """Answer one query in BigQuery SQL, or SHOW TABLES, or DESCRIBE view.

    Args:
        parameters: Values of the query's @names.

    Raises:
        SqlError: The query is not valid, or reads something other than the archive.
    """
    def rows(translated: str, values: dict[str, Any]) -> Result:
        con.execute(translated, values)
        return Result([column[0] for column in con.description or []], con.fetchall())

    return _answer(con, sql, parameters, rows)


def ask_arrow(con: duckdb.DuckDBPyConnection, sql: str, parameters: Mapping[str, Any] | None = None) -> pa.Table:
    """Answer one query as `ask` does, as a table of Arrow with the types of its columns."""
    return _answer(con, sql, parameters, lambda translated, values: con.sql(translated, params=values).to_arrow_table())


def _answer(con: duckdb.DuckDBPyConnection, sql: str, parameters: Mapping[str, Any] | None,
            run_translated: Callable[[str, dict[str, Any]], T]) -> T:
    query = as_query(sql)
    tree = parse(query)
    if not isinstance(tree, exp.Query):
        raise SqlError("only queries are run here: SELECT …, WITH …, SHOW TABLES or DESCRIBE view", sql)
    reads = sources(tree, query)
    catalog = catalog_of(con)
    _refuse_broken(con, reads, query)
    refuse_unknown(reads, tree, catalog, query)
    refuse_unknown(described(sql), tree, catalog, sql)
    used = {p.name for p in tree.find_all(exp.Parameter)}
    if unknown := sorted(used - set(parameters or {})):
        raise SqlError(f"@{unknown[0]}: no such parameter; known are {', '.join(f'@{p}' for p in sorted(parameters or {})) or 'none'}",
                       sql, sql.find(f"@{unknown[0]}"), len(unknown[0]) + 1)
    translated = to_duckdb(query)
    try:
        fill_information_schema(con, reads)
        return run_translated(translated, {name: (parameters or {})[name] for name in used})
    except duckdb.Error as e:
        raise _in_terms_of(query, translated, str(e)) from None


def _table_sql(table: Table, files: list[str]) -> str:
    """Columns are read by name with the contract's types: files of any age serve, what they lack is null."""
    name = f"tables.{_identifier(table.name)}"
    if not files:
        columns = ", ".join(f"{_identifier(f.name)} {duckdb_type(f.type)}" for f in table.fields)
        return f"CREATE TABLE {name} ({columns})"
    listed = ", ".join(_quoted(escape_glob(path)) for path in files)
    schema = ", ".join(f"{_quoted(f.name)}: {{name: {_quoted(f.name)}, type: {_quoted(duckdb_type(f.type))}, default_value: NULL}}"
                       for f in table.fields)
    # DuckDB 2.0 finds fields that it reads alone out of a record by the file's order, not by name: such a column is read whole.
    records = ", ".join(f"COALESCE({column}, NULL) AS {column}" for f in table.fields if f.type.kind == "record"
                        and (column := _identifier(f.name)))
    columns = f"* REPLACE ({records})" if records else "*"
    return f"CREATE VIEW {name} AS SELECT {columns} FROM read_parquet([{listed}], schema = MAP {{{schema}}}, hive_partitioning = false)"


def duckdb_type(t: FieldType) -> str:
    if t.kind == "array":
        return f"{duckdb_type(t.item or FieldType('string'))}[]"
    if t.kind == "record":
        return f"STRUCT({', '.join(f'{_identifier(f.name)} {duckdb_type(f.type)}' for f in t.fields if f.stored)})"
    return DUCKDB[t.kind]


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _in_terms_of(sql: str, translated: str, message: str) -> SqlError:
    """DuckDB points into the translated SQL; find the word it means in the analyst's own."""
    problem = _problem(message)
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


def _problem(message: str) -> str:
    """DuckDB's words without its class of error and its picture of the translated SQL."""
    return re.sub(r"^[\w ]+ Error: ", "", message.split("\n\nLINE ")[0]).replace("\n", " ").rstrip()
