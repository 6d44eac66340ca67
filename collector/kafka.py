"""KafkaSink: acknowledged by all in-sync replicas, in order per key."""

import asyncio
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Producer

from collector.sink import Message, SinkAway

SETTINGS = {"enable.idempotence": True, "linger.ms": 2, "partitioner": "murmur2_random", "compression.type": "lz4", "log_level": 0,
            "message.max.bytes": 1_048_000, "reconnect.backoff.max.ms": 1_000}
POLL_S = 0.002  # between looks for acknowledgements: a thread of its own would fight for the interpreter's lock


class KafkaSink:
    def __init__(self, servers: str, client: dict[str, str], seconds: float):
        self.settings = {**SETTINGS, **client, "bootstrap.servers": servers, "message.timeout.ms": int(seconds * 1000)}
        self.seconds, self.producer = seconds, Producer(self.settings)
        self.pending = 0
        self.pump: asyncio.Task[None] | None = None

    async def send(self, topic: str, messages: list[Message]) -> None:
        if not messages:
            return
        loop = asyncio.get_running_loop()
        batch, until = _Batch(len(messages), loop.create_future()), loop.time() + self.seconds
        producer = self.producer
        self.pending += 1
        try:
            for message in messages:
                while not self._produce(topic, message, batch):
                    if loop.time() > until:
                        raise SinkAway("the broker is slower than what comes in")
                    self.producer.poll(0)
                    await asyncio.sleep(POLL_S)
            if self.pump is None or self.pump.done():
                self.pump = asyncio.create_task(self._poll())
            await asyncio.wait_for(batch.done, 2 * self.seconds + 5)
        except TimeoutError:
            raise SinkAway("no answer in time") from None
        finally:
            self.pending -= 1
        if batch.error is not None:
            if batch.error.fatal() and self.producer is producer:  # this producer will never send again
                self.producer = Producer(self.settings)
            raise SinkAway(batch.error.str())

    def _produce(self, topic: str, message: Message, batch: "_Batch") -> bool:
        """False: more is in flight than the client holds."""
        try:
            self.producer.produce(topic, message.payload, message.key or None, timestamp=message.time, on_delivery=batch.told)
            return True
        except BufferError:
            return False
        except KafkaException as e:
            raise SinkAway(e.args[0].str()) from None

    async def _poll(self) -> None:
        while self.pending:
            self.producer.poll(0)
            await asyncio.sleep(POLL_S)

    async def close(self) -> None:
        await asyncio.to_thread(self.producer.flush, self.seconds)


class _Batch:
    """The messages of one send(), until the last of them is acknowledged or refused."""

    def __init__(self, left: int, done: "asyncio.Future[None]"):
        self.left, self.done = left, done
        self.error: KafkaError | None = None

    def told(self, error: KafkaError | None, _: Any) -> None:
        self.left -= 1
        if error is not None:
            self.error = error
        if not self.left and not self.done.done():
            self.done.set_result(None)
