"""A contract held against its own examples: what must land lands, what must not becomes a dead letter for the reason given."""

import base64
import json
from datetime import UTC, datetime
from typing import Any, TypeAlias

import msgspec

from gamebeam.schemas.contract.contract import Contract
from gamebeam.schemas.events import DeadLetter, event_classes
from gamebeam.transforms.decode.decoder import REASONS, Decoder

LINE_KEYS = {"data", "data_base64", "repeat", "publish_time", "reason", "field"}


class BadLine(ValueError):
    """A line of an examples file that says nothing to check."""


def check_examples(contract: Contract) -> list[str]:
    """What is wrong, one line each, as file:line; nothing where every example keeps its word.

    A line is {"data": payload, "publish_time": ISO 8601}, in fail.jsonl with "reason" and "field" (null where the reason names none).
    Bytes that are no text come as "data_base64"; "repeat": n stands for n copies of them in a row (too_large in a short line).
    """
    problems = _examples_of_fields(contract)
    decoder = Decoder(contract, pii_key=b"examples")
    for kind in ("pass", "fail"):
        file = f"examples/{kind}.jsonl"
        for number, line in enumerate(contract.text.get(file, "").splitlines(), 1):
            if not line.strip():
                continue
            try:
                problem = _problem(decoder, _parsed(line), kind)
            except BadLine as e:
                problem = str(e)
            if problem:
                problems.append(f"{file}:{number}: {problem}")
    return problems


Line: TypeAlias = dict[str, Any]  # of a file of examples: its values are checked where they are read


def _problem(decoder: Decoder, line: Line, kind: str) -> str | None:
    got = decoder.decode(_payload(line), _arrival(line))
    dead = got if isinstance(got, DeadLetter) else None
    if kind == "pass":
        return f"must land, but is a dead letter: {_said(dead.reason, dead.field)} ({dead.detail})" if dead else None
    reason, field = line.get("reason"), line.get("field")
    if reason not in REASONS:
        raise BadLine(f"reason is one of {', '.join(REASONS)}, not {reason!r}")
    if not dead:
        return f"must be a dead letter ({_said(reason, field)}), but landed as {got.TYPE}"
    if (dead.reason, dead.field) != (reason, field):
        return f"must be {_said(reason, field)}, but is {_said(dead.reason, dead.field)} ({dead.detail})"
    return None


def _said(reason: str, field: str | None) -> str:
    return f"{reason} at {field}" if field else reason


def _parsed(line: str) -> Line:
    try:
        parsed = json.loads(line)
    except ValueError as e:
        raise BadLine(f"not JSON: {e}") from None
    if not isinstance(parsed, dict) or ("data" in parsed) == ("data_base64" in parsed):
        raise BadLine('expected {"data": "…", "publish_time": "…"}, or data_base64 in place of data')
    if unknown := set(parsed) - LINE_KEYS:
        raise BadLine(f"unknown {sorted(unknown)[0]!r}; known are {', '.join(sorted(LINE_KEYS))}")
    return parsed


def _payload(line: Line) -> bytes:
    try:
        one = base64.b64decode(line["data_base64"], validate=True) if "data_base64" in line else line["data"].encode()
        return one * int(line.get("repeat", 1))
    except (AttributeError, TypeError, ValueError) as e:
        raise BadLine(f"data is a string, data_base64 base64, repeat a number: {e}") from None


def _arrival(line: Line) -> int | None:
    """publish_time as ms; None, as in a plain file, where the line gives none."""
    text = line.get("publish_time")
    if text is None:
        return None
    try:
        when = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise BadLine(f"publish_time is ISO 8601, not {text!r}") from None
    return round((when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp() * 1000)


def _examples_of_fields(contract: Contract) -> list[str]:
    """Examples in the .avsc files that their own field would refuse: the load generator sends them."""
    problems = []
    for name, event in contract.events.items():
        types = {f.name: f.type for f in msgspec.structs.fields(event_classes(contract)[name])}
        for f in event.fields:
            for example in f.examples if f.stored else ():
                try:
                    msgspec.convert(example, types[f.name], strict=True)
                except msgspec.ValidationError as e:
                    problems.append(f"events/{name}.avsc: {f.name}: example {example!r} does not fit: {e}")
    return problems
