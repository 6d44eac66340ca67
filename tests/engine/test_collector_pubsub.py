"""The collector's Pub/Sub sink, against the official emulator."""

import asyncio
import time

import pytest

from gamebeam.collector.open_sink import open_sink
from gamebeam.collector.sink import Message, SinkAway
from gamebeam.transforms.sources.uri import SourceError

pubsub = pytest.importorskip("services.pubsub")


@pytest.mark.engine
def test_what_send_returned_for_is_in_the_topic_and_a_missing_topic_or_server_is_away(tmp_path, monkeypatch):
    from google.cloud.pubsub_v1 import PublisherClient, SubscriberClient

    async def story():
        sink, topic = open_sink("pubsub://projects/proj-local/topics/events", seconds=20)
        await sink.send(topic, [Message(b'{"n":%d}' % n) for n in range(300)])
        with pytest.raises(SinkAway):
            await sink.send("nosuch", [Message(b"{}")])
        await sink.close()

    with pubsub.pubsub_emulator(tmp_path) as address:
        monkeypatch.setenv("PUBSUB_EMULATOR_HOST", address)
        subscriber, subscription = SubscriberClient(), "projects/proj-local/subscriptions/look"
        PublisherClient().create_topic(name="projects/proj-local/topics/events")
        subscriber.create_subscription(name=subscription, topic="projects/proj-local/topics/events")
        asyncio.run(story())
        found, until = set(), time.monotonic() + 60
        while len(found) < 300 and time.monotonic() < until:
            pulled = subscriber.pull(subscription=subscription, max_messages=300, timeout=20).received_messages
            found |= {m.message.data for m in pulled}
            if pulled:
                subscriber.acknowledge(subscription=subscription, ack_ids=[m.ack_id for m in pulled])
    assert found == {b'{"n":%d}' % n for n in range(300)}


def test_a_topic_is_named_whole():
    with pytest.raises(SourceError, match="expected pubsub://projects/PROJECT/topics/TOPIC"):
        open_sink("pubsub://proj/events")
