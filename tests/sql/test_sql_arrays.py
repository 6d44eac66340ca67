"""Arrays and structs in BigQuery SQL: elements, UNNEST, offsets, joins."""

import duckdb
import pytest

from gamebeam.sql.engine import ask
from gamebeam.sql.translate import SqlError, to_duckdb


@pytest.fixture(scope="module")
def con():
    with duckdb.connect() as opened:
        opened.execute("SET TimeZone = 'UTC'; SET python_enable_replacements = false")
        opened.execute("CREATE TABLE carts AS SELECT * FROM (VALUES (1, ['a', 'b']), (2, []), (3, NULL)) AS t(id, items)")
        yield opened


def test_an_index_outside_the_array_is_an_error_and_null_with_safe(con):
    for index in ("OFFSET(2)", "OFFSET(-1)", "ORDINAL(0)", "ORDINAL(3)"):
        with pytest.raises(SqlError, match="out of bounds"):
            ask(con, f"SELECT items[{index}] FROM carts WHERE id = 1")
        assert ask(con, f"SELECT items[SAFE_{index}] FROM carts WHERE id = 1").rows == [(None,)]


@pytest.mark.parametrize(
    "sql, rows",
    [
        ("SELECT x, offset FROM UNNEST(['a', 'b']) AS x WITH OFFSET ORDER BY offset", [("a", 0), ("b", 1)]),
        ("SELECT x, i FROM UNNEST(['a', 'b']) AS x WITH OFFSET AS i ORDER BY i DESC", [("b", 1), ("a", 0)]),
        ("SELECT * FROM UNNEST([STRUCT(1 AS a, 'x' AS b), (2, 'y')]) ORDER BY a", [(1, "x"), (2, "y")]),
        ("SELECT id, item FROM carts, UNNEST(items) AS item ORDER BY item", [(1, "a"), (1, "b")]),
        ("SELECT id, item FROM carts, carts.items AS item ORDER BY item", [(1, "a"), (1, "b")]),
        ("SELECT id, item FROM carts LEFT JOIN UNNEST(items) AS item ORDER BY id, item", [(1, "a"), (1, "b"), (2, None), (3, None)]),
        ("SELECT id FROM carts WHERE 'b' IN UNNEST(items)", [(1,)]),
        ("SELECT ARRAY(SELECT x * 2 FROM UNNEST([1, 2, 3]) AS x WHERE x > 1 ORDER BY x DESC)", [([6, 4],)]),
        ("SELECT ARRAY(SELECT AS STRUCT 1 AS a, 'x' AS b)", [([{"a": 1, "b": "x"}],)]),
        ("SELECT ARRAY_LENGTH(items) FROM carts ORDER BY id", [(2,), (0,), (None,)]),
        ("SELECT ARRAY_CONCAT([1], NULL), ARRAY_REVERSE([1, 2]), ARRAY_TO_STRING(['a', NULL, 'b'], '-', '?')", [(None, [2, 1], "a-?-b")]),
        ("SELECT STRUCT(1, 'a') = STRUCT(1, 'a'), STRUCT(1, 'a') != STRUCT(1, 'b'), (1, NULL) = (2, NULL)", [(True, True, False)]),
        ("SELECT s.b.c FROM (SELECT STRUCT(STRUCT(7 AS c) AS b) AS s)", [(7,)]),
    ],
)
def test_rows(con, sql, rows):
    assert ask(con, sql).rows == rows


def test_the_first_of_an_ordered_array_keeps_no_array():
    sql = to_duckdb("SELECT ARRAY_AGG(x IGNORE NULLS ORDER BY y DESC LIMIT 1)[SAFE_OFFSET(0)] FROM UNNEST([STRUCT(1 AS x, 2 AS y)])")
    assert "first(" in sql and "list(" not in sql


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT [[1], [2]]",
        "SELECT [1, 'a']",
        "SELECT STRUCT(1, 2) < STRUCT(1, 3)",
        "SELECT [1] = [1]",
        "SELECT x FROM UNNEST([1]) AS y",
        "SELECT ARRAY(SELECT 1, 2)",
        "SELECT * FROM UNNEST(5)",
        "SELECT x FROM (SELECT [1] AS x) ORDER BY x",
        "SELECT ARRAY_TRANSFORM([1], e -> e + 1)",
    ],
)
def test_what_bigquery_refuses_is_refused(con, sql):
    with pytest.raises(SqlError):
        ask(con, sql)
