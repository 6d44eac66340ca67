"""Counts, sums, averages, and logical and bitwise totals."""

from gamebeam.sql.dialect.calls import Call, Translator, filled
from gamebeam.sql.dialect.functions.aggregates.description import aggregate, of
from gamebeam.sql.dialect.functions.operators.comparison import compared
from gamebeam.sql.dialect.registry import ERROR
from gamebeam.sql.dialect.runtime import macro
from gamebeam.sql.dialect.types import FLOAT64, INT64, has_collation
from gamebeam.sql.dialect.values import Value


def _count(call: Call) -> Value:
    if call.values[0].sql == "*" and call.distinct:
        raise call.refuse("DISTINCT * is not BigQuery SQL; write COUNT(*) over a SELECT DISTINCT")
    value = call.values[0]
    if call.distinct and has_collation(value.type) and not value.type.collated:
        raise call.refuse("DISTINCT of arrays and structs with a collation is not supported here")
    if call.distinct and value.type.collated:
        call.values = [Value(compared(value), value.type)]
    return Value(filled("count({distinct}{0}){over}", call), INT64)


aggregate(
    "COUNT",
    ("ANY -> INT64", _count),
    collated=True,
    examples={of("[1, NULL]", "COUNT(*)"): 2, of("[1, NULL]", "COUNT(x)"): 1, of("[1, 1]", "COUNT(DISTINCT x)"): 1},
)
aggregate(
    "COUNTIF",
    ("BOOL -> INT64", "count({distinct}CASE WHEN {0} THEN 1 END){over}"),
    examples={
        of("[true, NULL, false]", "COUNTIF(x)"): 1,
        "(SELECT COUNTIF(x) FROM UNNEST([true]) AS x WHERE false)": 0,
        of("[CAST(NULL AS BOOL)]", "COUNTIF(x)"): 0,
    },
)


def _finite(name: str) -> Translator:
    """A sum or an average that must not become infinite unless a value is."""

    def translate(call: Call) -> Value:
        sql = filled(f"{name}({{distinct}}{{0}}){{over}}", call)
        return Value(f"bq_finite_total({sql}, bool_or(isinf({call.values[0].sql})){call.after()})", FLOAT64)

    return translate


macro(
    "bq_finite_total",
    "(total, infinite) AS CASE WHEN isinf(total) AND NOT infinite THEN bq_fail('FLOAT64 overflow in a total') ELSE total END",
)
aggregate(
    "SUM",
    ("INT64 -> INT64", "CAST(sum({distinct}{0}){over} AS BIGINT)"),
    ("NUMERIC -> NUMERIC", "CAST(sum({distinct}{0}){over} AS DECIMAL(38,9))"),
    ("BIGNUMERIC -> BIGNUMERIC", "CAST(sum({distinct}{0}){over} AS DECIMAL(38,9))"),
    ("FLOAT64 -> FLOAT64", _finite("sum")),
    ("INTERVAL -> INTERVAL", "sum({0}){over}"),
    examples={
        of("[1, 2]", "SUM(x)"): 3,
        of("[1.5, NULL]", "SUM(x)"): 1.5,
        "(SELECT SUM(x) FROM UNNEST([1]) AS x WHERE false)": None,
        of("[9223372036854775807, 1]", "SUM(x)"): ERROR,
        of("[NUMERIC '0.0004', NUMERIC '0.0004']", "CAST(SUM(x) AS STRING)"): "0.0008",
    },
)
aggregate(
    "AVG",
    ("INT64 -> FLOAT64", "avg({distinct}{0}){over}"),
    ("NUMERIC -> NUMERIC", "bq_divide_numeric(sum({distinct}{0}){over}, count({distinct}{0}){over})"),
    ("FLOAT64 -> FLOAT64", _finite("avg")),
    examples={
        of("[0, 2, NULL, 4, 4, 5]", "AVG(x)"): 3.0,
        of("[NUMERIC '1', NUMERIC '2', NUMERIC '2']", "CAST(AVG(x) AS STRING)"): "1.666666667",
    },
)

aggregate("LOGICAL_AND", ("BOOL -> BOOL", "bool_and({distinct}{0}){over}"), examples={of("[true, NULL, false]", "LOGICAL_AND(x)"): False})
aggregate("LOGICAL_OR", ("BOOL -> BOOL", "bool_or({distinct}{0}){over}"), examples={of("[true, NULL, false]", "LOGICAL_OR(x)"): True})
for _name, _operation, _value in (("BIT_AND", "bit_and", 1), ("BIT_OR", "bit_or", 61601), ("BIT_XOR", "bit_xor", 61600)):
    aggregate(
        _name, ("INT64 -> INT64", f"{_operation}({{distinct}}{{0}}){{over}}"), examples={of("[0xF001, 0x00A1]", f"{_name}(x)"): _value}
    )

aggregate(
    "GROUPING",
    ("ANY -> INT64", "CAST(grouping({0}) AS BIGINT)"),
    examples={"(SELECT MAX(g) FROM (SELECT GROUPING(x) AS g FROM UNNEST([1]) AS x GROUP BY ROLLUP (x)))": 1},
)
