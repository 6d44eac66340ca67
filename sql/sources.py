"""What a query may read: the views and tables of the archive that is open, and nothing else that DuckDB can reach."""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import NamedTuple

import duckdb
from sqlglot import exp

from gamebeam.sql.translate import SqlError

INFORMATION_SCHEMA = {f"INFORMATION_SCHEMA.{name}" for name in ("TABLES", "COLUMNS")}
OF_THE_ENGINE = {"current_setting", "getenv", "getvariable"}  # scalar functions that show the machine, not the archive


class Catalog(NamedTuple):
    """What a connection holds, as (schema, name)."""

    archive: frozenset[tuple[str, str]]
    engine: frozenset[str]  # names of DuckDB's own, in any schema: duckdb_settings, pg_class, …


class Source(NamedTuple):
    """A table that a statement reads, and where the statement names it (start is None where its place is not known)."""

    schema: str  # "" where the name is not qualified
    name: str
    start: int | None
    length: int


def catalog_of(con: duckdb.DuckDBPyConnection) -> Catalog:
    con.execute("SELECT schema_name, view_name, internal FROM duckdb_views() "
                "UNION ALL SELECT schema_name, table_name, internal FROM duckdb_tables()")
    found = con.fetchall()
    return Catalog(frozenset((schema, name) for schema, name, internal in found if not internal),
                   frozenset(name for _, name, internal in found if internal))


def sources(tree: exp.Expr, sql: str) -> list[Source]:
    """List the tables that a statement reads, without the subqueries that it names itself.

    Args:
        tree: `sql`, parsed.

    Raises:
        SqlError: The statement reads a function, a file, or something else that is no table.
    """
    for function in tree.find_all(exp.Anonymous):
        if function.name.lower() in OF_THE_ENGINE:
            raise _refused(f"{function.name}(…) reads the engine's settings; a query reads the archive's views", sql, function.name)
    for clause in tree.find_all(exp.From, exp.Join):
        if not isinstance(clause.this, exp.Table | exp.Subquery | exp.Unnest):
            raise SqlError("FROM and JOIN read views, subqueries and UNNEST(array), nothing else", sql)
    for subquery in tree.find_all(exp.Subquery):
        if not isinstance(subquery.this, exp.Query | exp.Table):
            raise SqlError("FROM (…) reads a query or a view, nothing else", sql)
    defined = {cte.alias.lower() for cte in tree.find_all(exp.CTE)}
    found = []
    for table in tree.find_all(exp.Table):
        if not isinstance(table.this, exp.Identifier):
            raise _not_a_view(table, sql)
        if table.db or table.name.lower() not in defined:
            start, end = table.parts[0].meta.get("start"), table.parts[-1].meta.get("end", -1)
            schema = ".".join(part.name for part in table.parts[:-1])
            found.append(Source(schema, table.name, start, 1 if start is None else end - start + 1))
    return found


def refuse_unknown(read: Iterable[Source], tree: exp.Expr, catalog: Catalog, sql: str) -> None:
    """Refuse a statement that reads what the archive does not have.

    Names of views are case-sensitive, and those of INFORMATION_SCHEMA are not, as in BigQuery.

    Raises:
        SqlError: The statement reads a name that is not the archive's, or names a subquery as a table of the engine's is named.
    """
    for cte in tree.find_all(exp.CTE):  # where the subquery is out of scope, DuckDB would read its own table of that name
        if cte.alias.lower() in catalog.engine:
            raise _refused(f"{cte.alias} is the name of a table of the engine's; name the subquery otherwise", sql, cte.alias)
    for source in read:
        known = {name for schema, name in catalog.archive if schema == (source.schema or "main")}
        if source.name not in known and not is_information_schema(source):
            named = f"{source.schema}.{source.name}" if source.schema else source.name
            raise SqlError(f"{named} does not exist: {_remedy(source.name, known)}", sql, source.start, source.length)


def is_information_schema(source: Source) -> bool:
    """Whether a source is one of the views of INFORMATION_SCHEMA that are answered. An archive is one dataset, whatever its name."""
    return source.name.upper() in INFORMATION_SCHEMA and "." not in source.schema


def _remedy(name: str, known: set[str]) -> str:
    if name.upper().startswith("INFORMATION_SCHEMA."):
        return f"an archive answers {' and '.join(sorted(INFORMATION_SCHEMA))}, plain or after the name of one dataset"
    for candidate in known:
        if candidate.lower() == name.lower():
            return f"names of views are case-sensitive; write {candidate}"
    close = get_close_matches(name, sorted(known), 1)
    return f"did you mean {close[0]}?" if close else "SHOW TABLES lists what can be queried"


def _not_a_view(table: exp.Table, sql: str) -> SqlError:
    if isinstance(table.this, exp.Func):
        name = table.this.name if isinstance(table.this, exp.Anonymous) else table.this.sql_name()
        return _refused(f"{name.lower()}(…): a query reads the archive's views, not functions and files; SHOW TABLES lists them", sql, name)
    return _refused(f"{table.this.sql('bigquery')} stands where the name of a view is expected", sql, table.this.name)


def _refused(problem: str, sql: str, word: str) -> SqlError:
    place = re.search(rf"\b{re.escape(word)}", sql, re.IGNORECASE) if word else None
    return SqlError(problem, sql, place.start(), len(word)) if place else SqlError(problem, sql)
