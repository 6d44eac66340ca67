"""Which column a name means: relations of FROM, aliases of SELECT, the scopes around a subquery."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches

from sqlglot import exp

from gamebeam.sql.dialect.errors import Refused
from gamebeam.sql.dialect.types import JSON, UNKNOWN, Type, field_names, quoted, struct_of
from gamebeam.sql.dialect.values import Value, text

Columns = list[tuple[str, Type]]


@dataclass(frozen=True)
class Column:
    """A column that a FROM clause shows. sql: how DuckDB names it."""

    name: str
    type: Type
    sql: str


@dataclass
class Relation:
    """A table, subquery or array in FROM. whole: the value of a row of UNNEST, which has no columns but perhaps fields."""

    name: str
    columns: list[Column]
    whole: Value | None = None
    hidden: set[str] = field(default_factory=set)  # columns that USING has merged, lower case


@dataclass
class Statement:
    """What is true of the whole statement. tables: the columns of a table by its path, None if there is no such table.

    parameters: types of @names. unexamined: gets the names of what is in no list and is passed on; None refuses it.
    """

    sql: str
    tables: Callable[[Sequence[str]], tuple[str, Columns] | None]
    parameters: Mapping[str, Type]
    unexamined: list[str] | None = None
    names: int = 0

    def fresh(self, prefix: str) -> str:
        """A name that occurs nowhere else."""
        self.names += 1
        return f"{prefix}{self.names}_"


@dataclass
class Scope:
    statement: Statement
    parent: "Scope | None" = None
    relations: list[Relation] = field(default_factory=list)
    merged: list[Column] = field(default_factory=list)
    aliases: dict[str, Value] = field(default_factory=dict)
    ctes: dict[str, Columns] = field(default_factory=dict)
    windows: dict[str, exp.Window] = field(default_factory=dict)
    grouped: frozenset[str] = frozenset()  # texts of the keys of GROUP BY that have a collation
    rows: str = ""  # the condition of the rows that an aggregate of PIVOT takes

    def inner(self) -> "Scope":
        """The scope of a subquery, which sees this one's columns."""
        return Scope(self.statement, self)

    def without_aliases(self) -> "Scope":
        """Inside an aggregate's brackets a name is a column, never an alias of SELECT."""
        return replace(self, aliases={}, grouped=frozenset()) if self.aliases or self.grouped else self

    def cte(self, name: str) -> Columns | None:
        scope: Scope | None = self
        while scope:
            if name.lower() in scope.ctes:
                return scope.ctes[name.lower()]
            scope = scope.parent
        return None

    def resolve(self, path: list[str]) -> Value:
        """The value that a path of names means. Raises: Refused, if it means nothing or more than one thing."""
        scope: Scope | None = self
        while scope:
            own = replace(scope, aliases={}) if scope is not self else scope  # a subquery sees columns before aliases of SELECT
            found = own._own(path)
            if found is None and own is not scope:
                found = scope._own(path)
            if found is not None:
                return found
            scope = scope.parent
        raise Refused(f"unrecognized name {'.'.join(path)}{self._near(path[0])}")

    def _own(self, path: list[str]) -> Value | None:
        first = path[0].lower()
        if first in self.aliases:
            return fields(self.aliases[first], path[1:])
        if len(path) > 1 and (relation := self.relation(first)):
            column = [c for c in relation.columns if c.name.lower() == path[1].lower()]
            if len(column) > 1:
                raise Refused(f"column name {path[1]} is ambiguous")
            if column:
                return fields(Value(column[0].sql, column[0].type), path[2:])
            if relation.whole:
                return fields(relation.whole, path[1:])
            raise Refused(f"name {path[1]} not found inside {path[0]}{near(path[1], [c.name for c in relation.columns])}")
        columns = [c for c in self.merged if c.name.lower() == first] or [
            c for r in self.relations for c in r.columns if c.name.lower() == first and first not in r.hidden]
        if len(columns) > 1:
            raise Refused(f"column name {path[0]} is ambiguous")
        if columns:
            return fields(Value(columns[0].sql, columns[0].type), path[1:])
        if relation := self.relation(first):
            return fields(relation.whole or row(relation), path[1:])
        return None

    def add(self, relation: Relation) -> None:
        """Raises: Refused, if another relation has the name."""
        if relation.name and self.relation(relation.name):
            raise Refused(f"duplicate table alias {relation.name} in the same FROM clause")
        self.relations.append(relation)

    def relation(self, name: str) -> Relation | None:
        return next((r for r in self.relations if r.name.lower() == name.lower()), None)

    def _near(self, name: str) -> str:
        return near(name, [c.name for r in self.relations for c in r.columns] + [r.name for r in self.relations])


def near(name: str, known: list[str]) -> str:
    """A question that names the known word most like this one."""
    words = {k.lower(): k for k in known if k}
    found = get_close_matches(name.lower(), words, 1, 0.75)
    return f"; did you mean {words[found[0]]}?" if found else ""


def row(relation: Relation) -> Value:
    """A relation's name as a value: a STRUCT of its columns."""
    whole = struct_of((c.name, c.type) for c in relation.columns)
    packed = ", ".join(f"{quoted(n)}: {c.sql}" for n, c in zip(field_names(whole), relation.columns, strict=True))
    return Value(f"{{{packed}}}", whole)


def fields(value: Value, path: list[str]) -> Value:
    """The field of a field … of a value."""
    for name in path:
        if value.type.kind == "STRUCT":
            found = [(n, t) for n, (_, t) in zip(field_names(value.type), value.type.fields, strict=True) if n.lower() == name.lower()]
            if not found:
                raise Refused(f"field {name} does not exist in {value.type}{near(name, [n for n, _ in value.type.fields])}")
            if len(found) > 1:
                raise Refused(f"field {name} is ambiguous in {value.type}")
            value = Value(f"struct_extract({value.sql}, {text(found[0][0])})", found[0][1])
        elif value.type == JSON:
            value = Value(f"bq_json_field({value.sql}, {text(name)})", JSON)
        elif value.type == UNKNOWN:
            value = Value(f"({value.sql}).{quoted(name)}", UNKNOWN)
        else:
            raise Refused(f"cannot access field {name} on a value with type {value.type}")
    return value
