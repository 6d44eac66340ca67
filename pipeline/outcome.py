"""The outcome of a batch run: what it counted, and the lines that a person reads."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from gamebeam.archive.manifest import Input, Run
from gamebeam.pipeline.runners.counters import counted, counted_by_name, rows_written
from gamebeam.schemas.contract.contract import Contract
from gamebeam.schemas.events import DEAD_LETTER

LIKELY_CAUSE = {  # of a run in which nothing landed
    "malformed": "are these files JSON lines or Pub/Sub's Avro export?",
    "unknown_event_type": "is --contract right? its wire.yaml says where a message has its type",
    "schema_violation": "is --contract right? its wire.yaml says where a message has its fields",
    "timestamp_out_of_range": "does time_format in the contract's wire.yaml fit (ms or s)?",
    "too_large": "max_message_bytes in contract.yaml is the limit",
}


@dataclass
class Outcome:
    run: Run | None  # None where there was nothing new to read
    skipped: list[Input]
    contract: Contract
    counts: dict[str, int]  # received, duplicate, late and refused (by BigQuery), over all types
    empty: int = 0  # files without content, and committers' markers
    reasons: dict[str, int] = field(default_factory=dict)  # dead letters by reason

    @property
    def landed(self) -> int:
        return sum(self.run.rows.get(name, 0) for name in self.contract.events) if self.run else 0

    @property
    def nothing_landed(self) -> str:
        """One line where every message of a finished run was dead-lettered: the count, the most frequent reason and the likely cause."""
        if self.landed or not self.reasons:
            return ""
        reason, n = max(self.reasons.items(), key=lambda item: (item[1], item[0]))
        return (f"no message landed: all {self.counts['received']:,} were dead-lettered, {n:,} of them as {reason}; "
                f"{LIKELY_CAUSE.get(reason, 'see the view dead_letter_problems')} (contract: {self.contract.name}; "
                "the view dead_letter_problems has samples)")

    def lines(self) -> list[str]:
        """What came in and what became of it, for a person."""
        lines = [f"skipped {len(self.skipped)} files that a complete run has read (--reprocess reads them again)"] if self.skipped else []
        if self.empty:
            lines.append(f"skipped {self.empty} empty files")
        if self.run is None:
            return [*lines, "nothing new to read"]
        if self.run.state == "started":
            return [*lines, f"run {self.run.run_id}: handed to Dataflow; views show it once the job has succeeded"]
        c = self.counts
        return [*lines, f"run {self.run.run_id}: received {c['received']:,} = landed {self.landed:,} (late {c['late']:,}) "
                        f"+ duplicate {c['duplicate']:,} + dead-lettered {self.run.rows.get(DEAD_LETTER, 0) - c['refused']:,}"
                        + (f"; {c['refused']:,} of the landed were refused by BigQuery" if c["refused"] else "")]


class Counted(NamedTuple):
    """rows: by table. totals: received, duplicate, late and refused (by BigQuery). reasons: dead letters by reason."""

    rows: dict[str, int]
    totals: dict[str, int]
    reasons: dict[str, int]


def counted_in(metrics: Any) -> Counted:
    """Read the counters of a job that has ended."""
    totals = {name: counted(metrics, name) for name in ("received", "duplicate", "late", "refused")}
    return Counted(rows_written(metrics), totals, counted_by_name(metrics, "dead_lettered"))
