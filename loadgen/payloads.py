"""An event's own fields: the story's facts where they fit, else the contract's examples, else a value of the type."""

import random
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from gamebeam.schemas.contract.contract import Contract
from gamebeam.schemas.contract.fields import Field, FieldType

NULL_SHARE = 0.1  # of nullable fields that the story does not tell
FITS: dict[str, Callable[[object], bool]] = {
    "boolean": lambda v: isinstance(v, bool), "long": lambda v: type(v) is int, "timestamp": lambda v: type(v) is int,
    "double": lambda v: type(v) in (int, float), "string": lambda v: isinstance(v, str)}


def payload(contract: Contract, event_type: str, facts: dict[str, Any], rng: random.Random, now: int, secret: str,
            precision_ms: int) -> dict[str, object]:
    """Every own field by name, None for null; what is pii=drop holds the recognizable secret."""
    own: dict[str, object] = {}
    for f in contract.events[event_type].fields:
        if f.name in facts and fits(f, facts[f.name]):
            value = facts[f.name]
        elif f.nullable and rng.random() < NULL_SHARE:
            value = None
        elif f.pii == "drop" and f.type.kind == "string":
            value = secret
        else:
            value = field_value(f, rng, now)
        if f.type.kind == "double" and type(value) is int:
            value = float(value)
        elif f.type.kind == "timestamp" and value is not None:
            value -= value % precision_ms
        own[f.name] = value
    return own


def fits(f: Field, value: object) -> bool:
    if value is None:
        return f.nullable
    return f.type.kind in FITS and FITS[f.type.kind](value) and (not f.type.symbols or value in f.type.symbols)


def field_value(f: Field, rng: random.Random, now: int) -> object:
    if f.examples:
        return rng.choice(f.examples)
    return value_of_type(f.type, f.name, rng, now)


def value_of_type(t: FieldType, name: str, rng: random.Random, now: int) -> object:
    match t.kind:
        case "boolean":
            return rng.random() < 0.5
        case "long":
            return rng.randrange(100)
        case "double":
            return rng.randrange(10_000) / 100
        case "timestamp":
            return now - rng.randrange(86_400_000)
        case "date":
            return datetime.fromtimestamp(now / 1000, UTC).strftime("%Y-%m-%d")
        case "bytes":
            return rng.randbytes(6)
        case "array":
            return [value_of_type(t.item, name, rng, now) for _ in range(rng.randrange(4))] if t.item else []
        case "record":
            return {f.name: None if f.nullable and rng.random() < NULL_SHARE else field_value(f, rng, now) for f in t.fields}
    return rng.choice(t.symbols) if t.symbols else f"{name}_{rng.randrange(5)}"
