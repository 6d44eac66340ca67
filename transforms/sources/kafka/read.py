"""ReadKafka: a topic's partitions -> Messages, one element per poll. Offsets live in the runner's checkpoint."""

import time
from dataclasses import dataclass, field

import apache_beam as beam
from apache_beam.coders import StrUtf8Coder, TupleCoder, VarIntCoder
from apache_beam.io.restriction_trackers import OffsetRange
from apache_beam.io.watermark_estimators import ManualWatermarkEstimator
from apache_beam.pvalue import PBegin
from apache_beam.transforms.window import TimestampedValue
from apache_beam.utils.timestamp import Duration, Timestamp

from gamebeam.transforms.beam_params import FINALIZER, RESTRICTION, WATERMARK, Finalizer, Outputs, TrackerView, Watermark
from gamebeam.transforms.messages import Messages
from gamebeam.transforms.sources.clamp_arrival import not_ahead
from gamebeam.transforms.sources.kafka.client import Partition, forget_consumer, partitions_of, start_offset, take_consumer
from gamebeam.transforms.sources.kafka.key_groups import salt_for
from gamebeam.transforms.sources.shared_watermark import OVER, SharedWatermark, least_here, leave
from gamebeam.transforms.sources.source_lifecycle import DRAIN, PAUSE, RESTING
from gamebeam.transforms.sources.unbounded_restriction import END, Endless, from_position, timestamp
from gamebeam.transforms.sources.uri import Kafka, SourceError

POLL, POLL_S = 2_000, 0.1  # messages and seconds of one poll, which is one element
BUNDLE, BUNDLE_S = 20_000, 1.0  # then the runner gets a checkpoint
IDLE_POLL_S = 0.5  # between polls of a partition that has nothing new
DISORDER_MS = 2_000  # producers' clocks differ: the watermark stays this far behind a busy partition's newest message
IDLE_MS = 5_000  # and an idle partition's this far behind now, for what is on its way
COMMIT_S = 2.0
DISCOVERY_S = 30  # between looks for new partitions
LOOK_S = 2  # whether it is time for the next, or for the end

# topic, number, since: ms of discovery, 0 for those there at launch; salt: which task of Flink's reads it
PartitionFound = tuple[str, int, int, int]
CODER = TupleCoder((StrUtf8Coder(), VarIntCoder(), VarIntCoder(), VarIntCoder()))


@dataclass
class ReadKafka(beam.PTransform[PBegin, beam.PCollection[Messages]]):
    """Reads every partition of the topics, those too that are added later.

    shared: on Prism only; launched: s since 1970; key_groups: Flink's, among which partitions are spread evenly.
    """

    source: Kafka
    shared: SharedWatermark | None = None
    launched: float = field(default_factory=time.time)
    key_groups: int | None = None

    def expand(self, root: PBegin) -> beam.PCollection[Messages]:
        return (root
                | "Topics" >> beam.Create(list(self.source.topics), reshuffle=False)
                | "Partitions" >> beam.ParDo(FindPartitions(self.source, self.key_groups))
                | "Spread" >> beam.Reshuffle()
                | "ReadPartition" >> beam.ParDo(ReadPartition(self.source, self.launched, self.shared)))


@beam.typehints.with_output_types(PartitionFound)
class FindPartitions(beam.DoFn, Endless):
    """Topic -> its partitions. Restriction: the numbers not yet found.

    The watermark promises that what is found later has only messages from then on: `since` is their earliest arrival.
    """

    def __init__(self, source: Kafka, key_groups: int | None = None):
        self.source, self.key_groups = source, key_groups

    def initial_restriction(self, topic: str) -> OffsetRange:
        return from_position(0)

    @beam.DoFn.unbounded_per_element()
    def process(self, topic: str, tracker: TrackerView = RESTRICTION(),
                watermark: Watermark = WATERMARK(ManualWatermarkEstimator.default_provider())) -> Outputs:
        first, promised = tracker.current_restriction().start, watermark.current_watermark()
        ends = self.source.until_idle or DRAIN.is_set()
        if not first or Timestamp.now() >= promised:
            since = promised.micros // 1000 + 1 if first else 0
            numbers = range(first, self._count(topic, first))
            for number in numbers:
                if not tracker.try_claim(number):
                    return
                found = (topic, number, since, self._salt(topic, number, since, numbers))
                yield TimestampedValue(found, timestamp(since)) if since else found
            watermark.set_watermark(Timestamp.now() + Duration(DISCOVERY_S))
        if ends:
            tracker.try_claim(END)
            return
        tracker.defer_remainder(Duration(LOOK_S))

    def _salt(self, topic: str, number: int, since: int, found: range) -> int:
        """Partitions found together lie evenly among all tasks, and those of several topics not on top of each other."""
        if self.key_groups is None:
            return 0
        topics = self.source.topics
        place = (found.index(number) + (topics.index(topic) + 0.5) / len(topics)) / len(found)
        return salt_for((topic, number, since), CODER, place, self.key_groups)

    def _count(self, topic: str, known: int) -> int:
        """Of a topic that is known, no answer is no news: a broker that has just come back does not know it yet, and one that was
        deleted is ReadPartition's to tell.
        """
        try:
            return partitions_of(self.source, topic)
        except SourceError:
            if not known:
                raise
            return known


@beam.typehints.with_output_types(Messages)
class ReadPartition(beam.DoFn, Endless):
    """(topic, number, since, salt) -> Messages. Restriction: offsets not yet read."""

    def __init__(self, source: Kafka, launched: float, shared: SharedWatermark | None = None):
        self.source, self.launched, self.shared = source, launched, shared

    def initial_restriction(self, found: PartitionFound) -> OffsetRange:
        """Asked once in the life of a job; from then on the offset is the runner's."""
        topic, number, since, _ = found
        return from_position(start_offset(self.source, Partition(topic, number), self.launched, is_new=bool(since)))

    @beam.DoFn.unbounded_per_element()
    def process(self, found: PartitionFound, finalizer: Finalizer = FINALIZER,  # Beam wants it to stand first
                tracker: TrackerView = RESTRICTION(),
                watermark: Watermark = WATERMARK(ManualWatermarkEstimator.default_provider())) -> Outputs:
        finalizer.register(_nothing)
        topic, number, since, _ = found
        partition = Partition(topic, number)
        began, read = time.time(), 0
        before = watermark.current_watermark()
        reached = before.micros // 1000 if before else 0
        newest = floor = max(since, reached, self.shared.own(partition) if self.shared else 0)
        with take_consumer(self.source, partition, tracker.current_restriction().start) as consumer:
            while not PAUSE.is_set() and read < BUNDLE and time.time() - began < BUNDLE_S:
                polled = consumer.poll(min(POLL, BUNDLE - read), POLL_S)
                if not polled:
                    break
                if not tracker.try_claim(polled[-1].offset()):
                    consumer.seek(consumer.position)  # the runner took the rest: whoever has it reads these again
                    return
                consumer.position = polled[-1].offset() + 1
                read += len(polled)
                told, latest = not_ahead([m.timestamp()[1] for m in polled], time.time_ns() // 1_000_000)
                arrivals, newest = [max(at, floor) for at in told], max(newest, latest)
                yield TimestampedValue(Messages(topic, [m.value() or b"" for m in polled], arrivals,
                                                [f"{topic}/{number}/{m.offset()}" for m in polled]), timestamp(min(arrivals)))
                if self.shared and len(polled) < POLL:
                    break  # caught up: Prism reads its partitions one after another, and each would wait for all others
            now = time.time()
            is_idle = not (read or PAUSE.is_set()) and self.source.idle_s is not None and consumer.is_idle(self.source.idle_s)
            ends = DRAIN.is_set() or (is_idle and self.source.until_idle and not self.shared)  # on Prism the launcher drains
            (RESTING.add if is_idle else RESTING.discard)(partition)
            if consumer.uncommitted and (ends or PAUSE.is_set() or now - consumer.committed_at >= COMMIT_S):
                finalizer.register(consumer.commit(last=ends))
        safe = min(newest - DISORDER_MS, int(now * 1000)) if read else int(now * 1000) - IDLE_MS if is_idle else floor
        if self.shared:
            safe, taken = self.shared.report(partition, OVER if ends else safe)
            finalizer.register(taken)
        else:
            safe = least_here(f"{self.source.name}?{self.source.group}", partition, safe, reached, now)
        if ends:
            leave(f"{self.source.name}?{self.source.group}", partition)
            forget_consumer(self.source, partition)
            tracker.try_claim(END)
            return
        if safe > reached:
            watermark.set_watermark(timestamp(safe))
        tracker.defer_remainder(Duration(0 if read else IDLE_POLL_S))


def _nothing() -> None:
    """Prism asks to finalise every bundle of a DoFn that can; Beam's worker fails where there is none, and a job stood still then."""
