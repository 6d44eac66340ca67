"""Values at the edges of functions: NULL, NaN, empty text, the first and last timestamp, and what is refused there."""

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
    "expression, expected",
    [
        ("INSTR('xx', '', 3)", 3),
        ("INSTR('xx', '', 4)", 0),
        ("INSTR('xx', '', -1)", 3),
        ("INSTR('xx', '', -3, 1)", 1),
        ("INSTR(b'xx', b'', -1, 3)", 1),
        ("INITCAP('HERE-iS-a string', 'a -')", "Here-Is-a String"),
        ("INITCAP('cbac', 'ab')", "CbaC"),
        ("RIGHT(CAST(NULL AS BYTES), 0)", None),
        ("IEEE_DIVIDE(NULL, 0)", None),
        ("RANGE_BUCKET(CAST('nan' AS FLOAT64), [10.0, 20.0])", None),
        ("IS_NAN(LOG(CAST('-inf' AS FLOAT64), 1))", True),
        ("IS_NAN(LOG(1, CAST('inf' AS FLOAT64)))", True),
        ("FORMAT('%f|%+g', -0.0, -0.0)", "0.000000|+0"),
        ("FORMAT('%-06.2f|', 1.1)", "1.10  |"),
        ("FORMAT('%06.2f|%8.1e|% f', -1.1, 12345.0, 2.5)", "-01.10| 1.2e+04| 2.500000"),
        ("FORMAT('%05f|%-5f|%+f', CAST('inf' AS FLOAT64), CAST('nan' AS FLOAT64), CAST('inf' AS FLOAT64))", "  inf|nan  |+inf"),
        ("TO_JSON_STRING('\\x00\\x1a\\n')", '"\\u0000\\u001a\\n"'),
        ("DATE_BUCKET(DATE '2020-02-15', NULL)", None),
        ("STRING(TIMESTAMP('9999-12-31 23:59:59', '+00:30'))", "9999-12-31 23:29:59+00"),
    ],
)
def test_an_edge_has_the_value_that_googlesql_documents(con, expression, expected):
    assert ask(con, f"SELECT {expression}").rows == [(expected,)]


@pytest.mark.parametrize(
    "expression, problem",
    [
        ("FROM_BASE64('====')", "base64"),
        ("ROUND(1.6e308, -308)", "300 digits"),
        ("TIMESTAMP('0001-01-01 00:00:00', '+01')", "out of range"),
        ("TIMESTAMP('9999-12-31 23:59:59', '-01')", "out of range"),
        ("DATETIME(TIMESTAMP '0001-01-01 00:00:00+00', 'America/Los_Angeles')", "out of range"),
        ("FORMAT('%f', 5)", "CAST it"),
        ('FORMAT("%\'x", 1234567)', "goes with %d, %i and %f"),
        ("FORMAT('%100000d', 1)", "width"),
        ("REGEXP_EXTRACT_ALL('aabca', 'a*')", r"write \+ instead of \*"),
        ("REGEXP_INSTR('aaa', 'a*', 2, 2)", r"write \+ instead of \*"),
        ("JSON_REMOVE(CAST(NULL AS JSON), '$$')", "JSONPath"),
        ("FORMAT_DATETIME('%T', TIMESTAMP '2026-11-30 10:00:00+00')", "no matching signature"),
        ("RANGE_BUCKET(1.5, [1.0, CAST('nan' AS FLOAT64)])", "NaN"),
    ],
)
def test_what_is_an_error_or_not_alike_is_refused(con, expression, problem):
    with pytest.raises(SqlError, match=problem):
        ask(con, f"SELECT {expression}")
    with pytest.raises(SqlError, match=problem):
        ask(con, f"SELECT x FROM (SELECT {expression} AS x)")
