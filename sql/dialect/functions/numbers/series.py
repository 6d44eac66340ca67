"""RANGE_BUCKET and GENERATE_ARRAY."""

from gamebeam.sql.dialect.registry import ERROR, function
from gamebeam.sql.dialect.runtime import macro

TOPIC = "numbers"

macro(
    "bq_range_bucket",
    """(x, points) AS CASE WHEN x IS NULL OR points IS NULL THEN NULL
      WHEN list_sort(points) != points OR list_contains(list_transform(points, lambda p: p IS NULL), true)
      THEN bq_fail('RANGE_BUCKET: the array must be sorted and without NULL')
      ELSE CAST(len(list_filter(points, lambda p: p <= x)) AS BIGINT) END""",
)
macro(
    "bq_range_bucket_of_floats",
    """(x, points) AS CASE WHEN isnan(x) THEN NULL WHEN list_bool_or(list_transform(points, lambda p: isnan(p)))
      THEN bq_fail('RANGE_BUCKET: the array contains NaN') ELSE bq_range_bucket(x, points) END""",
)
function(
    "RANGE_BUCKET",
    ("FLOAT64, ARRAY<FLOAT64> -> INT64", "bq_range_bucket_of_floats({0}, {1})"),
    ("T, ARRAY<T> -> INT64", "bq_range_bucket({0}, {1})"),
    topic=TOPIC,
    examples={
        "RANGE_BUCKET(20, [0, 10, 20, 30, 40])": 3,
        "RANGE_BUCKET(25, [0, 10, 20, 30, 40])": 3,
        "RANGE_BUCKET(-10, [5, 6])": 0,
        "RANGE_BUCKET(NULL, [1])": None,
        "RANGE_BUCKET(CAST('nan' AS FLOAT64), [1.0])": None,
    },
)


macro(
    "bq_generate_array",
    """(a, b, s) AS CASE WHEN a IS NULL OR b IS NULL OR s IS NULL THEN NULL
      WHEN s = 0 THEN [bq_fail('GENERATE_ARRAY: the step cannot be 0')]
      WHEN (b > a AND s < 0) OR (b < a AND s > 0) THEN [] ELSE generate_series(a, b, s) END""",
)
macro(
    "bq_generate_floats",
    """(a, b, s) AS CASE WHEN a IS NULL OR b IS NULL OR s IS NULL THEN NULL
      WHEN (s = 0 OR NOT (isfinite(a) AND isfinite(b) AND isfinite(s)))
      THEN [bq_fail('GENERATE_ARRAY: the bounds must be finite and the step not 0')]
      WHEN (b > a AND s < 0) OR (b < a AND s > 0) THEN []
      ELSE list_transform(range(CAST(floor((b - a) / s) AS BIGINT) + 1), lambda i: a + i * s) END""",
)
macro(
    "bq_generate_numerics",
    """(a, b, s) AS CASE WHEN a IS NULL OR b IS NULL OR s IS NULL THEN NULL
      WHEN s = 0 THEN [bq_fail('GENERATE_ARRAY: the step cannot be 0')]
      WHEN (b > a AND s < 0) OR (b < a AND s > 0) THEN []
      ELSE list_transform(range(CAST(floor(CAST(b - a AS DOUBLE) / CAST(s AS DOUBLE)) AS BIGINT) + 1),
      lambda i: CAST(a + CAST(i AS DECIMAL(20,0)) * s AS DECIMAL(38,9))) END""",
)
function(
    "GENERATE_ARRAY",
    ("INT64, INT64 -> ARRAY<INT64>", "bq_generate_array({0}, {1}, 1::BIGINT)"),
    ("INT64, INT64, INT64 -> ARRAY<INT64>", "bq_generate_array({args})"),
    ("NUMERIC, NUMERIC -> ARRAY<NUMERIC>", "bq_generate_numerics({0}, {1}, 1::DECIMAL(38,9))"),
    ("NUMERIC, NUMERIC, NUMERIC -> ARRAY<NUMERIC>", "bq_generate_numerics({args})"),
    ("FLOAT64, FLOAT64 -> ARRAY<FLOAT64>", "bq_generate_floats({0}, {1}, 1::DOUBLE)"),
    ("FLOAT64, FLOAT64, FLOAT64 -> ARRAY<FLOAT64>", "bq_generate_floats({args})"),
    topic=TOPIC,
    examples={
        "GENERATE_ARRAY(1, 7, 3)": [1, 4, 7],
        "GENERATE_ARRAY(10, 0, -5)": [10, 5, 0],
        "GENERATE_ARRAY(4, 1)": [],
        "GENERATE_ARRAY(1, 2, 0)": ERROR,
        "GENERATE_ARRAY(0, 1, 0.5)": [0.0, 0.5, 1.0],
    },
)
