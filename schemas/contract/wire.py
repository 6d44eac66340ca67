"""wire.yaml: where a game's JSON keeps the envelope and the event's own fields. Read by decode, inverted by the load generator."""

import re
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from gamebeam.schemas.contract.fields import ContractError, load_yaml

ENVELOPE_ON_WIRE = ("event_id", "event_type", "event_time", "client_event_time", "received_time", "player_id", "session_id", "install_id",
                    "seq", "game", "env", "platform", "app_version", "country")
OPTIONS = {"fields", "paths", "case", "types", "renames", "values", "time_format", "numbers_as_strings", "ids_as_numbers",
           "empty_is_null", "strip_quotes", "json_strings", "drop", "constants", "arrival_time", "shapes"}
SHAPE_ONLY = {"when", "rank"}
MAPPINGS = {"paths", "types", "renames", "values", "constants"}
LISTS = {"json_strings", "drop"}
SWITCHES = {"numbers_as_strings", "ids_as_numbers", "empty_is_null", "strip_quotes"}
NUMERIC_TIMES = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}  # time_format -> units in a second, since 1970


@dataclass(frozen=True)
class Wire:
    """One shape of message. Paths are dotted, from the top of the message; a list in a path is not followed."""

    envelope: dict[str, str]  # envelope field -> path; event_id may be 'hash', event_time may be 'arrival'
    fields: str = ""  # where the event's own fields are; '' is the top
    paths: dict[str, str] = field(default_factory=dict)  # own field -> path from the top, for those elsewhere
    case: str = "same"  # own field's name on the wire: same, or camel (ball_x is ballX)
    types: dict[str, str] = field(default_factory=dict)  # type on the wire -> event type
    renames: dict[str, str] = field(default_factory=dict)  # own field -> its name on the wire
    values: dict[str, dict[Any, Any]] = field(default_factory=dict)  # own field -> value on the wire -> value
    time_format: str = "ms"  # s, ms, us, ns, iso, or strptime's (a fraction may be absent)
    numbers_as_strings: bool = False
    ids_as_numbers: bool = False  # integers where the envelope wants text: 17 is "17"
    empty_is_null: bool = False
    strip_quotes: bool = False  # one pair of single quotes around a string
    json_strings: tuple[str, ...] = ()  # paths of JSON held inside a string
    drop: tuple[str, ...] = ()  # paths that are left out
    constants: dict[str, str] = field(default_factory=dict)  # envelope field -> value
    arrival_time: str | None = None  # path, read where no broker says when it took the message
    when: str | None = None  # this shape is the one if something stands at this path ('!path': if nothing does)
    rank: int = 0  # of two copies, the lower rank is preferred
    shapes: "tuple[Wire, ...]" = ()

    @property
    def type_is_key(self) -> bool:
        """Whether the event's type is a key of the message itself, as in victory's event.playShot."""
        return self.envelope["event_type"].endswith("*")

    @property
    def client_event_time(self) -> str:
        """Where the front door puts what a wrong clock said; a wire need not name it."""
        return self.envelope.get("client_event_time", "client_event_time")

    def name_on_wire(self, own_field: str) -> str:
        if own_field in self.renames:
            return self.renames[own_field]
        return camel(own_field) if self.case == "camel" else own_field


LONGEST_FORMAT = 64  # characters: strptime makes a regular expression of it
CANONICAL = Wire(envelope={name: name for name in ENVELOPE_ON_WIRE}, arrival_time="received_time")


def parse_wire(text: str, file: str) -> Wire:
    spec = load_yaml(text, file)
    shapes = spec.pop("shapes", [])
    if not isinstance(shapes, list):
        raise ContractError(file, "shapes", "expected a list of mappings")
    wire = _wire(spec, file, None)
    return replace(wire, shapes=tuple(_wire(shape, file, wire) for shape in shapes))


def _check_option(key: str, value: Any, file: str) -> None:
    if key in MAPPINGS:
        right = isinstance(value, dict) and all(isinstance(k, str) for k in value)
        right = right and all(isinstance(v, dict if key == "values" else str) for v in value.values())
        if not right:
            raise ContractError(file, key, "expected a mapping of names" + (" to mappings of values" if key == "values" else ""))
    elif key in LISTS:
        if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
            raise ContractError(file, key, "expected a list of paths")
    elif key in SWITCHES:
        if not isinstance(value, bool):
            raise ContractError(file, key, "true or false")
    elif key == "rank":
        if type(value) is not int:
            raise ContractError(file, key, "a whole number; of two copies the lower is preferred")
    elif not isinstance(value, str) or (value == "" and key != "fields"):
        raise ContractError(file, key, f"expected {'a path' if key in ENVELOPE_ON_WIRE else 'text'}, not {value!r}")
    elif key == "time_format" and value not in (*NUMERIC_TIMES, "iso") and (len(value) > LONGEST_FORMAT or not _is_format(value)):
        raise ContractError(file, key, f"s, ms, us, ns, iso or a format such as %Y-%m-%d %H:%M:%S.%f, not {value!r}")
    if key == "constants" and (unknown := set(value) - set(ENVELOPE_ON_WIRE)):
        raise ContractError(file, f"constants.{min(unknown)}", "is no field of the envelope")


def _is_format(text: str) -> bool:
    """Whether strptime reads what strftime writes; a directive that it does not know would fail at every message."""
    try:
        datetime.strptime(datetime(2001, 2, 3).strftime(text), text)
    except ValueError:
        return False
    return "%" in text


def _wire(spec: Any, file: str, base: Wire | None) -> Wire:
    if not isinstance(spec, dict):
        raise ContractError(file, "shapes", "expected a list of mappings")
    for key in spec:
        if key not in OPTIONS and key not in ENVELOPE_ON_WIRE and not (base and key in SHAPE_ONLY):
            raise ContractError(file, key, f"unknown; use an envelope field or one of {sorted(OPTIONS)}")
        _check_option(key, spec[key], file)
    envelope = dict(base.envelope) if base else {}
    envelope |= {k: str(v) for k, v in spec.items() if k in ENVELOPE_ON_WIRE}
    for needed in ("event_id", "event_type", "event_time"):
        if needed not in envelope:
            raise ContractError(file, needed, "say where it is: a path (event_id may be 'hash', event_time 'arrival')")
    options: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in spec.items() if k in OPTIONS | SHAPE_ONLY}
    if options.get("case", "same") not in ("same", "camel"):
        raise ContractError(file, "case", "same or camel")
    if base:
        return replace(base, envelope=envelope, **options)
    return Wire(envelope, **options)


def camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def snake(name: str) -> str:
    """playShot -> play_shot: a type's name on the wire as the game's own name in tables."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return re.sub(r"[^a-z0-9]+", "_", spaced.lower()).strip("_")
