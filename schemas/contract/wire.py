"""wire.yaml: where a game's JSON keeps the envelope and the event's own fields. Read by decode, inverted by the load generator."""

import re
from datetime import datetime
from functools import cached_property
from typing import Annotated, ClassVar, Literal, Self

from msgspec import Meta, Struct

from gamebeam.schemas.contract.fields import ContractError, load_yaml
from gamebeam.schemas.contract.yaml_models import Constant, convert

ENVELOPE_ON_WIRE = ("event_id", "event_type", "event_time", "client_event_time", "received_time", "player_id", "session_id", "install_id",
                    "seq", "game", "env", "platform", "app_version", "country")
NUMERIC_TIMES = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}  # time_format -> units in a second, since 1970
LONGEST_FORMAT = 64  # characters: strptime makes a regular expression of it


class TimeFormat(str):
    """s, ms, us, ns, iso, or strptime's (a fraction may be absent)."""

    takes: ClassVar[str] = "s, ms, us, ns, iso or a format such as %Y-%m-%d %H:%M:%S.%f"

    @classmethod
    def parse(cls, value: object) -> Self:
        if not isinstance(value, str) or (value not in (*NUMERIC_TIMES, "iso") and not _is_format(value)):
            raise ValueError(f"expected {cls.takes}, not {value!r}")
        return cls(value)


def _is_format(text: str) -> bool:
    """Whether strptime reads what strftime writes; a directive that it does not know would fail at every message."""
    try:
        return "%" in text and len(text) <= LONGEST_FORMAT and bool(datetime.strptime(datetime(2001, 2, 3).strftime(text), text))
    except ValueError:
        return False


EnvelopeName = Annotated[str, Meta(pattern=rf"^({'|'.join(ENVELOPE_ON_WIRE)})\Z", title="a field of the envelope")]
Path = Annotated[str, Meta(min_length=1, title="a path")]
Paths = Annotated[tuple[str, ...], Meta(title="a list of paths")]


class Wire(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, dict=True):
    """One shape of message. Paths are dotted, from the top of the message; a list in a path is not followed."""

    event_id: Annotated[Path, Meta(title="where it is: a path, or hash")]
    event_type: Annotated[Path, Meta(
        title="where it is: a path", description="A path that ends in * names an object whose key is the type.")]
    event_time: Annotated[Path, Meta(title="where it is: a path, or arrival")]
    client_event_time: Annotated[Path | None, Meta(description="Where the front door puts what a wrong clock said.")] = None
    received_time: Path | None = None
    player_id: Path | None = None
    session_id: Path | None = None
    install_id: Path | None = None
    seq: Path | None = None
    game: Path | None = None
    env: Path | None = None
    platform: Path | None = None
    app_version: Path | None = None
    country: Path | None = None
    fields: Annotated[str, Meta(title="a path", description="Where the event's own fields are; the top if left out.")] = ""
    paths: Annotated[dict[str, str], Meta(
        title="a mapping of fields to paths", description="Path of each own field that is elsewhere, from the top.")] = {}
    case: Annotated[Literal["same", "camel"], Meta(description="How an own field is spelled: camel reads ball_x from ballX.")] = "same"
    types: Annotated[dict[str, str], Meta(
        title="a mapping of types on the wire to event types", description="Event type by the type in messages, where they differ.")] = {}
    renames: Annotated[dict[str, str], Meta(
        title="a mapping of fields to names on the wire", description="Name in messages by own field, where they differ.")] = {}
    values: Annotated[dict[str, Annotated[dict[Constant, Constant], Meta(title="a mapping of values on the wire to values")]], Meta(
        title="a mapping of fields to mappings of values", description="By own field: what a value in messages stands for.")] = {}
    time_format: Annotated[TimeFormat, Meta(
        description="How messages write times: s, ms, us, ns, iso or strptime's format.")] = TimeFormat("ms")
    numbers_as_strings: Annotated[bool, Meta(description="Whether numbers and booleans may come as text.")] = False
    ids_as_numbers: Annotated[bool, Meta(description="Whether ids may come as integers: 17 is read as \"17\".")] = False
    empty_is_null: Annotated[bool, Meta(description="Whether empty text is null.")] = False
    strip_quotes: Annotated[bool, Meta(description="Whether one pair of single quotes around a text is removed.")] = False
    json_strings: Annotated[Paths, Meta(description="Paths of JSON that is held inside a text.")] = ()
    drop: Annotated[Paths, Meta(description="Paths that are left out.")] = ()
    constants: Annotated[dict[EnvelopeName, str], Meta(description="Values of envelope fields that no message holds.")] = {}
    arrival_time: Annotated[Path | None, Meta(description="Read where no broker says when it took the message.")] = None
    when: Annotated[Path | None, Meta(
        description="Of a shape: it is the one if something is at this path (with ! before the path: if nothing is).")] = None
    rank: Annotated[int, Meta(
        title="a whole number; of two copies the lower is preferred", description="Of a shape: of two copies, the lower is kept.")] = 0
    shapes: Annotated[tuple["Wire", ...], Meta(
        title="a list of mappings", description="Other shapes of message. Each has the keys above, where it differs.")] = ()

    @cached_property
    def envelope(self) -> dict[str, str]:
        """Path by envelope field; event_id may be 'hash', event_time may be 'arrival'."""
        return {name: path for name in ENVELOPE_ON_WIRE if (path := getattr(self, name)) is not None}

    @property
    def type_is_key(self) -> bool:
        """Whether the event's type is a key of the message itself, as in victory's event.playShot."""
        return self.event_type.endswith("*")

    @property
    def client_time_path(self) -> str:
        """Where the front door puts what a wrong clock said; a wire need not name it."""
        return self.client_event_time or "client_event_time"

    def name_on_wire(self, own_field: str) -> str:
        if own_field in self.renames:
            return self.renames[own_field]
        return camel(own_field) if self.case == "camel" else own_field


CANONICAL = convert({name: name for name in ENVELOPE_ON_WIRE} | {"arrival_time": "received_time"}, Wire, "wire.yaml")


def parse_wire(text: str, file: str) -> Wire:
    """Read wire.yaml. A shape has every key of the file, but for those that it gives itself. Raises ContractError."""
    body = load_yaml(text, file)
    shapes = body.pop("shapes", [])
    if isinstance(shapes, list):
        shapes = [body | shape if isinstance(shape, dict) else shape for shape in shapes]
    wire = convert(body | {"shapes": shapes}, Wire, file)
    if wire.when or wire.rank:
        raise ContractError(file, "when" if wire.when else "rank", "unknown here: it is a key of a shape")
    if any(shape.shapes for shape in wire.shapes):
        raise ContractError(file, "shapes", "a shape has no shapes of its own")
    return wire


def camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def snake(name: str) -> str:
    """playShot -> play_shot: a type's name on the wire as the game's own name in tables."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return re.sub(r"[^a-z0-9]+", "_", spaced.lower()).strip("_")
