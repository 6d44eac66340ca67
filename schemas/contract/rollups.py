"""rollups.yaml: the windowed aggregates that a game declares."""

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any

from gamebeam.schemas.contract.fields import ContractError, load_yaml

KINDS = ("count", "sum", "min", "max", "last", "distinct")
LONGEST_EARLY_MS = 600_000  # Flink's portable runner sends all of an open window again at every early pane
MOST_WINDOWS = 1_440  # that one event is in: a window of a day, every minute
LONGEST_MS = 400 * 86_400_000
UNITS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


@dataclass(frozen=True)
class Value:
    """One aggregate: its kind, the field (or the role) it reads, and an equality filter of its own."""

    name: str
    kind: str
    field: str | None = None
    role: str | None = None
    where: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True)
class Rollup:
    """A commutative, associative summary over a fixed or sliding window of event_time. Durations are milliseconds.

    early: rows before the window's end, too; the default up to LONGEST_EARLY_MS, and refused above. Not for many keys: say early: false.
    """

    name: str
    doc: str
    events: tuple[str, ...]
    where: tuple[tuple[str, Any], ...]
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


def duration_ms(text: Any, file: str, name: str) -> int:
    """'10m' -> 600000. Units: s, m, h, d."""
    match = re.fullmatch(r"([0-9]{1,9})\s*([smhd])", str(text))
    length = int(match[1]) * UNITS[match[2]] if match else 0
    if not 0 < length <= LONGEST_MS:
        most = f"{LONGEST_MS // UNITS['d']}d"
        raise ContractError(file, name, f"expected a duration such as 30s, 10m, 1h or 2d, at most {most}, not {text!r}")
    return length


def parse_rollups(text: str, file: str) -> tuple[Rollup, ...]:
    return tuple(_rollup(str(name), body, file) for name, body in load_yaml(text, file).items())


def _rollup(name: str, body: Any, file: str) -> Rollup:
    if not isinstance(body, dict) or not body.get("values") or "window" not in body:
        raise ContractError(file, name, "a rollup needs window and values")
    if unknown := set(body) - {"doc", "events", "where", "keys", "window", "every", "early", "values"}:
        raise ContractError(file, name, f"unknown option {sorted(unknown)}")
    window = duration_ms(body["window"], file, f"{name}.window")
    period = duration_ms(body.get("every", body["window"]), file, f"{name}.every")
    if window % period:
        raise ContractError(file, f"{name}.every", "the window must be a whole number of periods")
    if window // period > MOST_WINDOWS:
        raise ContractError(file, f"{name}.every", f"every event would be in {window // period:,} windows; at most {MOST_WINDOWS:,}")
    for option, kind in (("keys", list), ("events", list), ("where", dict), ("values", dict)):
        if not isinstance(body.get(option, kind()), kind):
            raise ContractError(file, f"{name}.{option}", "expected a list" if kind is list else "expected a mapping")
    early = body.get("early", window <= LONGEST_EARLY_MS)
    if not isinstance(early, bool):
        raise ContractError(file, f"{name}.early", "expected true or false")
    if early and window > LONGEST_EARLY_MS:
        raise ContractError(file, f"{name}.early", f"early panes are for windows of at most {LONGEST_EARLY_MS // 60_000}m: every one sends "
                            "all of an open window again; leave early out, or make the window shorter")
    keys = ("env", *(k for k in body.get("keys", []) if k != "env"))
    values = tuple(_value(v, spec, file, name) for v, spec in body["values"].items())
    return Rollup(name, body.get("doc", ""), tuple(body.get("events", [])), _where(body.get("where"), file, f"{name}.where"), keys,
                  window, period, early, values)


def _value(name: str, spec: Any, file: str, rollup: str) -> Value:
    """count | {count: {field: value}} | {sum: price_usd} | {sum: {role: revenue}} | {distinct: player_id}."""
    where = f"{rollup}.values.{name}"
    if spec == "count":
        return Value(name, "count")
    if not isinstance(spec, dict) or len(spec) != 1 or next(iter(spec)) not in KINDS:
        raise ContractError(file, where, f"expected one of {KINDS}, such as {{sum: price_usd}}")
    kind, of = next(iter(spec.items()))
    if kind == "count":
        if not isinstance(of, dict):
            raise ContractError(file, where, "expected count, or count: {field: value}")
        return Value(name, "count", where=_where(of, file, where))
    if isinstance(of, dict):
        if set(of) != {"role"} or of["role"] not in ("revenue", "score") or kind != "sum":
            raise ContractError(file, where, "expected a field's name, or sum: {role: revenue} or {role: score}")
        return Value(name, kind, role=of["role"])
    return Value(name, kind, field=str(of))


def _where(spec: Any, file: str, at: str) -> tuple[tuple[str, Any], ...]:
    for name, value in (spec or {}).items():
        if not isinstance(value, str | int | float | None):
            raise ContractError(file, f"{at}.{name}", f"expected one value to compare with, not {value!r}")
    return tuple(sorted((spec or {}).items()))
