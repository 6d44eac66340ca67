"""Gamebeam's whole job on a Flink cluster of its own under a steady load: how long messages took to the archive."""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.live.landed import delays, landed, panes
from bench.measure import MARK
from gamebeam.loadgen.answers import DEAD, LANDED, LATE
from gamebeam.loadgen.live import deliver, require_topic
from gamebeam.loadgen.steady import SteadyLoad
from gamebeam.schemas.contract.contract import load_contract
from services.flink import flink_cluster, wait_for

STARTS_WITHIN_S, LANDS_WITHIN_S = 180, 400


def main() -> int:
    parser = argparse.ArgumentParser(allow_abbrev=False)
    for name in ("--servers", "--topic", "--out"):
        parser.add_argument(name, required=True)
    parser.add_argument("--rate", type=float, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    args = parser.parse_args()
    require_topic(args.servers, args.topic)
    contract, out = load_contract("starter"), Path(args.out)
    with tempfile.TemporaryDirectory() as folder, flink_cluster(Path(folder), 1, 2) as flink:
        command = [sys.executable, "-m", "gamebeam", "run", "--contract=starter", f"--source=kafka://{args.servers}/{args.topic}?group={args.topic}",
                   f"--archive={out}", *flink.job_flags, "--parallelism=2", "--max_parallelism=4"]
        job = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_for(lambda: "RUNNING" in flink.jobs().values(), "no job runs", STARTS_WITHIN_S)
            load = SteadyLoad(contract, rate=args.rate, seconds=args.seconds)
            began, launched = time.monotonic(), time.time()
            deliver(load, load.total, args.servers, args.topic, {})
            sent_s = time.monotonic() - began
            (job_id,) = flink.jobs()
            expected = sum(row[LANDED] - row[LATE] + row[DEAD] for row in load.world.answers.ledger.values())
            wait_for(lambda: landed(out) >= expected, "not everything has landed", LANDS_WITHIN_S)
            flink.cancel(job_id)
        finally:
            job.kill()
            job.wait()
    found = delays(out), panes(out, launched)
    print(MARK + json.dumps({"sent_s": sent_s, "messages": load.total, "landed_s": found[0], "panes_s": found[1]}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
