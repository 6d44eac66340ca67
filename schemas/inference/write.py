"""A contract's files, from what was found out."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import yaml

from gamebeam.schemas.contract.fields import NAME
from gamebeam.schemas.contract.wire import ENVELOPE_ON_WIRE, snake
from gamebeam.schemas.inference.events import Findings
from gamebeam.schemas.inference.guess import Guess
from gamebeam.schemas.inference.sample import Sample
from gamebeam.schemas.inference.unwrap import Opened

EXAMPLES_PER_TYPE = 3


def contract_files(sample: Path, out: Path, read: Sample, opened: Opened, found: Guess, findings: Findings) -> dict[str, str]:
    games = {v for v in opened.leaves[found.envelope["game"]].present} if "game" in found.envelope else set()
    name = next((g for g in games if len(games) == 1 and NAME.match(g)), None) or snake(out.resolve().name) or "game"
    settings = {"name": name, "title": f"First contract, inferred from {sample.name}: read it, then make it yours"}
    if found.counter:
        settings["counter"] = found.counter
    if "session_id" not in found.envelope:
        settings["session_gap"] = "30m"
    text = {"contract.yaml": yaml.safe_dump(settings, sort_keys=False, allow_unicode=True),
            "wire.yaml": wire_yaml(found, findings),
            "examples/pass.jsonl": _examples(read, found, findings)}
    for event, record in findings.events.items():
        text[f"events/{event}.avsc"] = _avsc(record)
    return text


def _avsc(record: dict[str, Any]) -> str:
    """One field a line, so that a change of one shows as one."""
    head = "".join(f"  {json.dumps(k)}: {json.dumps(v, ensure_ascii=False)},\n" for k, v in record.items() if k != "fields")
    fields = ",\n".join("    " + json.dumps(f, ensure_ascii=False) for f in record["fields"])
    return "{\n" + head + '  "fields": [' + (f"\n{fields}\n  " if fields else "") + "]\n}\n"


def _examples(read: Sample, found: Guess, findings: Findings) -> str:
    lines, count = [], Counter[str]()
    for message, wire_type in zip(read.messages, found.types, strict=True):
        name = findings.type_names[wire_type]
        count[name] += 1
        if count[name] <= EXAMPLES_PER_TYPE:
            line = {"data": message.payload}
            if message.publish_time:
                line["publish_time"] = message.publish_time
            lines.append(json.dumps(line, ensure_ascii=False))
    return "\n".join(lines) + "\n"


def wire_yaml(found: Guess, findings: Findings) -> str:
    lines = ["# Where the envelope and the own fields are. Guessed from a sample: read every line."]
    known = [name for name in ENVELOPE_ON_WIRE if name in found.envelope]
    lines += [f"{name}: {scalar(found.envelope[name])}  # {_line(found.why[name])}" for name in known]
    for name, (value, why) in findings.options(found).items():
        if isinstance(value, dict):
            lines += [f"{name}:  # {_line(why)}", *(f"  {scalar(k)}: {scalar(v)}" for k, v in value.items())]
        else:
            lines.append(f"{name}: {scalar(value)}  # {_line(why)}")
    return "\n".join(lines) + "\n"


def scalar(value: Any) -> str:
    simple = isinstance(value, str) and re.fullmatch(r"[A-Za-z_][\w.]*(\.\*)?", value)
    words = ("true", "false", "null", "yes", "no", "on", "off", "y", "n")
    return value if simple and value.lower() not in words else json.dumps(value, ensure_ascii=False)


def _line(text: str) -> str:
    return " ".join(text.split())
