"""JSON as BigQuery reads, searches, changes and writes it: what DuckDB's JSON functions do otherwise."""

import json
import math
import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import TypeVar

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
FLOAT = re.compile(r"(?i)\s*[+-]?(\d+\.?\d*(e[+-]?\d+)?|\.\d+(e[+-]?\d+)?|inf|infinity|nan)\s*")
T = TypeVar("T")
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


def _first_of_each(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    return dict(reversed(pairs)) if len({k for k, _ in pairs}) < len(pairs) else dict(pairs)


def _never(word: str) -> Json:
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
    return json.loads(text, object_pairs_hook=_first_of_each, parse_constant=_never, parse_int=_whole, parse_float=_real)  # type: ignore[no-any-return]


def _as_written(text: str) -> Json:
    """Raises: ValueError, RecursionError."""
    return json.loads(text, object_pairs_hook=_first_of_each, parse_constant=_never, parse_int=Number, parse_float=Number)  # type: ignore[no-any-return]


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
        json.loads(text, parse_int=_exact, parse_float=_exact, parse_constant=_never)
    return dumps(loads(text))


def _exact(word: str) -> Json:
    from decimal import Decimal

    if re.fullmatch(r"-?\d+", word) and -(2**63) <= int(word) < 2**64:
        return None
    value = float(word)
    if math.isinf(value) or Decimal(repr(value)) != Decimal(word):
        raise ValueError(f"number {word} cannot be kept without loss of precision; use wide_number_mode=>'round'")
    return None


def of_text(text: str, path: str, legacy: bool) -> str | None:
    """JSON_QUERY of a STRING."""
    found = _of(text, path, legacy)
    return None if found is None else dumps(found, sort=False)


def scalar_of_text(text: str, path: str, legacy: bool) -> str | None:
    """JSON_VALUE of a STRING."""
    return _scalar(_of(text, path, legacy))


def _of(text: str, path: str, legacy: bool) -> Json:
    steps = parsed_path(path, legacy)
    try:
        return at(_as_written(text), steps)[1]
    except (ValueError, RecursionError):
        return None


def _scalar(value: Json) -> str | None:
    if value is None or isinstance(value, list | dict):
        return None
    return value if type(value) is str else dumps(value)


def of_json(text: str, path: str, legacy: bool) -> str | None:
    found, value = at(loads(text), parsed_path(path, legacy))
    return dumps(value) if found else None


def scalar_of_json(text: str, path: str, legacy: bool) -> str | None:
    return _scalar(at(loads(text), parsed_path(path, legacy))[1])


def array_of_json(text: str, path: str, legacy: bool) -> list[str] | None:
    value = at(loads(text), parsed_path(path, legacy))[1]
    return [dumps(v) for v in value] if isinstance(value, list) else None


def array_of_text(text: str, path: str, legacy: bool) -> list[str] | None:
    value = _of(text, path, legacy)
    return [dumps(v, sort=False) for v in value] if isinstance(value, list) else None


def scalars_of_json(text: str, path: str, legacy: bool) -> list[str | None] | None:
    return _scalars(at(loads(text), parsed_path(path, legacy))[1])


def scalars_of_text(text: str, path: str, legacy: bool) -> list[str | None] | None:
    return _scalars(_of(text, path, legacy))


def _scalars(value: Json) -> list[str | None] | None:
    if not isinstance(value, list) or any(isinstance(v, list | dict) for v in value):
        return None
    return [_scalar(v) for v in value]


# conversions
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


# structure
def kind(text: str) -> str:
    value = loads(text)
    kinds: tuple[tuple[type, str], ...] = (
        (bool, "boolean"),
        (int, "number"),
        (float, "number"),
        (str, "string"),
        (list, "array"),
        (dict, "object"),
    )
    return next((name for t, name in kinds if isinstance(value, t)), "null")


def keys(text: str, depth: int | None, mode: str) -> list[str]:
    """The paths of all fields, to a depth. mode: whether arrays are looked into: strict, lax, lax recursive."""
    mode = " ".join(sorted(mode.lower().split()))
    if mode not in ("strict", "lax", "lax recursive"):
        raise ValueError("invalid JSON mode")
    if depth is not None and depth < 1:
        raise ValueError("max_depth must be positive")
    found: set[str] = set()

    def visit(value: Json, prefix: str, level: int, in_array: bool) -> None:
        if isinstance(value, list):
            if mode == "lax recursive" or (mode == "lax" and not in_array):
                for v in value:
                    visit(v, prefix, level, True)
        elif isinstance(value, dict):
            for k, v in value.items():
                name = k if re.fullmatch(r"\w+", k) and not k[0].isdigit() else json.dumps(k, ensure_ascii=False)
                found.add(prefix + name)
                if depth is None or level < depth:
                    visit(v, f"{prefix}{name}.", level + 1, False)

    visit(loads(text), "", 1, False)
    return sorted(found)


def flattened(text: str) -> list[str]:
    value = loads(text)

    def visit(v: Json) -> list[Json]:
        return [x for item in v for x in visit(item)] if isinstance(v, list) else [v]

    return [dumps(v) for v in visit(value)]


def removed(text: str, operations: str, _: bool) -> str:
    """JSON_REMOVE. operations: an array of paths."""
    value = loads(text)
    for path in loads(operations):  # type: ignore[union-attr]
        if path is None:
            continue
        steps = parsed_path(str(path))
        if not steps:
            raise ValueError("JSON_REMOVE cannot remove $")
        found, parent = at(value, steps[:-1])
        if found and at(parent, steps[-1:])[0]:
            del parent[steps[-1]]  # type: ignore[index,arg-type,union-attr]
    return dumps(value)


def changed(text: str, operations: str, create: bool) -> str:
    """JSON_SET. operations: an array of a path and a value, a path and a value …"""
    value = loads(text)
    items = loads(operations)
    assert isinstance(items, list)
    for path, new in zip(items[::2], items[1::2], strict=True):
        if path is not None:
            value = _set(value, parsed_path(str(path)), new, create)
    return dumps(value)


def _set(value: Json, steps: Path, new: Json, create: bool) -> Json:
    if not steps:
        return new
    step, rest = steps[0], steps[1:]
    if isinstance(step, str) and (isinstance(value, dict) or (value is None and create)):
        fields = value if isinstance(value, dict) else {}
        if step in fields or create:
            fields[step] = _set(fields.get(step), rest, new, create)
        return fields
    if isinstance(step, int) and (isinstance(value, list) or (value is None and create)):
        items = value if isinstance(value, list) else []
        if step < len(items) or create:
            items.extend([None] * (step + 1 - len(items)))
            items[step] = _set(items[step], rest, new, create)
        return items
    return value


def stripped(text: str, path: str, arrays: bool, empty: bool) -> str:
    """JSON_STRIP_NULLS. arrays: whether elements go too. empty: whether what is then empty goes."""
    value = loads(text)
    steps = parsed_path(path)
    found, part = at(value, steps)
    if not found:
        return dumps(value)
    gone = object()

    def strip(v: Json) -> object:
        if v is None:
            return gone
        if isinstance(v, dict):
            kept = {k: s for k, x in v.items() if (s := strip(x)) is not gone}
            return gone if empty and not kept else kept
        if isinstance(v, list):
            if not arrays:
                return [strip_inside(x) for x in v] if v or not empty else v
            items = [s for x in v if (s := strip(x)) is not gone]
            return gone if empty and not items else items
        return v

    def strip_inside(v: Json) -> object:
        s = strip(v)
        return None if s is gone else s

    new = strip_inside(part)
    return dumps(_set(value, steps, new, False))  # type: ignore[arg-type]
