"""JSON documents in Python: reading, writing, and what is at a JSONPath."""

import json
import math
import re
from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]

Path = tuple[str | int, ...]
STEP = re.compile(
    r"""\.(?P<name>[^.\[\]"'*?@$()]+)|\."(?P<quoted>(?:[^"\\]|\\.)*)"|\[\s*(?P<index>\d+)\s*\]|\[\s*'(?P<single>(?:[^'\\]|\\.)*)'\s*\]"""
    r"""|\[\s*"(?P<double>(?:[^"\\]|\\.)*)"\s*\]|\[\s*(?P<bare>[A-Za-z_]\w*)\s*\]"""
)


class Number(str):
    """A number as it is written: JSON in a STRING keeps 1.50."""


@lru_cache(maxsize=1000)
def parsed_path(text: str, legacy: bool = False) -> Path:
    """The steps of a JSONPath: names of fields, and numbers of elements. legacy: of JSON_EXTRACT, where ['a'] is a field."""
    if not text.startswith("$"):
        raise ValueError("JSONPath must start with '$'")
    steps: list[str | int] = []
    at = 1
    while at < len(text):
        found = STEP.match(text, at)
        if not found or (not legacy and found.lastgroup in ("single", "double", "bare")) or (legacy and found.lastgroup == "quoted"):
            raise ValueError(f"invalid JSONPath {text!r} at {text[at:]!r}")
        word = found[found.lastgroup or 0]
        steps.append(
            int(word) if found.lastgroup == "index" else word.strip() if found.lastgroup == "name" else re.sub(r"\\(.)", r"\1", word)
        )
        at = found.end()
    return tuple(steps)


def first_of_each(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    return dict(reversed(pairs)) if len({k for k, _ in pairs}) < len(pairs) else dict(pairs)


def never(word: str) -> Json:
    raise ValueError(f"{word} is not JSON")


def _whole(word: str) -> Json:
    value = int(word)
    return value if -(2**63) <= value < 2**64 else _real(word)


def _real(word: str) -> Json:
    value = float(word)
    if math.isinf(value):
        raise ValueError(f"number {word} is out of range")
    return value


def loads(text: str) -> Json:
    return json.loads(text, object_pairs_hook=first_of_each, parse_constant=never, parse_int=_whole, parse_float=_real)  # type: ignore[no-any-return]


def as_written(text: str) -> Json:
    """Raises: ValueError, RecursionError."""
    return json.loads(text, object_pairs_hook=first_of_each, parse_constant=never, parse_int=Number, parse_float=Number)  # type: ignore[no-any-return]


def dumps(value: Json, sort: bool = True) -> str:
    if isinstance(value, Number):
        return str.__str__(value)
    if isinstance(value, list):
        return f"[{','.join(dumps(v, sort) for v in value)}]"
    if isinstance(value, dict):
        items: Iterable[tuple[str, Json]] = sorted(value.items()) if sort else value.items()
        return f"{{{','.join(f'{json.dumps(k, ensure_ascii=False)}:{dumps(v, sort)}' for k, v in items)}}}"
    return json.dumps(value, ensure_ascii=False)


def at(value: Json, path: Path) -> tuple[bool, Json]:
    """Whether there is something at the path, and what."""
    for step in path:
        if isinstance(value, list) and isinstance(step, int):
            if step >= len(value):
                return False, None
            value = value[step]
        elif isinstance(value, dict) and step in value:
            value = value[str(step)]
        else:
            return False, None
    return True, value


def normal(text: str, mode: str = "exact") -> str:
    """PARSE_JSON: sorted, without spaces. Raises: ValueError, for a number that would lose digits when the mode is exact."""
    if mode not in ("exact", "round"):
        raise ValueError(f"invalid wide_number_mode: {mode}")
    if mode == "exact":
        json.loads(text, parse_int=_exact, parse_float=_exact, parse_constant=never)
    return dumps(loads(text))


def _exact(word: str) -> Json:

    if re.fullmatch(r"-?\d+", word) and -(2**63) <= int(word) < 2**64:
        return None
    value = float(word)
    if math.isinf(value) or Decimal(repr(value)) != Decimal(word):
        raise ValueError(f"number {word} cannot be kept without loss of precision; use wide_number_mode=>'round'")
    return None
