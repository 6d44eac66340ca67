"""ReadKafka against a real broker: what a message is, where a start begins, and what each fault comes to."""

import time
from types import SimpleNamespace

import pytest
from apache_beam.io.watermark_estimators import ManualWatermarkEstimator
from apache_beam.runners.sdf_utils import RestrictionTrackerView, ThreadsafeRestrictionTracker
from apache_beam.utils.timestamp import Timestamp
from confluent_kafka import KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import NewPartitions

from gamebeam.schemas.contract.contract import load_contract
from gamebeam.transforms.decode.decoder import Decoder
from gamebeam.transforms.sources.clamp_arrival import FAST_CLOCK_MS, not_ahead
from gamebeam.transforms.sources.kafka import client as kafka_client
from gamebeam.transforms.sources.kafka import read as read_kafka
from gamebeam.transforms.sources.kafka.client import Partition, PartitionConsumer
from gamebeam.transforms.sources.kafka.read import FindPartitions, ReadPartition
from gamebeam.transforms.sources.shared_watermark import SharedWatermark
from gamebeam.transforms.sources.unbounded_restriction import from_position
from gamebeam.transforms.sources.uri import SourceError, parse_source
from tests.support.brokers import START, admin, everything, produce, topic

STARTER = load_contract("starter")


@pytest.mark.engine
def test_a_message_has_the_brokers_time_and_an_id_of_its_place(servers):
    topic(servers, "times", 2)
    produce(servers, "times", (0, b"a", START + 5), (1, b"b", START), (0, b"c", START + 7))
    assert everything(servers, "times") == [("times/0/0", b"a", START + 5, START + 5), ("times/0/1", b"c", START + 7, START + 5),
                                      ("times/1/0", b"b", START, START)]


@pytest.mark.engine
def test_a_tombstone_and_an_empty_message_are_empty_payloads(servers):
    topic(servers, "empty")
    produce(servers, "empty", (0, None, START), (0, b"", START + 1))
    assert [payload for _, payload, *_ in everything(servers, "empty")] == [b"", b""]


@pytest.mark.engine
def test_a_cold_start_begins_where_it_is_told(servers):
    topic(servers, "starts")
    ms = int(time.time() * 1000)
    produce(servers, "starts", (0, b"old", ms - 7_200_000), (0, b"new", ms - 60_000))

    def payloads(query):
        return [payload for _, payload, *_ in everything(servers, "starts", query)]

    assert payloads("&start=rewind:1h") == [b"new"]
    assert payloads("&start=latest") == []
    assert payloads("&start=earliest&group=first") == [b"old", b"new"]  # and commits
    produce(servers, "starts", (0, b"more", ms))
    assert payloads("&start=committed&group=first") == [b"more"]
    assert payloads("&start=committed&group=second") == [b"old", b"new", b"more"]


def stepped(fn, element, restriction, watermark):
    """One call of a splittable DoFn -> (what it emitted, the rest that it left to the runner)."""
    tracker = ThreadsafeRestrictionTracker(fn.create_tracker(restriction))
    arguments = (SimpleNamespace(register=lambda _: None),) if isinstance(fn, ReadPartition) else ()
    emitted = list(fn.process(element, *arguments, RestrictionTrackerView(tracker), watermark))
    return emitted, tracker.deferred_status()[0]


@pytest.mark.engine
def test_a_partition_that_is_added_later_is_found_and_its_messages_are_not_behind_the_watermark(servers):
    topic(servers, "grows", 2)
    source, watermark = parse_source(f"kafka://{servers}/grows?start=latest"), ManualWatermarkEstimator(None)
    finder = FindPartitions(source)
    found, rest = stepped(finder, "grows", finder.initial_restriction("grows"), watermark)
    assert found == [("grows", 0, 0, 0), ("grows", 1, 0, 0)]
    client = admin(servers)
    client.create_partitions([NewPartitions("grows", 3)])["grows"].result()
    assert stepped(finder, "grows", rest, watermark) == ([], rest)  # not yet time to look again
    promised = Timestamp(START / 1000 + 60)
    (found,), _ = stepped(finder, "grows", rest, ManualWatermarkEstimator(promised))
    since = START + 60_001
    assert (found.value, found.timestamp) == (("grows", 2, since, 0), Timestamp(micros=since * 1000))

    produce(servers, "grows", (2, b"first", START))
    reader = ReadPartition(source, time.time())
    (read,), _ = stepped(reader, found.value, reader.initial_restriction(found.value), ManualWatermarkEstimator(None))
    assert (read.value.payloads, read.value.arrivals, read.timestamp) == ([b"first"], [since], found.timestamp)


def test_a_topic_that_nobody_knows_for_a_moment_keeps_its_partitions_and_one_never_seen_is_an_error(monkeypatch):
    def unknown(source, topic):
        raise SourceError(f"no topic {topic} there")

    monkeypatch.setattr(read_kafka, "partitions_of", unknown)
    finder = FindPartitions(parse_source("kafka://away/known"))
    found, rest = stepped(finder, "known", from_position(2), ManualWatermarkEstimator(Timestamp(START / 1000)))
    assert (found, rest) == ([], from_position(2))
    with pytest.raises(SourceError, match="no topic known there"):
        stepped(finder, "known", from_position(0), ManualWatermarkEstimator(None))


def test_a_clock_that_runs_ahead_is_not_believed_and_does_not_speak_for_others():
    limit = START + FAST_CLOCK_MS
    assert not_ahead([START - 9, START + 60_000, START + 86_400_000], START) == ([START - 9, START + 60_000, limit], START + 60_000)
    assert not_ahead([START + 86_400_000], START) == ([limit], limit)


@pytest.mark.engine
def test_a_message_of_next_week_arrives_in_minutes_and_its_partition_keeps_the_others_watermark(servers):
    topic(servers, "ahead", **{"message.timestamp.after.max.ms": str(2**62)})
    now = int(time.time() * 1000)
    produce(servers, "ahead", (0, b"a", START), (0, b"b", now + 604_800_000), (0, b"c", START + 7_000))
    reader = ReadPartition(parse_source(f"kafka://{servers}/ahead"), time.time(), SharedWatermark("ahead", ()))
    watermark = ManualWatermarkEstimator(None)
    read, _ = stepped(reader, ("ahead", 0, 0, 0), from_position(0), watermark)
    arrivals = [at for v in read for at in v.value.arrivals]
    assert (arrivals[0], arrivals[2]) == (START, START + 7_000) and now < arrivals[1] < now + FAST_CLOCK_MS + 60_000
    assert watermark.current_watermark() == Timestamp(START / 1000 + 5)


@pytest.mark.engine
def test_an_idle_partition_lets_the_watermark_go_and_with_idle_never_it_holds(servers):
    topic(servers, "quiet")
    produce(servers, "quiet", (0, b"a", START))

    def watermark_after(idle, seconds):
        reader, watermark = ReadPartition(parse_source(f"kafka://{servers}/quiet?idle={idle}&group={idle}"), time.time(),
                                          SharedWatermark(idle, ())), ManualWatermarkEstimator(None)
        rest, until = from_position(0), time.monotonic() + seconds
        while time.monotonic() < until and (watermark.current_watermark() or 0) <= START / 1000:
            _, rest = stepped(reader, ("quiet", 0, 0, 0), rest, watermark)
        return watermark.current_watermark()

    held = Timestamp(START / 1000 - 2)
    assert watermark_after("never", 5) == held
    assert watermark_after("1s", 60) > time.time() - 60


@pytest.mark.engine
def test_where_the_broker_stamps_messages_its_time_is_the_arrival(servers):
    before = time.time_ns() // 1_000_000
    topic(servers, "stamped", **{"message.timestamp.type": "LogAppendTime"})
    produce(servers, "stamped", (0, b"a", START))
    ((_, _, arrival, stamp),) = everything(servers, "stamped")
    assert before - 1_000 <= arrival == stamp <= time.time_ns() // 1_000_000


@pytest.mark.engine
def test_a_message_over_the_contracts_limit_comes_whole_and_is_a_dead_letter(servers):
    topic(servers, "large")
    produce(servers, "large", (0, b"x" * (STARTER.max_message_bytes + 1), START))
    ((_, payload, arrival, _),) = everything(servers, "large")
    assert len(payload) == STARTER.max_message_bytes + 1
    assert Decoder(STARTER).decode(payload, arrival).reason == "too_large"


@pytest.mark.engine
def test_reading_a_topic_that_was_deleted_is_an_error_that_says_so(servers, monkeypatch):
    monkeypatch.setattr(kafka_client, "GONE_S", 3)
    monkeypatch.setattr(kafka_client, "LOOK_S", 1)
    topic(servers, "deleted")
    produce(servers, "deleted", (0, b"a", START))
    consumer = PartitionConsumer(parse_source(f"kafka://{servers}/deleted"), Partition("deleted", 0), 0)
    assert [m.value() for m in polled(consumer)] == [b"a"]
    client = admin(servers)
    client.delete_topics(["deleted"])["deleted"].result()
    with pytest.raises(SourceError, match="kafka: deleted/0: the topic or partition is gone"):
        polled(consumer)
    consumer.consumer.close()


def test_a_topic_is_gone_only_if_a_broker_says_so_and_not_because_nobody_answers(monkeypatch):
    monkeypatch.setattr(kafka_client, "GONE_S", 0)
    monkeypatch.setattr(kafka_client, "LOOK_S", -1)

    def raising(code):
        def ask(*_, **__):
            raise KafkaException(KafkaError(code))
        return ask

    consumer = PartitionConsumer(parse_source("kafka://127.0.0.1:9/t"), Partition("t", 0), 0)
    consumer.consumer.close()
    consumer.consumer = SimpleNamespace(consume=lambda *_: [], get_watermark_offsets=raising(KafkaError._UNKNOWN_PARTITION),
                                        list_topics=raising(KafkaError._TRANSPORT))
    assert [consumer.poll(1, 0) for _ in range(3)] == [[], [], []]
    there = SimpleNamespace(error=KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART), partitions={})
    consumer.consumer.list_topics = lambda *_, **__: SimpleNamespace(topics={"t": there})
    with pytest.raises(SourceError, match="t/0: the topic or partition is gone"):
        for _ in range(3):
            consumer.poll(1, 0)


@pytest.mark.engine
def test_reading_offsets_that_retention_took_away_is_an_error_that_says_so(servers):
    topic(servers, "expired")
    produce(servers, "expired", *((0, b"%d" % n, START) for n in range(3)))
    client = admin(servers)
    client.delete_records([TopicPartition("expired", 0, 2)])[TopicPartition("expired", 0)].result()
    consumer = PartitionConsumer(parse_source(f"kafka://{servers}/expired"), Partition("expired", 0), 0)
    with pytest.raises(SourceError, match="expired/0: offset 0 is gone, by retention or because the topic was made anew; start a new run"):
        polled(consumer)
    consumer.consumer.close()


def polled(consumer):
    """The next messages, or the error that comes in their place; a minute at most."""
    until = time.monotonic() + 60
    while not (messages := consumer.poll(10, 0.5)) and time.monotonic() < until:
        pass
    return messages
