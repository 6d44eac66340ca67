"""python -m bench.door: the collector beside the write-ups' Flask + kafka-python, driven by wrk, in turns; then docs/bench-door.md."""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from bench.environment import MissingTool, machine
from bench.rounds import ROOT
from collector.keys import add_key
from engines import end, free_port, wait_for_port
from engines.kafka import kafka_broker

PINS = ("flask==3.1.3", "kafka-python==3.0.12")
HERE = Path(__file__).parent
CONNECTIONS = 32


class Load(NamedTuple):
    title: str
    server: str  # collector or flask
    batch: int


LOADS = (Load("Gamebeam's collector, 100 events a request", "collector", 100),
         Load("Gamebeam's collector, one event a request", "collector", 1),
         Load("Flask + kafka-python, one event a request", "flask", 1))


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.door", allow_abbrev=False, description=__doc__)
    parser.add_argument("--seconds", type=int, default=10, help="of each load (default: %(default)s)")
    parser.add_argument("--runs", type=int, default=3, help="rounds, of which the median is reported (default: %(default)s)")
    parser.add_argument("--workers", type=int, default=1, help="processes of the collector (default: %(default)s)")
    parser.add_argument("--report", type=Path, default=ROOT / "docs" / "bench-door.md")
    args = parser.parse_args(argv)
    wrk = shutil.which("wrk")
    if wrk is None:
        raise MissingTool("wrk is not on this machine: apt-get install wrk")
    here, results = machine(), {load: [] for load in LOADS}
    with tempfile.TemporaryDirectory() as folder, kafka_broker(Path(folder) / "kafka") as servers:
        admin = AdminClient({"bootstrap.servers": servers})
        admin.create_topics([NewTopic("events", 4)])["events"].result()
        for number in range(args.runs):
            for load in LOADS:
                with _server(load.server, Path(folder), servers, args.workers) as (url, key):
                    before = _messages(servers)
                    _drive(wrk, load, url, key, 2)  # warm
                    result = _drive(wrk, load, url, key, args.seconds)
                    if load.server == "collector" and _messages(servers) - before < result["requests"] * load.batch:
                        raise OSError(f"{load.title}: fewer messages at the broker than were acknowledged")
                results[load].append(result)
                print(f"round {number + 1}: {load.title}: {rate(load, result):,.0f} events/s", file=sys.stderr)
    args.report.write_text(report(results, here, args))
    return 0


@contextmanager
def _server(kind: str, folder: Path, servers: str, workers: int) -> Iterator[tuple[str, str]]:
    port, key, here = free_port(), "", Path(tempfile.mkdtemp(dir=folder))
    if kind == "flask":
        command: list[Any] = [_flask_python(), HERE / "contenders" / "flask_kafka.py", port, servers, "events"]
    else:
        key = add_key(here / "keys.json", "starter", "live")
        (here / "collector.yaml").write_text(json.dumps({
            "games": {"starter": {"contract": "starter", "to": f"kafka://{servers}/events"}}, "keys": str(here / "keys.json"),
            "queue": str(here / "queue.sqlite"), "listen": f"127.0.0.1:{port}", "workers": workers, "rate": 1e9}))
        command = [sys.executable, "-m", "collector", "serve", f"--config={here / 'collector.yaml'}"]
    with (here / "log").open("wb") as log:
        process = subprocess.Popen([str(c) for c in command], stdout=log, stderr=log, cwd=ROOT)
    try:
        wait_for_port(process, port, here / "log")
        yield f"http://127.0.0.1:{port}", key
    finally:
        end(process, 60)


def _drive(wrk: str, load: Load, url: str, key: str, seconds: int) -> dict[str, float]:
    script = HERE / "load" / ("writeup.lua" if load.server == "flask" else "events.lua")
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as both:
        both.write((HERE / "load" / "summary.lua").read_text() + script.read_text())
        both.flush()
        values = {"KEY": key, "BATCH": str(load.batch), "NOW": str(time.time_ns() // 1_000_000)}
        done = subprocess.run([wrk, "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout=10s", "-s", both.name, url],
                              env={**os.environ, **values}, capture_output=True, text=True, check=True)
    line = next(line for line in done.stdout.splitlines() if line.startswith("bench-load "))
    return dict(json.loads(line.removeprefix("bench-load ")))


def _messages(servers: str) -> int:
    consumer = Consumer({"bootstrap.servers": servers, "group.id": "count"})
    try:
        return sum(consumer.get_watermark_offsets(TopicPartition("events", n), timeout=30)[1] for n in range(4))
    finally:
        consumer.close()


def _flask_python() -> Path:
    """The interpreter of a venv with PINS; made at the first call."""
    folder = ROOT / ".cache" / "bench-flask"
    python = folder / "bin" / "python"
    if not (folder / "ready").exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", *PINS], check=True)
        (folder / "ready").touch()
    return python


def rate(load: Load, run: dict[str, float]) -> float:
    """Events a second."""
    return run["requests"] / run["seconds"] * load.batch


def report(results: dict[Load, list[dict[str, float]]], here: dict[str, str], args: argparse.Namespace) -> str:
    rows = []
    for load, runs in results.items():
        rates = [rate(load, run) for run in runs]
        times = statistics.median(ours / rate(LOADS[-1], flask) for ours, flask in zip(rates, results[LOADS[-1]], strict=True))
        requests, p50, p99 = (statistics.median(values) for values in zip(
            *((run["requests"] / run["seconds"], run["p50_ms"], run["p99_ms"]) for run in runs), strict=True))
        rows.append(f"| {load.title} | {statistics.median(rates):,.0f} ({min(rates):,.0f}–{max(rates):,.0f}) | {times:.1f} "
                    f"| {requests:,.0f} | {p50:.1f} | {p99:.1f} | {sum(int(run['errors']) for run in runs)} |")
    return f"""# The front door, measured

Written by `python -m bench.door --seconds={args.seconds} --runs={args.runs} --workers={args.workers}` on {date.today()}; do not edit.

wrk, one thread and {CONNECTIONS} connections, random users; one Kafka broker behind both, everything on the same machine:
{here['cores']} cores ({here['cpu']}), {here['memory']}, {here['system']}; load average before the first run {here['load']}.
Python {here['python']}, {', '.join(PINS)}.

| server | events/s (slowest to fastest run) | times Flask's | requests/s | p50 ms | p99 ms | errors |
|---|--:|--:|--:|--:|--:|--:|
{chr(10).join(rows)}

Medians over {args.runs} interleaved rounds of {args.seconds} s; of the ratio, the rounds' own.
The collector (processes: {args.workers}) checks the key, scrubs, validates every event under the contract, stamps it, and answers
when the broker has acknowledged. The write-ups' code is served by Flask's own server, as they served it, validates nothing, and
answers before the broker has the event.
"""


if __name__ == "__main__":
    sys.exit(main())
