"""The value of a parsed expression: each node that is known is translated, any other is refused."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from sqlglot import exp

from gamebeam.sql.dialect.calls import Call, apply
from gamebeam.sql.dialect.errors import Refused
from gamebeam.sql.dialect.registry import REGISTRY
from gamebeam.sql.dialect.scope import Scope
from gamebeam.sql.dialect.types import UNKNOWN
from gamebeam.sql.dialect.values import Value

Translator = TypeVar("Translator", bound=Callable[..., Value])
NODES: dict[type[exp.Expr], Callable[[Any, Scope], Value]] = {}  # by the class of a parsed node, what translates it


def translates(*kinds: type[exp.Expr]) -> Callable[[Translator], Translator]:
    """A decorator: the function translates nodes of these classes."""

    def add(translator: Translator) -> Translator:
        NODES.update(dict.fromkeys(kinds, translator))
        return translator

    return add


def translate(node: exp.Expr, scope: Scope) -> Value:
    """The value of an expression. Raises: Refused, with the place of the innermost part that is wrong."""
    try:
        value = _translated(node, scope)
        if value.type.collated and value.sql in scope.grouped:  # a group holds several texts that the collation finds equal
            return replace(value, sql=f"any_value({value.sql})")
        return value
    except Refused as e:
        raise e if e.start is not None else Refused(str(e), *position(node)) from None


def _translated(node: exp.Expr, scope: Scope) -> Value:
    rewrite = NODES.get(type(node))
    if rewrite:
        return rewrite(node, scope)
    if scope.statement.unexamined is not None:
        scope.statement.unexamined.append(type(node).__name__)
        return Value(f"({node.sql('duckdb')})", UNKNOWN)
    raise Refused(f"{node.sql('bigquery')[:60]}: this form of expression is not supported here", *position(node))


def position(node: exp.Expr) -> tuple[int | None, int]:
    """Where a node is in the analyst's text: the start and the length of its first word that has a place."""
    if isinstance(node, exp.Column) and all("start" in part.meta for part in node.parts):
        return node.parts[0].meta["start"], node.parts[-1].meta["end"] - node.parts[0].meta["start"] + 1
    for inner in node.walk():
        if "start" in inner.meta:
            return inner.meta["start"], inner.meta["end"] - inner.meta["start"] + 1
    return None, 1


def call(name: str, nodes: list[exp.Expr], scope: Scope) -> Value:
    """The call of an examined function or operator."""
    if name not in REGISTRY.functions:
        raise Refused(f"{name} is not in the list of examined operators", *position(nodes[0]))
    return apply(Call(REGISTRY.functions[name], nodes, scope, translate))


def condition_value(node: exp.Expr, scope: Scope, where: str) -> Value:
    value = translate(node, scope)
    if value.type.kind not in ("BOOL", "NULL", "UNKNOWN"):
        raise Refused(f"{where} needs a BOOL, not {value.type}", *position(node))
    return value


def condition(node: exp.Expr, scope: Scope, where: str) -> str:
    return condition_value(node, scope, where).sql
