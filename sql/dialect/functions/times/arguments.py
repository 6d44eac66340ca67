"""Arguments of the functions of dates and times."""

from gamebeam.sql.dialect.calls import Call
from gamebeam.sql.dialect.casts.cast import cast
from gamebeam.sql.dialect.coercion import coerced
from gamebeam.sql.dialect.errors import Refused
from gamebeam.sql.dialect.types import DATE, DATETIME, STRING, Type
from gamebeam.sql.dialect.values import Value


def typed(call: Call, index: int, *allowed: Type) -> Value:
    """An argument of one of the types; a literal STRING and a DATE are coerced."""
    value = call.value(index)
    if value.type in allowed:
        return value
    if value.type.kind in ("NULL", "UNKNOWN") or (value.literal and value.type == STRING):
        return cast(value, allowed[0])
    if value.type == DATE and DATETIME in allowed:
        return coerced(value, DATETIME)
    raise Refused(f"{call.function.name}: {value.type} where {' or '.join(map(str, allowed))} is needed")


def count_arguments(call: Call, least: int, most: int) -> int:
    given = len(call.nodes)
    if not least <= given <= most:
        raise call.refuse(f"takes {least if least == most else f'{least} to {most}'} arguments, not {given}")
    return given


def zone_argument(call: Call, index: int) -> Value | None:
    return call.value(index) if len(call.nodes) > index else None
