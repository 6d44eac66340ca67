"""PubSubSink: published, and acknowledged by the service."""

import asyncio

from google.api_core.exceptions import GoogleAPICallError, RetryError
from google.cloud.pubsub_v1 import PublisherClient

from gamebeam.collector.sink import Message, SinkAway


class PubSubSink:
    """No ordering keys: the job depends on no order, and ordered publishing is slower and stops at the first error."""

    def __init__(self, project: str, seconds: float):
        self.project, self.seconds = project, seconds
        self.client = PublisherClient()

    async def send(self, topic: str, messages: list[Message]) -> None:
        path = self.client.topic_path(self.project, topic)
        futures = [self.client.publish(path, m.payload, timeout=self.seconds, retry=None) for m in messages]
        try:
            async with asyncio.timeout(self.seconds):
                await asyncio.gather(*map(asyncio.wrap_future, futures))
        except (GoogleAPICallError, RetryError, TimeoutError) as e:
            raise SinkAway(str(e) or "no answer in time") from None

    async def close(self) -> None:
        await asyncio.to_thread(self.client.stop)
