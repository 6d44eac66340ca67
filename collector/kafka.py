"""KafkaSink: acknowledged by all in-sync replicas, in order per key."""

import asyncio
from collections import deque

from confluent_kafka import KafkaError, KafkaException, Producer

from gamebeam.collector.sink import Message, SinkAway

SETTINGS = {"enable.idempotence": True, "linger.ms": 10, "partitioner": "murmur2_random", "compression.type": "lz4", "log_level": 0,
            "message.max.bytes": 1_048_000, "reconnect.backoff.max.ms": 1_000}
POLL_S = 0.002  # between looks for acknowledgements: a thread of its own would fight for the interpreter's lock


class KafkaSink:
    def __init__(self, servers: str, client: dict[str, str], seconds: float):
        self.settings = {**SETTINGS, **client, "bootstrap.servers": servers, "message.timeout.ms": int(seconds * 1000)}
        self.seconds, self.producer = seconds, Producer(self.settings)
        self.waiting: deque[_Batch] = deque()  # oldest first
        self.pump: asyncio.Task[None] | None = None

    async def send(self, topic: str, messages: list[Message]) -> None:
        if not messages:
            return
        loop, producer = asyncio.get_running_loop(), self.producer
        began = loop.time()
        batch = _Batch(len(messages), loop.create_future(), began + 2 * self.seconds + 5)
        for message in messages:
            while not self._produce(topic, message, batch):
                if loop.time() > began + self.seconds:
                    raise SinkAway("the broker is slower than what comes in")
                self.producer.poll(0)
                await asyncio.sleep(POLL_S)
        self.waiting.append(batch)
        if self.pump is None or self.pump.done():
            self.pump = asyncio.create_task(self._poll())
        await batch.done
        if batch.error is not None:
            if batch.error.fatal() and self.producer is producer:  # this producer will never send again
                self.producer = Producer(self.settings)
            raise SinkAway(batch.error.str())
        if batch.left:
            raise SinkAway("no answer in time")

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
        """One look tells every request whose acknowledgement came; the oldest are given up in time, and no request needs a timer."""
        loop = asyncio.get_running_loop()
        while self.waiting:
            self.producer.poll(0)
            while self.waiting and self.waiting[0].over(loop.time()):
                self.waiting.popleft()
            await asyncio.sleep(POLL_S)

    async def close(self) -> None:
        await asyncio.to_thread(self.producer.flush, self.seconds)


class _Batch:
    """The messages of one send(), until the last of them is acknowledged or refused."""

    def __init__(self, left: int, done: "asyncio.Future[None]", until: float):
        self.left, self.done, self.until = left, done, until
        self.error: KafkaError | None = None

    def told(self, error: KafkaError | None, _: object) -> None:
        self.left -= 1
        if error is not None:
            self.error = error
        if not self.left and not self.done.done():
            self.done.set_result(None)

    def over(self, now: float) -> bool:
        if now > self.until and not self.done.done():
            self.done.set_result(None)
        return self.done.done()
