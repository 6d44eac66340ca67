"""A translated expression: DuckDB's text and BigQuery's type."""

from dataclasses import dataclass
from decimal import Decimal

from gamebeam.sql.dialect.types import Type


@dataclass(frozen=True)
class Value:
    """sql: text that can stand anywhere in an expression. constant: the value of a literal, None if it is none.

    raw, leaves: of FLOAT64 arithmetic, the text without its check for overflow and what has to be finite.
    first: of ARRAY_AGG, the text of its first element, for which no array is kept.
    """

    sql: str
    type: Type
    constant: str | int | Decimal | bytes | bool | None = None
    literal: bool = False
    raw: str = ""
    leaves: tuple[str, ...] = ()
    first: str = ""


def text(value: str) -> str:
    """A string literal of DuckDB."""
    parts = ["'" + part.replace("'", "''") + "'" for part in value.split("\0")]
    return parts[0] if len(parts) == 1 else f"({' || chr(0) || '.join(parts)})"
