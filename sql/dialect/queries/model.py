"""What a translated query is."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlglot import exp

from gamebeam.sql.dialect.errors import Refused
from gamebeam.sql.dialect.expressions.core import position
from gamebeam.sql.dialect.scope import Columns
from gamebeam.sql.dialect.types import Type, has_collation
from gamebeam.sql.dialect.values import Value


@dataclass
class Query:
    """A translated query. columns: BigQuery's names ("" where a column has none) and types. names: the names in the SQL."""

    sql: str
    columns: Columns
    names: list[str]
    body: str = ""  # of a set operation: the two queries alone, as a recursive WITH needs them


@dataclass
class Item:
    """A column of SELECT. node: its expression, None if it comes of a star."""

    name: str
    value: Value
    node: exp.Expr | None = None


def examine(node: exp.Expr, known: set[str]) -> None:
    for part, value in node.args.items():
        if value and part not in known:
            raise Refused(f"{part.rstrip('_').replace('_', ' ').upper()} is not supported here", *position(node))


def refuse_collation(what: str, types: Iterable[Type], node: exp.Expr | None = None) -> None:
    """Raises: Refused, if the values that a clause compares have a collation: it would have to keep one of several texts."""
    if any(has_collation(t) for t in types):
        raise Refused(f"{what} text with a collation is not supported here; use LOWER(COLLATE(…, ''))", *(position(node) if node else ()))


def distinct_names(names: list[str], outermost: bool) -> list[str]:
    """The columns' names in the SQL: f0_, f1_ … where there is none, and in a subquery none twice."""
    done: list[str] = []
    used = {n.lower() for n in names if n}
    seen: set[str] = set()
    nameless = 0
    for name in names:
        if not name:
            while f"f{nameless}_" in used:
                nameless += 1
            name, nameless = f"f{nameless}_", nameless + 1
        elif name.lower() in seen and not outermost:
            n = 1
            while f"{name.lower()}_{n}" in used | seen:
                n += 1
            name = f"{name}_{n}"
        seen.add(name.lower())
        done.append(name)
    return done
