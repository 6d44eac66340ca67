"""wire.yaml inverted: from what a client means to the bytes it sends."""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec

from gamebeam.loadgen.client_event import Sent, on_wire
from gamebeam.schemas.contract.contract import Contract
from gamebeam.schemas.contract.fields import Field, FieldType
from gamebeam.schemas.contract.wire import CANONICAL, NUMERIC_TIMES, Wire, camel
from gamebeam.schemas.secret_names import secret_names

# The order on the wire: a message that was cut off usually still tells when it arrived and whose it is.
ENVELOPE_ORDER = ("event_id", "event_type", "event_time", "env", "platform", "app_version", "install_id", "seq", "player_id",
                  "session_id", "country")
UNKNOWN_TYPE = "zz_teleport"
WORD_FOR_A_NUMBER = "four ninety-nine"
Encode = Callable[[Sent, int], bytes]


def encoder(contract: Contract) -> Encode:
    """(event, received_time) -> bytes of the main shape."""
    wire = contract.wire
    envelope = [(name, tuple(wire.envelope[name].split("."))) for name in ENVELOPE_ORDER
                if name != "event_type" and on_wire(contract, name) and name not in wire.constants]
    received = sorted({tuple(p.split(".")) for p in (wire.arrival_time, wire.envelope.get("received_time")) if p})
    game = tuple(wire.envelope["game"].split(".")) if on_wire(contract, "game") else None
    type_path = tuple(wire.envelope["event_type"].removesuffix("*").removesuffix(".").split("."))
    own = {name: [(f, _own_path(wire, f, type_on_wire(wire, name)), _is_plain(wire, f)) for f in event.fields]
           for name, event in contract.events.items()}
    json_strings = sorted((tuple(p.split(".")) for p in wire.json_strings), key=lambda p: (-len(p), p))
    taken = {path for _, path in envelope} | set(received)
    drops = {name: [p for p in (tuple(d.split(".")) for d in wire.drop) if p not in taken | {path for _, path, _ in fields}]
             for name, fields in own.items()}
    has_secrets = bool(wire.drop) or any(not f.stored for e in contract.events.values() for f in e.fields)
    compact = wire == CANONICAL

    def encode(sent: Sent, received_time: int) -> bytes:
        message: dict[str, object] = {}
        for path in received:
            put(message, path, time_on_wire(received_time, wire.time_format))
        unknown = sent.fault == "unknown_type"
        wire_type = UNKNOWN_TYPE if unknown else type_on_wire(wire, sent.event_type)
        if wire.type_is_key:
            put(message, (*(p for p in type_path if p), wire_type), {})
        else:
            put(message, type_path, wire_type)
        for name, path in envelope:
            value = getattr(sent, name)
            if value is not None and not (name == "event_id" and sent.fault_field == "event_id"):
                put(message, path, value if compact else _envelope_value(wire, name, value))
            elif value is None and wire.empty_is_null and name != "seq":
                put(message, path, "")
        if game:
            put(message, game, contract.name)
        for f, path, plain in own[sent.event_type]:
            value = sent.own[f.name]
            if plain and sent.fault is None and value is not None:
                message[path[0]] = value
                continue
            if unknown and wire.type_is_key and f.name not in wire.paths:
                path = tuple(wire_type if p == type_on_wire(wire, sent.event_type) else p for p in path)
            if sent.fault_field == f.name:
                if sent.fault == "wrong_type":
                    put(message, path, [1] if f.type.kind in ("string", "bytes") else WORD_FOR_A_NUMBER)
            elif value is not None:
                put(message, path, own_on_wire(wire, f, value))
            elif wire.empty_is_null and f.type.kind == "string":
                put(message, path, "")
            elif compact:
                put(message, path, None)
        if has_secrets:
            _add_noise(message, drops[sent.event_type], sent)
        if sent.fault == "extra_field":
            message["zz_ab_group"] = "B" if sent.event_time % 2 else {"name": "bigger buttons", "share": 0.5}
        elif sent.fault == "oversized":
            message["zz_blob"] = "x" * contract.max_message_bytes
        for path in json_strings:
            _hold_in_string(message, path)
        return msgspec.json.encode(message) if compact else json.dumps(message, ensure_ascii=False).encode()

    return encode


def type_on_wire(wire: Wire, event_type: str) -> str:
    for name, meant in sorted(wire.types.items()):
        if meant == event_type:
            return name
    return camel(event_type) if wire.type_is_key and wire.case == "camel" else event_type


def put(message: dict[str, Any], path: tuple[str, ...], value: object) -> None:
    for part in path[:-1]:
        message = message.setdefault(part, {})
    message[path[-1]] = value


def own_on_wire(wire: Wire, f: Field, value: object) -> object:
    for there, meant in wire.values.get(f.name, {}).items():
        if meant == value:
            return there
    return _typed_on_wire(wire, f.type, value)


def _typed_on_wire(wire: Wire, t: FieldType, value: Any) -> Any:
    match t.kind:
        case "array" if t.item:
            return [_typed_on_wire(wire, t.item, v) for v in value]
        case "record":
            return {wire.name_on_wire(f.name): None if value.get(f.name) is None else _typed_on_wire(wire, f.type, value[f.name])
                    for f in t.fields if f.name in value}
        case "timestamp":
            return time_on_wire(value, wire.time_format)
        case "bytes":
            return base64.b64encode(value if isinstance(value, bytes) else str(value).encode()).decode()
        case "long" if wire.numbers_as_strings:
            return str(value)
    return value


def _envelope_value(wire: Wire, name: str, value: Any) -> Any:
    if name == "event_time":
        value = time_on_wire(value, wire.time_format)
    if name in ("event_time", "seq") and wire.numbers_as_strings:
        return str(value)
    return f"'{value}'" if name == "player_id" and wire.strip_quotes else value


def time_on_wire(ms: int, time_format: str) -> int | str:
    if per_second := NUMERIC_TIMES.get(time_format):
        return ms * per_second // 1000
    when = datetime.fromtimestamp(ms // 1000, UTC).replace(microsecond=ms % 1000 * 1000)
    if time_format == "iso":
        return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return when.strftime(time_format)


def precision_ms(wire: Wire) -> int:
    """The shortest time that this wire can tell apart."""
    return 1 if wire.time_format in ("ms", "us", "ns", "iso") or "%f" in wire.time_format else 1000


def _own_path(wire: Wire, f: Field, wire_type: str) -> tuple[str, ...]:
    if f.name in wire.paths:
        return tuple(wire.paths[f.name].split("."))
    root = wire.fields.replace("*", wire_type)
    return tuple(p for p in (*root.split("."), wire.name_on_wire(f.name)) if p)


def _is_plain(wire: Wire, f: Field) -> bool:
    """Whether the field stands at the top of the message, as the contract types it."""
    return (f.type.kind in ("boolean", "double", "string") or (f.type.kind == "long" and not wire.numbers_as_strings)) \
        and f.name not in wire.values and not wire.fields and f.name not in wire.paths


def _add_noise(message: dict[str, object], drops: list[tuple[str, ...]], sent: Sent) -> None:
    """What the job must leave out: dropped paths beside what is there, and now and then an unknown field with a secret."""
    for path in drops:
        parent: object = message
        for part in path[:-1]:
            parent = parent.get(part) if isinstance(parent, dict) else None
        if isinstance(parent, dict) and path[-1] not in parent:
            parent[path[-1]] = sent.secret if secret_names().entry(path[-1]) else "noise"
    if sent.event_time % 16 == 0:
        message["session_token"] = sent.secret


def _hold_in_string(message: dict[str, object], path: tuple[str, ...]) -> None:
    holder: object = message
    for part in path[:-1]:
        holder = holder.get(part) if isinstance(holder, dict) else None
    if isinstance(holder, dict) and isinstance(holder.get(path[-1]), dict | list):
        holder[path[-1]] = json.dumps(holder[path[-1]], ensure_ascii=False)
