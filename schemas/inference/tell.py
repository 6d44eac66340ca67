"""What `contract infer` found out, as wire.yaml and as text for the person who asked."""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from schemas.inference.guess import Guess
from schemas.inference.own_fields import OwnFields
from schemas.inference.sample import MOST_MESSAGES, Sample
from schemas.wire import ENVELOPE_ON_WIRE, snake

PERSONAL = re.compile(r"(^|_)(e?mail|phone|msisdn|ip|address|birth\w*|(first|last|full|user|real)_?name|idfa|gaid|lat|lon|(lat|long)itude)$")
FEW = 10  # messages of one type, below which nullability is a thin guess


@dataclass
class Findings:
    """The own fields of every event type, and what became of the rest."""

    own: OwnFields
    type_names: dict[str, str]  # type on the wire -> event type
    json_strings: list[str]
    strip_quotes: bool
    empty_is_null: bool
    root: str = ""
    events: dict[str, dict[str, Any]] = field(default_factory=dict)  # event type -> its Avro record
    seen: dict[str, int] = field(default_factory=dict)
    secrets: set[str] = field(default_factory=set)
    left_out: dict[str, str] = field(default_factory=dict)  # path -> why it is no column

    def options(self, found: Guess) -> dict[str, tuple[Any, str]]:
        """Option of wire.yaml -> (value, why)."""
        own = self.own
        types = {wire: name for wire, name in self.type_names.items() if name not in (wire, snake(wire))}
        quoted = ", ".join(sorted(own.numbers_as_strings)[:5])
        told = {
            "fields": (self.root, "most own fields stand there"),
            "case": (own.case(), "names on the wire are camelCase"),
            "time_format": (found.time_format, "as the times in the sample are written"),
            "numbers_as_strings": (bool(own.numbers_as_strings), f"text that holds nothing but numbers: {quoted}"),
            "ids_as_numbers": (found.ids_as_numbers, "an id or version is a number on the wire, and text in tables"),
            "empty_is_null": (self.empty_is_null, 'some values are ""'),
            "strip_quotes": (self.strip_quotes, "some values stand in single quotes"),
            "json_strings": (self.json_strings, "text that holds JSON"),
            "arrival_time": (found.arrival_time, "when a message in a plain file arrived"),
            "types": (types, "names of types that tables can use"),
            "renames": (own.renames(), "names of fields that tables can use"),
            "paths": (own.paths, "fields that stand elsewhere"),
        }
        no = ("", "same", "ms", False, None, [], {})
        return {name: (value, why) for name, (value, why) in told.items() if value not in no}


def wire_yaml(found: Guess, findings: Findings) -> str:
    lines = ["# Where the envelope and the own fields are. Guessed from a sample: read every line."]
    known = [name for name in ENVELOPE_ON_WIRE if name in found.envelope]
    lines += [f"{name}: {_scalar(found.envelope[name])}  # {_line(found.why[name])}" for name in known]
    for name, (value, why) in findings.options(found).items():
        if isinstance(value, dict):
            lines += [f"{name}:  # {_line(why)}", *(f"  {_scalar(k)}: {_scalar(v)}" for k, v in value.items())]
        else:
            lines.append(f"{name}: {_scalar(value)}  # {_line(why)}")
    return "\n".join(lines) + "\n"


def _scalar(value: Any) -> str:
    simple = isinstance(value, str) and re.fullmatch(r"[A-Za-z_][\w.]*(\.\*)?", value)
    words = ("true", "false", "null", "yes", "no", "on", "off", "y", "n")
    return value if simple and value.lower() not in words else json.dumps(value, ensure_ascii=False)


def _line(text: str) -> str:
    return " ".join(text.split())


def tell(sample: Path, out: Path, read: Sample, found: Guess, findings: Findings) -> str:
    """What was guessed and why, and what could not be: plain text, no value of any message."""
    lines = [f"{sample}: {len(read.messages)} messages read", *_skipped(read), "", "Envelope"]
    for name in ENVELOPE_ON_WIRE:
        if name in found.envelope:
            lines.append(f"  {name:<14}{found.envelope[name]}: {found.why[name]}")
        else:
            lines.append(f"  {name:<14}not found" + (f": {found.absent[name]}" if name in found.absent else ""))
    if arrival := found.why.get("arrival_time") or found.absent.get("arrival_time"):
        lines.append(f"  {'arrival_time':<14}{found.arrival_time or 'not found'}: {arrival}")
    lines += ["", "How values are written"]
    for name, (value, why) in findings.options(found).items():
        lines.append(f"  {name:<19}{len(value) if isinstance(value, dict) else _scalar(value)}: {why}")
    lines += ["", "Event types"]
    for name, record in findings.events.items():
        nullable = sum(isinstance(f["type"], list) for f in record["fields"])
        thin = "; few messages, so what is nullable is a thin guess" if findings.seen[name] < FEW else ""
        lines.append(f"  {name}: messages {findings.seen[name]}, fields {len(record['fields'])}, nullable {nullable}{thin}")
    if findings.secrets:
        lines += ["", "Named like secrets, so never stored (pii: drop): " + ", ".join(sorted(findings.secrets))]
    personal = sorted({f["name"] for r in findings.events.values() for f in r["fields"] if PERSONAL.search(f["name"])})
    if personal:
        lines += ["", "Personal by their names: decide whether pii is drop or hash: " + ", ".join(personal)]
    left = {path: why for path, why in findings.left_out.items() if why}
    if left:
        lines += ["", "No columns; kept in additional_properties", *(f"  {path}: {why}" for path, why in left.items())]
    lines += ["", f"Written to {out}. Next: read {out}/wire.yaml, then gamebeam contract check {out}"]
    return "\n".join(_clean(line) for line in lines) + "\n"


def _skipped(read: Sample) -> list[str]:
    lines = []
    if read.wrapped:
        lines.append("Messages were taken out of lines of the form {topic, publish_time, data}.")
    if read.broken:
        where = ", ".join(f"line {n} ({why})" for n, why in read.broken[:5]) + (", …" if len(read.broken) > 5 else "")
        lines.append(f"{len(read.broken)} lines skipped: {where}")
    if read.cut:
        lines.append(f"The rest of the file was not read: {MOST_MESSAGES} messages are enough.")
    return lines


def _clean(line: str) -> str:
    """No control character of a message's own names reaches a terminal."""
    return "".join(c if c.isprintable() else "?" for c in line)
