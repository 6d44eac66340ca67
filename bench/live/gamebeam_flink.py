"""Gamebeam's whole job on a Flink cluster of its own, over a topic that is there already, until it has read all of it."""

import argparse
import json
import os
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

from bench.measure import MARK
from bench.processes import cpu_seconds
from gamebeam.pipeline.cli.__main__ import main as gamebeam
from services.flink import Flink, flink_cluster

FETCHED_S = 1.0  # how old Flink's metrics may be, metrics.fetcher.update-interval


class Began(threading.Thread):
    """When the first task that reads had a worker, at the latest: s since 1970; and CPU seconds so far of everything below this process."""

    def __init__(self, flink: Flink):
        super().__init__(daemon=True)
        self.flink, self.cpu, self.at = flink, 0.0, 0.0

    def run(self) -> None:
        while not self._reads():
            self.cpu, self.at = cpu_seconds(os.getpid()), time.time() - FETCHED_S
            time.sleep(0.1)

    def _reads(self) -> bool:
        try:
            vertices = [v for job_id in self.flink.jobs() for v in self.flink.ask(f"/jobs/{job_id}")["vertices"]]
        except HTTPError:  # a job that is not yet there
            return False
        return any(v["metrics"]["read-records"] for v in vertices if is_step("Read", v))


def main() -> int:
    parser = argparse.ArgumentParser(allow_abbrev=False)
    for name in ("--servers", "--topic", "--out", "--parallelism"):
        parser.add_argument(name, required=True)
    args, flags = parser.parse_known_args()
    source = f"kafka://{args.servers}/{args.topic}?group=bench-{os.getpid()}&start=earliest&until=idle&idle=100ms"
    with tempfile.TemporaryDirectory() as folder, flink_cluster(Path(folder), 1, int(args.parallelism)) as flink:
        began = Began(flink)
        began.start()
        code = gamebeam(["run", "--contract=starter", f"--source={source}",
                         f"--archive={args.out}", *flink.job_flags, f"--parallelism={args.parallelism}",
                         "--max_parallelism=4", *flags])
        cpu = cpu_seconds(os.getpid()) - began.cpu
        (job_id,) = flink.jobs()
        job = flink.ask(f"/jobs/{job_id}")
        at = job["timestamps"]
        print(MARK + json.dumps({"wall_s": at["FINISHED"] / 1_000 - began.at, "start_s": began.at - at["RUNNING"] / 1_000, "cpu_s": cpu,
                                 **_where(flink, job)}), flush=True)
    return code


def is_step(name: str, vertex: dict[str, Any]) -> bool:
    """Whether a task runs the step, and what is fused with it."""
    return f"{{{name}, " in vertex["name"]


def _where(flink: Flink, job: dict[str, Any]) -> dict[str, Any]:
    """CPU seconds of Python and of the task managers, their starts included; seconds in which the two large steps were not idle."""
    assert flink.worker_pool
    steps = {step: v["metrics"] for step in ("Read", "Deduplicate") for v in job["vertices"] if is_step(step, v)}
    return {"python_cpu_s": cpu_seconds(flink.worker_pool.pid), "java_cpu_s": sum(cpu_seconds(t.pid) for t in flink.task_managers),
            "steps": {step: {"elements": m["read-records"] or m["write-records"], "busy_s": m["accumulated-busy-time"] / 1_000,
                             "waiting_s": m["accumulated-backpressured-time"] / 1_000} for step, m in steps.items()}}


if __name__ == "__main__":
    sys.exit(main())
