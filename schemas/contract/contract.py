"""The contract: everything that Gamebeam knows about one game, read from its folder."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from gamebeam.schemas.contract.bounded_text import read_bounded, require_bounded_json
from gamebeam.schemas.contract.bounds import Bounds
from gamebeam.schemas.contract.fields import MOST_NESTED, NAME, ContractError, Field, names_inside, nesting, parse_record
from gamebeam.schemas.contract.notifications import Notification, check_notifications, parse_notifications
from gamebeam.schemas.contract.questions import own_views, parse_question
from gamebeam.schemas.contract.reserved import BIGQUERY_RESERVED, RESERVED_VIEWS
from gamebeam.schemas.contract.rollups import Rollup, parse_rollups
from gamebeam.schemas.contract.settings import parse_settings
from gamebeam.schemas.contract.wire import CANONICAL, Wire, parse_wire

ROLLUP_TAKEN = {"run_id", "generation", "window_start", "window_end", "pane_index", "pane_timing", "emitted_time", "is_final", "counted",
                "declaration"}
STATE_TAKEN = ROLLUP_TAKEN | {"hour", "events", "revenue", "revenue_micros", "score", "score_micros", "first_time", "last_time",
                              "first_seen", "last_seen", "sessions", "pieces", "anonymous", "platform_at", "app_version_at", "country_at"}
ASKED = ("questions/", "views/", "reports/", "feeds.", "feeds/", "report.")
PACKAGED = files("gamebeam.schemas") / "games"


@dataclass(frozen=True)
class EventType:
    name: str
    doc: str
    fields: tuple[Field, ...]
    weight: float = 1.0  # how often the load generator sends it, beside the game's other types


@dataclass(frozen=True, eq=False)
class Contract:
    """What a game's events are. Built by load_contract; travels as the text of its files."""

    name: str
    text: dict[str, str] = field(repr=False)
    events: dict[str, EventType]
    wire: Wire
    rollups: tuple[Rollup, ...]
    notifications: tuple[Notification, ...]
    counter: str | None  # player, install or session: whose seq it is; None where clients send no counter
    currency: str = "USD"
    time_zone: str = "UTC"
    session_gap_ms: int | None = None  # None: sessions are by session_id
    allowed_lateness_ms: int = 3_600_000
    max_message_bytes: int = 262_144
    keep_raw: bool = False
    bounds: Bounds = field(default_factory=Bounds)
    max_hole: int = 1_000_000  # numbers skipped in a row by a counter that still count as missing; more is a client's nonsense

    @cached_property
    def fingerprint(self) -> str:
        return hashlib.sha256(json.dumps(self.essence, sort_keys=True).encode()).hexdigest()[:16]

    @cached_property
    def essence(self) -> dict[str, str]:
        """The text that says what events are: all of it but the examples, and what people ask."""
        return {name: body for name, body in self.text.items() if not name.startswith(("examples/", *ASKED))}

    @cached_property
    def asked(self) -> dict[str, str]:
        """The text of what people ask, and of the files that others drop. It is not part of the fingerprint."""
        return {name: body for name, body in self.text.items() if name.startswith(ASKED)}

    @cached_property
    def state_fields(self) -> tuple[Field, ...]:
        """The player's state: every own field with role state, level or wealth, once, in order of name."""
        found = {f.name: f for e in self.events.values() for f in e.fields if f.is_state and f.stored}
        return tuple(found[name] for name in sorted(found))

    @cached_property
    def profile_fields(self) -> tuple[str, ...]:
        """What is kept of each player as it changes: the states, and fields of role profile, which no table needs."""
        return tuple(sorted({f.name for e in self.events.values() for f in e.fields
                             if f.stored and (f.is_state or "profile" in f.roles)}))

    def fields_with_role(self, event_type: str, role: str) -> tuple[Field, ...]:
        return tuple(f for f in self.events[event_type].fields if role in f.roles)

    def __reduce__(self) -> tuple[object, ...]:
        return _unpickled, (tuple(self.essence.items()),)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Contract) and self.fingerprint == other.fingerprint

    def __hash__(self) -> int:
        return hash(self.fingerprint)


def load_contract(name_or_path: str) -> Contract:
    """A packaged game by name, or a studio's own folder by path."""
    folder: Traversable = Path(name_or_path)
    if not folder.is_dir():
        folder = PACKAGED / name_or_path
        if "/" in name_or_path or not folder.is_dir():
            known = sorted(p.name for p in PACKAGED.iterdir() if p.is_dir())
            raise ContractError(name_or_path, None, f"no such folder, and no packaged game of that name ({', '.join(known)})")
    wanted = ("contract.yaml", "wire.yaml", "rollups.yaml", "notifications.yaml", "feeds.yaml", "report.yaml")
    text = {name: read_bounded(folder / name) for name in wanted if (folder / name).is_file()}
    for group, suffix in (("events", ".avsc"), ("examples", ".jsonl"), ("views", ".sql"), ("questions", ".sql"), ("reports", ".sql"),
                          ("feeds", ".yaml")):
        if (folder / group).is_dir():
            text |= {f"{group}/{p.name}": read_bounded(p) for p in sorted((folder / group).iterdir(), key=lambda p: p.name)
                     if p.name.endswith(suffix)}
    return parse_contract(text, str(name_or_path))


def parse_contract(text: dict[str, str], where: str = "") -> Contract:
    def at(file: str) -> str:
        return f"{where}/{file}" if where else file

    if "contract.yaml" not in text:
        raise ContractError(at("contract.yaml"), None, "missing: it gives the game's name")
    settings = parse_settings(text["contract.yaml"], at("contract.yaml"))
    events = dict(_event_type(body, at(file), file) for file, body in text.items() if file.startswith("events/"))
    if not events:
        raise ContractError(at("events"), None, "no event types: add events/<event_type>.avsc")
    rollups = parse_rollups(text.get("rollups.yaml", ""), at("rollups.yaml"))
    contract = Contract(
        name=settings.name, text=text, events=events,
        wire=parse_wire(text["wire.yaml"], at("wire.yaml")) if "wire.yaml" in text else CANONICAL,
        rollups=rollups, notifications=parse_notifications(text.get("notifications.yaml", ""), at("notifications.yaml")),
        counter=settings.counter, currency=settings.currency, time_zone=settings.time_zone, session_gap_ms=settings.session_gap_ms,
        allowed_lateness_ms=settings.allowed_lateness_ms, max_message_bytes=settings.max_message_bytes, keep_raw=settings.keep_raw,
        bounds=settings.bounds, max_hole=settings.max_hole)
    _check_names(contract, at)
    _check_wire(contract, at("wire.yaml"))
    _check_states(contract, at)
    _check_rollups(contract, at("rollups.yaml"))
    _check_asked(contract, at)
    kinds = {e.name: {f.name: f.type.kind for f in (*envelope_fields(), *e.fields) if f.stored} for e in events.values()}
    check_notifications(contract.notifications, kinds, contract.profile_fields, at("notifications.yaml"))
    return contract


@cache
def _unpickled(text: tuple[tuple[str, str], ...]) -> Contract:
    """A worker meets the contract in every step; it parses it once."""
    return parse_contract(dict(text))


def _event_type(body: str, file: str, name: str) -> tuple[str, EventType]:
    try:
        require_bounded_json(body)
        record = json.loads(body)
    except ValueError as e:  # JSONDecodeError, OutOfBounds, or a number of 5,000 digits
        raise ContractError(file, None, f"not JSON that a contract may hold: {e}") from None
    name = name.removeprefix("events/").removesuffix(".avsc")
    fields = parse_record(record, file)
    for f in fields:
        if nesting(f.type) > MOST_NESTED:
            raise ContractError(file, f.name, f"{nesting(f.type)} records inside one another; a table nests at most {MOST_NESTED}")
    if record.get("name") != name:
        raise ContractError(file, "name", f"is {record.get('name')!r}, but the file says {name!r}")
    weight = record.get("weight", 1)
    if isinstance(weight, bool) or not isinstance(weight, int | float) or weight < 0:
        raise ContractError(file, "weight", f"a number, 0 or more, not {weight!r}")
    return name, EventType(name, record.get("doc", ""), fields, float(weight))


def envelope_fields() -> tuple[Field, ...]:
    return parse_record(json.loads((files("gamebeam.schemas") / "envelope.avsc").read_text()), "envelope.avsc")


def dead_letter_fields() -> tuple[Field, ...]:
    return parse_record(json.loads((files("gamebeam.schemas") / "dead_letter.avsc").read_text()), "dead_letter.avsc")


def _check_wire(contract: Contract, file: str) -> None:
    """Names that wire.yaml speaks of must be the contract's own: a slip of the pen there would lose a field in silence."""
    own = {f.name for e in contract.events.values() for f in e.fields}
    inner = own | {n for e in contract.events.values() for f in e.fields for n in names_inside(f.type)}
    for wire in (contract.wire, *contract.wire.shapes):
        for option, names, known in (("paths", wire.paths, own), ("renames", wire.renames, inner), ("values", wire.values, own)):
            for name in names:
                if name not in known:
                    raise ContractError(file, f"{option}.{name}", "no event type has such a field")
        for raw, name in wire.types.items():
            if name not in contract.events:
                raise ContractError(file, f"types.{raw}", f"there is no event type {name!r}")


def _check_names(contract: Contract, at: Callable[[str], str]) -> None:
    taken: dict[str, str] = {}
    named = [(name, at(f"events/{name}.avsc")) for name in contract.events]
    named += [(r.name, at("rollups.yaml")) for r in contract.rollups]
    for name, file in named:
        if name in RESERVED_VIEWS:
            raise ContractError(file, name, "is the name of a built-in view: rename the type (wire.yaml: types)")
        if name.lower() in BIGQUERY_RESERVED:
            raise ContractError(file, name, "is reserved by BigQuery: rename the type (wire.yaml: types)")
        if not name.replace("_", "").isalnum() or not name[0].isalpha() or name != name.lower():
            raise ContractError(file, name, "names of types and rollups are snake_case")
        if name.lower() in taken:
            raise ContractError(file, name, f"differs from {taken[name.lower()]} only by case, or is used twice")
        taken[name.lower()] = name
    envelope = {f.name for f in envelope_fields()} | {"run_id", "raw_event", "shape_rank", "event_date", "date", "hour"}
    for event in contract.events.values():
        for f in event.fields:
            if f.name in envelope:
                raise ContractError(at(f"events/{event.name}.avsc"), f.name, "is a field of the envelope already")
            if f.name in BIGQUERY_RESERVED:
                raise ContractError(at(f"events/{event.name}.avsc"), f.name,
                                    "is reserved by BigQuery: rename the field (wire.yaml: renames)")


def _check_states(contract: Contract, at: Callable[[str], str]) -> None:
    types: dict[str, object] = {}
    for event in contract.events.values():
        for f in event.fields:
            if f.is_state and f.name in STATE_TAKEN:
                raise ContractError(at(f"events/{event.name}.avsc"), f.name,
                                    "is a column of players or player_hours: no name for a state")
            if f.is_state and types.setdefault(f.name, f.type) != f.type:
                raise ContractError(at(f"events/{event.name}.avsc"), f.name, "is a player's state with another type elsewhere")
            if "left" in f.roles and f.name not in contract.profile_fields:
                raise ContractError(at(f"events/{event.name}.avsc"), f.name, "role left: no event gives players a state of this name")


def _check_rollups(contract: Contract, file: str) -> None:
    envelope = {f.name for f in envelope_fields()}
    for r in contract.rollups:
        for event in r.events:
            if event not in contract.events:
                raise ContractError(file, f"{r.name}.events", f"no event type {event!r}")
        of = [contract.events[e] for e in r.events or contract.events]
        known = envelope | {f.name for e in of for f in e.fields if f.stored}
        named = [*r.keys, *(k for k, _ in r.where), *(v.field for v in r.values if v.field),
                 *(k for v in r.values for k, _ in v.where)]
        for name in named:
            if name not in known:
                raise ContractError(file, f"{r.name}.{name}", "is no field of the envelope or of these event types")
        for name in r.keys:
            if name in ROLLUP_TAKEN:
                raise ContractError(file, f"{r.name}.keys", f"{name} is a column of every rollup already: rename the field")
        numbers = {f.name for e in of for f in e.fields if f.type.kind in ("long", "double")} | {"seq"}
        for v in r.values:
            if v.kind == "sum" and v.field and v.field not in numbers:
                raise ContractError(file, f"{r.name}.values.{v.name}", f"{v.field} is no number: nothing to sum")
            if v.name in r.keys or v.name in ROLLUP_TAKEN:
                raise ContractError(file, f"{r.name}.values.{v.name}", "is a column of the rollup already")


def _check_asked(contract: Contract, at: Callable[[str], str]) -> None:
    made = {*RESERVED_VIEWS, *contract.events, *(r.name for r in contract.rollups)}
    for name, sql in own_views(contract).items():
        if not NAME.match(name) or name in BIGQUERY_RESERVED:
            raise ContractError(at(f"views/{name}.sql"), None, "names of views are snake_case, and not reserved by BigQuery")
        if name in made and "{base}" not in sql:
            raise ContractError(at(f"views/{name}.sql"), name, "is a view already: read it as {base}, or take another name")
        if name not in made and "{base}" in sql:
            raise ContractError(at(f"views/{name}.sql"), "{base}", f"there is no view {name} to stand in for")
    for file, body in contract.text.items():
        if file.startswith(("questions/", "reports/")):
            parse_question(file.split("/")[1].removesuffix(".sql"), body, at(file))
