"""A stranger's path: the command blocks of README and of the quickstart run as they are printed."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```\n(gamebeam .*?)^```", re.MULTILINE | re.DOTALL)
DAY = 86_400_000


def commands(page: str, start: str, end: str) -> list[str]:
    """The lines of the command blocks between two headings of a page."""
    text = (ROOT / page).read_text()
    return [line for block in BLOCK.findall(text[text.index(start):text.index(end)]) for line in block.splitlines()]


def run_all(lines: list[str], folder: Path) -> None:
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    for line in lines:
        done = subprocess.run(line, shell=True, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"


def test_own_json_lines_become_a_chart_in_the_five_commands_of_the_readme(tmp_path):
    events = [{"id": f"e{n}", "kind": kind, "ts": 1_790_000_000_000 + n * DAY // 40, "user": f"u{n % 7}", "build": "1.2", **own}
              for n, (kind, own) in enumerate([("match_end", {"score": 10, "won": True}), ("shop_buy", {"item": "hat", "usd": 1.99})] * 60)]
    (tmp_path / "events.jsonl").write_text("".join(json.dumps(event) + "\n" for event in events))
    lines = commands("README.md", "## Your own events in five commands", "## The job")
    assert len(lines) == 5
    run_all(lines, tmp_path)
    report = (tmp_path / "report.html").read_text()
    assert "Events by day" in report and "match_end" in report and '"mark"' in report  # a chart of the game's own types


@pytest.mark.parametrize("page", ["docs/quickstart.md"])
def test_every_command_of_the_quickstart_runs_as_printed(page, tmp_path):
    run_all(commands(page, "## 1.", "## What next"), tmp_path)
    assert (tmp_path / "report.html").stat().st_size > 10_000
