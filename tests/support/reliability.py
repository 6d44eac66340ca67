"""docs/benchmarks/reliability.md: a row for every kill that a test tried. A row stays until its case is run again."""

from datetime import date
from pathlib import Path

from tests.support.flink_jobs import FROM_EVENTS, Played, compare

REPORT = Path(__file__).parents[2] / "docs" / "benchmarks" / "reliability.md"
HEAD = """# Kills

Written by `make chaos`; do not edit. A row stays until its case is run again: `on` says when it was.

The whole job on Flink, parallelism 2. While {messages:,} messages are sent, one of its processes gets `kill -9`, before or after the
job's first checkpoint. At the end the views are compared with the answer sheet: events and dead letters that no view shows, those shown
twice, and all other figures that differ, of those compared. Seconds: from the kill until nothing differed; most messages are sent in them.
Pub/Sub brings again what was taken and not yet acknowledged: such messages are received twice, and in this quick day may count as late,
so there ledger and declared rollups are not compared: fewer figures.

| source | killed | checkpoint | round | lost | shown twice | other figures that differ | compared | seconds | on |
|---|---|---|--:|--:|--:|--:|--:|--:|---|
"""


def record(case: tuple[str, str, str, int], archive: Path, played: Played, seconds: float, answers: tuple[str, ...] = ()) -> list[str]:
    """What differs in these answers, or in all, after it was written down.

    case: source, what was killed, before or after the first checkpoint, the round.
    """
    comparison = compare(archive, played, answers)
    missing = [(d.expected or 0) - (d.found or 0) for d in comparison.differences
               if d.answer in FROM_EVENTS and d.figure in ("events", "messages")]
    others = len(comparison.differences) - len(missing)
    row = (*case, sum(n for n in missing if n > 0), -sum(n for n in missing if n < 0), others, f"{sum(comparison.figures.values()):,}",
           round(seconds), date.today())
    rows = {r[:4]: r for r in (*_rows(), tuple(map(str, row)))}
    head = HEAD.format(messages=played.messages)
    ordered = sorted(rows.values(), key=lambda r: (*r[:2], r[2] == "after", r[3]))
    REPORT.write_text(head + "".join(f"| {' | '.join(r)} |\n" for r in ordered))
    return [str(d) for d in comparison.differences]


def _rows() -> list[tuple[str, ...]]:
    lines = REPORT.read_text().splitlines() if REPORT.exists() else []
    table = [line for line in lines if line.startswith("|")][2:]
    return [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in table]
