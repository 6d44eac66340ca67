"""The starter game's columns, read from its contract with the standard library alone: Spark's environment has no more."""

import json
from pathlib import Path
from typing import Any

SCHEMAS = Path(__file__).parent.parent / "schemas"
COMPUTED = {"arrival_time", "late", "additional_properties"}  # in the envelope, but not in a message


def envelope() -> dict[str, str]:
    """Type by name: string, long, double or boolean; times are long, as canonical messages carry them (ms)."""
    return {n: t for n, t in _fields(SCHEMAS / "envelope.avsc").items() if n not in COMPUTED}


def by_type() -> dict[str, dict[str, str]]:
    """All columns of each event type: the envelope, then its own."""
    files = sorted((SCHEMAS / "games/starter/events").glob("*.avsc"))
    return {f.stem: envelope() | _fields(f) for f in files}


def wide() -> dict[str, str]:
    """One table for every type. No two types of the starter game use a name differently."""
    columns: dict[str, str] = {}
    for own in by_type().values():
        columns |= own
    return columns


def _fields(path: Path) -> dict[str, str]:
    return {f["name"]: _plain(f["type"]) for f in json.loads(path.read_text())["fields"]}


def _plain(avro: Any) -> str:
    if isinstance(avro, list):
        return _plain(next(t for t in avro if t != "null"))
    if isinstance(avro, dict):
        return "string" if avro["type"] == "enum" else avro["type"]
    return avro
