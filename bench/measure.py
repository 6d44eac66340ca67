"""What every contender shares: its command line, and the measured part of its life. Standard library only."""

import argparse
import json
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from bench.processes import cpu_seconds

MARK = "bench-measured "  # the line with this before its JSON is the measurement; anything else that a contender prints is not


def arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--source", required=True, help="folder of the messages: JSON lines")
    parser.add_argument("--out", required=True, help="folder to write to; it does not exist yet")
    return parser.parse_args(argv)


@contextmanager
def job_part() -> Iterator[None]:
    """Around the job itself, after imports and sessions: prints its wall and CPU seconds (the process and all below it)."""
    wall, cpu = time.perf_counter(), cpu_seconds(os.getpid())
    yield
    took = {"wall_s": time.perf_counter() - wall, "cpu_s": cpu_seconds(os.getpid()) - cpu}
    print(MARK + json.dumps(took), flush=True)


def measurement(output: str) -> dict[str, float]:
    """The measurement in what a contender printed."""
    for line in output.splitlines():
        if line.startswith(MARK):
            return json.loads(line.removeprefix(MARK))
    raise ValueError("no measurement printed")
