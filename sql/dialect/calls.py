"""Functions with their signatures, and calls of them: the arguments, what an aggregate has inside the brackets, the OVER clause."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Literal

from sqlglot import exp

from gamebeam.sql.dialect.coercion import coerced, coercion_cost, unified
from gamebeam.sql.dialect.errors import Refused
from gamebeam.sql.dialect.scope import Scope
from gamebeam.sql.dialect.types import BIGNUMERIC, UNKNOWN, Type, array_of, duckdb_type, has_collation, of_text
from gamebeam.sql.dialect.values import Value

NOT_COLLATED = "text with a collation is not supported here; take it off with COLLATE(…, '')"
Translate = Callable[[exp.Expr, Scope], Value]
Kind = Literal["scalar", "aggregate", "window", "operator"]


@dataclass(frozen=True)
class Signature:
    """arguments: names of types, T for one type that all T share, ANY for any. repeated: the last argument may occur again."""

    arguments: tuple[str, ...]
    optional: int
    repeated: bool
    result: str
    template: "str | Translator"

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
    """name: as in BigQuery, in upper case, SAFE. left out. examples: an expression -> its value, or ERROR.

    collated: whether it is examined with text that has a collation, also where a signature has T or ANY.
    """

    name: str
    kind: Kind
    topic: str
    signatures: tuple[Signature, ...]
    examples: Mapping[str, object]
    note: str = ""
    translate: "Translator | None" = None
    shown: tuple[str, ...] = ()
    collated: bool = False


@dataclass
class Call:
    """nodes: the parsed arguments. values: the translated arguments, filled by `translate_arguments`.

    over: the OVER clause in DuckDB's SQL, with a space before it, or "". order: the ORDER BY inside the brackets, likewise.
    ordered, framed: whether the OVER clause has ORDER BY and a frame. rows: the condition of the rows that PIVOT aggregates, or "".
    """

    function: Function
    nodes: list[exp.Expr]
    scope: Scope
    translate: Translate
    values: list[Value] = field(default_factory=list)
    result: Type | None = None
    over: str = ""
    ordered: bool = False
    framed: bool = False
    rows: str = ""
    distinct: bool = False
    nulls: str = ""
    order: str = ""
    order_keys: list[tuple[Value, str]] = field(default_factory=list)
    limit: int | None = None
    having: tuple[exp.Expr, bool] | None = None

    def value(self, index: int) -> Value:
        """One translated argument, for functions with arguments that are no expressions."""
        return self.translate(self.nodes[index], self.scope)

    def after(self, condition: str = "") -> str:
        """What follows an aggregate's brackets: FILTER with the rows of PIVOT and a condition, and OVER."""
        kept = " AND ".join(part for part in (self.rows, condition) if part)
        return (f" FILTER (WHERE {kept})" if kept else "") + self.over

    def refuse(self, problem: str) -> Refused:
        return Refused(f"{self.function.name}: {problem}")


Translator = Callable[[Call], Value]  # the translation of a call whose arguments have been coerced


def apply(call: Call) -> Value:
    """The translation of a call. Raises: Refused, if no signature fits, or the function does not have what stands in its brackets."""
    f = call.function
    special = call.over or call.distinct or call.order or call.nulls or call.limit is not None or call.having
    if f.kind in ("scalar", "operator") and special:
        raise call.refuse("only an aggregate function has OVER, DISTINCT, ORDER BY, LIMIT, IGNORE NULLS or HAVING")
    if f.kind == "window" and not call.over:
        raise call.refuse("needs OVER (…)")
    if f.translate:
        return f.translate(call if f.collated else replace(call, translate=partial(_without_collation, call)))
    call.values = [call.translate(node, call.scope) for node in call.nodes]
    return with_signature(call)


def _without_collation(call: Call, node: exp.Expr, scope: Scope) -> Value:
    """The value of an argument. Raises: Refused, if its text has a collation."""
    value = call.translate(node, scope)
    if has_collation(value.type):
        raise call.refuse(NOT_COLLATED)
    return value


def with_signature(call: Call) -> Value:
    """The translation of a call whose arguments have been translated."""
    f = call.function
    named = {a for s in f.signatures for a in s.arguments}
    if "NUMERIC" in named and "BIGNUMERIC" not in named and any(v.type == BIGNUMERIC for v in call.values):
        raise call.refuse("takes no BIGNUMERIC here; CAST it to NUMERIC, or to FLOAT64")  # a FLOAT64 would lose digits
    found = choose(f.signatures, call.values)
    if any(has_collation(v.type) for v in call.values) and not (f.collated or (found and any("COLLATED" in a for a in found[0].arguments))):
        raise call.refuse(NOT_COLLATED)
    if not found:
        given = ", ".join(str(v.type) for v in call.values)
        raise Refused(f"no matching signature for {f.name}({given}); it takes {' or '.join(f.shown)}"
                      + (", where T is one type" if "T" in " ".join(f.shown).replace(",", " ").split() else "") + "; CAST the arguments")
    signature, call.values, call.result = found
    if callable(signature.template):
        return signature.template(call)
    return Value(filled(signature.template, call), call.result)


def filled(template: str, call: Call) -> str:
    """A template with the call's arguments in it."""
    arguments = [v.sql for v in call.values]
    for what, present, name in ((call.distinct, "{distinct}", "DISTINCT"), (call.order, "{order}", "ORDER BY"),
                                (call.nulls, "{nulls}", call.nulls), (call.limit is not None, "{limit}", "LIMIT"),
                                (call.having, "{having}", "HAVING MAX or MIN"), (call.over, "{over}", "OVER")):
        if what and present not in template:
            raise call.refuse(f"{name} is not supported with these arguments")
    return template.format(*arguments, args=", ".join(arguments), over=call.after(), distinct="DISTINCT " if call.distinct else "",
                           order=call.order, nulls=f" {call.nulls}" if call.nulls else "",
                           type=duckdb_type(call.result) if call.result and "{type}" in template else "")


def choose(signatures: Sequence[Signature], values: Sequence[Value]) -> tuple[Signature, list[Value], Type] | None:
    """The first of the signatures that need the cheapest coercions."""
    found = [(m[0], i, s, m[1], m[2]) for i, s in enumerate(signatures) if (m := s.match(values))]
    if not found:
        return None
    _, _, signature, arguments, result = min(found, key=lambda f: f[:2])
    return signature, arguments, result


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
