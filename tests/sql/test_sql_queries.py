"""Queries in BigQuery SQL: PIVOT, UNPIVOT, pipe syntax, set operations, recursion, subqueries."""

import duckdb
import pytest

from gamebeam.sql.engine import ask
from gamebeam.sql.translate import SqlError


@pytest.fixture(scope="module")
def con():
    with duckdb.connect() as opened:
        opened.execute("SET TimeZone = 'UTC'; SET python_enable_replacements = false")
        opened.execute(
            "CREATE TABLE sales AS SELECT * FROM (VALUES ('Kale', 51, 'Q1', 2025), ('Kale', 23, 'Q2', 2025), ('Apple', 77, 'Q1', 2026), "
            "('Apple', 1, 'Q1', 2026)) AS t(product, amount, quarter, year)"
        )
        opened.execute("CREATE TABLE wide AS SELECT * FROM (VALUES ('Kale', 51, 23), ('Apple', 77, NULL)) AS t(product, q1, q2)")
        opened.execute("CREATE TABLE words AS SELECT * FROM (VALUES (1, 'one'), (2, 'two'), (3, 'one')) AS t(key, value)")
        yield opened


@pytest.mark.parametrize(
    "sql, columns, rows",
    [
        (
            "SELECT * FROM (SELECT product, amount, quarter FROM sales) PIVOT(SUM(amount) FOR quarter IN ('Q1', 'Q2')) ORDER BY product",
            ["product", "Q1", "Q2"],
            [("Apple", 78, None), ("Kale", 51, 23)],
        ),
        (
            "SELECT * FROM (SELECT amount, quarter FROM sales) PIVOT(SUM(amount) AS total, COUNT(*) AS n "
            "FOR quarter IN ('Q1', 'Q2' AS second))",
            ["total_Q1", "n_Q1", "total_second", "n_second"],
            [(129, 3, 23, 1)],
        ),
        (
            "SELECT * FROM (SELECT amount, year FROM sales) PIVOT(MAX(amount) FOR year IN (2025, -1, NULL))",
            ["_2025", "minus_1", "NULL"],
            [(51, None, None)],
        ),
        (
            "SELECT * FROM (SELECT amount, year FROM sales) PIVOT(MAX(amount) AS m FOR year IN (2025, 2026))",
            ["m_2025", "m_2026"],
            [(51, 77)],
        ),
        (
            "SELECT * FROM wide UNPIVOT(amount FOR quarter IN (q1, q2)) ORDER BY product, quarter",
            ["product", "amount", "quarter"],
            [("Apple", 77, "q1"), ("Kale", 51, "q1"), ("Kale", 23, "q2")],
        ),
        (
            "SELECT * FROM wide UNPIVOT INCLUDE NULLS (amount FOR quarter IN (q1 AS 1, q2 AS 2)) ORDER BY product, quarter",
            ["product", "amount", "quarter"],
            [("Apple", 77, 1), ("Apple", None, 2), ("Kale", 51, 1), ("Kale", 23, 2)],
        ),
        (
            "SELECT * FROM wide UNPIVOT((a, b) FOR n IN ((q1, q2), (q2, q1) AS 'turned')) WHERE product = 'Kale' ORDER BY n",
            ["product", "a", "b", "n"],
            [("Kale", 51, 23, "q1_q2"), ("Kale", 23, 51, "turned")],
        ),
    ],
)
def test_pivot_and_unpivot_name_their_columns_as_bigquery_does(con, sql, columns, rows):
    got = ask(con, sql)
    assert got.columns == columns and got.rows == rows


@pytest.mark.parametrize(
    "pipe, columns, rows",
    [
        ("WHERE key = 2", ["key", "value"], [(2, "two")]),
        ("WHERE RANK() OVER (ORDER BY key) = 3", ["key", "value"], [(3, "one")]),
        ("SELECT key, key * 10 AS ten |> ORDER BY key DESC |> LIMIT 1 OFFSET 1", ["key", "ten"], [(2, 20)]),
        ("EXTEND key * 2 AS double |> SET key = 0 |> DROP value |> ORDER BY double", ["key", "double"], [(0, 2), (0, 4), (0, 6)]),
        ("SET key = 0 |> EXTEND words.key AS old |> WHERE old = 3", ["key", "value", "old"], [(0, "one", 3)]),
        ("RENAME key AS value, value AS key |> ORDER BY value |> LIMIT 1", ["value", "key"], [(1, "one")]),
        ("AGGREGATE COUNT(*) AS n, MAX(key) GROUP AND ORDER BY value DESC", ["value", "n", "f0_"], [("two", 1, 2), ("one", 2, 3)]),
        ("AGGREGATE COUNT(*) AS n DESC GROUP BY value", ["value", "n"], [("one", 2), ("two", 1)]),
        ("AGGREGATE COUNT(*)", ["f0_"], [(3,)]),
        ("SELECT value |> DISTINCT |> ORDER BY value", ["value"], [("one",), ("two",)]),
        ("AS w |> JOIN (SELECT 1 AS key, 'x' AS other) AS o USING (key) |> SELECT w.value, o.other", ["value", "other"], [("one", "x")]),
        (
            "UNION ALL (SELECT 9, 'nine'), (SELECT 8, 'eight') |> WHERE key > 7 |> ORDER BY key",
            ["key", "value"],
            [(8, "eight"), (9, "nine")],
        ),
        ("PIVOT(SUM(key) FOR value IN ('one', 'two'))", ["one", "two"], [(4, 2)]),
    ],
)
def test_pipe_operators(con, pipe, columns, rows):
    got = ask(con, f"FROM words |> {pipe}")
    assert got.columns == columns and got.rows == rows


@pytest.mark.parametrize(
    "sql, rows",
    [
        ("WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 3) SELECT i FROM n ORDER BY i", [(1,), (2,), (3,)]),
        ("SELECT 1 AS a, 2 AS b UNION ALL BY NAME SELECT 3 AS b, 4 AS a ORDER BY a", [(1, 2), (4, 3)]),
        ("SELECT 1 AS a FULL UNION ALL CORRESPONDING SELECT 2 AS b ORDER BY a", [(None, 2), (1, None)]),
        ("SELECT key FROM words EXCEPT DISTINCT SELECT 2 ORDER BY key", [(1,), (3,)]),
        ("SELECT (SELECT MAX(key) FROM words AS w WHERE w.value = words.value) FROM words ORDER BY 1", [(2,), (3,), (3,)]),
        ("SELECT key FROM words WHERE EXISTS (SELECT 1 FROM UNNEST([1, 2]) AS x WHERE x = key) ORDER BY key", [(1,), (2,)]),
        ("SELECT AS STRUCT 1 AS a", [({"a": 1},)]),
        ("SELECT * FROM (SELECT AS VALUE 7)", [(7,)]),
    ],
)
def test_rows(con, sql, rows):
    assert ask(con, sql).rows == rows


@pytest.mark.parametrize(
    "sql, problem",
    [
        ("SELECT 1 AS a, 2 AS a", "duplicate column names"),
        ("SELECT * FROM words AS x JOIN words AS y ON true", "duplicate column names"),
        ("SELECT * FROM words TABLESAMPLE SYSTEM (10 PERCENT)", "TABLESAMPLE"),
        ("FROM words |> TABLESAMPLE SYSTEM (10 PERCENT)", "TABLESAMPLE"),
        ("FROM words |> CALL f(1)", "CALL"),
        ("FROM words |> DROP nothing", "nothing"),
        ("FROM words |> SET key = 1, key = 2", "twice"),
        ("SELECT * FROM wide UNPIVOT(v FOR n IN (product, q1))", "one type"),
        ("SELECT * FROM sales PIVOT(SUM(amount), COUNT(*) FOR quarter IN ('Q1'))", "alias"),
        ("SELECT * FROM sales PIVOT(amount FOR quarter IN ('Q1'))", "aggregat"),
        ("SELECT * FROM sales PIVOT(SUM(amount) FOR year IN ('Q1'))", "compares"),
    ],
)
def test_what_cannot_be_right_is_refused_with_the_reason(con, sql, problem):
    with pytest.raises(SqlError, match=problem):
        ask(con, sql)
