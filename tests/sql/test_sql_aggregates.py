"""Aggregates in BigQuery SQL: nothing, NULL, NaN, overflow, order and limits."""

import math

import duckdb
import pytest

from gamebeam.sql.engine import ask
from gamebeam.sql.translate import SqlError


@pytest.fixture(scope="module")
def con():
    with duckdb.connect() as opened:
        opened.execute("SET TimeZone = 'UTC'; SET python_enable_replacements = false")
        opened.execute(
            "CREATE TABLE plays AS SELECT * FROM (VALUES (1, 'ann', 5, 1.5), "
            "(2, 'bob', NULL, 2.5), (3, 'ann', 7, NULL), (4, NULL, 7, 4.0)) "
            "AS t(id, player, score, coins)"
        )
        yield opened


def test_q11_countif_over_no_rows_over_nulls_and_over_an_empty_frame_is_zero(con):
    assert ask(con, "SELECT COUNTIF(score > 1) FROM plays WHERE false").rows == [(0,)]
    assert ask(con, "SELECT COUNTIF(CAST(NULL AS BOOL)) FROM plays").rows == [(0,)]
    assert ask(
        con, "SELECT id, COUNTIF(score > 1) OVER (ORDER BY id ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING) FROM plays ORDER BY id"
    ).rows == [(1, 0), (2, 1), (3, 1), (4, 1)]


@pytest.mark.parametrize(
    "expression, expected",
    [
        ("COUNT(*)", 4),
        ("COUNT(score)", 3),
        ("COUNT(DISTINCT score)", 2),
        ("SUM(score)", 19),
        ("AVG(score)", 19 / 3),
        ("MAX(player)", "bob"),
        ("SUM(coins)", 8.0),
        ("STRING_AGG(player, '-' ORDER BY id)", "ann-bob-ann"),
        ("STRING_AGG(DISTINCT player ORDER BY player DESC)", "bob,ann"),
        ("STRING_AGG(player, ',' ORDER BY id LIMIT 2)", "ann,bob"),
        ("ARRAY_AGG(player ORDER BY id)", ["ann", "bob", "ann", None]),
        ("ARRAY_AGG(player IGNORE NULLS ORDER BY id LIMIT 2)", ["ann", "bob"]),
        ("ARRAY_AGG(DISTINCT score IGNORE NULLS ORDER BY score)", [5, 7]),
        ("ANY_VALUE(player HAVING MAX score)", "ann"),
        ("MIN_BY(id, coins)", 1),
        ("MAX_BY(player, coins)", None),
        ("LOGICAL_AND(score > 5)", False),
        ("LOGICAL_OR(score > 5)", True),
        ("BIT_XOR(id)", 4),
        ("APPROX_COUNT_DISTINCT(player)", 2),
        ("APPROX_QUANTILES(id, 2)", [1, 2, 4]),
        ("APPROX_TOP_COUNT(player, 1)", [{"value": "ann", "count": 2}]),
        ("VAR_SAMP(id)", 5 / 3),
        ("STDDEV_SAMP(score)", math.sqrt(4 / 3)),
    ],
)
def test_values(con, expression, expected):
    [(got,)] = ask(con, f"SELECT {expression} FROM plays").rows
    assert got == pytest.approx(expected) if isinstance(expected, float) else got == expected


@pytest.mark.parametrize(
    "expression, expected",
    [
        ("COUNT(*)", 0),
        ("COUNT(x)", 0),
        ("SUM(x)", None),
        ("AVG(x)", None),
        ("MIN(x)", None),
        ("ARRAY_AGG(x)", None),
        ("STRING_AGG(CAST(x AS STRING))", None),
        ("LOGICAL_OR(x > 1)", None),
        ("APPROX_QUANTILES(x, 2)", None),
        ("APPROX_TOP_COUNT(x, 2)", None),
        ("STDDEV(x)", None),
        ("BIT_AND(x)", None),
    ],
)
def test_of_nothing(con, expression, expected):
    assert ask(con, f"SELECT {expression} FROM UNNEST([1]) AS x WHERE false").rows == [(expected,)]


def test_nan_and_infinity_are_kept_and_overflow_is_an_error(con):
    [row] = ask(con, "SELECT MIN(x), MAX(x), SUM(x), VAR_POP(x) FROM UNNEST([1.0, CAST('nan' AS FLOAT64)]) AS x").rows
    assert all(math.isnan(v) for v in row)
    assert ask(con, "SELECT SUM(x), AVG(x) FROM UNNEST([1.0, CAST('inf' AS FLOAT64)]) AS x").rows == [(math.inf, math.inf)]
    for values in (
        "[9223372036854775807, 1]",
        "[1.7e308, 1.7e308]",
        "[NUMERIC '99999999999999999999999999999', NUMERIC '99999999999999999999999999999']",
    ):
        with pytest.raises(SqlError):
            ask(con, f"SELECT SUM(x) FROM UNNEST({values}) AS x")


def test_an_average_of_numerics_is_a_numeric(con):
    [(total, average)] = ask(
        con, "SELECT CAST(SUM(x) AS STRING), CAST(AVG(x) AS STRING) FROM UNNEST([NUMERIC '0.1', NUMERIC '0.2', NUMERIC '0.2']) AS x"
    ).rows
    assert (total, average) == ("0.5", "0.166666667")


def test_grouping_sets_give_subtotals(con):
    sql = "SELECT player, GROUPING(player) AS g, SUM(score) FROM plays GROUP BY ROLLUP (player) ORDER BY g, player"
    assert ask(con, sql).rows == [(None, 0, 7), ("ann", 0, 12), ("bob", 0, None), (None, 1, 19)]


@pytest.mark.parametrize(
    "expression",
    [
        "MAX([1])",
        "SUM('a')",
        "COUNT(DISTINCT *)",
        "STRING_AGG('a', NULL)",
        "APPROX_QUANTILES(1, 0)",
        "MIN(JSON '1')",
        "ARRAY_AGG([1])",
        "APPROX_TOP_SUM(1, 2, 3)",
        "STRING_AGG('a' IGNORE NULLS)",
        "SUM(1 ORDER BY 1)",
    ],
)
def test_what_bigquery_refuses_is_refused(con, expression):
    with pytest.raises(SqlError):
        ask(con, f"SELECT {expression}")
