"""JSON scalars as BOOL, INT64, FLOAT64 and STRING, strictly and laxly, in Python."""

import math
import re
from collections.abc import Callable
from typing import TypeVar

from gamebeam.sql.dialect.functions.json_values.documents import Json, dumps, loads

FLOAT = re.compile(r"(?i)\s*[+-]?(\d+\.?\d*(e[+-]?\d+)?|\.\d+(e[+-]?\d+)?|inf|infinity|nan)\s*")
T = TypeVar("T")


def bool_of(text: str) -> bool:
    value = loads(text)
    if not isinstance(value, bool):
        raise ValueError("the JSON is not a boolean")
    return value


def int_of(text: str) -> int:
    value = loads(text)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("the JSON is not an integer")
    if value != int(value) or not -(2**63) <= value < 2**63:
        raise ValueError(f"the JSON number {value} cannot be converted to INT64")
    return int(value)


def float_of(text: str, mode: str = "round") -> float:
    if mode not in ("exact", "round"):
        raise ValueError(f"invalid wide_number_mode: {mode}")
    value = loads(text)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("the JSON is not a number")
    if mode == "exact" and int(float(value)) != value and isinstance(value, int):
        raise ValueError(f"the JSON number {value} cannot be converted to FLOAT64 without loss of precision")
    return float(value)


def string_of(text: str) -> str:
    value = loads(text)
    if not isinstance(value, str):
        raise ValueError("the JSON is not a string")
    return value


def lax_bool(value: Json) -> bool | None:
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return value != 0
    return {"true": True, "false": False}.get(value.lower()) if isinstance(value, str) else None


def lax_int(value: Json) -> int | None:
    if isinstance(value, bool):
        return int(value)
    number = lax_float(value) if not isinstance(value, int) else value
    if isinstance(value, str) and re.fullmatch(r"\s*[+-]?\d+\s*", value):
        number = int(value)
    if number is None or not math.isfinite(number):
        return None
    whole = number if isinstance(number, int) else math.floor(abs(number) + 0.5) * (-1 if number < 0 else 1)
    return whole if -(2**63) <= whole < 2**63 else None


def lax_float(value: Json) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, str) and FLOAT.fullmatch(value):
        number = float(value)
        return number if math.isfinite(number) or "n" in value.lower() else None
    return None


def lax_string(value: Json) -> str | None:
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, list | dict):
        return None
    return dumps(value)


def each(convert: Callable[[str], T]) -> Callable[[str], list[T]]:
    """A conversion of every element of an array. Raises: ValueError, if the JSON is no array."""

    def convert_all(text: str) -> list[T]:
        value = loads(text)
        if not isinstance(value, list):
            raise ValueError("the JSON is not an array")
        return [convert(dumps(v)) for v in value]

    return convert_all


def each_lax(convert: Callable[[Json], T | None]) -> Callable[[str], list[T | None] | None]:
    def convert_all(text: str) -> list[T | None] | None:
        value = loads(text)
        return [convert(v) for v in value] if isinstance(value, list) else None

    return convert_all
