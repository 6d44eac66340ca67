"""The APPROX_ functions, which give the exact answers here."""

from gamebeam.sql.dialect.calls import Call
from gamebeam.sql.dialect.functions.aggregates.description import UNSORTED, aggregate, of
from gamebeam.sql.dialect.registry import hint
from gamebeam.sql.dialect.runtime import macro
from gamebeam.sql.dialect.types import FLOAT64, INT64, array_of, struct_of
from gamebeam.sql.dialect.values import Value


# APPROX_: the exact answers
def _number(call: Call, number: Value) -> int:
    if not isinstance(number.constant, int) or not 1 <= number.constant <= 100_000:
        raise call.refuse("the second argument is a literal between 1 and 100000")
    return number.constant


def _quantiles(call: Call) -> Value:
    value, number = call.values
    how_many = _number(call, number)
    if value.type.kind in UNSORTED:
        raise call.refuse(f"values of type {value.type} have no order")
    direction = "NULLS FIRST"
    nan = f"NOT isnan({value.sql}) {direction}, " if value.type == FLOAT64 and not call.distinct else ""
    rows = call.after("" if call.nulls == "RESPECT NULLS" else f"{value.sql} IS NOT NULL")
    listed = f"list({'DISTINCT ' if call.distinct else ''}{value.sql} ORDER BY {nan}{value.sql} {direction}){rows}"
    return Value(f"bq_quantiles({listed}, {how_many})", array_of(value.type))


def _top_count(call: Call) -> Value:
    value, number = call.values
    how_many = _number(call, number)
    if call.distinct:
        raise call.refuse("DISTINCT is not supported")
    return Value(
        f"bq_top_count(histogram({value.sql}){call.after()}, count(*){call.after(f'{value.sql} IS NULL')}, {how_many})",
        array_of(struct_of((("value", value.type), ("count", INT64)))),
    )


macro(
    "bq_quantiles",
    """(items, n) AS CASE WHEN len(items) > 0 THEN list_transform(range(n + 1),
      lambda i: items[CAST(greatest(1, ceil(CAST(i AS DOUBLE) * len(items) / n)) AS BIGINT)]) END""",
)
macro(
    "bq_top_count",
    """(counts, nulls, n) AS CASE WHEN counts IS NOT NULL OR nulls > 0 
      THEN list_transform(list_slice(list_sort(list_concat(list_transform(map_entries(counts),
      lambda e: {c: CAST(e."value" AS BIGINT), v: e."key"}), CASE WHEN nulls > 0 THEN [{c: nulls, v: NULL}] ELSE [] END), 'DESC'), 1, n),
      lambda e: {"value": e.v, "count": e.c}) END""",
)
aggregate(
    "APPROX_COUNT_DISTINCT",
    ("ANY -> INT64", "count(DISTINCT {0}){over}"),
    examples={of("[0, 1, 1, 2, 3, 5]", "APPROX_COUNT_DISTINCT(x)"): 5},
    note="exact here",
)
aggregate(
    "APPROX_QUANTILES",
    ("ANY, INT64 -> ANY", _quantiles),
    examples={
        of("[1, 1, 1, 4, 5, 6, 7, 8, 9, 10]", "APPROX_QUANTILES(x, 2)"): [1, 5, 10],
        of("[NULL, 3, 9]", "APPROX_QUANTILES(x, 1)"): [3, 9],
    },
    note="exact here",
)
aggregate(
    "APPROX_TOP_COUNT",
    ("ANY, INT64 -> ANY", _top_count),
    examples={of("['apple', 'apple', 'pear', 'pear', 'pear', 'banana']", "APPROX_TOP_COUNT(x, 2)[OFFSET(0)].value"): "pear"},
    note="exact here",
)
hint("APPROX_TOP_SUM", "write SELECT x, SUM(w) … GROUP BY x ORDER BY 2 DESC LIMIT n")
