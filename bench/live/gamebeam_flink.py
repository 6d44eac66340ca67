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

from bench.measure import MARK
from bench.processes import cpu_seconds
from engines.flink import Flink, flink_cluster
from pipeline.__main__ import main as gamebeam


class Began(threading.Thread):
    """CPU seconds so far of everything below this process, when the job came to run."""

    def __init__(self, flink: Flink):
        super().__init__(daemon=True)
        self.flink, self.cpu = flink, 0.0

    def run(self) -> None:
        while "RUNNING" not in self.flink.jobs().values():
            time.sleep(0.1)
        self.cpu = cpu_seconds(os.getpid())


def main() -> int:
    parser = argparse.ArgumentParser(allow_abbrev=False)
    for name in ("--servers", "--topic", "--out", "--parallelism"):
        parser.add_argument(name, required=True)
    args, flags = parser.parse_known_args()
    source = f"kafka://{args.servers}/{args.topic}?group=bench-{os.getpid()}&start=earliest&until=idle&idle=1s"
    with tempfile.TemporaryDirectory() as folder, flink_cluster(Path(folder), slots=int(args.parallelism)) as flink:
        began = Began(flink)
        began.start()
        code = gamebeam(["run", f"--source={source}", f"--archive={args.out}", *flink.job_flags, f"--parallelism={args.parallelism}",
                         "--max_parallelism=4", *flags])
        cpu = cpu_seconds(os.getpid()) - began.cpu
        (job_id,) = flink.jobs()
        job = flink.ask(f"/jobs/{job_id}")
        at = job["timestamps"]
        print(MARK + json.dumps({"wall_s": (at["FINISHED"] - at["RUNNING"]) / 1_000, "cpu_s": cpu, **_where(flink, job)}), flush=True)
    return code


def _where(flink: Flink, job: dict[str, Any]) -> dict[str, Any]:
    """CPU seconds of Python and of the task manager, their starts included; seconds in which the two large steps were not idle."""
    assert flink.worker_pool
    steps = {step: v["metrics"] for step in ("Read", "Deduplicate") for v in job["vertices"] if f"{{{step}, " in v["name"]}
    return {"python_cpu_s": cpu_seconds(flink.worker_pool.pid), "java_cpu_s": cpu_seconds(flink.task_managers[0].pid),
            "steps": {step: {"elements": m["read-records"] or m["write-records"], "busy_s": m["accumulated-busy-time"] / 1_000,
                             "waiting_s": m["accumulated-backpressured-time"] / 1_000} for step, m in steps.items()}}


if __name__ == "__main__":
    sys.exit(main())
