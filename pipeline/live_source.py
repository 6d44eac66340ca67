"""A live source, looked at from here before the job starts, so that what is wrong with it is one line."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass

import apache_beam as beam

from transforms.runs import RunError
from transforms.source import Kafka, PubSub, Source


@dataclass(frozen=True)
class LiveSource:
    """read: (run_id, engine) -> Messages. parts: what must be idle for until=idle to end the job; None without that."""

    read: Callable[[str, str], beam.PTransform]
    parts: frozenset[Hashable] | None = None


def live_source(source: Source) -> LiveSource:
    try:
        if isinstance(source, Kafka):
            return _kafka(source)
        assert isinstance(source, PubSub)
        return _pubsub(source)
    except ModuleNotFoundError as e:
        extra = "kafka" if isinstance(source, Kafka) else "gcp"
        raise RunError(f"{source.name}: {e.name} is not installed here; pip install 'gamebeam[{extra}]'") from None


def _kafka(source: Kafka) -> LiveSource:
    from transforms.kafka_client import Partition, partitions_of
    from transforms.read_kafka import ReadKafka
    from transforms.shared_watermark import SharedWatermark

    partitions = tuple(Partition(topic, n) for topic in source.topics for n in range(partitions_of(source, topic)))

    def read(run_id: str, engine: str) -> beam.PTransform:
        return ReadKafka(source, SharedWatermark(run_id, partitions) if engine == "prismrunner" else None)

    return LiveSource(read, frozenset(partitions) if source.until_idle else None)


def _pubsub(source: PubSub) -> LiveSource:
    from transforms.pubsub_client import require_subscription
    from transforms.read_pubsub import ReadPubSub

    require_subscription(source)

    def read(run_id: str, engine: str) -> beam.PTransform:
        return ReadPubSub(source, native=engine == "dataflowrunner", drains=engine == "prismrunner")

    return LiveSource(read, frozenset([source.subscription]) if source.until_idle else None)
