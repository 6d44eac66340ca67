"""python -m bench.door: the collector beside the write-ups' Flask + kafka-python, driven by wrk, in turns; then docs/benchmarks/door.md."""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

from bench.door_servers import PINS, RESTS_WITHIN_S, create_topic, messages, server
from bench.environment import MissingTool, machine
from bench.rounds import ROOT
from services.kafka import kafka_broker
from services.redis import redis_server

SCRIPTS = Path(__file__).parent / "load"
WARM_S = 3


class Load(NamedTuple):
    title: str
    server: str  # collector, game or flask
    script: str
    batch: int
    connections: int


LOADS = (Load("Gamebeam's collector, 100 events a request", "collector", "events.lua", 100, 32),
         Load("Gamebeam's collector, one event a request", "collector", "events.lua", 1, 32),
         Load("Gamebeam's collector, one event a request", "collector", "events.lua", 1, 128),
         Load("Gamebeam's game API, one action a request", "game", "game.lua", 1, 32),
         Load("Flask + kafka-python, one event a request", "flask", "writeup.lua", 1, 32),
         Load("Flask + kafka-python, one event a request", "flask", "writeup.lua", 1, 128))
FLASK = [load for load in LOADS if load.server == "flask"]
Run = dict[str, float]  # requests, seconds, p50_ms, p99_ms, errors


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.door", allow_abbrev=False, description=__doc__)
    parser.add_argument("--seconds", type=int, default=10, help="of each load (default: %(default)s)")
    parser.add_argument("--runs", type=int, default=3, help="rounds, of which the median is reported (default: %(default)s)")
    parser.add_argument("--workers", type=int, default=2, help="processes of the collector (default: %(default)s)")
    parser.add_argument("--report", type=Path, default=ROOT / "docs" / "benchmarks" / "door.md")
    args = parser.parse_args(argv)
    wrk = shutil.which("wrk")
    if wrk is None:
        raise MissingTool("wrk is not on this machine: apt-get install wrk")
    here, results = machine(), {load: list[Run]() for load in LOADS}
    with tempfile.TemporaryDirectory() as at, kafka_broker(Path(at) / "kafka") as servers, redis_server(Path(at) / "redis") as redis:
        create_topic(servers)
        for number in range(args.runs):
            for load in LOADS:
                with server(load.server, Path(at), servers, redis, args.workers) as (url, key):
                    before = messages(servers)
                    warm = drive(wrk, load, url, key, WARM_S)
                    run = drive(wrk, load, url, key, args.seconds)
                    if load.server != "flask":  # which answers before the broker has the event
                        _all_there(servers, before + int(warm["requests"] + run["requests"]) * load.batch, load)
                results[load].append(run)
                print(f"round {number + 1}: {load.title}, {load.connections}: {rate(load, run):,.0f} events/s", file=sys.stderr)
    args.report.write_text(report(results, here, args))
    return 0


def drive(wrk: str, load: Load, url: str, key: str, seconds: int) -> Run:
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as both:
        both.write((SCRIPTS / "summary.lua").read_text() + (SCRIPTS / load.script).read_text())
        both.flush()
        values = {"KEY": key, "BATCH": str(load.batch), "NOW": str(time.time_ns() // 1_000_000)}
        done = subprocess.run([wrk, "-t1", f"-c{load.connections}", f"-d{seconds}s", "--timeout=10s", "-s", both.name, url],
                              env={**os.environ, **values}, capture_output=True, text=True, check=True)
    line = next(line for line in done.stdout.splitlines() if line.startswith("bench-load "))
    return dict(json.loads(line.removeprefix("bench-load ")))


def _all_there(servers: str, wanted: int, load: Load) -> None:
    """The collector's are there when it answers; the game API's come out of their outbox."""
    until = time.monotonic() + (RESTS_WITHIN_S if load.server == "game" else 0)
    while (there := messages(servers)) < wanted:
        if time.monotonic() >= until:
            raise OSError(f"{load.title}: {wanted:,} were acknowledged, {there:,} are at the broker")
        time.sleep(0.2)


def rate(load: Load, run: Run) -> float:
    """Events a second."""
    return run["requests"] / run["seconds"] * load.batch


def report(results: dict[Load, list[Run]], here: dict[str, str], args: argparse.Namespace) -> str:
    flask = [max(rate(load, results[load][n]) for load in FLASK) for n in range(args.runs)]  # the better of its two in each round
    rows = []
    for load, runs in results.items():
        rates = [rate(load, run) for run in runs]
        times = statistics.median(ours / theirs for ours, theirs in zip(rates, flask, strict=True))
        requests, p50, p99 = (statistics.median(values) for values in zip(
            *((run["requests"] / run["seconds"], run["p50_ms"], run["p99_ms"]) for run in runs), strict=True))
        rows.append(f"| {load.title} | {load.connections} | {statistics.median(rates):,.0f} ({min(rates):,.0f}–{max(rates):,.0f}) "
                    f"| {times:.1f} | {requests:,.0f} | {p50:.1f} | {p99:.1f} | {sum(int(run['errors']) for run in runs)} |")
    return f"""# The front door, measured

Written by `python -m bench.door --seconds={args.seconds} --runs={args.runs} --workers={args.workers}` on {date.today()}; do not edit.

wrk with one thread, random users; one Kafka broker behind all of them, everything on the same machine:
{here['cores']} cores ({here['cpu']}), {here['memory']}, {here['system']}; load average before the first run {here['load']}.
Python {here['python']}, {', '.join(PINS)}.

| server | connections | events/s (slowest to fastest run) | times Flask's | requests/s | p50 ms | p99 ms | errors |
|---|--:|--:|--:|--:|--:|--:|--:|
{chr(10).join(rows)}

Medians over {args.runs} interleaved rounds of {args.seconds} s; of the ratio, the rounds' own, to the better of Flask's two.
The collector (processes: {args.workers}) checks the key, scrubs, validates every event under the contract, stamps it, and answers
when the broker has acknowledged. The game API checks a rule, changes the player's account in Redis (Valkey, each write synced to disk)
and notes the event in one script; the event follows to the broker. The write-ups' code is served by Flask's own server, as they
served it, validates and keeps nothing, and answers before the broker has the event.
"""


if __name__ == "__main__":
    sys.exit(main())
