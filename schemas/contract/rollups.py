"""rollups.yaml: the windowed aggregates that a game declares."""

import hashlib
import json
from dataclasses import dataclass
from typing import Annotated, Literal

from msgspec import Meta, Struct
from msgspec.structs import asdict

from gamebeam.schemas.contract.fields import ContractError
from gamebeam.schemas.contract.yaml_models import Constant, Duration, Names, Where, read_yaml

LONGEST_EARLY_MS = 600_000  # Flink's portable runner sends all of an open window again at every early pane
MOST_WINDOWS = 1_440  # that one event is in: a window of a day, every minute


class Role(Struct, frozen=True, forbid_unknown_fields=True):
    """Fields by their role, whatever their names: {role: revenue}."""

    role: Literal["revenue", "score"]


class Aggregate(Struct, frozen=True, forbid_unknown_fields=True):
    """One of: {count: {outcome: won}}, {sum: price_usd}, {sum: {role: revenue}}, {distinct: player_id}."""

    count: Where | None = None
    sum: Annotated[str | Role | None, Meta(title="a field's name, or {role: revenue} or {role: score}")] = None
    min: str | None = None
    max: str | None = None
    last: str | None = None
    distinct: str | None = None

    def __post_init__(self) -> None:
        if sum(getattr(self, kind) is not None for kind in self.__struct_fields__) != 1:
            raise ValueError(f"expected one of {', '.join(self.__struct_fields__)}, such as {{sum: price_usd}}")


class Declaration(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A rollup as rollups.yaml declares it."""

    window: Annotated[Duration, Meta(title="a duration, such as 1m", description="Length of a window of event_time.")]
    values: Annotated[
        dict[str, Annotated[Literal["count"] | Aggregate, Meta(title="count, or a mapping such as {sum: price_usd}")]],
        Meta(min_length=1, title="a mapping of columns to aggregates, such as {events: count}",
             description="The columns of the rollup, and how each is made.")]
    doc: str = ""
    events: Annotated[Names, Meta(description="Event types that it reads; all of them if left out.")] = ()
    where: Annotated[Where, Meta(description="Only events whose fields are equal to these values.")] = {}
    keys: Annotated[Names, Meta(description="One row per window and value of these fields; env is always the first.")] = ()
    every: Annotated[Duration | None, Meta(description="How often a window begins, for windows that overlap.")] = None
    early: Annotated[bool | None, Meta(description="Whether rows are written before a window ends; up to 10m it is the default. "
                                                     "Say early: false where there are many keys.")] = None


@dataclass(frozen=True)
class Value:
    """One aggregate: its kind, the field (or the role) it reads, and an equality filter of its own."""

    name: str
    kind: str
    field: str | None = None
    role: str | None = None
    where: tuple[tuple[str, Constant], ...] = ()


@dataclass(frozen=True)
class Rollup:
    """A commutative, associative summary over a fixed or sliding window of event_time. Durations are milliseconds."""

    name: str
    doc: str
    events: tuple[str, ...]
    where: tuple[tuple[str, Constant], ...]
    keys: tuple[str, ...]  # env comes first, always
    window_ms: int
    period_ms: int
    early: bool
    values: tuple[Value, ...]

    @property
    def fingerprint(self) -> str:
        """A changed declaration is a new step of a running job; this is its label."""
        shape = [self.events, self.where, self.keys, self.window_ms, self.period_ms, self.early,
                 [(v.name, v.kind, v.field, v.role, v.where) for v in self.values]]
        return hashlib.sha256(json.dumps(shape, sort_keys=True).encode()).hexdigest()[:8]


def parse_rollups(text: str, file: str) -> tuple[Rollup, ...]:
    """Read rollups.yaml. Raises ContractError."""
    return tuple(_rollup(name, declared, file) for name, declared in read_yaml(text, file, dict[str, Declaration]).items())


def _rollup(name: str, declared: Declaration, file: str) -> Rollup:
    window, period = declared.window, declared.every or declared.window
    if window % period:
        raise ContractError(file, f"{name}.every", "the window must be a whole number of periods")
    if window // period > MOST_WINDOWS:
        raise ContractError(file, f"{name}.every", f"every event would be in {window // period:,} windows; at most {MOST_WINDOWS:,}")
    early = window <= LONGEST_EARLY_MS if declared.early is None else declared.early
    if early and window > LONGEST_EARLY_MS:
        raise ContractError(file, f"{name}.early", f"early panes are for windows of at most {LONGEST_EARLY_MS // 60_000}m: every one sends "
                            "all of an open window again; leave early out, or make the window shorter")
    keys = ("env", *(k for k in declared.keys if k != "env"))
    values = tuple(_value(column, aggregate) for column, aggregate in declared.values.items())
    return Rollup(name, declared.doc, declared.events, tuple(sorted(declared.where.items())), keys, window, period, early, values)


def _value(name: str, declared: Literal["count"] | Aggregate) -> Value:
    if declared == "count":
        return Value(name, "count")
    [(kind, of)] = [(kind, of) for kind, of in asdict(declared).items() if of is not None]
    if isinstance(of, dict):
        return Value(name, kind, where=tuple(sorted(of.items())))
    return Value(name, kind, role=of.role) if isinstance(of, Role) else Value(name, kind, field=of)
