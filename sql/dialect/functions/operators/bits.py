"""Operators of bits."""

from gamebeam.sql.dialect.registry import ERROR, function
from gamebeam.sql.dialect.runtime import macro

TOPIC = "operators"

function("&", ("INT64, INT64 -> INT64", "({0} & {1})"), kind="operator", topic=TOPIC, examples={"6 & 3": 2})
function("|", ("INT64, INT64 -> INT64", "({0} | {1})"), kind="operator", topic=TOPIC, examples={"6 | 3": 7})
function("^", ("INT64, INT64 -> INT64", "xor({0}, {1})"), kind="operator", topic=TOPIC, examples={"6 ^ 3": 5})
function("~", ("INT64 -> INT64", "(~{0})"), kind="operator", topic=TOPIC, examples={"~1": -2})
function(
    "<<",
    ("INT64, INT64 -> INT64", "bq_shift_left({0}, {1})"),
    kind="operator",
    topic=TOPIC,
    examples={"1 << 3": 8, "1 << 64": 0, "1 << 63": -9223372036854775808, "1 << -1": ERROR},
)
function(
    ">>",
    ("INT64, INT64 -> INT64", "bq_shift_right({0}, {1})"),
    kind="operator",
    topic=TOPIC,
    examples={"8 >> 2": 2, "-1 >> 63": 1, "8 >> 64": 0, "8 >> -1": ERROR},
)
macro(
    "bq_shift_left",
    """(x, n) AS CASE WHEN n < 0 THEN bq_fail('a shift by a negative number') WHEN n > 63 THEN 0
      ELSE CAST(CAST(x AS BIT) << CAST(n AS INTEGER) AS BIGINT) END""",
)
macro(
    "bq_shift_right",
    """(x, n) AS CASE WHEN n < 0 THEN bq_fail('a shift by a negative number') WHEN n > 63 THEN 0
      ELSE CAST(CAST(x AS BIT) >> CAST(n AS INTEGER) AS BIGINT) END""",
)
