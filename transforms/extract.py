"""wire.yaml at work: from a parsed message to the envelope, the event's own fields and what is left over."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from schemas.contract import Contract
from schemas.fields import Field, FieldType
from schemas.wire import Wire, snake

MISSING: Any = object()
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][-+]?\d+)?")
STRINGS = ("event_id", "player_id", "session_id", "install_id", "game", "env", "platform", "app_version", "country")
TIMES = ("event_time", "client_event_time", "received_time", "arrival_time")


@dataclass
class Extracted:
    """Values by contract field, not yet validated; leftover is what the contract does not know."""

    type_on_wire: Any
    event_type: str | None
    values: dict[str, Any]
    leftover: dict[str, Any]
    rank: int


class Extractor:
    """The wire of one contract, made ready: paths split once."""

    def __init__(self, contract: Contract):
        self.contract = contract
        self.shapes = [*contract.wire.shapes, contract.wire]
        self.paths = {id(wire): _envelope_paths(wire) for wire in self.shapes}

    def shape(self, message: dict[str, Any]) -> Wire:
        return next((s for s in self.shapes if s.when is None or _holds(message, s.when)), self.contract.wire)

    def extract(self, message: dict[str, Any]) -> Extracted:
        wire = self.shape(message)
        for path in wire.json_strings:
            text = get(message, path)
            if isinstance(text, str):
                _replace(message, path, msgspec.json.decode(text))
        type_on_wire, key = self._type(wire, message)
        event_type = self.event_type(wire, type_on_wire)
        taken: list[str] = [] if wire.type_is_key else [wire.envelope["event_type"]]
        values: dict[str, Any] = dict(wire.constants)
        for name, path in self.paths[id(wire)].items():
            value = get(message, path)
            if value is not MISSING:
                taken.append(path)
                values[name] = self.envelope_value(wire, name, value)
        own = self.contract.events[event_type].fields if event_type else ()
        unknown_inside: dict[str, Any] = {}
        root = wire.fields.replace("*", str(key)) if key is not None else wire.fields
        for f in own:
            path = wire.paths.get(f.name) or ".".join(p for p in (root, wire.name_on_wire(f.name)) if p)
            value = get(message, path)
            if value is not MISSING:
                taken.append(path)
                if f.stored:
                    values[f.name], rest = self._own_value(wire, f, value)
                    unknown_inside |= {f.name: rest} if rest else {}
        for path in (*taken, *wire.drop):
            _remove(message, path)
        message |= unknown_inside
        return Extracted(type_on_wire, event_type, {k: v for k, v in values.items() if v is not None}, message, wire.rank)

    def _type(self, wire: Wire, message: dict[str, Any]) -> tuple[Any, str | None]:
        path = wire.envelope["event_type"]
        if not wire.type_is_key:
            return get(message, path), None
        parent = path.removesuffix("*").removesuffix(".")
        inside = get(message, parent) if parent else message
        if not isinstance(inside, dict):
            return MISSING, None
        used = {p.removeprefix(f"{parent}.").split(".")[0] for p in wire.envelope.values() if p.startswith(parent) and p != path}
        candidates = [k for k in inside if k not in used]
        known = [k for k in candidates if self.event_type(wire, k)]
        key = next(iter(known or candidates), None)
        return (MISSING, None) if key is None else (key, key)

    def event_type(self, wire: Wire, raw: Any) -> str | None:
        if not isinstance(raw, str):
            return None
        raw = _unquoted(raw) if wire.strip_quotes else raw
        return next((name for name in (wire.types.get(raw), raw, snake(raw)) if name in self.contract.events), None)

    def envelope_value(self, wire: Wire, name: str, value: Any) -> Any:
        value = _plain(wire, value)
        if name in TIMES:
            return to_ms(value, wire.time_format)
        if name == "seq" and wire.numbers_as_strings:
            return _number(value)
        return str(value) if wire.ids_as_numbers and name in STRINGS and type(value) is int else value

    def _own_value(self, wire: Wire, f: Field, value: Any) -> tuple[Any, Any]:
        """The value as the contract types it, and what a record in it holds beside its fields."""
        value = _plain(wire, value)
        if f.name in wire.values and isinstance(value, str | bool | int) and value in wire.values[f.name]:
            return wire.values[f.name][value], None
        return _typed(wire, f.type, value)


def _envelope_paths(wire: Wire) -> dict[str, str]:
    """Where a message holds the envelope's fields, but for its type."""
    not_there = {("event_id", "hash"), ("event_time", "arrival")}
    paths = {n: p for n, p in wire.envelope.items() if n != "event_type" and (n, p) not in not_there}
    paths["client_event_time"] = wire.client_event_time
    return paths | ({"arrival_time": wire.arrival_time} if wire.arrival_time else {})


def _typed(wire: Wire, t: FieldType, value: Any) -> tuple[Any, Any]:
    """What a string means where the wire writes numbers and times as strings, else the value as it came; and unknown fields."""
    if isinstance(value, list) and t.kind == "array" and t.item:
        pairs = [_typed(wire, t.item, v) for v in value]
        rest = [r for _, r in pairs]
        return [v for v, _ in pairs], rest if any(rest) else None
    if isinstance(value, dict) and t.kind == "record":
        named = {wire.name_on_wire(f.name): f for f in t.fields}
        pairs_of = {named[k].name: _typed(wire, named[k].type, _plain(wire, v)) for k, v in value.items() if k in named and named[k].stored}
        unknown = {k: v for k, v in value.items() if k not in named} | {k: r for k, (_, r) in pairs_of.items() if r}
        return {k: v for k, (v, _) in pairs_of.items()}, unknown
    if t.kind == "timestamp":
        return to_ms(value, "ms" if isinstance(value, int) and wire.time_format != "s" else wire.time_format), None
    if wire.numbers_as_strings and isinstance(value, str):
        if t.kind in ("long", "double"):
            return _number(value), None
        if t.kind == "boolean":
            return {"true": True, "false": False}.get(value.lower(), value), None
    return value, None


def get(message: Any, path: str) -> Any:
    """The value at a dotted path, or MISSING. A name that holds dots itself is found too, at the top."""
    if "." not in path:
        return message.get(path, MISSING) if isinstance(message, dict) else MISSING
    at = message
    for part in path.split("."):
        if not isinstance(at, dict) or part not in at:
            return message.get(path, MISSING) if isinstance(message, dict) else MISSING
        at = at[part]
    return at


def to_ms(value: Any, time_format: str) -> Any:
    """A time on the wire as ms since 1970, UTC; what is no such time comes back as it was, and fails validation."""
    if isinstance(value, bool) or value is None:
        return value
    if time_format in ("ms", "s"):
        value = _number(value)
        scale = 1 if time_format == "ms" else 1000
        whole = isinstance(value, int) or (time_format == "s" and isinstance(value, float) and abs(value) < 1e12)
        return int(value * scale) if whole else value
    if not isinstance(value, str):
        return value
    try:
        when = datetime.fromisoformat(value) if time_format == "iso" else _strptime(value, time_format)
    except ValueError:
        return value
    return ((when if when.tzinfo else when.replace(tzinfo=UTC)) - EPOCH) // MILLISECOND


def _strptime(value: str, time_format: str) -> datetime:
    try:
        return datetime.strptime(value, time_format)
    except ValueError:
        return datetime.strptime(value, time_format.replace(".%f", ""))


def _number(value: Any) -> Any:
    if isinstance(value, str) and (match := NUMBER.fullmatch(value)):
        return float(value) if match[1] or match[2] else int(value)
    return value


def _plain(wire: Wire, value: Any) -> Any:
    if isinstance(value, str):
        value = _unquoted(value) if wire.strip_quotes else value
        return None if wire.empty_is_null and value == "" else value
    if isinstance(value, list) and wire.strip_quotes:
        return [_unquoted(v) if isinstance(v, str) else v for v in value]
    return value


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) >= 2 and text[0] == text[-1] == "'" else text


def _holds(message: dict[str, Any], when: str) -> bool:
    present = get(message, when.removeprefix("!")) is not MISSING
    return present is not when.startswith("!")


def _replace(message: dict[str, Any], path: str, value: Any) -> None:
    *parents, leaf = path.split(".")
    for part in parents:
        message = message[part]
    message[leaf] = value


def _remove(message: dict[str, Any], path: str) -> None:
    """Takes a value out, and every container that this leaves empty."""
    if "." not in path:
        message.pop(path, None)
        return
    trail, at = [], message
    for part in path.split("."):
        if not isinstance(at, dict) or part not in at:
            message.pop(path, None)
            return
        trail.append((at, part))
        at = at[part]
    for container, part in reversed(trail):
        if container is not trail[-1][0] and container[part]:
            return
        del container[part]
