"""What is in a Kafka topic already: so a relay that died between sending and noting it sends nothing twice."""

from typing import Any

from confluent_kafka import Consumer, KafkaException, TopicPartition

from gamebeam.collector.sink import SinkAway
from gamebeam.transforms.sources.uri import Kafka

SETTINGS = {"group.id": "gamebeam-notify", "enable.auto.commit": False, "enable.partition.eof": False, "log_level": 0}


def payloads_since(source: Kafka, topic: str, since_ms: int, seconds: float) -> set[bytes]:
    """Every payload from the first message of that time on. Raises SinkAway where the broker does not answer."""
    consumer = Consumer({**SETTINGS, **source.client, "bootstrap.servers": source.servers})
    try:
        numbers = consumer.list_topics(topic, timeout=seconds).topics[topic].partitions
        starts = consumer.offsets_for_times([TopicPartition(topic, n, since_ms) for n in numbers], timeout=seconds)
        ends = {p.partition: consumer.get_watermark_offsets(p, timeout=seconds)[1] for p in starts}
        unread = {p.partition for p in starts if 0 <= p.offset < ends[p.partition]}
        consumer.assign([p for p in starts if p.partition in unread])
        found = set[bytes]()
        while unread:
            messages: list[Any] = consumer.consume(500, timeout=seconds)
            if not messages:
                raise SinkAway(f"{source.name} does not answer")
            for message in messages:
                if message.error():
                    raise SinkAway(message.error().str())
                found.add(message.value() or b"")
                if message.offset() + 1 >= ends[message.partition()]:
                    unread.discard(message.partition())
        return found
    except KafkaException as e:
        raise SinkAway(e.args[0].str()) from None
    finally:
        consumer.close()
