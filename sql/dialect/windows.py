"""Numbering and navigation functions, which need OVER."""

from sql.dialect.registry import function

TOPIC = "windows"

function("ROW_NUMBER", (" -> INT64", "row_number(){over}"), kind="window", topic=TOPIC,
         examples={"(SELECT MAX(n) FROM (SELECT ROW_NUMBER() OVER (ORDER BY x) AS n FROM UNNEST([7, 8]) AS x))": 2})
