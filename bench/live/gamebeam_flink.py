"""Gamebeam's whole job on a Flink cluster of its own, over a topic that is there already, until it has read all of it."""

import argparse
import json
import os
import sys
import tempfile
import threading
import time
from pathlib import Path

from bench.measure import MARK
from bench.processes import cpu_seconds
from engines.flink import Flink, flink_cluster
from pipeline.__main__ import main as gamebeam


class Watch(threading.Thread):
    """CPU seconds of everything below this process when the job came to run."""

    def __init__(self, flink: Flink):
        super().__init__(daemon=True)
        self.flink, self.cpu = flink, 0.0

    def run(self) -> None:
        while "RUNNING" not in self.flink.jobs().values():
            time.sleep(0.1)
        self.cpu = cpu_seconds(os.getpid())


def main() -> int:
    parser = argparse.ArgumentParser()
    for name in ("--servers", "--topic", "--out", "--parallelism"):
        parser.add_argument(name, required=True)
    args, flags = parser.parse_known_args()
    source = f"kafka://{args.servers}/{args.topic}?group={os.getpid()}&start=earliest&until=idle&idle=1s"
    with tempfile.TemporaryDirectory() as folder, flink_cluster(Path(folder), slots=int(args.parallelism)) as flink:
        watch = Watch(flink)
        watch.start()
        code = gamebeam(["run", f"--source={source}", f"--archive={args.out}", *flink.job_flags, f"--parallelism={args.parallelism}",
                         "--max_parallelism=4", *flags])
        cpu = cpu_seconds(os.getpid())
        (job_id,) = flink.jobs()
        at = flink.ask(f"/jobs/{job_id}")["timestamps"]
        print(MARK + json.dumps({"wall_s": (at["FINISHED"] - at["RUNNING"]) / 1_000, "cpu_s": cpu - watch.cpu}), flush=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
