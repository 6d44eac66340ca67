"""What `contract infer` found out, as text for the person who asked."""

import re
from pathlib import Path

from gamebeam.schemas.contract.wire import ENVELOPE_ON_WIRE
from gamebeam.schemas.inference.events import Findings
from gamebeam.schemas.inference.guess import Guess
from gamebeam.schemas.inference.sample import MOST_MESSAGES, Sample
from gamebeam.schemas.inference.write import scalar

PERSONAL = re.compile(r"(^|_)(e?mail|phone|msisdn|ip|address|birth\w*|(first|last|full|user|real)_?name|idfa|gaid|lat|lon|"
                      r"(lat|long)itude)$")
FEW = 10  # messages of one type, below which nullability is a thin guess


def tell(sample: Path, out: Path, read: Sample, found: Guess, findings: Findings) -> str:
    """What was guessed and why, and what could not be: plain text, no value of any message."""
    lines = [f"{sample}: {len(read.messages)} messages read", *_skipped(read), "", "Envelope"]
    for name in ENVELOPE_ON_WIRE:
        if name in found.envelope:
            lines.append(f"  {name:<19}{found.envelope[name]}: {found.why[name]}")
        else:
            lines.append(f"  {name:<19}not found" + (f": {found.absent[name]}" if name in found.absent else ""))
    if arrival := found.why.get("arrival_time") or found.absent.get("arrival_time"):
        lines.append(f"  {'arrival_time':<19}{found.arrival_time or 'not found'}: {arrival}")
    lines += ["", "How values are written"]
    for name, (value, why) in findings.options(found).items():
        lines.append(f"  {name:<19}{len(value) if isinstance(value, dict) else scalar(value)}: {why}")
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
