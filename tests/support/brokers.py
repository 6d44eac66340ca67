"""A real Kafka for tests: started, given topics and messages, and read back."""

from contextlib import contextmanager

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from gamebeam.transforms.sources.kafka.read import ReadKafka
from gamebeam.transforms.sources.uri import parse_source
from services import MissingTool
from services.kafka import kafka_broker

START = 1_793_491_200_000  # 2026-11-01, as generate's


@contextmanager
def kafka(folder, port=None):
    try:
        broker = kafka_broker(folder, port)
        address = broker.__enter__()
    except MissingTool as e:
        pytest.skip(str(e))
    try:
        yield address
    finally:
        broker.__exit__(None, None, None)


def admin(servers):
    return AdminClient({"bootstrap.servers": servers, "log_level": 0})


def topic(servers, name, partitions=1, **config):
    client = admin(servers)  # what it promises ends with it
    client.create_topics([NewTopic(name, partitions, config=config)])[name].result()


def produce(servers, name, *records):
    """records: (partition, value, CreateTime in ms)."""
    producer = Producer({"bootstrap.servers": servers, "log_level": 0})
    for partition, value, at in records:
        producer.produce(name, value, partition=partition, timestamp=at)
    assert producer.flush(10) == 0


def committed(servers, name, group):
    """Messages of the topic that the group has done with."""
    consumer = Consumer({"bootstrap.servers": servers, "group.id": group, "log_level": 0})
    try:
        partitions = [TopicPartition(name, n) for n in consumer.list_topics(name, timeout=10).topics[name].partitions]
        return sum(max(p.offset, 0) for p in consumer.committed(partitions, timeout=10))
    except KafkaException:  # a broker that has just started does not know its groups yet
        return -1
    finally:
        consumer.close()


FOUND = []  # by the DoFn below, which Beam finds by its name and so does not copy


def remember(messages, at=beam.DoFn.TimestampParam):
    for i, payload, arrival in zip(messages.ids, messages.payloads, messages.arrivals, strict=True):
        FOUND.append((i, payload, arrival, at.micros // 1000))
    return ()


def everything(servers, name, query=""):
    """[(id, payload, arrival, the element's timestamp in ms)] of everything up to now."""
    FOUND.clear()
    with beam.Pipeline(options=PipelineOptions(["--runner=FnApiRunner"])) as p:
        p | ReadKafka(parse_source(f"kafka://{servers}/{name}?until=idle&idle=1s{query}")) | beam.FlatMap(remember)
    return sorted(FOUND)
