"""Where events go: Kafka, Pub/Sub or a folder, by URI. What send() returned for is safe with the broker."""

import re
from typing import NamedTuple, Protocol

from transforms.source import Kafka, SourceError, parse_source

PUBSUB = re.compile(r"pubsub://projects/([^/]+)/topics/([^/?]+)")


class Message(NamedTuple):
    """key: messages of one key stay in order. time: ms, the broker's time of the message; 0 is now."""

    payload: bytes
    key: bytes = b""
    time: int = 0


class SinkAway(Exception):
    """The broker did not acknowledge in time: some of the messages may be there, or none."""


class Sink(Protocol):
    async def send(self, topic: str, messages: list[Message]) -> None:
        """Returns when the broker has acknowledged every message. Raises SinkAway, then all of them are to be sent again."""

    async def close(self) -> None: ...


def open_sink(uri: str, seconds: float = 5.0) -> tuple[Sink, str]:
    """(sink, topic): the last part of the URI names the topic, in a folder a folder in it. seconds: to acknowledge."""
    if uri.startswith("pubsub://"):
        found = PUBSUB.fullmatch(uri)
        if found is None:
            raise SourceError(f"{uri}: expected pubsub://projects/PROJECT/topics/TOPIC")
        from collector.pubsub import PubSubSink

        return PubSubSink(found[1], seconds), found[2]
    source = parse_source(uri)
    if isinstance(source, Kafka):
        if len(source.topics) != 1:
            raise SourceError(f"{source.name}: one topic to send to, not {len(source.topics)}")
        from collector.kafka import KafkaSink

        return KafkaSink(source.servers, source.client, seconds), source.topics[0]
    from collector.folder import FolderSink

    root, _, topic = uri.rstrip("/").rpartition("/")
    return FolderSink(root or "."), topic
