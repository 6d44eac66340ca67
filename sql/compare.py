"""The answers of two engines to one query, compared row by row."""

import math
from collections import Counter
from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlglot import exp

from gamebeam.sql.engine import Result
from gamebeam.sql.information_schema import as_query
from gamebeam.sql.show import show
from gamebeam.sql.translate import SqlError, parse

if TYPE_CHECKING:
    from google.cloud.bigquery import Client

Row = tuple[object, ...]
FLOAT_TOLERANCE = 1e-9  # relative: engines add floats in an order of their own
SHOWN = 20  # rows that differ, of each engine
TYPES = {"as_of": "TIMESTAMP"}  # of parameters that are no STRING


class Comparison(NamedTuple):
    """equal, and the text that says how many rows agree, or shows those that do not."""

    equal: bool
    text: str


def ask_bigquery(client: "Client", dataset: str, sql: str, parameters: Mapping[str, Any]) -> Result:
    """Answer a query on BigQuery, by the same text as on DuckDB.

    Args:
        dataset: `project.dataset`, whose views the names in the query mean.
        parameters: Values of the query's @names; others are not sent.

    Raises:
        SqlError: The text is one of the laptop's own statements.
    """
    from google.cloud.bigquery import QueryJobConfig, ScalarQueryParameter

    if as_query(sql) != sql:
        raise SqlError("SHOW TABLES and DESCRIBE are answered on DuckDB alone; BigQuery has INFORMATION_SCHEMA.TABLES and .COLUMNS", sql)
    used = {p.name for p in parse(sql).find_all(exp.Parameter)}
    given = [ScalarQueryParameter(name, TYPES.get(name, "STRING"), value) for name, value in parameters.items() if name in used]
    found = client.query(sql, QueryJobConfig(default_dataset=dataset, query_parameters=given)).result()
    return Result([field.name for field in found.schema], [tuple(row.values()) for row in found])


def compare(sql: str, duckdb: Result, bigquery: Result) -> Comparison:
    """Compare two answers to `sql`: in order if it ends in ORDER BY, else in any order.

    FLOAT64 is equal within FLOAT_TOLERANCE, every other type exactly.
    """
    if duckdb.columns != bigquery.columns:
        ours, theirs = ", ".join(duckdb.columns), ", ".join(bigquery.columns)
        return Comparison(False, f"the columns differ:\n  duckdb    {ours}\n  bigquery  {theirs}\n")
    only_ours, only_theirs = _without_equal_rows(duckdb.rows, bigquery.rows)
    if only_ours or only_theirs:
        head = (f"{len(only_ours):,} rows of DuckDB's {len(duckdb.rows):,} and "
                f"{len(only_theirs):,} of BigQuery's {len(bigquery.rows):,} differ:\n")
        return Comparison(False, head + show(_side_by_side(duckdb.columns, only_ours, only_theirs)))
    if parse(sql).args.get("order"):
        for n, (a, b) in enumerate(zip(duckdb.rows, bigquery.rows, strict=True), 1):
            if not same(a, b):
                text = f"the rows are equal, but not their order, from row {n} on (ORDER BY may have ties):\n"
                return Comparison(False, text + show(_side_by_side(duckdb.columns, [a], [b])))
    return Comparison(True, f"equal: {len(duckdb.rows):,} row{'' if len(duckdb.rows) == 1 else 's'}\n")


def same(a: object, b: object) -> bool:
    """Whether two values, or rows of values, are equal: floats within FLOAT_TOLERANCE, NaN and NaN, and never 1 and TRUE."""
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return list(a) == list(b) and all(same(a[name], b[name]) for name in a)
    if isinstance(a, float) and isinstance(b, float):
        return math.isclose(a, b, rel_tol=FLOAT_TOLERANCE) or (math.isnan(a) and math.isnan(b))
    return isinstance(a, bool) == isinstance(b, bool) and bool(a == b)


def _without_equal_rows(ours: list[Row], theirs: list[Row]) -> tuple[list[Row], list[Row]]:
    """Return the rows of each that the other does not have. Exactly equal rows are matched first, and few are left to be tried in pairs."""
    exact = Counter(map(_key, ours)) & Counter(map(_key, theirs))
    mine, others = _beyond(ours, exact.copy()), _beyond(theirs, exact.copy())
    alone = []
    for row in mine:
        at = next((i for i, other in enumerate(others) if same(row, other)), None)
        if at is None:
            alone.append(row)
        else:
            others.pop(at)
    return alone, others


def _beyond(rows: list[Row], matched: Counter[Hashable]) -> list[Row]:
    found = []
    for row in rows:
        if matched[_key(row)]:
            matched[_key(row)] -= 1
        else:
            found.append(row)
    return found


def _key(value: object) -> Hashable:
    """A value by which exactly equal ones are found."""
    if isinstance(value, list | tuple):
        return tuple(map(_key, value))
    if isinstance(value, dict):
        return tuple((name, _key(item)) for name, item in value.items())
    return str(value) if isinstance(value, bool) or value != value else value


def _side_by_side(columns: list[str], ours: list[Row], theirs: list[Row]) -> Result:
    """Each row of DuckDB's above the row of BigQuery's that has most values in common with it."""
    pairs: list[tuple[Row | None, Row | None]] = []
    rest = theirs[:SHOWN]
    for row in ours[:SHOWN]:
        in_common = [sum(map(same, row, other)) for other in rest]
        pairs.append((row, rest.pop(in_common.index(max(in_common))) if rest else None))
    pairs += [(None, row) for row in rest]
    return Result(["engine", *columns], [(engine, *row) for pair in pairs for engine, row in zip(("duckdb", "bigquery"), pair, strict=True)
                                         if row is not None])
