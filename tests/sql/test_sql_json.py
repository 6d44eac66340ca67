"""JSON in BigQuery SQL: what is read of null, of invalid text, and of numbers as they are written."""

import duckdb
import pytest

from gamebeam.sql.dialect.functions.json_values import lookups
from gamebeam.sql.engine import ask
from gamebeam.sql.translate import SqlError, to_duckdb


@pytest.fixture(scope="module")
def con():
    with duckdb.connect() as opened:
        opened.execute("SET TimeZone = 'UTC'; SET python_enable_replacements = false")
        opened.execute(
            "CREATE TABLE texts AS SELECT unnest(['{\"a\": 1.50}', '{bad', NULL, '{\"a\": null}', '{\"a\": [1, 2]}', "
            "'{\"a\": \"é\"}', '{\"a\": true}', '{\"a\": 12345678901234567890}', '\"x\"', '']) AS t"
        )
        yield opened


def test_json_value_of_a_string_keeps_numbers_as_written_and_is_null_where_there_is_no_scalar(con):
    assert [row[0] for row in ask(con, "SELECT JSON_VALUE(t, '$.a') FROM texts").rows] == [
        "1.50",
        None,
        None,
        None,
        None,
        "é",
        "true",
        "12345678901234567890",
        None,
        None,
    ]


def test_json_query_of_a_string_is_null_for_json_null_and_for_invalid_text(con):
    assert [row[0] for row in ask(con, "SELECT JSON_QUERY(t, '$.a') FROM texts").rows] == [
        "1.50",
        None,
        None,
        None,
        "[1,2]",
        '"é"',
        "true",
        "12345678901234567890",
        None,
        None,
    ]


@pytest.mark.parametrize("path", ["$.a[0].b", "$.a[1]", "$", "$.a[9]", '$."a"', "$.c-d", '$."e.f"'])
@pytest.mark.parametrize("text", ['{"a": [{"b": 1.0}, 2e3], "c-d": 7, "e.f": "x"}', '{"a": [{"b": "1"}, -5]}', "[1]", "nope"])
def test_the_native_path_and_the_python_path_read_alike(con, path, text):
    for function, read in (("JSON_VALUE", lookups.scalar_of_text), ("JSON_QUERY", lookups.of_text)):
        [(got,)] = ask(con, f"SELECT {function}('{text}', '{path}')").rows
        assert got == read(text, path, False)


def test_json_value_with_a_constant_path_calls_no_python():
    sql = to_duckdb("SELECT JSON_VALUE('{}', '$.a.b')")
    assert "bq_json_scalar(" in sql and "bq_json_value_text(" not in sql


def test_a_wrong_path_is_refused_before_the_query_runs():
    for path in ("lax $.a", "a", "$..a", "$['a']"):
        with pytest.raises(SqlError, match="JSONPath"):
            to_duckdb(f"SELECT JSON_VALUE('{{}}', \"{path}\")")


@pytest.mark.parametrize(
    "expression, expected",
    [
        ("JSON_QUERY(JSON '{\"a\": null}', '$.a') IS NULL", False),
        ("JSON_VALUE(JSON '{\"a\": null}', '$.a') IS NULL", True),
        ('(JSON \'{"a": {"b": [10, 20]}}\').a.b[1] IS NULL', False),
        ('INT64((JSON \'{"a": {"b": [10, 20]}}\').a.b[1])', 20),
        ("(JSON '{\"a\": 1}')['b'] IS NULL", True),
        ("LAX_INT64(JSON '\"10\"')", 10),
        ("LAX_INT64(JSON '\"x\"')", None),
        ("LAX_FLOAT64(JSON 'true')", None),
        ("LAX_BOOL(JSON '0')", False),
        ("LAX_STRING(JSON '1.5')", "1.5"),
        ("SAFE.INT64(JSON '\"x\"')", None),
        ("SAFE.BOOL(JSON '1')", None),
        ("JSON_TYPE(JSON '1.0')", "number"),
        ('TO_JSON_STRING(PARSE_JSON(\'{"b": 1, "a": 2}\'))', '{"a":2,"b":1}'),
        (
            "TO_JSON_STRING(STRUCT(DATE '2026-11-30' AS d, [1.0, NULL] AS f, CAST('nan' AS FLOAT64) AS n))",
            '{"d":"2026-11-30","f":[1,null],"n":"NaN"}',
        ),
        ("TO_JSON_STRING('a\"\\n')", '"a\\"\\n"'),
        ("TO_JSON_STRING(b'abc')", '"YWJj"'),
        ("TO_JSON_STRING(NUMERIC '1.10')", "1.1"),
    ],
)
def test_values(con, expression, expected):
    assert ask(con, f"SELECT {expression}").rows == [(expected,)]


@pytest.mark.parametrize(
    "expression",
    [
        "INT64(JSON '1.5')",
        "INT64(JSON '\"1\"')",
        "INT64(JSON 'null')",
        "BOOL(JSON '1')",
        "STRING_ARRAY(JSON '1')",
        "PARSE_JSON('{a: 1}')",
        "PARSE_JSON('NaN')",
        "JSON_KEYS(JSON '{}', 0)",
        "JSON_ARRAY_APPEND(JSON '[]', '$', 1)",
    ],
)
def test_errors(con, expression):
    with pytest.raises(SqlError):
        ask(con, f"SELECT {expression}")


def test_json_is_not_compared_sorted_or_grouped(con):
    for sql in (
        "SELECT JSON '1' = JSON '1'",
        "SELECT j FROM (SELECT JSON '1' AS j) ORDER BY j",
        "SELECT j FROM (SELECT JSON '1' AS j) GROUP BY j",
    ):
        with pytest.raises(SqlError, match="JSON"):
            ask(con, sql)
