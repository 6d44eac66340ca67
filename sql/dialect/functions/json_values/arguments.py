"""Arguments of JSON functions, some of which have names."""

from sqlglot import exp

from gamebeam.sql.dialect.calls import Call
from gamebeam.sql.dialect.coercion import coerced
from gamebeam.sql.dialect.types import BOOL, STRING
from gamebeam.sql.dialect.values import Value, text


def named_arguments(call: Call, names: dict[str, Value]) -> tuple[list[Value], dict[str, Value]]:
    """The values of the arguments without a name, and those with one. names: the defaults."""
    plain: list[Value] = []
    named = dict(names)
    given = False
    for node in call.nodes:
        if isinstance(node, exp.Kwarg | exp.PropertyEQ):
            name = node.this.name.lower()
            if name not in names:
                raise call.refuse(f"has no argument {name}")
            named[name], given = coerced(call.translate(node.expression, call.scope), names[name].type), True
        elif given:
            raise call.refuse("arguments with a name come last")
        else:
            plain.append(call.translate(node, call.scope))
    return plain, named


def document_text(call: Call, value: Value) -> str:
    if value.type.kind not in ("JSON", "NULL", "UNKNOWN"):
        raise call.refuse(f"takes JSON, not {value.type}")
    return f"CAST({value.sql} AS VARCHAR)"


def string_text(call: Call, value: Value) -> str:
    if value.type.kind not in ("STRING", "NULL", "UNKNOWN"):
        raise call.refuse(f"takes a STRING here, not {value.type}")
    return f"CAST({value.sql} AS VARCHAR)"


def flag(value: bool) -> Value:
    return Value(str(value).lower(), BOOL, value, literal=True)


def word(value: str) -> Value:
    return Value(text(value), STRING, value, literal=True)
