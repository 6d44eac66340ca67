"""RANGE: bounds, overlaps, intersections."""

from gamebeam.sql.dialect.registry import ERROR, function, hint
from gamebeam.sql.dialect.runtime import macro

TOPIC = "ranges"

SPRING = "RANGE<DATE> '[2026-03-01, 2026-06-01)'"

macro("bq_before", "(a, b) AS coalesce(a < b, true)")  # an unbounded end is after, and an unbounded start before, everything
macro(
    "bq_overlap",
    """(a, b) AS CASE WHEN a IS NULL OR b IS NULL THEN NULL
      ELSE bq_before(struct_extract(a, 'start'), struct_extract(b, 'end'))
      AND bq_before(struct_extract(b, 'start'), struct_extract(a, 'end')) END""",
)
macro(
    "bq_contains_value",
    """(r, x) AS CASE WHEN r IS NULL OR x IS NULL THEN NULL
      ELSE coalesce(struct_extract(r, 'start') <= x, true) AND bq_before(x, struct_extract(r, 'end')) END""",
)
macro(
    "bq_contains_range",
    """(a, b) AS CASE WHEN a IS NULL OR b IS NULL THEN NULL
      ELSE (struct_extract(a, 'start') IS NULL OR coalesce(struct_extract(a, 'start') <= struct_extract(b, 'start'), false))
      AND (struct_extract(a, 'end') IS NULL OR coalesce(struct_extract(a, 'end') >= struct_extract(b, 'end'), false)) END""",
)
macro(
    "bq_intersect",
    """(a, b) AS CASE WHEN a IS NULL OR b IS NULL THEN NULL
      WHEN NOT bq_overlap(a, b) THEN bq_no_range('RANGE_INTERSECT: the ranges do not overlap')
      ELSE {'start': greatest(struct_extract(a, 'start'), struct_extract(b, 'start')),
      'end': least(struct_extract(a, 'end'), struct_extract(b, 'end'))} END""",
)

function(
    "RANGE",
    ("DATE, DATE -> RANGE<DATE>", "bq_range({args})"),
    ("DATETIME, DATETIME -> RANGE<DATETIME>", "bq_range({args})"),
    ("TIMESTAMP, TIMESTAMP -> RANGE<TIMESTAMP>", "bq_range({args})"),
    topic=TOPIC,
    examples={"RANGE(DATE '2026-03-01', DATE '2026-06-01') = " + SPRING: True, "RANGE(DATE '2026-03-01', DATE '2026-03-01')": ERROR},
)
function(
    "RANGE_START",
    ("RANGE<T> -> T", "struct_extract({0}, 'start')"),
    topic=TOPIC,
    examples={f"CAST(RANGE_START({SPRING}) AS STRING)": "2026-03-01"},
)
function(
    "RANGE_END",
    ("RANGE<T> -> T", "struct_extract({0}, 'end')"),
    topic=TOPIC,
    examples={f"CAST(RANGE_END({SPRING}) AS STRING)": "2026-06-01"},
)
function(
    "RANGE_OVERLAPS",
    ("RANGE<T>, RANGE<T> -> BOOL", "bq_overlap({args})"),
    topic=TOPIC,
    examples={
        f"RANGE_OVERLAPS({SPRING}, RANGE<DATE> '[2026-05-31, UNBOUNDED)')": True,
        f"RANGE_OVERLAPS({SPRING}, RANGE<DATE> '[2026-06-01, UNBOUNDED)')": False,
    },
)
function(
    "RANGE_CONTAINS",
    ("RANGE<T>, RANGE<T> -> BOOL", "bq_contains_range({args})"),
    ("RANGE<T>, T -> BOOL", "bq_contains_value({args})"),
    topic=TOPIC,
    examples={f"RANGE_CONTAINS({SPRING}, DATE '2026-06-01')": False, f"RANGE_CONTAINS({SPRING}, DATE '2026-03-01')": True},
)
function(
    "RANGE_INTERSECT",
    ("RANGE<T>, RANGE<T> -> RANGE<T>", "bq_intersect({args})"),
    topic=TOPIC,
    examples={f"RANGE_INTERSECT({SPRING}, RANGE<DATE> '[UNBOUNDED, 2026-04-01)') = RANGE<DATE> '[2026-03-01, 2026-04-01)'": True},
)
hint("GENERATE_RANGE_ARRAY", "use GENERATE_DATE_ARRAY and RANGE(d, DATE_ADD(d, …))")
hint("RANGE_SESSIONIZE", "use LAG and a running SUM over the ranges' starts")
