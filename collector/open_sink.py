"""Where events go: Kafka, Pub/Sub or a folder, by URI."""

import re

from gamebeam.collector.sink import Sink
from gamebeam.transforms.sources.uri import Kafka, SourceError, parse_source

PUBSUB = re.compile(r"pubsub://projects/([^/]+)/topics/([^/?]+)")


def open_sink(uri: str, seconds: float = 5.0) -> tuple[Sink, str]:
    """(sink, topic): the last part of the URI names the topic, in a folder a folder in it. seconds: to acknowledge."""
    if uri.startswith("pubsub://"):
        found = PUBSUB.fullmatch(uri)
        if found is None:
            raise SourceError(f"{uri}: expected pubsub://projects/PROJECT/topics/TOPIC")
        from gamebeam.collector.pubsub import PubSubSink

        return PubSubSink(found[1], seconds), found[2]
    source = parse_source(uri)
    if isinstance(source, Kafka):
        if len(source.topics) != 1:
            raise SourceError(f"{source.name}: one topic to send to, not {len(source.topics)}")
        from gamebeam.collector.kafka import KafkaSink

        return KafkaSink(source.servers, source.client, seconds), source.topics[0]
    from gamebeam.collector.folder import FolderSink

    root, _, topic = uri.rstrip("/").rpartition("/")
    return FolderSink(root or "."), topic
