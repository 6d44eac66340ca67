"""What a declared rollup must hold: exact values per window and keys."""

import datetime
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pyarrow as pa

from gamebeam.loadgen.client_event import Sent
from gamebeam.schemas.contract.contract import Contract, envelope_fields
from gamebeam.schemas.contract.rollups import Rollup, Value
from gamebeam.schemas.tables import ARROW

Read = Callable[[Sent], Any]  # a landed event -> a field's value


class RollupAnswer:
    """Fed with landed events that are not late. Sums of money and other doubles are integers of millionths."""

    def __init__(self, contract: Contract, rollup: Rollup):
        self.contract, self.rollup = contract, rollup
        self.events = frozenset(rollup.events or contract.events)
        self.types = {f.name: f.type for f in envelope_fields()}
        self.types |= {f.name: f.type for e in rollup.events or contract.events for f in contract.events[e].fields}
        self.keys = [field_reader(contract, k) for k in rollup.keys]
        self.where = self._conditions(rollup.where)
        self.values = [(v.kind, self._conditions(v.where), self._one(v)) for v in rollup.values]
        self.periods: dict[tuple[Any, ...], list[Any]] = {}  # (period's start, *keys) -> a state per value

    def add(self, sent: Sent) -> None:
        if sent.event_type not in self.events or any(read(sent) != wanted for read, wanted in self.where):
            return
        period = sent.event_time // self.rollup.period_ms * self.rollup.period_ms
        key = (period, *[read(sent) for read in self.keys])
        states = self.periods.get(key)
        if states is None:
            states = self.periods[key] = self._empty()
        for i, (kind, where, one) in enumerate(self.values):
            if not where or all(read(sent) == wanted for read, wanted in where):
                if kind == "distinct":
                    states[i] |= one(sent)
                else:
                    states[i] = _merge(kind, states[i], one(sent))

    def rows(self) -> list[tuple[object, ...]]:
        """(window_start, *keys, *values), as `columns` names them."""
        windows: dict[tuple[object, ...], list[object]] = {}
        for (period, *keys), states in self.periods.items():
            for step in range(self.rollup.window_ms // self.rollup.period_ms):
                key = (period - step * self.rollup.period_ms, *keys)
                before = windows.get(key) or self._empty()
                windows[key] = [_merge(kind, a, b) for (kind, _, _), a, b in zip(self.values, before, states, strict=True)]
        return [(start, *map(self._key, self.rollup.keys, keys), *map(_final, self.rollup.values, states))
                for (start, *keys), states in windows.items()]

    def columns(self) -> dict[str, pa.DataType]:
        named: dict[str, pa.DataType] = {"window_start": ARROW["timestamp"]}
        named |= {k: ARROW[self.types[k].kind] for k in self.rollup.keys}
        for v in self.rollup.values:
            if v.kind == "sum":
                named[v.name if self._is_long(v) else f"{v.name}_micros"] = ARROW["long"]
            else:
                named[v.name] = ARROW["long" if v.kind in ("count", "distinct") else self.types[v.field or ""].kind]
        return named

    def _conditions(self, where: tuple[tuple[str, object], ...]) -> list[tuple[Read, object]]:
        return [(field_reader(self.contract, name), wanted) for name, wanted in where]

    def _one(self, v: Value) -> Read:
        """What one event adds."""
        if v.kind == "count":
            return lambda sent: 1
        if v.role:
            role, contract = v.role, self.contract
            of = {e: [(f.name, f.factor) for f in contract.fields_with_role(e, role)] for e in self.events}
            return lambda sent: micros(sent.own, of[sent.event_type])
        read = field_reader(self.contract, v.field or "")
        if v.kind == "distinct":
            return lambda sent: {x} if (x := read(sent)) is not None else set()
        if v.kind == "sum" and self._is_long(v):
            return lambda sent: read(sent) or 0
        if v.kind == "sum":
            return lambda sent: in_micros(read(sent) or 0)
        if v.kind == "last":
            return lambda sent: None if read(sent) is None else (sent.event_time, sent.seq or 0, sent.event_id, read(sent))
        return read

    def _is_long(self, v: Value) -> bool:
        return v.field is not None and self.types[v.field].kind == "long"

    def _key(self, name: str, value: Any) -> Any:
        return datetime.date.fromisoformat(value) if value is not None and self.types[name].kind == "date" else value

    def _empty(self) -> list[object]:
        return [set() if kind == "distinct" else 0 if kind in ("count", "sum") else None for kind, _, _ in self.values]


def field_reader(contract: Contract, name: str) -> Read:
    """Reads an own or envelope field of a landed event."""
    if name == "late":
        return lambda sent: False
    if name == "game":
        return lambda sent: contract.name
    if name in Sent.__slots__ and name not in ("own", "secret", "fault", "fault_field"):
        return lambda sent: getattr(sent, name)
    return lambda sent: sent.own.get(name)


def in_micros(amount: float) -> int:
    """Millionths, halves away from zero."""
    return int((Decimal(amount * 1_000_000)).to_integral_value(ROUND_HALF_UP))


def micros(own: dict[str, Any], fields: list[tuple[str, int]]) -> int:
    """Sum of the fields, each times its factor, in millionths."""
    return sum(in_micros(own[name]) * factor for name, factor in fields if own[name] is not None)


def _merge(kind: str, a: Any, b: Any) -> Any:
    if kind in ("count", "sum"):
        return a + b
    if kind == "distinct":
        return a | b
    if a is None or b is None:
        return b if a is None else a
    return min(a, b) if kind == "min" else max(a, b)


def _final(v: Value, state: Any) -> Any:
    if v.kind == "distinct":
        return len(state)
    return state[-1] if v.kind == "last" and state else state
