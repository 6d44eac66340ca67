"""The kind, the keys and the flattened elements of a JSON document, in Python."""

import json
import re

from gamebeam.sql.dialect.functions.json_values.documents import Json, dumps, loads


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
