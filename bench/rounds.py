"""Runs contenders as whole processes, one after the other, round by round, and watches their memory."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

import pyarrow.parquet as pq

from bench.contenders import Contender
from bench.environment import MissingTool
from bench.measure import measurement
from bench.messages import Messages
from bench.processes import memory_mb

ROOT = Path(__file__).parent.parent
LOOK_EVERY_S = 0.2
LONGEST_S = 1800


@dataclass(frozen=True)
class Run:
    wall_s: float  # of the job part alone, as the contender measured it
    cpu_s: float
    peak_mb: float  # of the whole process tree, start-up included
    rows: dict[str, int]  # rows in the Parquet files: events, dead_letters, rollups


@dataclass
class Result:
    contender: Contender
    messages: int
    runs: list[Run] = field(default_factory=list)
    problem: str | None = None  # why there are no runs, or no more
    failed: bool = False  # the problem is the contender's own, not a missing tool


def measure(contenders: Sequence[Contender], messages: Messages, runs: int, cache: Path, python: Callable[[Contender], Path],
            tell: Callable[[str], None]) -> list[Result]:
    """Interleaved: each round runs every contender once, so that a machine that slows down slows all of them."""
    results = [Result(c, messages.count) for c in contenders]
    for number in range(1, runs + 1):
        for result in results:
            if result.problem:
                continue
            try:
                run = run_once(result.contender, messages, cache, python(result.contender))
            except MissingTool as e:
                result.problem = str(e)
            except RuntimeError as e:
                result.problem, result.failed = str(e), True
            else:
                result.runs.append(run)
                tell(f"round {number}: {result.contender.title}: {run.wall_s:.1f} s, {messages.count / run.wall_s:,.0f} events/s, "
                     f"{run.cpu_s:.1f} CPU s, {run.peak_mb:,.0f} MB")
            if result.problem:
                tell(f"round {number}: {result.contender.title}: {result.problem}")
    return results


def run_once(contender: Contender, messages: Messages, cache: Path, python: Path) -> Run:
    out, log = cache / "out" / contender.name, cache / f"{contender.name}.log"
    shutil.rmtree(out, ignore_errors=True)
    out.parent.mkdir(parents=True, exist_ok=True)
    command = [str(python), "-m", f"bench.contenders.{contender.name}", f"--source={messages.folder}", f"--out={out}"]
    with tempfile.TemporaryDirectory() as scratch, log.open("w+") as printed:
        environment = os.environ | {"PYTHONPATH": str(ROOT), "SPARK_LOCAL_DIRS": scratch, "TMPDIR": scratch}
        # cwd is scratch: Spark leaves folders of its own where it is started
        process = subprocess.Popen(command, cwd=scratch, env=environment, stdout=printed, stderr=subprocess.STDOUT, start_new_session=True)
        try:
            peak = _watch(process)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        took = measured(process, printed, log)
    run = Run(took["wall_s"], took["cpu_s"], peak, rows_written(out))
    shutil.rmtree(out)
    return run


def measured(process: subprocess.Popen, printed: TextIO, log: Path) -> dict[str, float]:
    """The measurement of a contender that has ended; RuntimeError if it failed."""
    if process.returncode:
        raise RuntimeError(f"failed with exit code {process.returncode}; see {os.path.relpath(log)}")
    printed.seek(0)
    return measurement(printed.read())


def _watch(process: subprocess.Popen) -> float:
    """Peak MB of the process tree until it ends, or is past its time."""
    peak, until = 0.0, time.monotonic() + LONGEST_S
    while process.poll() is None and time.monotonic() < until:
        peak = max(peak, memory_mb(process.pid))
        time.sleep(LOOK_EVERY_S)
    return peak


def rows_written(out: Path) -> dict[str, int]:
    """Rows by kind. Only an archive of Gamebeam's has dead letters and rollups."""
    rows = {"events": 0, "dead_letters": 0, "rollups": 0}
    for path in out.rglob("*.parquet"):
        parts = path.relative_to(out).parts
        kind = "rollups" if parts[0] == "rollups" else "dead_letters" if "dead_letter" in parts else "events"
        rows[kind] += pq.read_metadata(path).num_rows
    return rows


def own_python(spark: Callable[[], Path]) -> Callable[[Contender], Path]:
    """Spark's contenders run in Spark's environment, the others in this one."""
    return lambda contender: spark() if contender.on_spark else Path(sys.executable)
