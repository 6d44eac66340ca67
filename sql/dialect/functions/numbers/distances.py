"""Distances between vectors."""

from gamebeam.sql.dialect.registry import ERROR, function
from gamebeam.sql.dialect.runtime import macro

TOPIC = "numbers"


def _distance(name: str, sql: str, examples: dict[str, object]) -> None:
    function(name, ("ARRAY<FLOAT64>, ARRAY<FLOAT64> -> FLOAT64", sql), topic=TOPIC, examples=examples)


macro(
    "bq_cosine_distance",
    """(a, b) AS CASE WHEN len(a) != len(b) OR len(a) = 0 THEN bq_fail('COSINE_DISTANCE: arrays of one length are needed')
      WHEN list_contains(list_transform(a || b, lambda x: x IS NULL), true) THEN bq_fail('COSINE_DISTANCE: NULL in an array')
      WHEN list_aggregate(list_transform(a, lambda x: x * x), 'sum') = 0 OR list_aggregate(list_transform(b, lambda x: x * x), 'sum') = 0
      THEN bq_fail('COSINE_DISTANCE: a zero vector') ELSE list_cosine_distance(a, b) END""",
)
macro(
    "bq_euclidean_distance",
    """(a, b) AS CASE WHEN len(a) != len(b) THEN bq_fail('EUCLIDEAN_DISTANCE: arrays of one length are needed')
      WHEN list_contains(list_transform(a || b, lambda x: x IS NULL), true) THEN bq_fail('EUCLIDEAN_DISTANCE: NULL in an array')
      ELSE list_distance(a, b) END""",
)
_distance(
    "COSINE_DISTANCE",
    "bq_cosine_distance({0}, {1})",
    {"ROUND(COSINE_DISTANCE([1.0, 2.0], [3.0, 4.0]), 6)": 0.01613, "COSINE_DISTANCE([0.0], [1.0])": ERROR},
)
_distance("EUCLIDEAN_DISTANCE", "bq_euclidean_distance({0}, {1})", {"EUCLIDEAN_DISTANCE([1.0, 1.0], [4.0, 5.0])": 5.0})
