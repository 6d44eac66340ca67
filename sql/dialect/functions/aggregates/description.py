"""How an aggregate function is described, and what its examples read."""

from gamebeam.sql.dialect.registry import function

TOPIC = "aggregates"

UNSORTED = ("JSON", "ARRAY", "STRUCT")


def aggregate(name: str, *signatures, examples: dict[str, object], note: str = "") -> None:  # type: ignore[no-untyped-def]
    function(name, *signatures, kind="aggregate", topic=TOPIC, examples=examples, note=note)


def of(values: str, expression: str) -> str:
    """An example: an aggregate expression over the rows of an array called x."""
    return f"(SELECT {expression} FROM UNNEST({values}) AS x)"
