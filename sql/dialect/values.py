"""A translated expression: DuckDB's text and BigQuery's type."""

from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha1

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


def name_of(prefix: str, *texts: str) -> str:
    """A name for the parameter of a lambda over these texts. Equal texts get equal names, or GROUP BY would not find its own expression."""
    return f"{prefix}_{sha1(chr(0).join(texts).encode()).hexdigest()[:12]}"


def text(value: str) -> str:
    """A string literal of DuckDB."""
    parts = ["'" + part.replace("'", "''") + "'" for part in value.split("\0")]
    return parts[0] if len(parts) == 1 else f"({' || chr(0) || '.join(parts)})"
