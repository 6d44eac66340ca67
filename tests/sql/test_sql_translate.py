"""BigQuery SQL on DuckDB: one test per difference, each against the value that BigQuery documents."""

import json
from datetime import UTC, date, datetime

import duckdb
import pytest

from gamebeam.sql.translate import SqlError, to_duckdb


def ask(sql):
    """The first row of the answer; a row of one column as its value."""
    rows = answer(sql)
    return rows[0][0] if len(rows[0]) == 1 else rows[0]


def answer(sql):
    con = duckdb.connect()
    con.execute("SET TimeZone='UTC'")
    return con.execute(to_duckdb(sql)).fetchall()


def moment(*parts):
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    "sql, expected",
    [
        # timestamps and dates
        ("TIMESTAMP_DIFF(TIMESTAMP '2026-01-02 00:10:00', TIMESTAMP '2026-01-01 23:50:00', HOUR)", 0),
        ("TIMESTAMP_DIFF(TIMESTAMP '2026-01-02 00:10:00', TIMESTAMP '2026-01-01 23:50:00', MINUTE)", 20),
        ("TIMESTAMP_DIFF(TIMESTAMP '2018-08-14', TIMESTAMP '2018-10-14', DAY)", -61),
        ("DATE_DIFF(DATE '2017-10-15', DATE '2017-10-14', WEEK)", 1),
        ("DATE_DIFF(DATE '2026-01-12', DATE '2026-01-11', WEEK(MONDAY))", 1),
        ("EXTRACT(DAYOFWEEK FROM DATE '2026-01-04')", 1),
        ("EXTRACT(DAYOFWEEK FROM DATE '2026-01-03')", 7),
        ("EXTRACT(ISOWEEK FROM DATE '2016-01-01')", 53),
        ("EXTRACT(WEEK FROM DATE '2026-01-01')", 0),
        ("EXTRACT(WEEK(MONDAY) FROM DATE '2026-01-05')", 1),
        ("EXTRACT(MILLISECOND FROM TIMESTAMP '2026-01-02 03:04:05.678')", 678),
        ("EXTRACT(DATE FROM TIMESTAMP '2026-01-02 03:04:05')", date(2026, 1, 2)),
        ("EXTRACT(HOUR FROM TIMESTAMP '2026-01-02 03:04:05' AT TIME ZONE 'America/New_York')", 22),
        ("DATE_TRUNC(DATE '2026-01-04', WEEK(MONDAY))", date(2025, 12, 29)),
        ("DATE_TRUNC(DATE '2026-01-03', WEEK)", date(2025, 12, 28)),
        ("DATE_TRUNC(DATE '2026-01-04', ISOWEEK)", date(2025, 12, 29)),
        ("DATE_TRUNC(DATE '2026-01-04', MONTH)", date(2026, 1, 1)),
        ("DATE_ADD(DATE '2026-01-05', INTERVAL 2 DAY)", date(2026, 1, 7)),
        ("DATE_SUB('2026-03-31', INTERVAL 1 MONTH)", date(2026, 2, 28)),
        ("DATE(TIMESTAMP '2026-01-02 03:04:05', 'America/New_York')", date(2026, 1, 1)),
        ("DATE(TIMESTAMP '2026-01-02 03:04:05')", date(2026, 1, 2)),
        ("TIMESTAMP_TRUNC(TIMESTAMP '2026-01-02 03:04:05', DAY, 'America/New_York')", moment(2026, 1, 1, 5)),
        ("TIMESTAMP_TRUNC(TIMESTAMP '2026-01-02 03:04:05', WEEK(MONDAY))", moment(2025, 12, 29)),
        ("FORMAT_TIMESTAMP('%Y-%m-%dT%H:%M:%E3SZ', TIMESTAMP '2026-01-02 03:04:05.678')", "2026-01-02T03:04:05.678Z"),
        ("FORMAT_TIMESTAMP('%F %T', TIMESTAMP '2026-01-02 03:04:05', 'America/New_York')", "2026-01-01 22:04:05"),
        ("FORMAT_DATE('%G-W%V', DATE '2026-01-01')", "2026-W01"),
        ("PARSE_TIMESTAMP('%Y-%m-%d %H:%M:%E3S', '2026-01-02 03:04:05.678')", moment(2026, 1, 2, 3, 4, 5, 678000)),
        ("PARSE_TIMESTAMP('%F %T', '2026-01-02 03:04:05', 'America/New_York')", moment(2026, 1, 2, 8, 4, 5)),
        ("PARSE_DATE('%Y%m%d', '20260102')", date(2026, 1, 2)),
        ("TIMESTAMP_MILLIS(1767225600123)", moment(2026, 1, 1, 0, 0, 0, 123000)),
        ("UNIX_MILLIS(TIMESTAMP '2026-01-01 00:00:00.123')", 1767225600123),
        ("UNIX_SECONDS(TIMESTAMP '2026-01-01')", 1767225600),
        # numbers
        ("7 / 2", 3.5),
        ("DIV(-7, 2)", -3),
        ("MOD(-7, 3)", -1),
        ("SAFE_DIVIDE(1, 0)", None),
        ("SAFE_DIVIDE(1, 4)", 0.25),
        ("CAST(CAST(2.5 AS FLOAT64) AS INT64)", 3),
        ("CAST(CAST(-2.5 AS FLOAT64) AS INT64)", -3),
        ("CAST(SUBSTR('9007199254740993', 1) AS INT64)", 9007199254740993),
        ("SAFE_CAST('x' AS INT64)", None),
        ("GREATEST(1, NULL)", None),
        # strings
        ("CONCAT('a', NULL)", None),
        ("FORMAT('%05d|%s', 3, 'x')", "00003|x"),
        ("JSON_VALUE('{\"a\": {\"b\": 7}}', '$.a.b')", "7"),
        ("JSON_VALUE('{\"a\": {\"b\": 7}}', '$.a')", None),
        ("JSON_VALUE('{\"a\": null}', '$.a')", None),
        ("SAFE_CONVERT_BYTES_TO_STRING(b'\\xff')", None),
        ("SAFE_CONVERT_BYTES_TO_STRING(b'abc')", "abc"),
        ("SPLIT('a,b', ',')[SAFE_OFFSET(5)]", None),
        ("TO_JSON_STRING(STRUCT(1 AS a, 'x' AS b))", '{"a":1,"b":"x"}'),
        # arrays
        ("GENERATE_ARRAY(1, 7, 3)", [1, 4, 7]),
        (
            "GENERATE_DATE_ARRAY('2026-01-30', '2026-02-03', INTERVAL 2 DAY)",
            [date(2026, 1, 30), date(2026, 2, 1), date(2026, 2, 3)],
        ),
        (
            "GENERATE_TIMESTAMP_ARRAY('2026-01-01', '2026-01-01 12:00:00', INTERVAL 12 HOUR)",
            [moment(2026, 1, 1), moment(2026, 1, 1, 12)],
        ),
        ("STRUCT(1 AS a, 'x' AS b)", {"a": 1, "b": "x"}),
        ("STRUCT(1 AS a).a", 1),
        ("(SELECT MAX(x.v) FROM UNNEST([STRUCT(1 AS v), STRUCT(3 AS v)]) AS x)", 3),
        ("2 IN UNNEST([1, 2])", True),
    ],
)
def test_an_expression_has_the_value_that_bigquery_documents(sql, expected):
    got = ask(f"SELECT {sql}")
    assert got == expected and type(got) is type(expected)


@pytest.mark.parametrize(
    "sql, expected",
    [
        ("APPROX_QUANTILES(x, 4)", [1, 2, 3, 4, 10]),
        ("APPROX_QUANTILES(x, 2)[OFFSET(1)]", 3),
        ("APPROX_COUNT_DISTINCT(x)", 5),
        ("ARRAY_AGG(x ORDER BY x DESC LIMIT 2)", [10, 4]),
        ("ARRAY_AGG(x ORDER BY x LIMIT 1)[OFFSET(0)]", None),
        ("ARRAY_AGG(x IGNORE NULLS ORDER BY x LIMIT 2)", [1, 2]),
        ("ARRAY_AGG(x IGNORE NULLS ORDER BY x DESC LIMIT 1)[SAFE_OFFSET(0)]", 10),
        ("ARRAY_AGG(IF(x > 100, x, NULL) IGNORE NULLS LIMIT 1)[SAFE_OFFSET(0)]", None),
        ("ARRAY_AGG(x IGNORE NULLS ORDER BY x DESC)[SAFE_OFFSET(0)]", 10),
        ("ARRAY_AGG(IF(x > 100, x, NULL) IGNORE NULLS ORDER BY x)[SAFE_OFFSET(0)]", None),
        ("ARRAY_AGG(IF(x > 5, NULL, x) ORDER BY x DESC)[OFFSET(0)]", None),
        ("COUNTIF(x > 2)", 3),
        ("LOGICAL_OR(x > 9)", True),
        ("LOGICAL_AND(x > 1)", False),
        ("ANY_VALUE(x HAVING MAX x)", 10),
        ("STRING_AGG(CAST(x AS STRING), '|' ORDER BY x)", "1|2|3|4|10"),
    ],
)
def test_an_aggregate_has_the_value_that_bigquery_documents(sql, expected):
    assert ask(f"SELECT {sql} FROM UNNEST([10, 3, NULL, 1, 2, 4]) AS x") == expected


def test_the_most_frequent_values_come_as_structs_of_value_and_count():
    assert ask("SELECT APPROX_TOP_COUNT(x, 2) FROM UNNEST(['a', 'b', 'b', 'c', 'b', 'a']) AS x") == [
        {"value": "b", "count": 3},
        {"value": "a", "count": 2},
    ]
    assert ask("SELECT APPROX_TOP_COUNT(x, 1)[OFFSET(0)].value FROM UNNEST(['a', 'b', 'b']) AS x") == "b"


def test_offsets_count_from_zero_and_only_the_offset_column_does():
    assert answer("SELECT tag, off FROM UNNEST(['a', 'b']) AS tag WITH OFFSET AS off ORDER BY off") == [("a", 0), ("b", 1)]
    assert answer("""SELECT t.off, tag, n.off FROM (SELECT 5 AS off, ['a'] AS tags) AS t,
                     (SELECT x AS tag, off FROM UNNEST(['z']) AS x WITH OFFSET off) AS n""") == [(5, "z", 0)]
    assert answer("SELECT offset FROM UNNEST(['a', 'b']) WITH OFFSET WHERE offset > 0") == [(1,)]


def test_a_left_join_of_an_empty_array_keeps_its_row():
    rows = answer("""SELECT id, tag, off FROM (SELECT 1 AS id, ['a'] AS tags UNION ALL SELECT 2, []) AS t
                     LEFT JOIN UNNEST(tags) AS tag WITH OFFSET AS off ORDER BY id""")
    assert rows == [(1, "a", 0), (2, None, None)]


def test_the_fields_of_unnested_structs_can_be_named_with_an_alias_and_without():
    items = "(SELECT 1 AS id, [STRUCT('a' AS k, 5 AS v), STRUCT('b' AS k, 6 AS v)] AS items) AS t"
    assert answer(f"SELECT id, x.k, o FROM {items}, UNNEST(t.items) AS x WITH OFFSET AS o ORDER BY o") == [
        (1, "a", 0),
        (1, "b", 1),
    ]
    assert answer(f"SELECT id, v FROM {items}, UNNEST(t.items) WHERE k = 'b'") == [(1, 6)]
    assert answer(f"SELECT (SELECT v FROM UNNEST(items) WHERE k = 'a') FROM {items}") == [(5,)]


def test_nulls_come_first_ascending_and_last_descending():
    assert answer("SELECT x FROM UNNEST([2, NULL, 1]) AS x ORDER BY x") == [(None,), (1,), (2,)]
    assert answer("SELECT x FROM UNNEST([2, NULL, 1]) AS x ORDER BY x DESC") == [(2,), (1,), (None,)]


def test_a_division_by_zero_is_an_error_and_not_infinity():
    with pytest.raises(duckdb.Error, match="division by zero"):
        answer("SELECT 1 / x FROM UNNEST([1, 0]) AS x")
    assert answer("SELECT IF(x = 0, NULL, 1 / x) FROM UNNEST([1, 0]) AS x ORDER BY x") == [(None,), (1.0,)]


def test_a_timestamp_column_truncated_like_a_date_stays_a_timestamp():
    assert ask("SELECT DATE_TRUNC(t, MONTH) FROM (SELECT TIMESTAMP '2026-01-04 10:00:00' AS t)") == moment(2026, 1, 1)


def test_rewrites_reach_into_each_other():
    assert ask("SELECT EXTRACT(DAYOFWEEK FROM DATE_TRUNC(DATE_ADD(DATE '2026-01-04', INTERVAL 1 DAY), WEEK(MONDAY)))") == 2


def test_a_column_without_a_name_is_called_as_bigquery_calls_it():
    con = duckdb.connect()
    con.execute(to_duckdb("SELECT 1 AS a, COUNT(*), MAX(x) FROM UNNEST([1]) AS x"))
    assert [column[0] for column in con.description] == ["a", "f0_", "f1_"]


@pytest.mark.parametrize(
    "sql, caret_under",
    [
        ("SELECT 1\nFROM t WHERE WHERE x", "WHERE x"),
        ("SELECT a,\n  COUNT(* FROM t", "FROM t"),
    ],
)
def test_a_syntax_error_shows_the_line_and_the_place(sql, caret_under):
    with pytest.raises(SqlError) as e:
        to_duckdb(sql)
    *_, line, caret = str(e.value).split("\n")
    assert line[caret.index("^") :].startswith(caret_under.split()[0])
    assert f"line {sql.count(chr(10)) + 1}: " in line


def test_more_than_one_statement_is_refused():
    with pytest.raises(SqlError, match="one statement at a time"):
        to_duckdb("SELECT 1; SELECT 2")
    with pytest.raises(SqlError, match="no SQL"):
        to_duckdb("  ")
    assert json.dumps(ask("SELECT 1;")) == "1"


@pytest.mark.parametrize("sql, expected", [
    ("SELECT DIV(n - 1, 2) FROM UNNEST([8]) AS n", 3),
    ("SELECT 20 - DIV(n, 2 + 1) * 2 FROM UNNEST([8]) AS n", 16),
    ("SELECT [10, 11, 12][OFFSET(n - 1)] FROM UNNEST([3]) AS n", 12),
    ("SELECT [10, 11, 12][SAFE_OFFSET(n)] FROM UNNEST([3]) AS n", None),
    ("SELECT [10, 11, 12][ORDINAL(n)] FROM UNNEST([3]) AS n", 12),
    ("SELECT [10, 11, 12][OFFSET(1)]", 11),
])
def test_whole_division_and_computed_indexes_mean_what_bigquery_means(sql, expected):
    assert ask(sql) == expected
