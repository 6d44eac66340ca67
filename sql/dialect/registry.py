"""How an examined function is described, and the list of all of them.

A function has signatures in BigQuery's types, each with a template in DuckDB's SQL or with a translator in Python, and examples with
the values that BigQuery documents. The examples are run by the tests; the table in docs/sql_functions.md is made of the entries.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Literal

from gamebeam.sql.dialect.coercion import coerced, coercion_cost, unified
from gamebeam.sql.dialect.types import UNKNOWN, Type, array_of, of_text
from gamebeam.sql.dialect.values import Value

if TYPE_CHECKING:
    from gamebeam.sql.dialect.calls import Call

Kind = Literal["scalar", "aggregate", "window", "operator"]
ERROR = type("ERROR", (), {"__repr__": lambda self: "error"})()  # the value of an example that must fail


@dataclass(frozen=True)
class Signature:
    """arguments: names of types, T for one type that all T share, ANY for any. repeated: the last argument may occur again."""

    arguments: tuple[str, ...]
    optional: int
    repeated: bool
    result: str
    template: "str | Callable[[Call], Value]"

    def match(self, values: Sequence[Value]) -> tuple[int, list[Value], Type] | None:
        """The cost of the coercions, the coerced arguments and the type of the result; None if the arguments do not fit."""
        most = len(self.arguments)
        if len(values) < most - self.optional - self.repeated or (len(values) > most and not self.repeated):
            return None
        wanted = [*self.arguments, *[self.arguments[-1]] * (len(values) - most)][:len(values)] if self.arguments else []
        shared: Type = UNKNOWN
        if any("T" in _variables(w) for w in wanted):
            elements = [_element(v, w) for v, w in zip(values, wanted, strict=True) if "T" in _variables(w)]
            found = unified(elements)
            if found is None:
                return None
            shared = found
        total, arguments = 0, []
        for value, name in zip(values, wanted, strict=True):
            if name == "ANY":
                arguments.append(value)
                continue
            if name == "ARRAY<ANY>":
                if value.type.kind not in ("ARRAY", "NULL", "UNKNOWN"):
                    return None
                arguments.append(value)
                continue
            to = _filled(name, shared)
            cost = coercion_cost(value, to)
            if cost is None:
                return None
            total += cost
            arguments.append(coerced(value, to))
        return total, arguments, _filled(self.result, shared)


@dataclass(frozen=True)
class Function:
    """name: as in BigQuery, in upper case, SAFE. left out. examples: an expression -> its value, or ERROR."""

    name: str
    kind: Kind
    topic: str
    signatures: tuple[Signature, ...]
    examples: Mapping[str, object]
    note: str = ""
    translate: "Callable[[Call], Value] | None" = None
    shown: tuple[str, ...] = ()


@dataclass
class Registry:
    functions: dict[str, Function] = field(default_factory=dict)
    hints: dict[str, str] = field(default_factory=dict)

    def add(self, f: Function) -> None:
        if f.name in self.functions:
            raise ValueError(f"{f.name} is described twice")
        self.functions[f.name] = f


REGISTRY = Registry()


def function(name: str, *signatures: "tuple[str, str | Callable[[Call], Value]]", examples: Mapping[str, object], kind: Kind = "scalar",
             topic: str, note: str = "") -> None:
    """Describe a function. signatures: such as ("STRING[, INT64] -> STRING", "bq_f({args})"); the first of the cheapest is used.

    A template may contain {0}, {1} …, {args}, and {type}: DuckDB's name of the result's type. A template of an aggregate or window
    function contains {over}, where FILTER and OVER go, and what else it supports of {distinct}, {order}, {nulls}.
    A translator instead of a template gets a Call, whose arguments have been coerced.
    """
    REGISTRY.add(Function(name, kind, topic, tuple(_signature(s, t) for s, t in signatures), examples, note,
                          shown=tuple(s for s, _ in signatures)))


def more(name: str, *signatures: "tuple[str, str | Callable[[Call], Value]]", examples: Mapping[str, object]) -> None:
    """Add signatures of another topic to a function or operator that is described already, such as those of + for intervals."""
    f = REGISTRY.functions[name]
    REGISTRY.functions[name] = replace(
        f,
        signatures=(*f.signatures, *(_signature(s, t) for s, t in signatures)),
        examples={**f.examples, **examples},
        shown=(*f.shown, *(s for s, _ in signatures)),
    )


def special(name: str, signature: str, translate: "Callable[[Call], Value]", *, examples: Mapping[str, object], kind: Kind = "scalar",
            topic: str, note: str = "") -> None:
    """Describe a function whose arguments are no plain expressions, such as a date part: its translator reads the parsed arguments."""
    REGISTRY.add(Function(name, kind, topic, (), examples, note, translate, (signature,)))


def hint(name: str, instead: str) -> None:
    """What an analyst writes instead of a function of BigQuery that is not supported here. name: one name, or the start of many and *."""
    REGISTRY.hints[name] = instead


def instead_of(name: str) -> str:
    """What the hints name for a function that is not supported; "" without a hint."""
    return next((instead for known, instead in REGISTRY.hints.items() if fnmatchcase(name, known)), "")


def choose(signatures: Sequence[Signature], values: Sequence[Value]) -> tuple[Signature, list[Value], Type] | None:
    """The first of the signatures that need the cheapest coercions."""
    found = [(m[0], i, s, m[1], m[2]) for i, s in enumerate(signatures) if (m := s.match(values))]
    if not found:
        return None
    _, _, signature, arguments, result = min(found, key=lambda f: f[:2])
    return signature, arguments, result


def _signature(text: str, template: "str | Callable[[Call], Value]") -> Signature:
    arguments, result = (part.strip() for part in text.split("->"))
    needed, _, optional = arguments.partition("[")
    repeated = arguments.endswith("...")
    wanted = [a.strip() for a in needed.removesuffix("...").split(",") if a.strip()]
    rest = [a.strip() for a in optional.replace("[", "").replace("]", "").split(",") if a.strip()]
    return Signature((*wanted, *rest), len(rest), repeated, result, template)


def _variables(name: str) -> list[str]:
    return re.findall(r"\bT\b", name)


def _filled(name: str, shared: Type) -> Type:
    if name == "T":
        return shared
    if name.startswith("ARRAY<") and _variables(name):
        return array_of(_filled(name[6:-1], shared))
    if name == "RANGE<T>":
        return Type("RANGE", shared)
    return of_text(name)


def _element(value: Value, name: str) -> Value:
    """The value whose type stands for T: an array's element if the argument is ARRAY<T>."""
    if name == "T":
        return value
    if value.type.kind in ("UNKNOWN", "NULL"):
        return Value("", UNKNOWN)
    item = value.type.item if value.type.kind == name.split("<")[0] else None
    return Value("", item or Type(f"no {name}"))
