"""Where make live's players send to and its job reads from: a folder, or a Kafka of its own."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gamebeam.loadgen.drop import drop_steadily
from gamebeam.loadgen.live import deliver, require_topic
from gamebeam.loadgen.steady import SteadyLoad
from services.kafka import kafka_broker

TOPIC, GROUP = "events", "gamebeam"


@dataclass(frozen=True)
class Inbox:
    """name: for a person. take: all that a load gives, until it ends; how many."""

    name: str
    uri: str
    is_folder: bool
    take: Callable[[SteadyLoad], int]


@contextmanager
def folder(out: Path) -> Iterator[Inbox]:
    """A file every two seconds, as an export would."""
    inbox = out / "inbox"
    inbox.mkdir()
    yield Inbox(f"files into {inbox}", f"{inbox}/*", True, lambda load: drop_steadily(load, load.total, str(inbox)))


@contextmanager
def kafka(out: Path) -> Iterator[Inbox]:
    with kafka_broker(out / "kafka") as servers:
        require_topic(servers, TOPIC)
        yield Inbox(f"Kafka {servers}", f"kafka://{servers}/{TOPIC}?group={GROUP}", False,
                    lambda load: deliver(load, load.total, servers, TOPIC, {}))
