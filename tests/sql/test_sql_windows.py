"""Window functions in BigQuery SQL: order, frames, named windows, percentiles."""

import duckdb
import pytest

from gamebeam.sql.engine import ask
from gamebeam.sql.translate import SqlError


@pytest.fixture(scope="module")
def con():
    with duckdb.connect() as opened:
        opened.execute("SET TimeZone = 'UTC'; SET python_enable_replacements = false")
        opened.execute(
            "CREATE TABLE laps AS SELECT * FROM (VALUES (1, 'a', 10.0::DOUBLE), (2, 'a', NULL), (3, 'b', 30.0), (4, 'b', 'nan'::DOUBLE)) "
            "AS t(id, team, seconds)"
        )
        yield opened


def column(con, expression, window=""):
    return [row[0] for row in ask(con, f"SELECT v FROM (SELECT id, {expression} AS v FROM laps {window}) ORDER BY id").rows]


@pytest.mark.parametrize(
    "expression, expected",
    [
        ("ROW_NUMBER() OVER (ORDER BY id DESC)", [4, 3, 2, 1]),
        ("RANK() OVER (ORDER BY seconds)", [3, 1, 4, 2]),  # NULL, NaN, numbers
        ("DENSE_RANK() OVER (ORDER BY team)", [1, 1, 2, 2]),
        ("NTILE(3) OVER (ORDER BY id)", [1, 1, 2, 3]),
        ("CUME_DIST() OVER (ORDER BY team)", [0.5, 0.5, 1.0, 1.0]),
        ("LAG(id, 1, 0) OVER (PARTITION BY team ORDER BY id)", [0, 1, 0, 3]),
        ("LEAD(team) OVER (ORDER BY id)", ["a", "b", "b", None]),
        ("FIRST_VALUE(seconds IGNORE NULLS) OVER (ORDER BY id DESC ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)", [10.0, 30.0, None, None]),
        ("LAST_VALUE(id) OVER (ORDER BY team)", [2, 2, 4, 4]),
        ("NTH_VALUE(id, 2) OVER (ORDER BY id)", [None, 2, 2, 2]),
        ("SUM(id) OVER (ORDER BY id RANGE BETWEEN 1 PRECEDING AND 1 FOLLOWING)", [3, 6, 9, 7]),
        ("SUM(id) OVER (ORDER BY id RANGE BETWEEN 9223372036854775807 PRECEDING AND CURRENT ROW)", [1, 3, 6, 10]),
        ("COUNT(*) OVER (ORDER BY id ROWS BETWEEN 2 FOLLOWING AND 3 FOLLOWING)", [2, 1, 0, 0]),
        ("STRING_AGG(team, '') OVER (ORDER BY id)", ["a", "aa", "aab", "aabb"]),
        ("PERCENTILE_CONT(id, 0.5) OVER ()", [2.5] * 4),
        ("PERCENTILE_DISC(id, 0.5) OVER (PARTITION BY team)", [1, 1, 3, 3]),
    ],
)
def test_values(con, expression, expected):
    got = column(con, expression)
    assert [v if v == v else None for v in got] == expected


def test_named_windows_are_extended_and_names_have_no_case(con):
    assert column(
        con, "SUM(id) OVER (W ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)", "WINDOW w AS (p ORDER BY id), p AS (PARTITION BY team)"
    ) == [1, 3, 3, 7]
    assert column(con, "RANK() OVER w2", "WINDOW w AS (ORDER BY id), w2 AS w") == [1, 2, 3, 4]


def test_qualify_keeps_rows_by_a_window(con):
    assert ask(con, "SELECT id FROM laps QUALIFY ROW_NUMBER() OVER (PARTITION BY team ORDER BY id DESC) = 1 ORDER BY id").rows == [
        (2,),
        (4,),
    ]


@pytest.mark.parametrize(
    "expression",
    [
        "ROW_NUMBER()",
        "RANK() OVER ()",
        "ROW_NUMBER() OVER (ORDER BY id ROWS 2 PRECEDING)",
        "LAG(id, -1) OVER (ORDER BY id)",
        "LAG(id, 1, id) OVER (ORDER BY id)",
        "NTILE(0) OVER (ORDER BY id)",
        "NTH_VALUE(id, CAST(NULL AS INT64)) OVER (ORDER BY id)",
        "SUM(id) OVER (ORDER BY team RANGE 1 PRECEDING)",
        "SUM(id) OVER (ORDER BY id ROWS -1 PRECEDING)",
        "SUM(id) OVER missing",
        "PERCENTILE_CONT(id, 0.5)",
        "PERCENTILE_CONT(id, 0.5) OVER (ORDER BY id)",
        "PERCENTILE_CONT(id, 1.5) OVER ()",
        "STRING_AGG(team ORDER BY id) OVER ()",
        "PERCENTILE_CONT(seconds, 0.5) OVER ()",
        "SUM(id) OVER (ORDER BY seconds RANGE BETWEEN UNBOUNDED PRECEDING AND 1 FOLLOWING)",
    ],
)
def test_what_cannot_be_right_is_refused(con, expression):
    with pytest.raises(SqlError):
        ask(con, f"SELECT {expression} FROM laps")
