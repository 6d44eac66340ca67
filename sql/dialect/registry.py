"""How an examined function is described, and the list of all of them.

A function has signatures in BigQuery's types, each with a template in DuckDB's SQL or with a translator in Python, and examples with
the values that BigQuery documents. The examples are run by the tests; the table in docs/sql_functions.md is made of the entries.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase

from gamebeam.sql.dialect.calls import Function, Kind, Signature, Translator

ERROR = type("ERROR", (), {"__repr__": lambda self: "error"})()  # the value of an example that must fail


@dataclass
class Registry:
    functions: dict[str, Function] = field(default_factory=dict)
    hints: dict[str, str] = field(default_factory=dict)

    def add(self, f: Function) -> None:
        if f.name in self.functions:
            raise ValueError(f"{f.name} is described twice")
        self.functions[f.name] = f


REGISTRY = Registry()


def function(name: str, *signatures: tuple[str, str | Translator], examples: Mapping[str, object], kind: Kind = "scalar",
             topic: str, note: str = "", collated: bool = False) -> None:
    """Describe a function. signatures: such as ("STRING[, INT64] -> STRING", "bq_f({args})"); the first of the cheapest is used.

    A template may contain {0}, {1} …, {args}, and {type}: DuckDB's name of the result's type. A template of an aggregate or window
    function contains {over}, where FILTER and OVER go, and what else it supports of {distinct}, {order}, {nulls}.
    A translator instead of a template gets a Call, whose arguments have been coerced.
    """
    REGISTRY.add(Function(name, kind, topic, tuple(_signature(s, t) for s, t in signatures), examples, note,
                          shown=tuple(s for s, _ in signatures), collated=collated))


def more(name: str, *signatures: tuple[str, str | Translator], examples: Mapping[str, object]) -> None:
    """Add signatures of another topic to a function or operator that is described already, such as those of + for intervals."""
    f = REGISTRY.functions[name]
    REGISTRY.functions[name] = replace(
        f,
        signatures=(*f.signatures, *(_signature(s, t) for s, t in signatures)),
        examples={**f.examples, **examples},
        shown=(*f.shown, *(s for s, _ in signatures)),
    )


def special(name: str, signature: str, translate: Translator, *, examples: Mapping[str, object], kind: Kind = "scalar",
            topic: str, note: str = "", collated: bool = False) -> None:
    """Describe a function whose arguments are no plain expressions, such as a date part: its translator reads the parsed arguments."""
    REGISTRY.add(Function(name, kind, topic, (), examples, note, translate, (signature,), collated))


def hint(name: str, instead: str) -> None:
    """What an analyst writes instead of a function of BigQuery that is not supported here. name: one name, or the start of many and *."""
    REGISTRY.hints[name] = instead


def instead_of(name: str) -> str:
    """What the hints name for a function that is not supported; "" without a hint."""
    return next((instead for known, instead in REGISTRY.hints.items() if fnmatchcase(name, known)), "")


def _signature(text: str, template: str | Translator) -> Signature:
    arguments, result = (part.strip() for part in text.split("->"))
    needed, _, optional = arguments.partition("[")
    repeated = arguments.endswith("...")
    wanted = [a.strip() for a in needed.removesuffix("...").split(",") if a.strip()]
    rest = [a.strip() for a in optional.replace("[", "").replace("]", "").split(",") if a.strip()]
    return Signature((*wanted, *rest), len(rest), repeated, result, template)
