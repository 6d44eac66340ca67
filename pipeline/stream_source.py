"""A live source, looked at from here before the job starts, so that what is wrong with it is one line."""

import re
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from pathlib import Path

import apache_beam as beam

from gamebeam.archive.followed_files import Followed
from gamebeam.archive.manifest import RunError, read_runs
from gamebeam.archive.overlap import already_read
from gamebeam.pipeline.options import Config
from gamebeam.schemas.contract.contract import Contract
from gamebeam.transforms.sources.folder import FollowFiles
from gamebeam.transforms.sources.uri import Files, Kafka, PubSub, Source, SourceError


@dataclass(frozen=True)
class LiveSource:
    """read: (run_id, engine) -> Messages. parts: what must be idle for until=idle to end the job; None without that.

    rewound_to: the arrival, in ms, from which a cold start reads again what earlier runs may have read; None where it does not.
    """

    read: Callable[[str, str], beam.PTransform]
    parts: frozenset[Hashable] | None = None
    rewound_to: int | None = None


def live_source(source: Source, contract: Contract, archive: str, config: Config, reachable: bool = True,
                key_groups: int | None = None) -> LiveSource:
    """reachable: from here; a template's launcher need not reach a broker. key_groups: the job's, on Flink."""
    try:
        match source:
            case Kafka():
                return _kafka(source, reachable, key_groups)
            case PubSub():
                return _pubsub(source, reachable)
            case Files():
                return _folder(source.pattern, contract, archive, config)
    except ModuleNotFoundError as e:
        extra = "kafka" if isinstance(source, Kafka) else "gcp"
        raise RunError(f"{source.name}: {e.name} is not installed here; pip install 'gamebeam[{extra}]'") from None


def _kafka(source: Kafka, reachable: bool, key_groups: int | None) -> LiveSource:
    from gamebeam.transforms.sources.kafka.client import Partition, partitions_of, rewound_to
    from gamebeam.transforms.sources.kafka.read import ReadKafka
    from gamebeam.transforms.sources.shared_watermark import SharedWatermark

    launched = time.time()
    partitions = tuple(Partition(topic, n) for topic in source.topics for n in range(partitions_of(source, topic))) if reachable else ()

    def read(run_id: str, engine: str) -> beam.PTransform:
        return ReadKafka(source, SharedWatermark(run_id, partitions) if engine == "prismrunner" else None, launched, key_groups)

    return LiveSource(read, frozenset(partitions) if source.until_idle else None, rewound_to(source, launched))


def _pubsub(source: PubSub, reachable: bool) -> LiveSource:
    from gamebeam.transforms.sources.pubsub.client import require_subscription
    from gamebeam.transforms.sources.pubsub.read import ReadPubSub

    if reachable:
        require_subscription(source)

    def read(run_id: str, engine: str) -> beam.PTransform:
        return ReadPubSub(source, native=engine == "dataflowrunner", on_prism=engine == "prismrunner")

    return LiveSource(read, frozenset([source.subscription]) if source.until_idle else None)


def _folder(pattern: str, contract: Contract, archive: str, config: Config) -> LiveSource:
    folder = re.split(r"[*?\[]", pattern)[0].rpartition("/")[0]
    if not re.search(r"[*?\[]", pattern):
        raise SourceError(f"{pattern}: --follow wants a glob in quotes, such as '{pattern.rstrip('/')}/*.jsonl'")
    if "://" not in pattern and not Path(folder or ".").is_dir():
        raise SourceError(f"{folder}: no such folder to follow; create it first, or mend its name")

    def read(run_id: str, engine: str) -> beam.PTransform:
        followed = Followed(archive, run_id, already_read(read_runs(archive)))
        return FollowFiles(pattern, config.follow_seconds, contract, followed, config.follow_files, config.follow_still_seconds)

    return LiveSource(read)
