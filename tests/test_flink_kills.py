"""Every kill, before and after the first checkpoint, three times each: make chaos. Writes docs/reliability.md."""

from datetime import date
from pathlib import Path

import pytest

from tests.flink_jobs import FROM_EVENTS, compare, killed_in_the_middle

pytestmark = [pytest.mark.engine, pytest.mark.chaos]
REPORT = Path(__file__).parents[1] / "docs" / "reliability.md"
CASES = [(what, when, n) for what in ("task manager", "worker", "submitter") for when in ("before", "after") for n in (1, 2, 3)]
HEAD = """# Kills

Written by `pytest -m chaos tests/test_flink_kills.py` on {day}; do not edit.

The job reads Kafka on Flink, parallelism 2; in the middle of {messages:,} messages one of its processes gets kill -9, before or after the
job's first checkpoint. Then the views are compared with the answer sheet: events that are not shown, events shown twice, and other
figures that differ, of {figures:,}.

| killed | checkpoint | run | lost | shown twice | other figures that differ |
|---|---|--:|--:|--:|--:|
"""


@pytest.fixture(scope="module")
def lines(played):
    found: dict = {}
    yield found
    if len(found) == len(CASES):
        head = HEAD.format(day=date.today(), messages=played.messages, figures=played.figures)
        REPORT.write_text(head + "".join(f"| {' | '.join(map(str, (*case, *found[case])))} |\n" for case in CASES))


@pytest.mark.parametrize(("what", "when", "n"), CASES)
def test_a_kill_costs_nothing(servers, flink, played, lines, tmp_path, what, when, n):
    archive = tmp_path / f"{what}-{when}-{n}".replace(" ", "-")
    killed_in_the_middle(servers, flink, played, archive, what, when)
    differences = compare(archive, played).differences
    counts = [(d.expected or 0) - (d.found or 0) for d in differences if d.answer in FROM_EVENTS and d.figure == "events"]
    others = [d for d in differences if not (d.answer in FROM_EVENTS and d.figure == "events")]
    lines[what, when, n] = sum(c for c in counts if c > 0), sum(-c for c in counts if c < 0), len(others)
    assert [str(d) for d in differences] == []
