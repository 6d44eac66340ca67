"""send(): what generate wrote, into a Kafka topic, each message at its simulated arrival; the answer sheet stays the same."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fastavro
from confluent_kafka import KafkaError, KafkaException, Producer
from confluent_kafka.admin import AdminClient, NewTopic

from loadgen.broken import reader
from schemas.contract import Contract

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
    log: list[KafkaError] = []
    producer = Producer({**CLIENT, **client, "bootstrap.servers": servers, "log_level": 0})
    _require_topic(AdminClient({**client, "bootstrap.servers": servers, "log_level": 0}), servers, topic)
    read, messages = reader(contract), list(messages_of(Path(out) / "messages"))
    began = time.monotonic()
    for i, (arrival, payload) in enumerate(messages):
        if speed:
            producer.poll(max(0.0, began + (arrival - messages[0][0]) / 1000 / speed - time.monotonic()))
        known = read(payload)
        key = known.get("install_id") or known.get("player_id")
        _produce(producer, topic, payload, key, arrival, lambda error, _: log.append(error) if error else None)
        if progress and i % 1_000 == 0:
            progress(i, len(messages))
    unsent = producer.flush(WAIT_S)
    if log or unsent:
        why = log[0].str() if log else f"no answer within {WAIT_S:.0f} s"
        raise SendError(f"{servers}: {topic}: {len(log) + unsent} of {len(messages)} messages were not acknowledged: {why}")
    return len(messages)


def _produce(producer: Producer, topic: str, payload: bytes, key: str | None, arrival: int,
             told: Callable[[KafkaError | None, object], None]) -> None:
    while True:
        try:
            producer.produce(topic, payload, key=key, timestamp=arrival, on_delivery=told)
            return
        except BufferError:  # the queue is full: the broker is slower than we are
            producer.poll(0.1)


def _require_topic(admin: AdminClient, servers: str, topic: str) -> None:
    """Creates it where it is missing, without an end to its retention: simulated days may be long past."""
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
