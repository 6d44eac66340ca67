"""BigQuery SQL over an archive, on DuckDB."""

import os
import re
import tempfile
from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime
from decimal import Decimal
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
from gamebeam.sql.dialect.catalog import ColumnsKey, TableColumns, columns_of
from gamebeam.sql.dialect.runtime import install
from gamebeam.sql.dialect.translation import translated
from gamebeam.sql.dialect.types import BOOL, BYTES, DATE, DATETIME, FLOAT64, INT64, NUMERIC, STRING, TIMESTAMP, UNKNOWN, Type
from gamebeam.sql.information_schema import as_query, described, fill_information_schema
from gamebeam.sql.sources import Catalog, Source, catalog_of, is_information_schema_view, refuse_unknown, sources
from gamebeam.sql.translate import SqlError, parse
from gamebeam.sql.views import view_sql

VIEWS, TABLES = "main", "tables"  # schemas of an opened archive: what analysts query, and the files that the views read
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
    for name, view in _views(tuple(view_sql(contract).items()), columns_of(con).key()).items():
        try:
            if isinstance(view, SqlError):
                raise view
            refuse_unknown(view.reads, view.tree, Catalog(frozenset(made), engine), view.text)
            install(con, view.translated)
            con.execute(f"CREATE VIEW main.{_identifier(name)} AS {view.translated}")
        except (SqlError, duckdb.Error) as e:  # the other views are as good as before
            reason = str(e).splitlines()[0] if isinstance(e, SqlError) else _problem(str(e))
            con.execute("INSERT INTO tables.broken_views VALUES (?, ?)", [name, reason])
            continue
        made.add(("main", name))
    return con


class _View(NamedTuple):
    text: str
    tree: exp.Expr
    reads: list[Source]
    translated: str


@cache  # translating is half of the time that opening takes
def _views(texts: tuple[tuple[str, str], ...], tables: ColumnsKey) -> dict[str, _View | SqlError]:
    """Translate views in their order: each may read those before it. Of one that cannot be translated, why."""
    columns = TableColumns(tables)
    views: dict[str, _View | SqlError] = {}
    for name, text in texts:
        try:
            tree = parse(text)
            if not isinstance(tree, exp.Query):
                raise SqlError("a view is a query: SELECT … or WITH …", text)
            reads = sources(tree, text)
            duckdb_sql, shown = translated(text, columns, tree=tree)
        except SqlError as e:
            views[name] = e
            continue
        columns.add("main", name, shown)
        views[name] = _View(text, tree, reads, duckdb_sql)
    return views


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
    if not con.execute("SELECT 1 FROM duckdb_tables() WHERE schema_name = 'tables' AND table_name = 'broken_views'").fetchall():
        return {}  # a connection without an archive
    return dict(con.execute("SELECT name, reason FROM tables.broken_views").fetchall())


def _refuse_broken(con: duckdb.DuckDBPyConnection, reads: list[Source], sql: str) -> None:
    broken = broken_views(con)
    for source in reads:
        if source.schema in ("", "main") and source.name in broken:
            raise SqlError(f"view {source.name}: {broken[source.name]}; fix views/{source.name}.sql, and give its "
                           "folder as --contract", sql, source.start, source.length)


def ask(con: duckdb.DuckDBPyConnection, sql: str, parameters: Mapping[str, Any] | None = None,
        unexamined: list[str] | None = None, schemas: Collection[str] = (VIEWS,)) -> Result:
    """Answer one query in BigQuery SQL, or SHOW TABLES, or DESCRIBE view.

    Args:
        parameters: Values of the query's @names.
        unexamined: Gets the names of functions that are not in the list of examined ones; they run as DuckDB has them. None refuses them.
        schemas: Those whose tables and views the query may read. Only the product's own queries read TABLES.

    Raises:
        SqlError: The query is not valid, or reads something other than the archive.
    """
    def rows(text: str, values: dict[str, Any]) -> Result:
        con.execute(text, values)
        return Result([column[0] for column in con.description or []], con.fetchall())

    return _answer(con, sql, parameters or {}, unexamined, schemas, rows)


def ask_arrow(con: duckdb.DuckDBPyConnection, sql: str, parameters: Mapping[str, Any] | None = None,
              unexamined: list[str] | None = None) -> pa.Table:
    """Answer one query as `ask` does, as a table of Arrow with the types of its columns."""
    return _answer(con, sql, parameters or {}, unexamined, (VIEWS,), lambda text, values: con.sql(text, params=values).to_arrow_table())


def _answer(con: duckdb.DuckDBPyConnection, sql: str, parameters: Mapping[str, Any], unexamined: list[str] | None,
            schemas: Collection[str], run: Callable[[str, dict[str, Any]], T]) -> T:
    query = as_query(sql)
    tree = parse(query)
    if not isinstance(tree, exp.Query):
        raise SqlError("only queries are run here: SELECT …, WITH …, SHOW TABLES or DESCRIBE view", sql)
    reads = sources(tree, query)
    catalog = catalog_of(con).within(schemas)
    _refuse_broken(con, reads, query)
    refuse_unknown(reads, tree, catalog, query)
    refuse_unknown(described(sql), tree, catalog, sql)
    used = {p.name for p in tree.find_all(exp.Parameter)}
    if unknown := sorted(used - set(parameters)):
        raise SqlError(f"@{unknown[0]}: no such parameter; known are {', '.join(f'@{p}' for p in sorted(parameters)) or 'none'}",
                       sql, sql.find(f"@{unknown[0]}"), len(unknown[0]) + 1)
    values = {name: parameters[name] for name in used}
    text = query
    try:
        fill_information_schema(con, reads)
        types = {name: _type_of(value) for name, value in values.items()}
        text, _ = translated(query, _columns_within(con, schemas), types, unexamined, tree)
        install(con, text)
        return run(text, values)
    except duckdb.Error as e:
        raise _in_terms_of(query, text, str(e)) from None


def _columns_within(con: duckdb.DuckDBPyConnection, schemas: Collection[str]) -> TableColumns:
    """What a query may read. No other table exists for the translation, however the query names it."""
    return TableColumns(tuple((path, columns) for path, columns in columns_of(con).key()
                              if path[0] in schemas or is_information_schema_view(path[1])))


def _type_of(value: Any) -> Type:
    """The BigQuery type of a parameter's value."""
    kinds: tuple[tuple[type, Type], ...] = (
        (bool, BOOL), (int, INT64), (float, FLOAT64), (str, STRING), (bytes, BYTES), (Decimal, NUMERIC),
        (datetime, TIMESTAMP if getattr(value, "tzinfo", None) else DATETIME), (date, DATE))
    return next((t for python_type, t in kinds if isinstance(value, python_type)), UNKNOWN)


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
    if own := re.search(r"Could not convert string 'BigQuery error: (.*)' to INT64|executing the UDF: \w+: (.*)", message):
        return SqlError(own[1] or own[2], sql)
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
