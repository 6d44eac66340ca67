"""COLLATE(…, 'und:ci'): text is compared, sorted, grouped and searched without its case, or the statement is refused."""

import duckdb
import pytest

import gamebeam.sql.dialect.topics  # noqa: F401  fills the registry
from gamebeam.sql.dialect.registry import REGISTRY
from gamebeam.sql.engine import ask
from gamebeam.sql.translate import SqlError

CI = "COLLATE('aB', 'und:ci')"
SAMPLES = {"INT64": "1", "FLOAT64": "0.5", "BOOL": "true", "BYTES": "b'a'", "JSON": "JSON '1'", "DATE": "DATE '2026-11-30'",
           "STRING": CI, "T": CI, "ANY": CI, "ARRAY<T>": f"[{CI}]", "ARRAY<ANY>": f"[{CI}]", "ARRAY<STRING>": f"[{CI}]"}


@pytest.fixture(scope="module")
def con():
    con = duckdb.connect()
    con.execute("SET TimeZone='UTC'")
    con.execute("CREATE TABLE t AS SELECT * FROM (VALUES ('a', 1), ('B', 2), ('A', 3), ('b', 4), (NULL, 5)) AS v(s, n)")
    return con


def _unexamined():
    for f in REGISTRY.functions.values():
        if f.collated or f.kind == "operator" or any("COLLATED" in s.arguments for s in f.signatures):
            continue
        for s in f.signatures:
            if all(a in SAMPLES for a in s.arguments) and any(CI in SAMPLES[a] for a in s.arguments):
                over = " OVER (ORDER BY 1)" if f.kind == "window" else ""
                yield f"{f.name}({', '.join(SAMPLES[a] for a in s.arguments)}){over}"


@pytest.mark.parametrize("call", sorted(set(_unexamined())))
def test_a_function_that_is_not_examined_with_a_collation_refuses_it(con, call):
    with pytest.raises(SqlError, match="collation"):
        ask(con, f"SELECT {call}")


@pytest.mark.parametrize(("expression", "value"), [
    (f"{CI} = 'Ab'", True),
    (f"'Ab' = {CI}", True),
    (f"{CI} != 'Ab'", False),
    (f"{CI} IN ('x', 'AB')", True),
    (f"'AB' IN UNNEST(['x', {CI}])", True),
    (f"'AB' IN (SELECT {CI})", True),
    (f"{CI} BETWEEN 'AA' AND 'AC'", True),
    (f"NULLIF({CI}, 'AB')", None),
    (f"IF(true, {CI}, 'x') = 'AB'", True),
    (f"COALESCE(NULL, {CI}) = 'AB'", True),
    (f"UPPER({CI}) = 'ab'", True),
    (f"({CI} || 'c') = 'ABC'", True),
    (f"[{CI}, 'x'][OFFSET(1)] = 'X'", True),
    (f"STRUCT({CI} AS a, 'x' AS b) = STRUCT('AB', 'X')", False),
    (f"STRUCT({CI} AS a, 'x' AS b) = STRUCT('AB', 'x')", True),
    ("CASE 'AB' WHEN COLLATE('abc', 'und:ci') THEN 1 WHEN 'ab' THEN 2 END", 2),
    ("COLLATE('a_', 'und:ci') < 'B'", True),
    ("COLLATE('hel\\u06DDlo', 'und:ci') = 'HELLO'", True),
    ("COLLATE('e', 'und:ci') = 'é'", False),
    ("COLLATE('ẞ', 'und:ci') > 'SS'", True),
    ("COLLATE('ẞ1', 'und:ci') < 'SS2'", True),
    (f"COLLATE({CI}, '') = 'AB'", False),
    ("COLLATE(NULL, 'und:ci') = 'a'", None),
    ("COLLATE('GooGle', 'und:ci') LIKE '%OG%e'", True),
    ("COLLATE('a%b', 'und:ci') LIKE 'A\\\\%B'", True),
    ("COLLATE('axb', 'und:ci') LIKE 'A\\\\%B'", False),
    ("'x' NOT LIKE ANY (COLLATE('X', 'und:ci'), 'y')", True),
    ("COLLATE('É1', 'und:ci') LIKE 'é%'", True),
    ("STRPOS(COLLATE('a\\u212A', 'und:ci'), 'k')", 2),
    ("STRPOS(COLLATE('a;', 'und:ci'), '\\u037E')", 2),
    ("COLLATE('e\\u0301', 'und:ci') = 'É'", True),
    ("ENDS_WITH(COLLATE('GooGLE', 'und:ci'), 'gle')", True),
    ("STRPOS(COLLATE(',,A\\u070Fbc', 'und:ci'), 'ABC')", 3),
    ("INSTR(COLLATE('aaa', 'und:ci'), 'AA', 1, 2)", 2),
    ("REPLACE(COLLATE('aaa', 'und:ci'), 'AA', 'x')", "xa"),
    ("SPLIT(COLLATE('1x2X', 'und:ci'), 'x')", ["1", "2", ""]),
])
def test_text_with_a_collation_is_compared_and_searched_without_case(con, expression, value):
    assert ask(con, f"SELECT {expression}").rows == [(value,)]
    from_column = expression.replace(CI, "v.c")
    assert ask(con, f"SELECT {from_column} FROM (SELECT {CI} AS c) AS v").rows == [(value,)]


@pytest.mark.parametrize(("query", "rows"), [
    ("SELECT s FROM t ORDER BY COLLATE(s, 'und:ci') DESC, n", ["B", "b", "a", "A", None]),
    ("SELECT COUNT(*) OVER (PARTITION BY COLLATE(s, 'und:ci')) FROM t ORDER BY n", [2, 2, 2, 2, 1]),
    ("SELECT RANK() OVER (ORDER BY COLLATE(s, 'und:ci')) FROM t ORDER BY n", [2, 4, 2, 4, 1]),
    ("SELECT COUNT(DISTINCT c) FROM collated", [2]),
    ("SELECT LOWER(MIN(c)) || LOWER(MAX(c)) FROM collated", ["ab"]),
    ("SELECT SUM(n) FROM collated GROUP BY c ORDER BY c", [5, 4, 6]),
    ("SELECT UPPER(c) FROM collated GROUP BY c HAVING MAX(c) > 'A' OR c = 'A' ORDER BY c", ["A", "B"]),
    ("SELECT RANK() OVER (ORDER BY c DESC) FROM collated GROUP BY c ORDER BY c", [3, 2, 1]),
    ("SELECT COUNT(*) FROM (SELECT DISTINCT c FROM collated)", [3]),
    ("SELECT COUNT(*) FROM (SELECT c FROM collated UNION DISTINCT SELECT s FROM t)", [3]),
    ("SELECT COUNT(*) FROM collated JOIN t ON c = s", [8]),
    ("SELECT ARRAY_AGG(n ORDER BY c, n) FROM collated", [[5, 1, 3, 2, 4]]),
])
def test_rows_are_sorted_and_grouped_without_case(con, query, rows):
    found = ask(con, f"WITH collated AS (SELECT COLLATE(s, 'und:ci') AS c, n FROM t) {query}").rows
    assert [row[0] for row in found] == rows


@pytest.mark.parametrize("query", [
    "SELECT COLLATE(s, @p) FROM t",
    "SELECT COLLATE(s, 'binary') FROM t",
    "SELECT COLLATE(n, 'und:ci') FROM t",
    "SELECT CAST(c AS INT64) FROM collated",
    "SELECT SAFE.STRPOS(c, 'a') FROM collated",
    "SELECT SAFE_CAST(c AS INT64) FROM collated",
    "SELECT c FROM collated INTERSECT DISTINCT SELECT 'a'",
    "SELECT c FROM collated EXCEPT DISTINCT SELECT 'a'",
    "SELECT DISTINCT c FROM collated LIMIT 1",
    "SELECT DISTINCT [c] FROM collated",
    "SELECT STRUCT(c) FROM collated GROUP BY STRUCT(c)",
    "SELECT c FROM collated GROUP BY ROLLUP(c)",
    "SELECT c FROM collated GROUP BY ALL",
    "SELECT c, (SELECT COUNT(*) FROM t WHERE s = c) FROM collated GROUP BY c",
    "SELECT n FROM collated AS a JOIN (SELECT s AS c FROM t) AS b USING (c)",
    "SELECT * FROM collated PIVOT(SUM(n) FOR n IN (1, 2))",
    "SELECT ARRAY_AGG(DISTINCT c) FROM collated",
    "SELECT ANY_VALUE(n HAVING MAX c) FROM collated",
    "FROM collated |> AGGREGATE COUNT(*) GROUP BY c",
    "FROM collated |> SELECT c |> DISTINCT",
    "SELECT c LIKE 'a_' FROM collated",
    "SELECT STARTS_WITH(c, '') FROM collated",
    "SELECT STARTS_WITH(c, '日') FROM collated",
    "SELECT REPLACE(c || '\\u070F', 'A', 'x') FROM collated",
    "SELECT STARTS_WITH('\\u070F' || c, 'a') FROM collated",
])
def test_what_is_not_examined_with_a_collation_is_refused(con, query):
    with pytest.raises(SqlError):
        ask(con, f"WITH collated AS (SELECT COLLATE(s, 'und:ci') AS c, n FROM t) {query}")
