"""python -m bench.soak: the whole job under a steady load for minutes; what grows, by step, then docs/benchmarks/soak-<engine>.md."""

import argparse
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import date
from math import nan
from pathlib import Path
from typing import NamedTuple

from bench.environment import machine
from bench.heap import live_mb
from bench.live.landed import panes
from bench.processes import memory_mb, resident_mb
from bench.rounds import ROOT
from bench.samples import Samples
from gamebeam.loadgen.live import deliver, require_topic
from gamebeam.loadgen.steady import SteadyLoad
from gamebeam.schemas.contract.contract import Contract, load_contract
from gamebeam.sql.check import compare_answers
from services import children, kill_job, start
from services.flink import Flink, flink_cluster, wait_for
from services.kafka import kafka_broker
from services.prism import prism_binary

TOPIC, GAME = "soak", "starter"
LOOK_S, HEAP_S = 10, 60  # between samples; the heap's stop the task manager for some tenths of a second
STARTS_WITHIN_S, ENDS_WITHIN_S = 180, 600
TOLD, GROWN = 50, 8  # differences and classes
MAY_DIFFER = 0.10
NOT_LATE = {"delayed": 0.0, "duplicated_later": 0.0}  # late events wait an hour for others, to share a file: their state grows so long
LAYOUTS = {"flink": "Two task managers of one slot, each with a Python worker: figures are of both together.",
           "prism": "One process of the engine, one of Python."}
REASONS = """
The source's own grows with time, and the whole with it: runner 2.70 registers state anew for every residual of a splittable DoFn
and frees none (apache/beam #27648, mended by #39191 in 2.76).
"""


class Outcome(NamedTuple):
    """differences: what the views say otherwise than the answer sheet, of so many figures; panes: s after a window's end."""

    samples: Samples
    differences: list[str]
    figures: int
    panes: dict[str, float]


def main(argv: Sequence[str] | None = None) -> int:
    argv = list(sys.argv[1:] if argv is None else argv)
    parser = argparse.ArgumentParser(prog="python -m bench.soak", allow_abbrev=False, description=__doc__)
    parser.add_argument("--engine", choices=("flink", "prism"), default="flink")
    parser.add_argument("--rate", type=float, default=1_000.0, help="messages a second (default: %(default)s)")
    parser.add_argument("--minutes", type=float, default=12.0, help="measured, in quarters of whole minutes: files gather one")
    parser.add_argument("--warm-up", type=float, default=12.0,
                        help="minutes of load before the measured ones, in which the longest window passes (default: %(default)s)")
    parser.add_argument("--horizon", type=float, default=2.0, help="minutes in which a copy is known (default: %(default)s)")
    parser.add_argument("--report", type=Path)
    args = parser.parse_args(argv)
    setting = {"command": shlex.join(["python", "-m", "bench.soak", *argv]), **machine()}
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    outcome = soak(args.engine, args.rate, args.minutes * 60, args.warm_up * 60, args.horizon)
    text = report(setting, args.engine, args.rate, args.minutes * 60, args.warm_up * 60, args.horizon, outcome)
    path = args.report or ROOT / "docs" / "benchmarks" / f"soak-{args.engine}.md"
    path.write_text(text)
    print(f"{path} written", *outcome.differences[:TOLD], sep="\n", file=sys.stderr)
    return 1 if outcome.differences else 0


def report(setting: dict[str, str], engine: str, rate: float, seconds: float, warm_up: float, horizon: float, outcome: Outcome) -> str:
    m, samples = setting, outcome.samples
    rows = []
    for name in sorted(samples.values):
        first, last = samples.quarter(name, 0), samples.quarter(name, 3)
        changed = (last - first) / first if first else nan
        rows.append(f"| {name} | {first:,.2f} | {last:,.2f} | {changed:+.0%} | {'yes' if abs(changed) < MAY_DIFFER else 'no'} |")
    known = REASONS if engine == "flink" else ""
    grew = samples.heap_growth()[:GROWN]
    classes = ("From the first to the last minute these classes of the task managers grew most (MB): "
               + ", ".join(f"`{name}` {mb:+.1f}" for name, mb in grew) + ".\n") if grew else ""
    return f"""# Soak on {engine.capitalize()}

Written by `{m["command"]}` on {date.today()}; do not edit.

The whole job under {rate:,.0f} messages a second for {seconds / 60:g} minutes, after {warm_up / 60:g} minutes that are not measured;
a copy is known for {horizon:g} minutes, player and counter rollups gather one minute, the contract's lateness is three minutes, and no
event is late: else windows would grow for an hour. The longest window, of ten minutes, is kept for thirteen.
{LAYOUTS[engine]}
Machine: {m["cores"]} cores ({m["cpu"]}), {m["memory"]}, {m["system"]}; load average before {m["load"]}, after {os.getloadavg()[0]:.1f}.
Afterwards {len(outcome.differences)} of {outcome.figures:,} figures differed from the answer sheet.

| MB | first quarter | last quarter | change | less than 10 % |
|---|--:|--:|--:|---|
{chr(10).join(rows)}

From a one-minute window's end to its first on-time rows: {outcome.panes.get("p50", "?")} s (p50), {outcome.panes.get("p95", "?")} s (p95).

Means of samples every {LOOK_S} s, of live objects every {HEAP_S} s, after a full collection. Checkpoints are complete ones.
{classes}{known}"""


def soak(engine: str, rate: float, seconds: float, warm_up: float, horizon_minutes: float) -> Outcome:
    with tempfile.TemporaryDirectory() as temporary, ExitStack() as ending:
        folder = Path(temporary)
        servers = ending.enter_context(kafka_broker(folder / "kafka"))
        require_topic(servers, TOPIC)
        (folder / "config.yaml").write_text(f"horizon_minutes: {horizon_minutes}\nrollup_minutes: 1\n")
        contract = short_lateness(folder / "contract")
        source = f"kafka://{servers}/{TOPIC}?group=soak"
        run = [sys.executable, "-m", "gamebeam", "run", f"--source={source}", f"--archive={folder}/archive",
               f"--config={folder}/config.yaml", f"--contract={folder}/contract"]
        if engine == "flink":
            flink = ending.enter_context(flink_cluster(folder / "flink", 1, 2))
            job = ending.enter_context(_started([*run, *flink.job_flags, "--parallelism=2", "--max_parallelism=4"], folder / "job.log"))
            wait_for(lambda: "RUNNING" in flink.jobs().values(), "no job runs", STARTS_WITHIN_S)
            (job_id,) = flink.jobs()
            look: Callable[[Samples], None] = lambda samples: look_at_flink(flink, job_id, samples)  # noqa: E731
        else:
            job = ending.enter_context(_started([*run, "--runner=PrismRunner", f"--prism_location={prism_binary()}"], folder / "job.log"))
            look = lambda samples: look_at_prism(job, samples)  # noqa: E731
        load = SteadyLoad(contract, rate=rate, seconds=warm_up + seconds, faults=NOT_LATE)
        sending = threading.Thread(target=deliver, args=(load, load.total, servers, TOPIC, {}), daemon=True)
        samples = Samples(time.monotonic() + warm_up, seconds)
        sending.start()
        while sending.is_alive() and job.poll() is None:
            look(samples)
            sending.join(LOOK_S)
        if sending.is_alive():
            raise OSError(f"the job ended under load: {(folder / 'job.log').read_text()[-2_000:]}")
        load.write_answers(folder / "answers")
        found, until = None, time.monotonic() + ENDS_WITHIN_S
        while found is None or (found.differences and time.monotonic() < until):  # the last windows close
            time.sleep(LOOK_S)
            found = compare_answers(contract, f"{folder}/archive", f"{folder}/answers")
        return Outcome(samples, [str(d) for d in found.differences], sum(found.figures.values()), panes(folder / "archive"))


def short_lateness(folder: Path) -> Contract:
    """The starter game, whose windows are kept for three minutes after their end in place of an hour."""
    shutil.copytree(ROOT / "schemas" / "games" / GAME, folder)
    settings = folder / "contract.yaml"
    settings.write_text(settings.read_text().replace("allowed_lateness: 1h", "allowed_lateness: 3m"))
    return load_contract(str(folder))


def look_at_flink(flink: Flink, job_id: str, samples: Samples) -> None:
    """State, all and by step, from the last checkpoint; what lives in the task managers' heaps; memory of the Python workers."""
    last = flink.ask(f"/jobs/{job_id}/checkpoints")["latest"]["completed"]
    if last:
        steps = {v["id"]: step_of(v["name"]) for v in flink.ask(f"/jobs/{job_id}")["vertices"]}
        sizes: dict[str, float] = {}
        for vertex, task in flink.ask(f"/jobs/{job_id}/checkpoints/details/{last['id']}")["tasks"].items():
            sizes[steps[vertex]] = sizes.get(steps[vertex], 0.0) + task["state_size"] / 1e6
        samples.add("checkpoint: all", last["state_size"] / 1e6)
        for step, mb in sizes.items():
            samples.add(f"checkpoint: {step}", mb)
    if not samples.heaps or time.monotonic() - samples.began - samples.heaps[-1][0] >= HEAP_S:
        samples.add_heap(live_mb(p.pid for p in flink.task_managers))
    samples.add("Python workers: resident", sum(memory_mb(pid) for pid in flink.workers()))


def look_at_prism(job: subprocess.Popen[bytes], samples: Samples) -> None:
    samples.add("Prism: resident", sum(resident_mb(pid) for pid in children(job.pid)))
    samples.add("Python: resident", resident_mb(job.pid))


def step_of(name: str) -> str:
    """Of a Flink task, by Beam's names in it."""
    parts = {"Deduplicate": "deduplication", "Read": "source", "Impulse": "source", "Combine": "rollups' windows"}
    return next((step for part, step in parts.items() if part in name), "archive's windows")


@contextmanager
def _started(command: list[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as printed:
        job = start(command, printed, cwd=ROOT)
    try:
        until = time.monotonic() + STARTS_WITHIN_S
        while "STARTED" not in log.read_text():
            if job.poll() is not None or time.monotonic() > until:
                raise OSError(f"the job did not start: {log.read_text()[-2_000:]}")
            time.sleep(0.5)
        yield job
    finally:
        kill_job(job)


if __name__ == "__main__":
    sys.exit(main())
