"""The table of casts, which the modules of the types fill."""

from collections.abc import Callable

from gamebeam.sql.dialect.types import Type
from gamebeam.sql.dialect.values import Value

CASTS: dict[tuple[str, str], str | Callable[[Value], str]] = {}  # (from, to) -> a template that raises where a value cannot be cast
FORMATTED: dict[tuple[str, str], Callable[[Value, Value, Value | None], Value]] = {}  # CAST … FORMAT: value, format, zone


def describe(of: str, to: str, template: str | Callable[[Value], str]) -> None:
    """A cast of one type to another: the template raises an error where a value cannot be cast."""
    CASTS[of, to] = template


def applied(value: Value, to: Type) -> str:
    """DuckDB's SQL of a cast that the table has."""
    template = CASTS[value.type.kind, to.kind]
    return template.format(value.sql) if isinstance(template, str) else template(value)
