"""The servers that python -m bench.door drives, each a process of its own before one Kafka topic."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from bench.rounds import ROOT
from gamebeam.collector.keys import add_key
from services import end, free_port, wait_for_port

PINS = ("flask==3.1.3", "kafka-python==3.0.12")
TOPIC, PARTITIONS = "events", 4
STARTS_WITHIN_S = 300  # on a machine that does other things
RESTS_WITHIN_S = 60.0


def create_topic(servers: str) -> None:
    admin = AdminClient({"bootstrap.servers": servers, "log_level": 0})  # what it promises ends with it
    admin.create_topics([NewTopic(TOPIC, PARTITIONS)])[TOPIC].result()


@contextmanager
def server(kind: str, folder: Path, servers: str, redis: str, workers: int) -> Iterator[tuple[str, str]]:
    """(URL, API key) of a collector, of the game API on a collector, or of the write-ups' Flask."""
    port, key, here = free_port(), "", Path(tempfile.mkdtemp(dir=folder))
    if kind == "flask":
        command: list[Any] = [_flask_python(), Path(__file__).parent / "contenders" / "flask_kafka.py", port, servers, TOPIC]
    else:
        key, to = add_key(here / "keys.json", "starter", "live"), f"kafka://{servers}/{TOPIC}"
        settings = {"games": {"starter": {"contract": "starter", "to": to}}, "keys": str(here / "keys.json"), "rate": 1e9,
                    "queue": str(here / "queue.sqlite"), "listen": f"127.0.0.1:{port}", "workers": workers}
        if kind == "game":
            settings["game_api"] = {"game": "gameco", "redis": redis, "to": to}
        (here / "collector.yaml").write_text(json.dumps(settings))
        command = [sys.executable, "-m", "gamebeam", "collect", "serve", f"--config={here / 'collector.yaml'}"]
    with (here / "log").open("wb") as log:
        process = subprocess.Popen([str(c) for c in command], stdout=log, stderr=log, cwd=ROOT)
    try:
        wait_for_port(process, port, here / "log", STARTS_WITHIN_S)
        yield f"http://127.0.0.1:{port}", key
    finally:
        end(process, RESTS_WITHIN_S)


def messages(servers: str) -> int:
    """How many the topic holds."""
    consumer = Consumer({"bootstrap.servers": servers, "group.id": "count", "log_level": 0})
    try:
        return sum(consumer.get_watermark_offsets(TopicPartition(TOPIC, n), timeout=30)[1] for n in range(PARTITIONS))
    finally:
        consumer.close()


def _flask_python() -> Path:
    """The interpreter of a venv with PINS; made at the first call."""
    folder = ROOT / ".cache" / "bench-flask"
    python = folder / "bin" / "python"
    if not (folder / "ready").exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([python, "-I", "-m", "pip", "install", "-q", "--disable-pip-version-check", *PINS], check=True)
        (folder / "ready").touch()
    return python
