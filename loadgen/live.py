"""What generate wrote, or a steady load, into a Kafka topic; the answer sheet stays the same."""

import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import fastavro
from confluent_kafka import KafkaError, KafkaException, Producer
from confluent_kafka.admin import AdminClient, NewTopic

from gamebeam.loadgen.broken import reader
from gamebeam.loadgen.outgoing import Outgoing
from gamebeam.schemas.contract.contract import Contract

WAIT_S = 30.0
PARTITIONS = 4  # of a topic that is not there yet
CLIENT = {"enable.idempotence": True, "linger.ms": 20, "partitioner": "murmur2_random"}  # keyed as Java's producers do


class SendError(ValueError):
    """A broker that did not take the messages."""


def send(contract: Contract, out: str, servers: str, topic: str, client: dict[str, str], speed: float = 0,
         progress: Callable[[int, int], None] | None = None) -> int:
    """Sends OUT/messages in order of arrival, which becomes the record's CreateTime, and returns how many the broker acknowledged.

    The key is whose message it is, so copies of an event stay in order within one partition; damaged ones that do not
    tell go anywhere. speed: simulated seconds in a second; 0: as fast as the broker takes them.
    """
    read, messages = reader(contract), list(messages_of(Path(out) / "messages"))

    def outgoing() -> Iterator[Outgoing]:
        for arrival, payload in messages:
            known = read(payload)
            due = (arrival - messages[0][0]) / 1000 / speed if speed else 0.0
            yield Outgoing(due, arrival, known.get("install_id") or known.get("player_id"), payload)

    return deliver(outgoing(), len(messages), servers, topic, client, progress)


def deliver(messages: Iterable[Outgoing], about: int, servers: str, topic: str, client: dict[str, str],
            progress: Callable[[int, int], None] | None = None) -> int:
    """Sends each when it is due, and returns how many the broker acknowledged. about: how many there will be, for progress."""
    log: list[KafkaError] = []
    producer = Producer({**CLIENT, **client, "bootstrap.servers": servers, "log_level": 0})
    require_topic(servers, topic, client)
    began, sent = time.monotonic(), 0
    for message in messages:
        while (wait := began + message.due - time.monotonic()) > 0:
            producer.poll(wait)
        _produce(producer, topic, message, lambda error, _: log.append(error) if error else None)
        sent += 1
        if progress and sent % 1_000 == 0:
            progress(sent, about)
    unsent = producer.flush(WAIT_S)
    if log or unsent:
        why = log[0].str() if log else f"no answer within {WAIT_S:.0f} s"
        raise SendError(f"{servers}: {topic}: {len(log) + unsent} of {sent} messages were not acknowledged: {why}")
    return sent


def _produce(producer: Producer, topic: str, message: Outgoing, told: Callable[[KafkaError | None, object], None]) -> None:
    while True:
        try:
            producer.produce(topic, message.payload, key=message.key, timestamp=message.arrival, on_delivery=told)
            return
        except BufferError:  # the queue is full: the broker is slower than we are
            producer.poll(0.1)


def require_topic(servers: str, topic: str, client: dict[str, str] | None = None) -> None:
    """Creates it where it is missing, without an end to its retention: simulated days may be long past."""
    admin = AdminClient({**(client or {}), "bootstrap.servers": servers, "log_level": 0})
    try:
        if topic not in admin.list_topics(timeout=WAIT_S).topics:
            admin.create_topics([NewTopic(topic, PARTITIONS, config={"retention.ms": "-1"})], request_timeout=WAIT_S)[topic].result()
    except KafkaException as e:
        raise SendError(f"{servers}: {e.args[0].str()}") from None


def messages_of(folder: Path) -> Iterator[tuple[int, bytes]]:
    """(arrival in ms, bytes), in the order of the files, which is the order of arrival."""
    for record in records_of(folder):
        yield round(record["publish_time"].timestamp() * 1_000_000) // 1000, record["data"]


def records_of(folder: Path) -> Iterator[dict[str, Any]]:
    paths = sorted(folder.glob("*.avro"))
    if not paths:
        raise FileNotFoundError(f"{folder}: no Avro files; write them with generate --format=avro")
    for path in paths:
        with path.open("rb") as f:
            yield from fastavro.reader(f)  # type: ignore[misc]
