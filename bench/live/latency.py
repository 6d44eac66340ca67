"""Gamebeam's whole job on a Flink cluster of its own under a steady load: how long messages took to the archive."""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bench.measure import MARK
from engines.flink import flink_cluster, wait_for
from loadgen.answers import DEAD, LANDED, LATE
from loadgen.live import deliver, require_topic
from loadgen.steady import SteadyLoad
from schemas.contract import load_contract

STARTS_WITHIN_S, LANDS_WITHIN_S = 180, 400
QUANTILES = (0.5, 0.95, 0.99)


def main() -> int:
    parser = argparse.ArgumentParser(allow_abbrev=False)
    for name in ("--servers", "--topic", "--out"):
        parser.add_argument(name, required=True)
    parser.add_argument("--rate", type=float, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    args = parser.parse_args()
    require_topic(args.servers, args.topic)
    contract, out = load_contract("starter"), Path(args.out)
    with tempfile.TemporaryDirectory() as folder, flink_cluster(Path(folder)) as flink:
        command = [sys.executable, "-m", "pipeline", "run", f"--source=kafka://{args.servers}/{args.topic}?group={args.topic}",
                   f"--archive={out}", *flink.job_flags, "--parallelism=2", "--max_parallelism=4"]
        job = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_for(lambda: "RUNNING" in flink.jobs().values(), "no job runs", STARTS_WITHIN_S)
            load = SteadyLoad(contract, rate=args.rate, seconds=args.seconds)
            began = time.monotonic()
            deliver(load, load.total, args.servers, args.topic, {})
            sent_s = time.monotonic() - began
            (job_id,) = flink.jobs()
            expected = sum(row[LANDED] - row[LATE] + row[DEAD] for row in load.world.answers.ledger.values())
            wait_for(lambda: landed(out) >= expected, "not everything has landed", LANDS_WITHIN_S)
            flink.cancel(job_id)
        finally:
            job.kill()
            job.wait()
    found = delays(out, "arrival_time"), panes(out)
    print(MARK + json.dumps({"sent_s": sent_s, "messages": load.total, "landed_s": found[0], "panes_s": found[1]}), flush=True)
    return 0


def landed(out: Path) -> int:
    return sum(pq.read_metadata(path).num_rows for path in out.glob("events/*/*/*/part-*.parquet") if "hour=late" not in str(path))


def delays(out: Path, column: str) -> dict[str, float]:
    """Seconds from each on-time message's arrival to its file."""
    found = []
    for path in out.glob("events/*/*/hour=[0-9]*/part-*.parquet"):
        times = pq.read_table(path, columns=[column], partitioning=None)[column].cast(pa.int64()).to_numpy()
        found.append(path.stat().st_mtime - times / 1_000)
    return _percentiles(np.concatenate(found))


def panes(out: Path) -> dict[str, float]:
    """Seconds from a window's end to its on-time rows, of the declared rollups of one minute."""
    found = []
    for path in out.glob("rollups/events_per_minute/*/part-*.parquet"):
        rows = pq.read_table(path, columns=["window_end", "pane_timing", "emitted_time"], partitioning=None)
        for row in rows.filter(pc.equal(rows["pane_timing"], "ON_TIME")).to_pylist():
            found.append((row["emitted_time"] - row["window_end"]).total_seconds())
    return _percentiles(np.array(found)) if found else {}


def _percentiles(values: np.ndarray) -> dict[str, float]:
    return {f"p{round(q * 100)}": round(float(np.quantile(values, q)), 2) for q in QUANTILES}


if __name__ == "__main__":
    sys.exit(main())
