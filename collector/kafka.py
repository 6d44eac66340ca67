"""KafkaSink: acknowledged by all in-sync replicas, in order per key."""

import asyncio
from typing import Any

from confluent_kafka import KafkaException, Producer

from collector.sink import Message, SinkAway

SETTINGS = {"enable.idempotence": True, "linger.ms": 2, "partitioner": "murmur2_random", "compression.type": "lz4", "log_level": 0,
            "message.max.bytes": 1_048_000, "reconnect.backoff.max.ms": 1_000}
POLL_S = 0.002  # between looks for acknowledgements: a thread of its own would fight for the interpreter's lock


class KafkaSink:
    def __init__(self, servers: str, client: dict[str, str], seconds: float):
        self.seconds = seconds
        self.producer = Producer({**SETTINGS, **client, "bootstrap.servers": servers, "message.timeout.ms": int(seconds * 1000)})
        self.pending = 0
        self.pump: asyncio.Task[None] | None = None

    async def send(self, topic: str, messages: list[Message]) -> None:
        if not messages:
            return
        batch = _Batch(len(messages), asyncio.get_running_loop().create_future())
        self.pending += 1
        try:
            for message in messages:
                await self._produce(topic, message, batch)
            if self.pump is None or self.pump.done():
                self.pump = asyncio.create_task(self._poll())
            await batch.done
        finally:
            self.pending -= 1
        if batch.error:
            raise SinkAway(batch.error)

    async def _produce(self, topic: str, message: Message, batch: "_Batch") -> None:
        until = asyncio.get_running_loop().time() + self.seconds
        while True:
            try:
                self.producer.produce(topic, message.payload, message.key or None, timestamp=message.time, on_delivery=batch.told)
                return
            except BufferError:  # more in flight than the client holds
                if asyncio.get_running_loop().time() > until:
                    raise SinkAway("the broker is slower than what comes in") from None
                self.producer.poll(0)
                await asyncio.sleep(POLL_S)
            except KafkaException as e:
                raise SinkAway(str(e.args[0].str())) from None

    async def _poll(self) -> None:
        while self.pending:
            self.producer.poll(0)
            await asyncio.sleep(POLL_S)

    async def close(self) -> None:
        await asyncio.to_thread(self.producer.flush, self.seconds)


class _Batch:
    """The messages of one send(), until the last of them is acknowledged or refused."""

    def __init__(self, left: int, done: "asyncio.Future[None]"):
        self.left, self.done, self.error = left, done, ""

    def told(self, error: Any, _: Any) -> None:
        self.left -= 1
        if error is not None:
            self.error = error.str()
        if not self.left and not self.done.done():
            self.done.set_result(None)
