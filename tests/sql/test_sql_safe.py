"""SAFE., SAFE_CAST and SAFE_ arithmetic make NULL of the function's own errors only."""

import duckdb
import pytest

from gamebeam.sql.engine import ask
from gamebeam.sql.translate import SqlError


@pytest.fixture(scope="module")
def con():
    with duckdb.connect() as opened:
        opened.execute("SET TimeZone = 'UTC'")
        yield opened


@pytest.mark.parametrize(
    "expression",
    [
        "SAFE.LN(0)",
        "SAFE.REPEAT('abc', -1)",
        "SAFE.DATE_ADD(DATE '9999-12-31', INTERVAL 1 DAY)",
        "SAFE.ERROR('x')",
        "SAFE_CAST(CONCAT('1', 'x') AS INT64)",
        "SAFE_ADD(9223372036854775807, 1)",
        "SAFE_DIVIDE(NUMERIC '1', NUMERIC '0')",
        "SAFE.ARRAY_FIRST(ARRAY(SELECT x FROM UNNEST([1]) AS x WHERE x > 1))",
        "JSON_VALUE(CONCAT('{', 'bad'), '$.a')",
    ],
)
def test_an_error_of_the_function_itself_is_null(con, expression):
    assert ask(con, f"SELECT {expression}").rows == [(None,)]


@pytest.mark.parametrize(
    "expression",
    [
        "SAFE.LN(DIV(1, 0))",
        "SAFE.SUBSTR('abc', DIV(1, 0))",
        "SAFE.DATE_ADD(DATE '2026-01-01', INTERVAL DIV(1, 0) DAY)",
        "SAFE.ERROR(ERROR('x'))",
        "SAFE_CAST(REPEAT('x', -1) AS INT64)",
        "SAFE_ADD(9223372036854775807 * 2, 1)",
        "SAFE_DIVIDE(DIV(1, 0), 1)",
        "SAFE_MULTIPLY(1e308 * 10, 0.5)",
        "SAFE_DIVIDE(NUMERIC '1' / 0, NUMERIC '2')",
        "JSON_VALUE(REPEAT('x', -1), '$.a')",
        "JSON_QUERY(REPEAT('x', -1), '$.a')",
    ],
)
def test_an_error_of_an_argument_stays_an_error(con, expression):
    with pytest.raises(SqlError):
        ask(con, f"SELECT {expression}")


def test_arguments_of_rows_and_aggregates_are_kept_apart(con):
    values = "UNNEST([STRUCT(0 AS x, '7' AS s), (1, 'a')])"
    rows = ask(con, f"SELECT SAFE.LN(x + 0), SAFE.LN(x), SAFE_CAST(UPPER(s) AS INT64) FROM {values}").rows
    assert rows == [(None, None, 7), (0.0, 0.0, None)]
    assert ask(con, "SELECT SAFE.LN(SUM(x)) FROM UNNEST([0, 1]) AS x").rows == [(0.0,)]


@pytest.mark.parametrize("expression", ["SAFE.SUM(1)", "SAFE.ROW_NUMBER() OVER ()"])
def test_safe_of_an_aggregate_is_refused(con, expression):
    with pytest.raises(SqlError, match=r"SAFE|OVER"):
        ask(con, f"SELECT {expression}")


@pytest.mark.parametrize("expression", ["AVG(x)", "SUM(x * x)", "MAX(SQRT(x))"])
def test_a_function_that_would_lose_digits_of_a_bignumeric_is_refused(con, expression):
    with pytest.raises(SqlError, match="takes no BIGNUMERIC here; CAST it to NUMERIC, or to FLOAT64"):
        ask(con, f"SELECT {expression} FROM UNNEST([BIGNUMERIC '1', BIGNUMERIC '2']) AS x")


@pytest.mark.parametrize(
    "expression",
    ["SAFE_CAST(TRIM(s) AS INT64)", "JSON_VALUE(TRIM(s), '$')", "SAFE.LN(LENGTH(s) - 1)", "TO_JSON_STRING(SPLIT(s))",
     "ARRAY_INCLUDES(SPLIT(s), '1')", "s IN UNNEST(SPLIT(s))"],
)
def test_an_expression_with_arguments_of_its_own_is_found_again_in_group_by_and_order_by(con, expression):
    rows = "(SELECT s FROM UNNEST(['1', '1', '12']) AS s)"
    grouped = ask(con, f"SELECT {expression}, COUNT(*) FROM {rows} GROUP BY {expression} ORDER BY {expression}").rows
    assert sum(count for _, count in grouped) == 3
    assert len(ask(con, f"SELECT DISTINCT {expression} FROM {rows} ORDER BY {expression}").rows) == len(grouped)
