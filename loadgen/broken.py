"""What can be read of a message whose bytes are damaged or too many: a small reader of the answer sheet's own."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from gamebeam.loadgen.client_event import on_wire
from gamebeam.schemas.contract.contract import Contract
from gamebeam.schemas.contract.wire import NUMERIC_TIMES, Wire, snake

NAMES = ("event_type", "env", "platform", "app_version", "player_id", "install_id", "session_id", "seq", "event_time")
TEXT = rb'"(?:[^"\\]|\\.)*"'
LARGEST_SEQ = 2**53


def reader(contract: Contract) -> Callable[[bytes], dict[str, Any]]:
    """Bytes -> known values by envelope name, and arrival_time where the message tells it. Unknown names are absent."""
    wire = contract.wire
    paths = {n: wire.envelope[n] for n in NAMES if on_wire(contract, n) and not wire.envelope[n].endswith("*")}
    if wire.arrival_time:
        paths["arrival_time"] = wire.arrival_time
    patterns = {}
    for name, path in paths.items():
        value = rb"(" + TEXT + (rb"|-?\d+(?=\s*[,}])" if name in ("seq", "event_time", "arrival_time") else b"") + rb")"
        patterns[name] = re.compile(rb'"' + re.escape(path.rsplit(".", 1)[-1].encode()) + rb'"\s*:\s*' + value, re.DOTALL)

    def read(payload: bytes) -> dict[str, Any]:
        known: dict[str, Any] = {"env": "live"} | {n: v for n, v in wire.constants.items() if n in NAMES}
        for name, pattern in patterns.items():
            if match := pattern.search(payload):
                try:
                    value = _meant(contract, name, json.loads(match[1].decode()))
                except ValueError:
                    continue
                if value is not None:
                    known[name] = value
        return known

    return read


def _meant(contract: Contract, name: str, value: Any) -> Any:
    wire = contract.wire
    if isinstance(value, str) and wire.strip_quotes and len(value) > 1 and value[0] == value[-1] == "'":
        value = value[1:-1]
    if name == "seq":
        if isinstance(value, str):
            value = int(value) if wire.numbers_as_strings and re.fullmatch(r"-?\d+", value) else None
        return value if value is not None and 0 <= value <= LARGEST_SEQ else None
    if name in ("event_time", "arrival_time"):
        return _milliseconds(wire, value)
    if not isinstance(value, str) or (wire.empty_is_null and not value):
        return None
    if name == "event_type":
        return next((t for t in (wire.types.get(value), value, snake(value)) if t in contract.events), value)
    return value


def _milliseconds(wire: Wire, value: Any) -> int | None:
    if per_second := NUMERIC_TIMES.get(wire.time_format):
        if isinstance(value, str) and not re.fullmatch(r"-?\d+", value):
            return None
        return int(value) * 1000 // per_second
    if not isinstance(value, str):
        return None
    when = datetime.fromisoformat(value) if wire.time_format == "iso" else datetime.strptime(value, wire.time_format)
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return round(when.timestamp() * 1000)
