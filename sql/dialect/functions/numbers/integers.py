"""DIV, MOD and BIT_COUNT."""

from gamebeam.sql.dialect.registry import ERROR, function
from gamebeam.sql.dialect.runtime import macro

TOPIC = "numbers"

macro("bq_mod", "(a, b) AS a % bq_nonzero(b)")
macro("bq_div_numeric", "(a, b) AS CAST(bq_decimal_trunc(bq_decimal_divide(CAST(a AS VARCHAR), CAST(b AS VARCHAR)), 0) AS DECIMAL(38,9))")
function(
    "DIV",
    ("INT64, INT64 -> INT64", "bq_div({0}, {1})"),
    ("NUMERIC, NUMERIC -> NUMERIC", "bq_div_numeric({0}, {1})"),
    topic=TOPIC,
    examples={"DIV(20, 4)": 5, "DIV(-7, 2)": -3, "DIV(0, 20)": 0, "DIV(20, 0)": ERROR, "DIV(-9223372036854775808, -1)": ERROR},
)
macro("bq_div", "(a, b) AS (a // bq_nonzero(b))")
function(
    "MOD",
    ("INT64, INT64 -> INT64", "bq_mod({0}, {1})"),
    ("NUMERIC, NUMERIC -> NUMERIC", "CAST(bq_mod({0}, {1}) AS DECIMAL(38,9))"),
    topic=TOPIC,
    examples={"MOD(25, 12)": 1, "MOD(-7, 3)": -1, "MOD(25, 0)": ERROR},
)
function(
    "BIT_COUNT",
    ("INT64 -> INT64", "CAST(bit_count({0}) AS BIGINT)"),
    ("BYTES -> INT64", "CAST(bit_count(CAST({0} AS BIT)) AS BIGINT)"),
    topic=TOPIC,
    examples={"BIT_COUNT(7)": 3, "BIT_COUNT(-1)": 64},
)
