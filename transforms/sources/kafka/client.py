"""What ReadKafka asks of confluent-kafka: which partitions, from which offset, the next messages, and whether that was all."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, TypeAlias

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from gamebeam.transforms.batch import STRETCH_MS
from gamebeam.transforms.sources.uri import Kafka, SourceError

WAIT_S = 30.0  # for a broker that does not answer
ASK_S = 2.0  # whether an idle partition still is
SETTINGS = {"fetch.wait.max.ms": 100, "fetch.queue.backoff.ms": 10, "queued.min.messages": 20_000, "queued.max.messages.kbytes": 16_384}
FIXED = {"enable.auto.commit": False, "enable.auto.offset.store": False, "enable.partition.eof": True, "auto.offset.reset": "error"}
GONE = (KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC, KafkaError._UNKNOWN_PARTITION)
PASSING = (KafkaError._ALL_BROKERS_DOWN, KafkaError._TRANSPORT, KafkaError._TIMED_OUT, KafkaError._RESOLVE)
GONE_S = 30.0  # a broker that has just come back does not know its topics yet
LOOK_S = 10.0  # of silence, before a broker is asked whether the partition is still there
LOG = logging.getLogger(__name__)
Polled: TypeAlias = Any  # confluent_kafka.Message, of which its stub says that it may have no offset; one that was polled has


class BrokerAway(SourceError):
    """No broker answered in time."""


class Partition(NamedTuple):
    topic: str
    number: int


def connect(source: Kafka, on_commit: Callable[..., None] | None = None) -> Consumer:
    """Not a member of the group: who reads what is the runner's to say; the group only keeps the offsets."""
    try:
        return Consumer({**SETTINGS, **source.client, **FIXED, "bootstrap.servers": source.servers, "group.id": source.group,
                         **({"on_commit": on_commit} if on_commit else {})}, logger=LOG)
    except KafkaException as e:
        raise SourceError(f"{source.name}: {e.args[0].str()}") from None


def partitions_of(source: Kafka, topic: str) -> int:
    consumer = connect(source)
    try:
        found = consumer.list_topics(topic, timeout=WAIT_S).topics[topic]
    except KafkaException as e:
        raise BrokerAway(f"{source.name}: no broker answered within {WAIT_S:.0f} s ({e.args[0].str()}); is it running, and reachable "
                         "from here under this name? A secured one needs security.protocol=… and so on") from None
    finally:
        consumer.close()
    if found.error is not None or not found.partitions:
        raise SourceError(f"{source.name}: no topic {topic} there; create it first, or mend its name")
    return len(found.partitions)


def rewound_to(source: Kafka, launched: float) -> int | None:
    """The arrival, in ms, from which a cold start reads again what earlier runs may have read: a whole minute, as the ledger counts."""
    if source.start == "rewind":
        return int((launched - source.rewind_s) * 1000) // STRETCH_MS * STRETCH_MS
    return 0 if source.start == "earliest" else None


def start_offset(source: Kafka, partition: Partition, launched: float, is_new: bool) -> int:
    """Where a cold start begins. A broker that has just started does not know its groups yet: it is asked again."""
    until = time.monotonic() + WAIT_S
    while True:
        consumer = connect(source)
        try:
            return _start_offset(source, consumer, partition, launched, is_new)
        except KafkaException as e:
            if time.monotonic() > until:
                raise SourceError(f"{source.name}: {partition.topic}/{partition.number}: {e.args[0].str()}") from None
            time.sleep(1)
        finally:
            consumer.close()


def _start_offset(source: Kafka, consumer: Consumer, partition: Partition, launched: float, is_new: bool) -> int:
    """A partition added since the launch is read from its beginning; so is one that the group does not know."""
    at = TopicPartition(*partition)
    low, high = consumer.get_watermark_offsets(at, timeout=WAIT_S)
    if source.start == "latest" and not is_new:
        return int(high)
    if source.start == "rewind" and not is_new:
        at.offset = rewound_to(source, launched) or 0
        offset = consumer.offsets_for_times([at], timeout=WAIT_S)[0].offset
        return int(offset if offset >= 0 else high)  # none is as new as that
    if source.start == "committed":
        offset = consumer.committed([at], timeout=WAIT_S)[0].offset
        if low <= offset <= high:
            return int(offset)
        if offset >= 0:
            LOG.warning("%s/%s: offset %s, the group's, is no longer there; reading from %s", *partition, offset, low)
    return int(low)


class PartitionConsumer:
    """One partition's messages in order, and what of them is committed."""

    def __init__(self, source: Kafka, partition: Partition, position: int):
        self.source, self.partition, self.consumer = source, partition, connect(source, self._on_commit)
        self.where = f"kafka: {partition.topic}/{partition.number}"
        self.committed, self.committed_at = position, 0.0
        self.seek(position)

    def seek(self, position: int) -> None:
        self.position, self.end, self.gone_since = position, -1, 0.0
        self.last_message = self.looked_at = time.monotonic()
        self.consumer.assign([TopicPartition(*self.partition, position)])

    def poll(self, count: int, seconds: float) -> list[Polled]:
        messages: list[Polled] = []
        polled: list[Polled] = self.consumer.consume(count, seconds)
        for m in polled:
            error = m.error()
            if error is None:
                if m.offset() >= self.position:
                    messages.append(m)
            elif error.code() == KafkaError._PARTITION_EOF:
                self.end = m.offset()
            else:
                self._judge(error)
                continue
            self.gone_since = 0.0
        now = time.monotonic()
        if messages:
            self.last_message = now
        elif now - max(self.last_message, self.looked_at) > LOOK_S:
            self._look()  # of a topic that was deleted the client says nothing
        if self.gone_since and now - self.gone_since > GONE_S:
            raise SourceError(f"{self.where}: the topic or partition is gone; the run cannot go on without it")
        return messages

    def _look(self) -> tuple[int, int] | None:
        """(the first offset, the end) that a broker says now; None where none answers, or does not know the partition."""
        self.looked_at = time.monotonic()
        try:
            low, high = self.consumer.get_watermark_offsets(TopicPartition(*self.partition), timeout=ASK_S, cached=False)
        except KafkaException as e:
            self.gone_since = (self.gone_since or self.looked_at) if e.args[0].code() in GONE and self._is_unknown() else 0.0
            return None
        self.gone_since = 0.0
        return low, high

    def _is_unknown(self) -> bool:
        """Whether a broker says so: the client itself does, too, once nobody has answered for half a minute."""
        try:
            found = self.consumer.list_topics(self.partition.topic, timeout=ASK_S).topics[self.partition.topic]
        except KafkaException:
            return False
        return found.error.code() in GONE if found.error is not None else self.partition.number not in found.partitions

    def _judge(self, error: KafkaError) -> None:
        """A broker that is away comes back; what will not mend itself stops the bundle."""
        if error.code() in GONE:  # so says also a broker that has just come back and does not know its topics yet
            since = self.gone_since
            self.seek(self.position)
            self.gone_since = since
            self._look()
            return
        if error.code() == KafkaError._AUTO_OFFSET_RESET:  # so says also who sees a broker come back, and mistakes what it has
            there = self._look()
            if there and not there[0] <= self.position <= there[1]:
                raise SourceError(f"{self.where}: offset {self.position} is gone, by retention or because the topic was made anew; "
                                  "start a new run, with start=earliest")
            LOG.warning("%s: %s; reading on from %d", self.where, error.str(), self.position)
            self.seek(self.position)
            return
        if error.code() not in PASSING and not error.retriable():
            raise SourceError(f"{self.where}: {error.str()}")

    def is_idle(self, seconds: float) -> bool:
        """Read to its end, for so long, and a broker says that this is still the end: one that is away says nothing."""
        if time.monotonic() - self.last_message < seconds or self.end < self.position:
            return False
        there = self._look()
        return there is not None and there[1] <= self.end

    @property
    def uncommitted(self) -> bool:
        return self.position != self.committed

    def _on_commit(self, error: KafkaError | None, partitions: list[TopicPartition]) -> None:
        """Called while polling. A commit that failed, as while the broker is away, is tried again."""
        if error is None and partitions[0].error is None:
            self.committed = partitions[0].offset

    def commit(self, last: bool) -> Callable[[], None]:
        """To be called once the runner holds what was read up to here."""
        consumer, offset = self.consumer, TopicPartition(*self.partition, self.position)
        self.committed_at = time.time()

        def committed() -> None:
            try:
                if last:
                    consumer.commit(offsets=[offset], asynchronous=False)
                    consumer.close()
                else:
                    consumer.commit(offsets=[offset], asynchronous=True)
            except (KafkaException, RuntimeError) as e:  # RuntimeError: closed meanwhile; a later commit has these too
                LOG.warning("%s/%s: offset %s not committed: %s", offset.topic, offset.partition, offset.offset, e)

        return committed


_idle: dict[tuple[str, str, Partition], PartitionConsumer] = {}  # per process: a connection a bundle would cost more than reading
_lock = threading.Lock()


@contextmanager
def take_consumer(source: Kafka, partition: Partition, position: int) -> Iterator[PartitionConsumer]:
    """A consumer that stands at this position; kept for the next bundle unless something goes wrong."""
    key = (source.servers, source.group, partition)
    with _lock:
        consumer = _idle.pop(key, None)
    if consumer is None:
        consumer = PartitionConsumer(source, partition, position)
    elif consumer.position != position:  # the runner went back to an earlier checkpoint
        consumer.seek(position)
    try:
        yield consumer
    except BaseException:
        consumer.consumer.close()
        raise
    with _lock:
        other = _idle.pop(key, None)
        _idle[key] = consumer
    if other:
        other.consumer.close()


def forget_consumer(source: Kafka, partition: Partition) -> None:
    """Read to the end: no bundle will ask for it again."""
    with _lock:
        _idle.pop((source.servers, source.group, partition), None)
