"""Events and dead letters as msgspec structs; a class per event type is made from the contract. Packed, they cross a shuffle."""

import datetime
from collections.abc import Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, TypeAlias, Union, cast

import lz4.frame
import msgspec

from gamebeam.schemas.contract.contract import Contract
from gamebeam.schemas.contract.fields import Field, FieldType

INT64 = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
TIMESTAMP_MS = Annotated[int, msgspec.Meta(ge=-62_135_596_800_000, le=253_402_300_799_999)]  # years 1 to 9999
SEQ = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
# A sum of doubles, in millionths or not, must never become infinite. No game counts so far; 1.8e308, a language's greatest, is a sentinel.
LARGEST_DOUBLE = 1e100
DOUBLE = Annotated[float, msgspec.Meta(gt=-LARGEST_DOUBLE, lt=LARGEST_DOUBLE)]
EVENT_ID = Annotated[str, msgspec.Meta(min_length=1)]
TypeForm: TypeAlias = Any  # a type as a value: the type system has no name for it
PYTHON: dict[str, TypeForm] = {"boolean": bool, "long": INT64, "double": DOUBLE, "string": str, "bytes": bytes,
                               "timestamp": TIMESTAMP_MS, "date": datetime.date}
# Summed in millionths: one client's nonsense must not make a whole game's sum overflow.
LIMITS = {"revenue": 10**9, "score": 10**12}
LARGEST_AMOUNT = 9_223_372_036_854.77  # millionths of it still fit into an INT64; for amounts without a limit of their own, as in feeds
# Set by decode, never read from a message: their names on the wire start with a private-use character.
PRIVATE = "\ue000"
COMPUTED = {"arrival_time": 0, "late": False, "additional_properties": None, "raw_event": None, "shape_rank": 0}
DEAD_LETTER = "dead_letter"


class Envelope(msgspec.Struct, kw_only=True, gc=False, omit_defaults=True, forbid_unknown_fields=True):
    """What every event has (envelope.avsc): the base of the class that is made of each event type. Times are ms since 1970."""

    TYPE: ClassVar[str]

    event_id: EVENT_ID
    event_time: TIMESTAMP_MS
    client_event_time: TIMESTAMP_MS | None = None
    received_time: TIMESTAMP_MS | None = None
    player_id: str | None = None
    session_id: str | None = None
    install_id: str | None = None
    seq: SEQ | None = None
    game: str | None = None
    env: str | None = None
    platform: str | None = None
    app_version: str | None = None
    country: str | None = None
    if TYPE_CHECKING:  # COMPUTED: after an event's own fields, or the bytes that decide between two copies would be others
        arrival_time: int
        late: bool
        additional_properties: str | None
        raw_event: str | None
        shape_rank: int


class DeadLetter(msgspec.Struct, kw_only=True, gc=False, tag_field="type", tag=DEAD_LETTER):
    """A message that could not become a landed event, whole, with the reason (dead_letter.avsc). Times are ms since 1970."""

    TYPE: ClassVar[str] = DEAD_LETTER

    dead_id: str
    arrival_time: TIMESTAMP_MS
    event_time: TIMESTAMP_MS | None = None
    source: str
    reason: str
    field: str | None = None
    detail: str
    event_type: str | None = None
    game: str | None = None
    env: str | None = None
    platform: str | None = None
    app_version: str | None = None
    player_id: str | None = None
    install_id: str | None = None
    session_id: str | None = None
    seq: INT64 | None = None
    payload: bytes
    fingerprint: str


Item: TypeAlias = Envelope | DeadLetter


@cache
def event_classes(contract: Contract) -> dict[str, type[Envelope]]:
    """Struct class by event type. Attributes: the envelope, own fields, shape_rank (of copies) and raw_event; TYPE is the type."""
    return {name: _event_class(name, event.fields) for name, event in contract.events.items()}


def _event_class(name: str, own: Iterable[Field]) -> type[Envelope]:
    fields = [_struct_field(f) for f in own if f.stored]
    fields += [(n, type(default) if default is not None else str | None, default) for n, default in COMPUTED.items()]
    made = msgspec.defstruct(name, fields, bases=(Envelope,), kw_only=True, gc=False, tag_field="event_type", tag=name,
                             namespace={"TYPE": name}, rename={n: f"{PRIVATE}{n}" for n in COMPUTED})
    return cast(type[Envelope], made)


def _struct_field(f: Field) -> tuple[str, TypeForm] | tuple[str, TypeForm, object]:
    kind = _python_type(f.type, f.name)
    for role in LIMITS.keys() & set(f.roles):
        number = float if f.type.kind == "double" else int
        kind = Annotated[number, msgspec.Meta(ge=-LIMITS[role], le=LIMITS[role])]
    return (f.name, kind | None, None) if f.nullable else (f.name, kind)


def _python_type(t: FieldType, name: str) -> TypeForm:
    if t.symbols:
        return Literal[t.symbols]
    if t.item:
        return list[_python_type(t.item, name)]  # type: ignore[misc]
    if t.kind == "record":
        return msgspec.defstruct(name, [_struct_field(f) for f in t.fields if f.stored], kw_only=True, gc=False,
                                 forbid_unknown_fields=True)
    return PYTHON[t.kind]


def time_of(item: Item) -> int:
    """ms: when an event or a dead letter happened; when it arrived, where a dead letter does not tell."""
    at: int = item.arrival_time if item.event_time is None else item.event_time
    return at


class Packer:
    """Events and dead letters as bytes and back. Encoded by field name: a contract with one more field reads older bytes."""

    def __init__(self, contract: Contract):
        any_event: TypeForm = Union[tuple(event_classes(contract).values())]  # noqa: UP007
        self._events = msgspec.msgpack.Decoder(list[any_event])
        self._dead = msgspec.msgpack.Decoder(list[DeadLetter])

    def unpack(self, data: bytes) -> tuple[list[Envelope], list[DeadLetter], bytes]:
        """(events, dead letters, what was packed beside them)."""
        events, dead, beside = _OUTER.decode(lz4.frame.decompress(data))
        return self._events.decode(events), self._dead.decode(dead) if dead else [], beside


def pack(events: Sequence[Envelope], dead: Sequence[DeadLetter], beside: bytes = b"") -> bytes:
    blob = _ENCODER.encode((_ENCODER.encode(events), _ENCODER.encode(dead) if dead else b"", beside))
    return bytes(lz4.frame.compress(blob, compression_level=0, store_size=True))


_ENCODER = msgspec.msgpack.Encoder()
_OUTER = msgspec.msgpack.Decoder(tuple[bytes, bytes, bytes])
