"""wire.yaml at work: from a parsed message to the envelope, the event's own fields and what is left over."""

from dataclasses import dataclass
from typing import Any, TypeAlias

import msgspec

from gamebeam.schemas.contract.contract import Contract
from gamebeam.schemas.contract.fields import Field, FieldType
from gamebeam.schemas.contract.wire import NUMERIC_TIMES, Wire, snake
from gamebeam.transforms.decode.times import number, to_ms

MISSING = object()
Values: TypeAlias = dict[str, Any]  # by name of a field: what a message says, until a class of events takes it
STRINGS = ("event_id", "player_id", "session_id", "install_id", "game", "env", "platform", "app_version", "country")
TIMES = ("event_time", "client_event_time", "received_time", "arrival_time")


class UnreadableString(ValueError):
    """A string that wire.yaml declares to hold JSON, and that holds none: (path, detail)."""


@dataclass
class Extracted:
    """Values by contract field, not yet validated; leftover is what the contract does not know."""

    type_on_wire: object
    event_type: str | None
    values: Values
    leftover: dict[str, object]
    rank: int


class Extractor:
    """The wire of one contract, made ready: paths split once."""

    def __init__(self, contract: Contract):
        self.contract = contract
        self.shapes = [*contract.wire.shapes, contract.wire]
        self.paths = {id(wire): _envelope_paths(wire) for wire in self.shapes}

    def shape(self, message: dict[str, object]) -> Wire:
        return next((s for s in self.shapes if s.when is None or _holds(message, s.when)), self.contract.wire)

    def identify(self, message: dict[str, object]) -> tuple[Wire, str | None]:
        """The message's shape and event type. Opens JSON inside strings in place. Raises UnreadableString."""
        wire = self.shape(message)
        self._open(wire, message)
        return wire, self.event_type(wire, self._type(wire, message)[0])

    def _open(self, wire: Wire, message: dict[str, object]) -> None:
        for path in wire.json_strings:
            text = get(message, path)
            if isinstance(text, str):
                _replace(message, path, self._inside(path, text))

    def extract(self, message: dict[str, object]) -> Extracted:
        wire = self.shape(message)
        self._open(wire, message)
        type_on_wire, key = self._type(wire, message)
        event_type = self.event_type(wire, type_on_wire)
        taken: list[str] = [] if wire.type_is_key else [wire.envelope["event_type"]]
        values: Values = dict(wire.constants)
        for name, path in self.paths[id(wire)].items():
            value = get(message, path)
            if value is not MISSING:
                taken.append(path)
                values[name] = self.envelope_value(wire, name, value)
        own = self.contract.events[event_type].fields if event_type else ()
        unknown_inside: dict[str, object] = {}
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

    def _inside(self, path: str, text: str) -> object:
        exceeded = self.contract.bounds.exceeded(text.encode())
        if exceeded:
            raise UnreadableString(path, exceeded)
        try:
            return msgspec.json.decode(text)
        except (msgspec.DecodeError, RecursionError) as e:
            raise UnreadableString(path, f"expected JSON inside a string: {e}"[:200]) from None

    def _type(self, wire: Wire, message: dict[str, object]) -> tuple[object, str | None]:
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

    def event_type(self, wire: Wire, raw: object) -> str | None:
        if not isinstance(raw, str):
            return None
        raw = _unquoted(raw) if wire.strip_quotes else raw
        return next((name for name in (wire.types.get(raw), raw, snake(raw)) if name in self.contract.events), None)

    def envelope_value(self, wire: Wire, name: str, value: object) -> object:
        value = _plain(wire, value)
        if name in TIMES:
            return to_ms(value, wire.time_format)
        if name == "seq" and wire.numbers_as_strings:
            return number(value, self.contract.bounds.digits)
        return str(value) if wire.ids_as_numbers and name in STRINGS and type(value) is int else value

    def _own_value(self, wire: Wire, f: Field, value: object) -> tuple[object, object]:
        """The value as the contract types it, and what a record in it holds beside its fields."""
        value = _plain(wire, value)
        if f.name in wire.values and isinstance(value, str | bool | int) and value in wire.values[f.name]:
            return wire.values[f.name][value], None
        return _typed(wire, f.type, value, self.contract.bounds.digits)


def _envelope_paths(wire: Wire) -> dict[str, str]:
    """Where a message holds the envelope's fields, but for its type."""
    not_there = {("event_id", "hash"), ("event_time", "arrival")}
    paths = {n: p for n, p in wire.envelope.items() if n != "event_type" and (n, p) not in not_there}
    paths["client_event_time"] = wire.client_time_path
    return paths | ({"arrival_time": wire.arrival_time} if wire.arrival_time else {})


def _typed(wire: Wire, t: FieldType, value: object, digits: int) -> tuple[object, object]:
    """What a string means where the wire writes numbers and times as strings, else the value as it came; and unknown fields."""
    if isinstance(value, list) and t.kind == "array" and t.item:
        pairs = [_typed(wire, t.item, v, digits) for v in value]
        rest = [r for _, r in pairs]
        return [v for v, _ in pairs], rest if any(rest) else None
    if isinstance(value, dict) and t.kind == "record":
        named = {wire.name_on_wire(f.name): f for f in t.fields}
        pairs_of = {named[k].name: _typed(wire, named[k].type, _plain(wire, v), digits)
                    for k, v in value.items() if k in named and named[k].stored}
        unknown = {k: v for k, v in value.items() if k not in named} | {k: r for k, (_, r) in pairs_of.items() if r}
        return {k: v for k, (v, _) in pairs_of.items()}, unknown
    if t.kind == "timestamp":
        return to_ms(value, "ms" if isinstance(value, int) and wire.time_format not in NUMERIC_TIMES else wire.time_format), None
    if wire.numbers_as_strings and isinstance(value, str):
        if t.kind in ("long", "double"):
            return number(value, digits), None
        if t.kind == "boolean":
            return {"true": True, "false": False}.get(value.lower(), value), None
    return value, None


def get(message: object, path: str) -> object:
    """The value at a dotted path, or MISSING. A name that holds dots itself is found too, at the top."""
    if "." not in path:
        return message.get(path, MISSING) if isinstance(message, dict) else MISSING
    at = message
    for part in path.split("."):
        if not isinstance(at, dict) or part not in at:
            return message.get(path, MISSING) if isinstance(message, dict) else MISSING
        at = at[part]
    return at


def _plain(wire: Wire, value: object) -> object:
    if isinstance(value, str):
        value = _unquoted(value) if wire.strip_quotes else value
        return None if wire.empty_is_null and value == "" else value
    if isinstance(value, list) and wire.strip_quotes:
        return [_unquoted(v) if isinstance(v, str) else v for v in value]
    return value


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) >= 2 and text[0] == text[-1] == "'" else text


def _holds(message: dict[str, object], when: str) -> bool:
    present = get(message, when.removeprefix("!")) is not MISSING
    return present is not when.startswith("!")


def _replace(message: dict[str, object], path: str, value: object) -> None:
    """Put a value where get() found one."""
    at: object = message
    *parents, leaf = path.split(".")
    for part in parents:
        at = at.get(part) if isinstance(at, dict) else None
    if isinstance(at, dict) and leaf in at:
        at[leaf] = value
    else:
        message[path] = value


def _remove(message: dict[str, object], path: str) -> None:
    """Takes a value out, and every container that this leaves empty."""
    if "." not in path:
        message.pop(path, None)
        return
    trail: list[tuple[dict[str, object], str]] = []
    at: object = message
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
