"""python -m bench.players: how old a player's state in Redis is while events come in, and how long reading it takes; then docs."""

import argparse
import json
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

from bench.door_servers import TOPIC, create_topic, server
from bench.environment import machine
from bench.processes import cpu_seconds
from bench.rounds import ROOT
from gamebeam.clients.python.gamebeam_client import Transport
from gamebeam.loadgen.payloads import payload
from gamebeam.schemas.contract.contract import load_contract
from gamebeam.transforms.sinks.player_store.store import PlayerStore, order
from services import end
from services.kafka import kafka_broker
from services.prism import prism_binary
from services.redis import redis_server

STARTER = load_contract("starter")
PLAYERS, WATCHED = 5_000, 100
SEND_S, LOOK_S = 0.05, 0.1  # between requests, and between looks at the watched
ALONE_READS, BUNDLE_S = 2_000, 0.25
STARTS_WITHIN_S, ARRIVES_WITHIN_S = 300, 120


class Measured(NamedTuple):
    sent: float  # events a second
    reads_ms: list[float]
    ages_s: list[float]  # of watched events, from event_time until the state shows them
    job_cores: float
    updated_ms: list[float]  # reads while only the store's updates come in, and no job, broker and client need the cores
    alone_ms: list[float]  # reads while nothing else happens


class Sender(threading.Thread):
    """Random events of random players, as they happen, through the collector; remembers when it sent those of the watched."""

    def __init__(self, url: str, key: str, rate: int):
        super().__init__(daemon=True)
        self.transport, self.rate, self.rng = Transport(url, key), rate, random.Random(7)
        self.ended, self.measuring = threading.Event(), threading.Event()
        self.unseen: dict[str, deque[int]] = defaultdict(deque)
        self.sent, self.numbers = 0, dict[int, int]()

    def run(self) -> None:
        began, due = time.monotonic(), 0.0
        while not self.ended.is_set():
            due += self.rate * SEND_S
            while due >= 1:
                some, due = min(int(due), 500), due - min(int(due), 500)
                self.transport.send([self._event() for _ in range(some)])
                self.sent += some
            time.sleep(max(0.0, began + (self.sent + due) / self.rate - time.monotonic()))

    def _event(self) -> bytes:
        number, kind, now = self.rng.randrange(PLAYERS), self.rng.choice(list(STARTER.events)), time.time_ns() // 1_000_000
        self.numbers[number] = seq = self.numbers.get(number, 0) + 1
        if number < WATCHED and self.measuring.is_set():
            self.unseen[f"p{number}"].append(now)
        own = {n: v for n, v in payload(STARTER, kind, {}, self.rng, now, "", 1).items() if v is not None}
        return json.dumps({"event_id": f"{number}-{seq}", "event_type": kind, "event_time": now, "player_id": f"p{number}",
                           "install_id": f"i{number}", "seq": seq, "platform": "android", "app_version": "1.4.1"} | own).encode()


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.players", allow_abbrev=False, description=__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="measured, after a warm-up (default: %(default)s)")
    parser.add_argument("--rate", type=int, default=2_000, help="events a second (default: %(default)s)")
    parser.add_argument("--reads", type=int, default=200, help="reads of a random player a second (default: %(default)s)")
    parser.add_argument("--warm", type=int, default=20, help="seconds before it (default: %(default)s)")
    parser.add_argument("--report", type=Path, default=ROOT / "docs" / "benchmarks" / "players.md")
    args = parser.parse_args(argv)
    here = machine()
    with tempfile.TemporaryDirectory() as at, kafka_broker(Path(at) / "kafka") as servers, \
            redis_server(Path(at) / "redis", fsync="everysec") as redis:
        create_topic(servers)
        store = PlayerStore(redis, STARTER.name)
        with server("collector", Path(at), servers, redis, 1) as (url, key), _job(Path(at), servers, redis) as job:
            sender = Sender(url, key, args.rate)
            sender.start()
            _until(lambda: bool(store.last_seen("live", ["p0"])), STARTS_WITHIN_S, "the job shows nobody")
            print(f"the job runs, {sender.sent:,} events sent", file=sys.stderr)
            time.sleep(args.warm)
            measured = measure(store, redis, sender, job, args)
        print("the job has ended", file=sys.stderr)
        measured = measured._replace(updated_ms=reads_beside_updates(redis, args), alone_ms=read_often(redis, ALONE_READS, args.seconds))
    args.report.write_text(report(measured, here, args))
    print(args.report.read_text())
    return 0


def measure(store: PlayerStore, redis: str, sender: Sender, job: int, args: argparse.Namespace) -> Measured:
    with ProcessPoolExecutor(1, get_context("spawn")) as elsewhere:  # the sender would hold this process's interpreter
        elsewhere.submit(time.monotonic).result()
        sender.measuring.set()
        began, sent, cpu = time.monotonic(), sender.sent, cpu_seconds(job)
        ages = list[float]()
        watcher = threading.Thread(target=_watch, args=(store, sender, ages), daemon=True)
        watcher.start()
        reads = elsewhere.submit(read_often, redis, args.reads, args.seconds).result()
    elapsed = time.monotonic() - began
    result = Measured((sender.sent - sent) / elapsed, reads, ages, (cpu_seconds(job) - cpu) / elapsed, [], [])
    sender.measuring.clear()
    _until(lambda: not any(sender.unseen.values()), ARRIVES_WITHIN_S, "events of the watched never reached their state")
    sender.ended.set()
    sender.join()
    watcher.join()
    return result


def read_often(redis: str, rate: int, seconds: float) -> list[float]:
    """Milliseconds of each read of a random player, so many a second."""
    store, rng, reads, began = PlayerStore(redis, STARTER.name), random.Random(8), list[float](), time.monotonic()
    while time.monotonic() < began + seconds:
        before = time.perf_counter()
        store.read("live", f"p{rng.randrange(PLAYERS)}")
        reads.append((time.perf_counter() - before) * 1_000)
        time.sleep(max(0.0, began + len(reads) / rate - time.monotonic()))
    return reads


def reads_beside_updates(redis: str, args: argparse.Namespace) -> list[float]:
    with ProcessPoolExecutor(2, get_context("spawn")) as elsewhere:
        writing = elsewhere.submit(update_often, redis, args.rate, args.seconds + 5)
        reads = elsewhere.submit(read_often, redis, ALONE_READS, args.seconds).result()
        writing.result()
    return reads


def update_often(redis: str, rate: int, seconds: float) -> None:
    """Random players' last known values once more, as newer: so many players a second, as many at once as a bundle of the job has."""
    store, rng, began, turn = PlayerStore(redis, STARTER.name), random.Random(9), time.monotonic(), 0
    players = (f"p{n}" for n in range(PLAYERS))
    known = {p: {name: json.dumps(v["value"]).encode() for name, v in store.read("live", p).items()} for p in players}
    there = [p for p in known if known[p]]
    while time.monotonic() < began + seconds:
        now = order(time.time_ns() // 1_000_000, turn, "")
        some = rng.sample(there, int(rate * BUNDLE_S))
        store.update({("live", p): {name: (now, value) for name, value in known[p].items()} for p in some})
        turn += 1
        time.sleep(max(0.0, began + turn * BUNDLE_S - time.monotonic()))


def _watch(store: PlayerStore, sender: Sender, ages: list[float]) -> None:
    """Notes how old each event of a watched player is once the state is as new as it."""
    watched = [f"p{n}" for n in range(WATCHED)]
    while not sender.ended.is_set():
        seen, now = store.last_seen("live", watched), time.time()
        for player, at in seen.items():
            waiting = sender.unseen[player]
            while waiting and waiting[0] <= at:
                ages.append(now - waiting.popleft() / 1_000)
        time.sleep(LOOK_S)


@contextmanager
def _job(at: Path, servers: str, redis: str) -> Iterator[int]:
    """The pid of a job on Prism."""
    command = [sys.executable, "-m", "gamebeam", "run", f"--contract={STARTER.name}", f"--source=kafka://{servers}/{TOPIC}",
               f"--archive={at / 'archive'}", f"--players={redis}", "--runner=PrismRunner", f"--prism_location={prism_binary()}"]
    with (at / "job.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=ROOT)
    try:
        yield process.pid
        if process.poll() is not None:
            raise OSError(f"the job ended: {(at / 'job.log').read_text()[-2_000:]}")
    finally:
        end(process, 120)


def _until(condition: Callable[[], bool], seconds: float, otherwise: str) -> None:
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            raise OSError(f"{otherwise} within {seconds:g} s")
        time.sleep(0.5)


def percentile(values: list[float], percent: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def report(measured: Measured, here: dict[str, str], args: argparse.Namespace) -> str:
    def row(title: str, values: list[float]) -> str:
        shown = (*(percentile(values, percent) for percent in (50, 95, 99)), max(values))
        return f"| {title} | {len(values):,} | {' | '.join(f'{value:.2f}' for value in shown)} |"

    return f"""# Player state, measured

Written by `python -m bench.players --seconds={args.seconds} --rate={args.rate} --reads={args.reads}` on {date.today()}; do not edit.

A client sends events of {PLAYERS:,} players as they happen, {measured.sent:,.0f} a second, to the collector; collector → Kafka → job on
Prism → Redis (Valkey, synced to disk every second, its default). All of it on one machine: {here['cores']} cores ({here['cpu']}),
{here['memory']}; load average before the run {here['load']}; of the cores the job's process took {measured.job_cores:.2f}.

| | count | p50 | p95 | p99 | longest |
|---|--:|--:|--:|--:|--:|
{row("Age of the state, s", measured.ages_s)}
{row("Read of a player beside all of it, ms", measured.reads_ms)}
{row("Read of a player, beside the store's updates alone, ms", measured.updated_ms)}
{row("Read of a player, beside nothing, ms", measured.alone_ms)}

Age: from the moment an event happens at the client until the player's state in Redis is as new, for every event of {WATCHED} players,
looked for every {LOOK_S:g} s. Read: all last known values of a random player, by a process of its own: {args.reads:,} a second while
client, collector, Kafka, job and store share the cores; then, with those ended, {ALONE_READS:,} a second, first while as many updates
come in as before ({int(args.rate * BUNDLE_S):,} players at once, so that reader, writer and store share two cores), then without them.
"""


if __name__ == "__main__":
    sys.exit(main())
