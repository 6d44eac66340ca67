"""Names that look like a secret, and messages with what such names hold hidden."""

import json
import re
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

HIDDEN = "***"  # stands for a secret in the examples that are written


@cache
def secret_words() -> tuple[str, ...]:
    return tuple(yaml.safe_load((files("schemas") / "secrets.yaml").read_text())["names"])


def is_secret(name: str) -> bool:
    return any(word in name.lower() for word in secret_words())


def in_secret(path: str) -> bool:
    """Whether any part of a path is named like a secret."""
    return any(is_secret(part) for part in path.split("."))


def hide(value: Any) -> Any:
    """Parsed JSON with every secret's value replaced, JSON and forms inside strings included."""
    if isinstance(value, dict):
        return {k: HIDDEN if is_secret(k) else hide(v) for k, v in value.items()}
    if isinstance(value, list):
        return [hide(v) for v in value]
    if isinstance(value, str):
        if value[:1] in ("{", "["):
            try:
                parsed = json.loads(value)
            except ValueError:
                return HIDDEN if is_secret(value) else value
            return value if hide(parsed) == parsed else json.dumps(hide(parsed), ensure_ascii=False)
        return re.sub(r"([\w.-]+)=([^&\s\"]*)", lambda m: f"{m[1]}={HIDDEN}" if is_secret(m[1]) else m[0], value)
    return value
