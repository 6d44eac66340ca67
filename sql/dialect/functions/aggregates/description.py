"""How an aggregate function is described, and what its examples read."""

from collections.abc import Mapping

from gamebeam.sql.dialect.calls import Translator
from gamebeam.sql.dialect.registry import function

TOPIC = "aggregates"

UNSORTED = ("JSON", "ARRAY", "STRUCT")


def aggregate(name: str, *signatures: tuple[str, str | Translator], examples: Mapping[str, object], note: str = "",
              collated: bool = False) -> None:
    function(name, *signatures, kind="aggregate", topic=TOPIC, examples=examples, note=note, collated=collated)


def of(values: str, expression: str) -> str:
    """An example: an aggregate expression over the rows of an array called x."""
    return f"(SELECT {expression} FROM UNNEST({values}) AS x)"
