"""A sample of real messages, read for `contract infer`: what each leaf of their JSON held, and how often."""

import gzip
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from gamebeam.schemas.contract.bounded_text import OutOfBounds, require_bounded_json
from gamebeam.schemas.inference.secrets import scrub

MOST_MESSAGES = 50_000  # read; a first contract needs no more
LONGEST_MESSAGE = 262_144  # characters: what a contract takes by default
MOST_KEYS = 40  # an object with more keys than this, most of them rare, is a map: its keys are data
MARKS = {"topic", "publish_time"}  # one of these beside "data" makes a line the wrapper of a message
WRAPPER = MARKS | {"data", "attributes", "message_id", "ordering_key", "subscription", "partition", "offset"}


@dataclass
class Message:
    line: int
    payload: str
    body: dict[str, object]
    publish_time: str | None


@dataclass
class Sample:
    messages: list[Message] = field(default_factory=list)
    broken: list[tuple[int, str]] = field(default_factory=list)  # (line, why)
    wrapped: bool = False
    cut: bool = False


def read_sample(path: Path) -> Sample:
    """One message a line, alone or as {"topic", "publish_time", "data": "…"}; what is no JSON object is noted and skipped."""
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file; give a file with one message a line")
    sample = Sample()
    with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if len(sample.messages) >= MOST_MESSAGES:
                sample.cut = True
                break
            if line.strip():
                _read_line(sample, number, line)
    if not sample.messages:
        seen = (f"none of its {len(sample.broken)} lines is a JSON object (line {sample.broken[0][0]}: {sample.broken[0][1]})"
                if sample.broken else "it is empty")
        raise ValueError(f"{path}: no message to learn from: {seen}; give a file with one message a line")
    return sample


def _clean(text: str) -> str:
    """A message within bounds, with every secret hidden: nothing behind this sees one. Raises ValueError."""
    require_bounded_json(text, LONGEST_MESSAGE)
    return scrub().message(text.encode()).decode(errors="replace")


def _parsed(text: str) -> object:
    """JSON as decode reads it: no NaN, no half surrogate pairs. Raises ValueError."""
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as e:
        raise ValueError(str(e)) from None


def _read_line(sample: Sample, number: int, line: bytes) -> None:
    try:
        payload = _clean(line.decode("utf-8-sig").strip())
        body = _parsed(payload)
        publish_time = None
        if isinstance(body, dict) and isinstance(body.get("data"), str) and MARKS & set(body) and set(body) <= WRAPPER:
            payload, publish_time = _clean(body["data"]), body.get("publish_time")
            body = _parsed(payload)
            sample.wrapped = True
    except ValueError as e:
        why = str(e) if isinstance(e, OutOfBounds) else "not UTF-8" if isinstance(e, UnicodeDecodeError) else "not JSON"
        sample.broken.append((number, why))
        return
    if isinstance(body, dict):
        sample.messages.append(Message(number, payload, body, publish_time))
    else:
        sample.broken.append((number, "not a JSON object"))


def flatten(body: dict[str, object], stop: frozenset[str] = frozenset()) -> dict[str, object]:
    """Dotted path -> value, objects opened up; a path in `stop` is a leaf whatever it holds, and so is an empty object."""
    leaves: dict[str, object] = {}
    _flatten(body, "", stop, leaves)
    return leaves


def _flatten(body: dict[str, object], parent: str, stop: frozenset[str], leaves: dict[str, object]) -> None:
    for name, value in body.items():
        path = f"{parent}.{name}" if parent else name
        if isinstance(value, dict) and value and path not in stop:
            _flatten(value, path, stop, leaves)
        else:
            leaves[path] = value


def objects(bodies: list[dict[str, object]]) -> dict[str, list[Counter[str]]]:
    """Path of each object ('' is the top) -> per message that has it, its keys: 1 where a key holds an object itself, else 0."""
    found: dict[str, list[Counter[str]]] = {}
    for body in bodies:
        todo = [("", body)]
        while todo:
            path, at = todo.pop()
            found.setdefault(path, []).append(Counter({k: int(isinstance(v, dict)) for k, v in at.items()}))
            todo += [(f"{path}.{k}" if path else k, v) for k, v in at.items() if isinstance(v, dict)]
    return found


def maps(found: dict[str, list[Counter[str]]]) -> list[str]:
    """Objects whose keys are data (an inventory by item id), not names of fields."""
    out = []
    for path, seen in found.items():
        keys = Counter(k for keys in seen for k in keys)
        if path and len(keys) > MOST_KEYS and sum(keys.values()) < 0.2 * len(keys) * len(seen):
            out.append(path)
    return out


def unquote(value: Any) -> Any:
    """One pair of single quotes off every string."""
    if isinstance(value, str):
        return value[1:-1] if is_quoted(value) else value
    if isinstance(value, list):
        return [unquote(v) for v in value]
    if isinstance(value, dict):
        return {k: unquote(v) for k, v in value.items()}
    return value


def is_quoted(value: object) -> bool:
    return isinstance(value, str) and len(value) > 2 and value[0] == value[-1] == "'"


def as_json_object(value: object) -> dict[str, object] | None:
    """The object that a string holds as JSON."""
    if not isinstance(value, str) or not value.lstrip().startswith("{"):
        return None
    try:
        parsed = _parsed(value)
    except ValueError:
        return None
    return parsed if isinstance(parsed, dict) else None


def replace_at(body: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    head, _, rest = path.partition(".")
    return body | {head: replace_at(body[head], rest, value) if rest else value}
