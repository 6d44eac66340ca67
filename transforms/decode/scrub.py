"""The scrubber of one contract: which keys of its messages are kept, dropped and hashed."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from gamebeam.schemas.contract.contract import Contract
from gamebeam.schemas.contract.fields import Field, FieldType
from gamebeam.schemas.contract.wire import Wire, camel
from gamebeam.schemas.scrub import DROP, HASH, NOWHERE, Places, Scrubber
from gamebeam.schemas.secret_names import squashed
from gamebeam.transforms.decode.wire import Extractor


def scrubber(contract: Contract, key: bytes | None = None) -> Scrubber:
    """What goes by names alone: for messages of which the type is unknown or which are no events. pii=drop wins over all."""
    shapes = [*contract.wire.shapes, contract.wire]
    fields = [pair for e in contract.events.values() for f in e.fields for pair in _with_inner(f, f.stored)]

    def on_wire(wanted: Iterable[Field]) -> set[str]:
        return {n for f in wanted for w in shapes for n in (w.name_on_wire(f.name), w.paths.get(f.name, "").rsplit(".", 1)[-1])} - {""}

    paths = [p for w in shapes for p in (*w.envelope.values(), w.fields, *w.paths.values(), *w.json_strings, w.arrival_time or "")]
    types = {n for e in contract.events for n in (e, camel(e))} | {n for w in shapes for n in w.types}
    kept = on_wire(f for f, stored in fields if stored) | types | {part for path in paths for part in path.split(".")}
    dropped = {squashed(n) for n in on_wire(f for f, _ in fields if f.pii == "drop")}
    hashed = {squashed(n) for n in on_wire(f for f, _ in fields if f.pii == "hash")}
    return Scrubber(frozenset(kept), frozenset(dropped), frozenset(hashed - dropped), key)


class EventScrubber:
    """Scrubs messages as the contract of their event type has it. scrub: for what is no event, and where counts are added."""

    def __init__(self, contract: Contract, extractor: Extractor, scrub: Scrubber):
        self.contract, self.extractor, self.all = contract, extractor, scrub
        self.attempt = replace(scrub, counts=Counter())  # what a message that fails counts, its dead letter counts again
        self.uncounted = replace(scrub, counts=Counter())
        self.by_bytes = contract.wire.envelope["event_id"] == "hash" or contract.keep_raw
        self.places: dict[tuple[str, int, bool], Places] = {}

    def scrub(self, payload: bytes, message: dict[str, object]) -> tuple[bytes, dict[str, object]]:
        """(the payload, its message) without secrets; but the message still holds what is hashed once it is extracted.

        Raises UnreadableString, Unsearchable.
        """
        if not self.all.may_tell(payload):
            return payload, message
        self.attempt.counts.clear()
        wire, event_type = self.extractor.identify(message)
        clean = self.uncounted.message(payload, self.places_of(wire, event_type, True)) if self.by_bytes else payload
        return clean, self.attempt.tree(message, self.places_of(wire, event_type, False))[0]

    def count(self) -> None:
        """Adds what the last message counted: it is an event."""
        if self.attempt.counts:
            self.all.counts.update(self.attempt.counts)
            self.attempt.counts.clear()

    def places_of(self, wire: Wire, event_type: str | None, hashes: bool = True) -> Places:
        if event_type is None:
            return NOWHERE
        key = event_type, id(wire), hashes
        if key not in self.places:
            self.places[key] = places(self.contract, wire, event_type, hashes)
        return self.places[key]


def places(contract: Contract, wire: Wire, event_type: str, hashes: bool) -> Places:
    """Where a message of this type and shape holds what the contract knows: key -> DROP, HASH, or what is inside.

    hashes: whether fields of pii=hash are HASH; else they are kept.
    """
    found: dict[str, object] = {}
    envelope = [p for p in wire.envelope.values() if p not in ("hash", "arrival")]
    for path in (*envelope, wire.client_time_path, *([wire.arrival_time] if wire.arrival_time else ())):
        _put(found, path, {})
    for f in contract.events[event_type].fields:
        path = wire.paths.get(f.name) or ".".join(p for p in (wire.fields, wire.name_on_wire(f.name)) if p)
        _put(found, path, _place(wire, f, hashes))
    return found


def hash_fields(fields: Iterable[Field]) -> tuple[Field, ...]:
    """Those that are hashed, or hold a field that is."""
    return tuple(f for f in fields if f.stored and (f.pii == "hash" or hash_fields(_inside(f.type))))


def hashed(scrub: Scrubber, f: Field, value: object) -> object:
    """A field's value with its strings of pii=hash hashed; what is no string fails validation."""
    if isinstance(value, list):
        return [hashed(scrub, f, inner) for inner in value]
    if f.pii == "hash":
        return scrub.hash(value) if isinstance(value, str) else value
    if isinstance(value, dict):
        within = {inner.name: inner for inner in hash_fields(_inside(f.type))}
        return {name: hashed(scrub, within[name], v) if name in within else v for name, v in value.items()}
    return value


def _with_inner(f: Field, stored: bool) -> list[tuple[Field, bool]]:
    """A field and those inside it, each with whether it is stored."""
    return [(f, stored), *(pair for inner in _inside(f.type) for pair in _with_inner(inner, stored and inner.stored))]


def _inside(t: FieldType) -> tuple[Field, ...]:
    return _inside(t.item) if t.item else t.fields


def _place(wire: Wire, f: Field, hashes: bool) -> object:
    if f.pii == "drop" or (f.pii and hashes):
        return DROP if f.pii == "drop" else HASH
    return {wire.name_on_wire(inner.name): _place(wire, inner, hashes) for inner in _inside(f.type)}


def _put(found: dict[str, object], path: str, place: object) -> None:
    if "." in path:
        found[path] = place  # a key that holds dots itself
    *parents, leaf = path.split(".")
    for part in parents:
        inner = found.setdefault(part, {})
        if not isinstance(inner, dict):
            return
        found = inner
    there = found.get(leaf)
    found[leaf] = there | place if isinstance(place, dict) and isinstance(there, dict) else place
