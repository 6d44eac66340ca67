"""Event classes, made from the contract: one msgspec struct per event type, and DeadLetter. Packed, they cross a shuffle."""

import datetime
from collections.abc import Iterable
from functools import cache
from typing import Annotated, Any, Literal, Union

import lz4.frame
import msgspec

from gamebeam.schemas.contract.contract import Contract, dead_letter_fields, envelope_fields
from gamebeam.schemas.contract.fields import Field, FieldType

INT64 = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
TIMESTAMP_MS = Annotated[int, msgspec.Meta(ge=-62_135_596_800_000, le=253_402_300_799_999)]  # years 1 to 9999
SEQ = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
# A sum of doubles, in millionths or not, must never become infinite. No game counts so far; 1.8e308, a language's greatest, is a sentinel.
LARGEST_DOUBLE = 1e100
DOUBLE = Annotated[float, msgspec.Meta(gt=-LARGEST_DOUBLE, lt=LARGEST_DOUBLE)]
EVENT_ID = Annotated[str, msgspec.Meta(min_length=1)]
PYTHON: dict[str, Any] = {"boolean": bool, "long": INT64, "double": DOUBLE, "string": str, "bytes": bytes,
                          "timestamp": TIMESTAMP_MS, "date": datetime.date}
# Summed in millionths: one client's nonsense must not make a whole game's sum overflow.
LIMITS = {"revenue": 10**9, "score": 10**12}
LARGEST_AMOUNT = 9_223_372_036_854.77  # millionths of it still fit into an INT64; for amounts without a limit of their own, as in feeds
# Set by decode, never read from a message: their names on the wire start with a private-use character.
PRIVATE = "\ue000"
COMPUTED = {"arrival_time": 0, "late": False, "additional_properties": None, "raw_event": None, "shape_rank": 0}
DEAD_LETTER = "dead_letter"


def event_classes(contract: Contract) -> dict[str, type[msgspec.Struct]]:
    """Struct class by event type. Attributes: the envelope, own fields, shape_rank (of copies) and raw_event; TYPE is the type."""
    return _classes(contract)


@cache
def _classes(contract: Contract) -> dict[str, type[msgspec.Struct]]:
    return {name: _event_class(name, event.fields) for name, event in contract.events.items()}


def _event_class(name: str, own: Iterable[Field]) -> type[msgspec.Struct]:
    constrained = {"event_id": EVENT_ID, "seq": SEQ}
    fields: list[Any] = []
    for f in envelope_fields():
        if f.name in COMPUTED or f.name == "event_type":
            continue
        kind = constrained.get(f.name, PYTHON[f.type.kind])
        fields.append((f.name, kind | None, None) if f.nullable else (f.name, kind))
    fields += [_struct_field(f) for f in own if f.stored]
    fields += [(n, type(default) if default is not None else str | None, default) for n, default in COMPUTED.items()]
    return msgspec.defstruct(name, fields, kw_only=True, gc=False, tag_field="event_type", tag=name, namespace={"TYPE": name},
                             forbid_unknown_fields=True, omit_defaults=True, rename={n: f"{PRIVATE}{n}" for n in COMPUTED})


def _struct_field(f: Field) -> Any:
    kind = _python_type(f.type, f.name)
    for role in LIMITS.keys() & set(f.roles):
        number = float if f.type.kind == "double" else int
        kind = Annotated[number, msgspec.Meta(ge=-LIMITS[role], le=LIMITS[role])]
    return (f.name, kind | None, None) if f.nullable else (f.name, kind)


def _python_type(t: FieldType, name: str) -> Any:
    if t.symbols:
        return Literal[t.symbols]
    if t.kind == "array":
        return list[_python_type(t.item, name)]  # type: ignore[misc,arg-type]
    if t.kind == "record":
        return msgspec.defstruct(name, [_struct_field(f) for f in t.fields if f.stored], kw_only=True, gc=False,
                                 forbid_unknown_fields=True)
    return PYTHON[t.kind]


def _dead_letter_class() -> type[msgspec.Struct]:
    fields = [_struct_field(f) for f in dead_letter_fields()]
    return msgspec.defstruct("DeadLetter", fields, kw_only=True, gc=False, tag_field="type", tag=DEAD_LETTER,
                             namespace={"TYPE": DEAD_LETTER})


DeadLetter: Any = _dead_letter_class()


def time_of(item: Any) -> int:
    """ms: when an event or a dead letter happened; when it arrived, where a dead letter does not tell."""
    at: int = item.arrival_time if item.event_time is None else item.event_time
    return at


class Packer:
    """Events and dead letters as bytes and back. Encoded by field name: a contract with one more field reads older bytes."""

    def __init__(self, contract: Contract):
        any_event: Any = Union[tuple(event_classes(contract).values())]  # noqa: UP007
        self._events = msgspec.msgpack.Decoder(list[any_event])
        self._dead = msgspec.msgpack.Decoder(list[DeadLetter])

    def unpack(self, data: bytes) -> tuple[list[Any], list[Any], bytes]:
        """(events, dead letters, what was packed beside them)."""
        events, dead, beside = _OUTER.decode(lz4.frame.decompress(data))
        return self._events.decode(events), self._dead.decode(dead) if dead else [], beside


def pack(events: list[Any], dead: list[Any], beside: bytes = b"") -> bytes:
    blob = _ENCODER.encode((_ENCODER.encode(events), _ENCODER.encode(dead) if dead else b"", beside))
    packed: bytes = lz4.frame.compress(blob, compression_level=0, store_size=True)
    return packed


_ENCODER = msgspec.msgpack.Encoder()
_OUTER = msgspec.msgpack.Decoder(tuple[bytes, bytes, bytes])
