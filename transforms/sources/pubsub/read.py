"""ReadPubSub: a subscription -> Messages, acknowledged once the runner holds them."""

import time
from dataclasses import dataclass

import apache_beam as beam
from apache_beam.io.gcp.pubsub import PubsubMessage, ReadFromPubSub
from apache_beam.io.restriction_trackers import OffsetRange
from apache_beam.io.watermark_estimators import ManualWatermarkEstimator
from apache_beam.pvalue import PBegin
from apache_beam.transforms.window import GlobalWindow, TimestampedValue
from apache_beam.utils.timestamp import Duration, Timestamp
from apache_beam.utils.windowed_value import WindowedValue

from gamebeam.transforms.beam_params import FINALIZER, RESTRICTION, TIMESTAMP, WATERMARK, Finalizer, Outputs, TrackerView, Watermark
from gamebeam.transforms.messages import Messages
from gamebeam.transforms.sources.pubsub.client import forget_puller, puller
from gamebeam.transforms.sources.source_lifecycle import DRAIN, PAUSE, RESTING
from gamebeam.transforms.sources.unbounded_restriction import END, Endless, from_position, timestamp
from gamebeam.transforms.sources.uri import PubSub

PULL, PULL_S = 1_000, 1.0  # messages a pull, the service's most, which is one element; seconds to wait for the first
FEW = 100
BUNDLE, BUNDLE_S = 10_000, 1.0  # then the runner gets a checkpoint
IDLE_MS = 5_000  # an idle subscription's watermark is this far behind now, for what is on its way
GATHERED = 1_000  # messages of Beam's own source in one element


@dataclass
class ReadPubSub(beam.PTransform[PBegin, beam.PCollection[Messages]]):
    """native: Beam's own source, which only Dataflow has. on_prism: until=idle leaves the end to the launcher
    (transforms/sources/source_lifecycle.py), and no crash is ever come back from.
    """

    source: PubSub
    native: bool = False
    on_prism: bool = False

    def expand(self, root: PBegin) -> beam.PCollection[Messages]:
        name = self.source.subscription
        if self.native:
            native = ReadFromPubSub(subscription=name, with_attributes=True, timestamp_attribute=self.source.timestamp_attribute)
            return root | "Native" >> native | "Gather" >> beam.ParDo(Gather(name))
        return (root
                | "Subscription" >> beam.Create([name], reshuffle=False)
                | "Pull" >> beam.ParDo(ReadSubscription(self.source, self.on_prism))
                | "Spread" >> beam.Reshuffle().with_output_types(Messages))


@beam.typehints.with_output_types(Messages)
class ReadSubscription(beam.DoFn, Endless):
    """Subscription -> Messages. Restriction: how many were pulled, which only moves on; what to read next is the service's to say."""

    def __init__(self, source: PubSub, on_prism: bool):
        self.source, self.on_prism = source, on_prism

    def initial_restriction(self, name: str) -> OffsetRange:
        return from_position(0)

    @beam.DoFn.unbounded_per_element()
    def process(self, name: str, finalizer: Finalizer = FINALIZER,  # Beam wants it to stand first
                tracker: TrackerView = RESTRICTION(),
                watermark: Watermark = WATERMARK(ManualWatermarkEstimator.default_provider())) -> Outputs:
        ids: list[str] = []
        began, position = time.monotonic(), tracker.current_restriction().start
        reached = watermark.current_watermark()
        floor = max(reached.micros // 1000 if reached else 0, 0)
        subscription = puller(self.source)
        subscription.stand_at(position)
        while not PAUSE.is_set() and len(ids) < BUNDLE and time.monotonic() - began < BUNDLE_S:
            pulled = subscription.pull(min(PULL, BUNDLE - len(ids)), PULL_S)
            if not pulled:
                break
            position += len(pulled)
            if not tracker.try_claim(position - 1):  # the runner took the rest: these come again when their lease is over
                finalizer.register(subscription.acknowledge(ids, None if self.on_prism else began))
                return
            ids += [m.ack_id for m in pulled]
            arrivals = [max(m.arrival, floor) for m in pulled]
            yield TimestampedValue(Messages(name, [m.payload for m in pulled], arrivals, [m.message_id for m in pulled]),
                                   timestamp(min(arrivals)))
            if len(pulled) < FEW:
                break  # no backlog: to wait for more would only delay these
        is_idle = not (ids or PAUSE.is_set()) and self.source.idle_s is not None and subscription.is_idle(self.source.idle_s)
        ends = DRAIN.is_set() or (is_idle and self.source.until_idle and not self.on_prism)
        finalizer.register(subscription.acknowledge(ids, None if self.on_prism or ends else began))
        subscription.position = position
        (RESTING.add if is_idle else RESTING.discard)(name)
        if ends:
            finalizer.register(lambda: forget_puller(self.source))
            tracker.try_claim(END)
            return
        now = time.time_ns() // 1_000_000
        safe = now - IDLE_MS if is_idle else min(subscription.least_arrival() or floor, now)
        if safe > floor and (self.on_prism or subscription.is_complete()):  # or what comes again would count in other windows than before
            watermark.set_watermark(timestamp(safe))
        tracker.defer_remainder(Duration(PULL_S if PAUSE.is_set() else 0))  # a pull waits by itself


@beam.typehints.with_output_types(Messages)
class Gather(beam.DoFn):
    """Messages of Beam's own source, one by one -> Messages, once a bundle or every GATHERED."""

    def __init__(self, name: str):
        self.name = name

    def start_bundle(self) -> None:
        self.waiting: list[tuple[bytes, int, str]] = []

    def process(self, message: PubsubMessage, at: Timestamp = TIMESTAMP) -> Outputs:
        self.waiting.append((message.data or b"", at.micros // 1000, message.message_id))  # at: the publish time, or the attribute's
        if len(self.waiting) >= GATHERED:
            messages, earliest = self._gathered()
            yield TimestampedValue(messages, earliest)

    def finish_bundle(self) -> Outputs:
        if self.waiting:
            messages, earliest = self._gathered()
            yield WindowedValue(messages, earliest, (GlobalWindow(),))

    def _gathered(self) -> tuple[Messages, Timestamp]:
        payloads, arrivals, ids = map(list, zip(*self.waiting, strict=True))
        self.waiting = []
        return Messages(self.name, payloads, arrivals, ids), timestamp(min(arrivals))
