"""Aggregate functions."""

from sql.dialect.registry import function

TOPIC = "aggregates"

function("COUNT", ("ANY... -> INT64", "count({distinct}{args}){over}"), kind="aggregate", topic=TOPIC,
         examples={"(SELECT COUNT(*) FROM UNNEST([1, NULL]))": 2, "(SELECT COUNT(x) FROM UNNEST([1, NULL]) AS x)": 1,
                   "(SELECT COUNT(DISTINCT x) FROM UNNEST([1, 1]) AS x)": 1})
function("COUNTIF", ("BOOL -> INT64", "count({distinct}CASE WHEN {0} THEN 1 END){over}"), kind="aggregate", topic=TOPIC,
         examples={"(SELECT COUNTIF(x) FROM UNNEST([true, NULL, false]) AS x)": 1, "(SELECT COUNTIF(x) FROM UNNEST([true]) AS x WHERE false)": 0})
function("SUM", ("INT64 -> INT64", "CAST(sum({distinct}{0}){over} AS BIGINT)"),
         ("NUMERIC -> NUMERIC", "CAST(sum({distinct}{0}){over} AS DECIMAL(38,9))"), ("FLOAT64 -> FLOAT64", "sum({distinct}{0}){over}"),
         kind="aggregate", topic=TOPIC, examples={"(SELECT SUM(x) FROM UNNEST([1, 2]) AS x)": 3})
function("MAX", ("T -> T", "max({0}){over}"), kind="aggregate", topic=TOPIC, examples={"(SELECT MAX(x) FROM UNNEST([1, 2]) AS x)": 2})
