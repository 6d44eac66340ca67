"""The scrubber of one contract: which keys of its messages are kept, dropped and hashed."""

from collections.abc import Iterable
from typing import Any

from schemas.contract import Contract
from schemas.fields import Field, FieldType
from schemas.scrub import DROP, HASH, Places, Scrubber
from schemas.secret_names import squashed
from schemas.wire import Wire, camel


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


def places(contract: Contract, wire: Wire, event_type: str) -> Places:
    """Where a message of this type and shape holds what the contract knows: key -> DROP, HASH, or what is inside."""
    found: dict[str, Any] = {}
    envelope = [p for p in wire.envelope.values() if p not in ("hash", "arrival")]
    for path in (*envelope, wire.client_event_time, *([wire.arrival_time] if wire.arrival_time else ())):
        _put(found, path, {})
    for f in contract.events[event_type].fields:
        path = wire.paths.get(f.name) or ".".join(p for p in (wire.fields, wire.name_on_wire(f.name)) if p)
        _put(found, path, _place(wire, f))
    return found


def _with_inner(f: Field, stored: bool) -> list[tuple[Field, bool]]:
    """A field and those inside it, each with whether it is stored."""
    return [(f, stored), *(pair for inner in _inside(f.type) for pair in _with_inner(inner, stored and inner.stored))]


def _inside(t: FieldType) -> tuple[Field, ...]:
    return _inside(t.item) if t.item else t.fields


def _place(wire: Wire, f: Field) -> Any:
    if f.pii:
        return DROP if f.pii == "drop" else HASH
    return {wire.name_on_wire(inner.name): _place(wire, inner) for inner in _inside(f.type)}


def _put(found: dict[str, Any], path: str, place: Any) -> None:
    if "." in path:
        found[path] = place  # a key that holds dots itself
    *parents, leaf = path.split(".")
    for part in parents:
        inner = found.setdefault(part, {})
        if not isinstance(inner, dict):
            return
        found = inner
    found[leaf] = (found[leaf] | place) if isinstance(place, dict) and isinstance(found.get(leaf), dict) else place
