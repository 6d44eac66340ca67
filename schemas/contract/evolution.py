"""Which changes of a contract its archive and tables can accept.

Additive: new event types, new nullable fields (inside records and arrays of records too), required -> nullable, long -> double,
new values of an enum, another wire format. A change of what stored sums depend on is accepted by a repair of every hour.
"""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import NamedTuple

from gamebeam.schemas.contract.contract import Contract
from gamebeam.schemas.contract.fields import Field, FieldType
from gamebeam.schemas.tables import declared_table

SUMMED_ROLES = {"revenue", "score"}


class Effect(StrEnum):
    """BREAKS: needs a new archive. NEEDS_REPAIR: stored rollups must be recomputed. ADDS: needs nothing."""

    BREAKS = "breaks"
    NEEDS_REPAIR = "needs repair"
    ADDS = "adds"


class Change(NamedTuple):
    effect: Effect
    text: str

    def __str__(self) -> str:
        return f"{self.effect}: {self.text}"


def changes(old: Contract, new: Contract) -> list[Change]:
    """Every change between two contracts that an archive, its tables or their readers would notice; what breaks comes first."""
    found = [*_setting_changes(old, new), *_event_changes(old, new), *_rollup_changes(old, new)]
    return sorted(found, key=lambda change: list(Effect).index(change.effect))


def breaking_changes(old: Contract, new: Contract) -> list[str]:
    """Each change that data written under `old` could not be read with, as one sentence. Empty: compatible."""
    return [change.text for change in changes(old, new) if change.effect == Effect.BREAKS]


def difference(old: Contract, new: Contract) -> tuple[list[str], bool]:
    """(a line per change, whether an archive written under `old` refuses a run under `new`)."""
    found = changes(old, new)
    return ([str(change) for change in found] or ["nothing that a table or a file would notice"],
            any(change.effect != Effect.ADDS for change in found))


def _setting_changes(old: Contract, new: Contract) -> Iterator[Change]:
    if old.name != new.name:
        yield Change(Effect.BREAKS, f"the game was {old.name}, and is {new.name}")
    if old.counter != new.counter:
        yield Change(Effect.BREAKS, f"the counter was per {old.counter}, and is per {new.counter}")
    if old.currency != new.currency:
        yield Change(Effect.BREAKS, f"the currency was {old.currency}, and is {new.currency}: stored amounts would be relabelled")
    if old.allowed_lateness_ms != new.allowed_lateness_ms:
        yield Change(Effect.BREAKS, f"allowed_lateness was {_seconds(old.allowed_lateness_ms)}, and is "
                                    f"{_seconds(new.allowed_lateness_ms)}: stored events are marked late by the old one")
    if old.keep_raw and not new.keep_raw:
        yield Change(Effect.BREAKS, "keep_raw was true, and is false: the column raw_event would be gone")
    if new.keep_raw and not old.keep_raw:
        yield Change(Effect.ADDS, "keep_raw is true: raw_event is a new column")
    if old.session_gap_ms != new.session_gap_ms:
        yield Change(Effect.NEEDS_REPAIR, f"session_gap was {_seconds(old.session_gap_ms)}, and is {_seconds(new.session_gap_ms)}")
    if old.time_zone != new.time_zone:
        yield Change(Effect.ADDS, f"time_zone was {old.time_zone}, and is {new.time_zone}: queries count days by the new one")
    if old.wire != new.wire:
        yield Change(Effect.ADDS, "wire.yaml changed: messages are read by the new one from now on")


def _event_changes(old: Contract, new: Contract) -> Iterator[Change]:
    for name, event in old.events.items():
        if name in new.events:
            yield from _field_changes(name, event.fields, new.events[name].fields)
        else:
            yield Change(Effect.BREAKS, f"event type {name} is gone")
    for name in new.events:
        if name not in old.events:
            yield Change(Effect.ADDS, f"event type {name} is new")


def _field_changes(inside: str, old: Iterable[Field], new: Iterable[Field]) -> Iterator[Change]:
    """Changes between the fields of an event type, or of a record inside it."""
    before, after = {f.name: f for f in old}, {f.name: f for f in new}
    for name, was in before.items():
        if name in after:
            yield from _changes_of_field(f"{inside}.{name}", was, after[name])
        else:
            yield Change(Effect.BREAKS, f"{inside}.{name} is gone")
    for name, now in after.items():
        if name not in before:
            yield (Change(Effect.ADDS, f"{inside}.{name} is new") if now.nullable or not now.stored
                   else Change(Effect.BREAKS, f"{inside}.{name} is new and required: make it nullable"))


def _changes_of_field(at: str, was: Field, now: Field) -> Iterator[Change]:
    yield from _type_changes(at, was.type, now.type)
    if was.nullable and not now.nullable:
        yield Change(Effect.BREAKS, f"{at} was nullable, and is required")
    if now.nullable and not was.nullable:
        yield Change(Effect.ADDS, f"{at} was required, and is nullable")
    if was.stored and not now.stored:
        yield Change(Effect.BREAKS, f"{at} was kept, and is dropped")
    elif now.stored and not was.stored:
        yield (Change(Effect.ADDS, f"{at} was dropped, and is kept") if now.nullable
               else Change(Effect.BREAKS, f"{at} was dropped, and is kept and required: make it nullable"))
    elif was.pii != now.pii:
        yield Change(Effect.ADDS, f"{at} {'is hashed' if now.pii else 'is not hashed'} from now on")
    if _summed(was) != _summed(now):
        yield Change(Effect.NEEDS_REPAIR, f"{at} had {_summed(was) or 'no role that is summed'}, and has {_summed(now) or 'none'}")


def _summed(field: Field) -> str:
    """How the field's values enter the players' sums."""
    roles = sorted(SUMMED_ROLES & set(field.roles))
    return f"role {'/'.join(roles)} with factor {field.factor}" if roles else ""


def _type_changes(at: str, was: FieldType, now: FieldType) -> Iterator[Change]:
    if (was.kind, now.kind) == ("long", "double"):
        yield Change(Effect.ADDS, f"{at} was long, and is double")
    elif was.kind != now.kind:
        yield Change(Effect.BREAKS, f"{at} was {was}, and is {now}")
    elif was.item and now.item:
        yield from _type_changes(f"{at}[]", was.item, now.item)
    elif was.kind == "record":
        yield from _field_changes(at, was.fields, now.fields)
    elif gone := [s for s in was.symbols if now.symbols and s not in now.symbols]:
        yield Change(Effect.BREAKS, f"{at}: the value {gone[0]!r} is gone")
    elif now.symbols and not was.symbols:
        yield Change(Effect.BREAKS, f"{at} was any string, and is one of {', '.join(now.symbols)}")
    elif set(was.symbols) != set(now.symbols):
        yield Change(Effect.ADDS, f"{at} accepts more values")


def _rollup_changes(old: Contract, new: Contract) -> Iterator[Change]:
    before, after = {r.name: r for r in old.rollups}, {r.name: r for r in new.rollups}
    for name, was in before.items():
        now = after.get(name)
        if now is None:
            yield Change(Effect.NEEDS_REPAIR, f"rollup {name} is gone")
        elif now.fingerprint != was.fingerprint:
            yield Change(Effect.ADDS, f"rollup {name} changed: in a running job its windows begin from scratch, and its view has earlier "
                                      "hours once gamebeam repair has recomputed them")
            columns = {f.name: f.type for f in declared_table(new, now).fields}
            for f in declared_table(old, was).fields:
                found = columns.get(f.name)
                if found is None:
                    yield Change(Effect.BREAKS, f"{name}.{f.name} is gone: give the changed rollup a new name")
                elif any(change.effect == Effect.BREAKS for change in _type_changes("", f.type, found)):
                    yield Change(Effect.BREAKS, f"{name}.{f.name} is {found}: give the changed rollup a new name")
    for name in after:
        if name not in before:
            yield Change(Effect.ADDS, f"rollup {name} is new")


def _seconds(ms: int | None) -> str:
    return "none" if ms is None else f"{ms / 1000:g} s"
