"""Strings, bytes and regular expressions on DuckDB have BigQuery's values: NULLs, code points, limits, columns."""

import duckdb
import pytest

import gamebeam.sql.dialect.topics  # noqa: F401  fills the registry
from gamebeam.sql.dialect.registry import REGISTRY
from gamebeam.sql.engine import ask
from gamebeam.sql.translate import SqlError

SAMPLES = {
    "STRING": "'a'",
    "BYTES": "b'a'",
    "INT64": "1",
    "FLOAT64": "1.5",
    "DATE": "DATE '2026-11-30'",
    "TIME": "TIME '10:00:00'",
    "DATETIME": "DATETIME '2026-11-30 10:00:00'",
    "TIMESTAMP": "TIMESTAMP '2026-11-30 10:00:00+00'",
    "ARRAY<INT64>": "[65]",
}
CHECKED = ("strings", "regular expressions", "dates and times")
NOT_NULL = {"FORMAT", "CONTAINS_SUBSTR"}  # their second argument decides in another way


def _calls_with_a_null():
    for f in REGISTRY.functions.values():
        if f.topic not in CHECKED or f.name in NOT_NULL:
            continue
        for signature in f.signatures:
            if not all(a in SAMPLES for a in signature.arguments):
                continue
            given = [SAMPLES[a] for a in signature.arguments]
            if f.topic == "dates and times" and f.name in ("TIMESTAMP", "DATE", "DATETIME", "TIME", "STRING"):
                given = ["'UTC'" if a == "STRING" and i else g for i, (a, g) in enumerate(zip(signature.arguments, given, strict=True))]
                given = ["'2026-11-30'" if g == "'a'" else g for g in given]
            for i, wanted in enumerate(signature.arguments):
                if f.topic == "regular expressions" and i == 1:
                    continue
                yield f"{f.name}({', '.join([*given[:i], f'CAST(NULL AS {wanted})', *given[i + 1 :]])})"


@pytest.fixture(scope="module")
def con():
    with duckdb.connect() as opened:
        opened.execute("SET TimeZone = 'UTC'")
        yield opened


@pytest.mark.parametrize("call", list(_calls_with_a_null()))
def test_a_null_argument_makes_the_result_null(con, call):
    assert ask(con, f"SELECT {call}").rows == [(None,)]


def test_characters_are_code_points_in_every_function(con):
    text = "'e\\u0301\\U0001F600x'"
    [row] = ask(
        con,
        f"SELECT LENGTH({text}), BYTE_LENGTH({text}), SUBSTR({text}, 2, 1), REVERSE({text}), STRPOS({text}, 'x'), LEFT({text}, 1), "
        f"RPAD({text}, 5, '-'), ARRAY(SELECT c FROM UNNEST(SPLIT({text}, '')) AS c)",
    ).rows
    assert row == (4, 8, "\u0301", "x\U0001f600\u0301e", 4, "e", "e\u0301\U0001f600x-", ["e", "\u0301", "\U0001f600", "x"])


def test_two_calls_that_may_fail_stand_beside_each_other(con):
    sql = (
        "SELECT REPEAT(s, 2), REPEAT(s, 3), LPAD(s, 2), LPAD(s, 3, '-'), SUBSTR(s, 1, 1), SUBSTR(s, 1, 2), CHR(65), CHR(n) "
        "FROM (SELECT 'ab' AS s, 66 AS n)"
    )
    assert ask(con, sql).rows == [("abab", "ababab", "ab", "-ab", "a", "ab", "A", "B")]


@pytest.mark.parametrize("call", ["REPEAT('abc', 1000000)", "LPAD('a', 1000000000)", "RPAD(b'a', 1048577)"])
def test_a_text_of_more_than_a_megabyte_is_refused(con, call):
    with pytest.raises(SqlError, match="1 MB"):
        ask(con, f"SELECT {call}")


def test_an_optional_group_that_did_not_match_is_null_and_an_empty_match_is_empty(con):
    sql = "SELECT REGEXP_EXTRACT(s, r'a(b)?'), REGEXP_EXTRACT(s, r'a(b*)'), REGEXP_EXTRACT(s, 'x*') FROM (SELECT 'ac' AS s)"
    assert ask(con, sql).rows == [(None, "", "")]



def test_numbers_in_a_format_are_those_of_printf(con):
    [row] = ask(
        con,
        "SELECT FORMAT(\"%'d|%08.3f|%-6d|%+d|%x\", 1234567, 3.14159, 42, 7, -255), FORMAT('%t %T %t', [1.0, 2.5], ['a\"b'], TRUE), "
        "FORMAT('%.1f', NUMERIC '0.25')",
    ).rows
    assert row == ("1,234,567|0003.142|42    |+7|-ff", "[1.0, 2.5] ['a\"b'] true", "0.3")
