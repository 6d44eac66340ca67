"""A call of a function: its arguments, what an aggregate has inside the brackets, and its OVER clause."""

from collections.abc import Callable
from dataclasses import dataclass, field

from sqlglot import exp

from gamebeam.sql.dialect.errors import Refused
from gamebeam.sql.dialect.registry import Function, choose
from gamebeam.sql.dialect.scope import Scope
from gamebeam.sql.dialect.types import BIGNUMERIC, Type, duckdb_type
from gamebeam.sql.dialect.values import Value

Translate = Callable[[exp.Expr, Scope], Value]


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
        return f.translate(call)
    call.values = [call.translate(node, call.scope) for node in call.nodes]
    return with_signature(call)


def with_signature(call: Call) -> Value:
    """The translation of a call whose arguments have been translated."""
    f = call.function
    named = {a for s in f.signatures for a in s.arguments}
    if "NUMERIC" in named and "BIGNUMERIC" not in named and any(v.type == BIGNUMERIC for v in call.values):
        raise call.refuse("takes no BIGNUMERIC here; CAST it to NUMERIC, or to FLOAT64")  # a FLOAT64 would lose digits
    found = choose(f.signatures, call.values)
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
