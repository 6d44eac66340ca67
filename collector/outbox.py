"""The outbox: what Redis noted beside each action becomes messages, which leave it only when the broker has acknowledged them."""

import asyncio
import json
import logging
import secrets
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from gamebeam.collector.game.accounts import Facts
from gamebeam.collector.sink import Message, Sink

GROUP = "relay"
AT_ONCE = 500
LEFT_BEHIND_MS = 15_000  # entries that were read and not finished for so long are taken over: longer than a sink tries
LOG = logging.getLogger(__name__)

Messages = Callable[[dict[str, object], Facts | None], Iterable[tuple[str, dict[str, object]]]]
Sent = Callable[[str, int], Awaitable[set[bytes]]]  # (topic, since, in ms) -> the payloads that are there


class Outbox:
    """A stream of Redis, relayed to a sink: each entry at least once; once, where `sent` can tell what a dead server has sent."""

    def __init__(self, redis: Redis, stream: str, messages: Messages, sent: Sent | None = None):
        self.redis, self.stream, self.messages, self.sent = redis, stream, messages, sent
        self.consumer = secrets.token_hex(8)

    async def relay(self, sink: Sink) -> None:
        """Until cancelled. While the broker or Redis is away, entries wait where they are."""
        pause = 0.1
        while True:
            try:
                await self.join()
                while True:
                    await self.relay_once(sink, block_ms=1_000)
                    pause = 0.1
            except Exception as e:  # of any kind: a relay that ended would end unseen
                LOG.warning("events wait in the outbox: %s", type(e).__name__)
                await asyncio.sleep(pause)
                pause = min(pause * 2, 10)

    async def relay_once(self, sink: Sink, block_ms: int | None = None) -> int:
        """The number of entries relayed: first those that a dead server, or a sink that was away, left behind."""
        claimed = await self.redis.xautoclaim(self.stream, GROUP, self.consumer, min_idle_time=LEFT_BEHIND_MS, count=AT_ONCE)
        entries = claimed[1] or await self._read(block_ms)
        by_topic: dict[str, list[Message]] = {}
        for entry_id, fields in entries:
            action, facts = json.loads(fields[b"action"]), Facts.parse(fields[b"facts"]) if fields[b"facts"] else None
            for topic, message in self.messages(action, facts):
                key = str(action.get("user_id") or message.get("userid") or message.get("Host") or "")
                time = int(entry_id.split(b"-")[0])  # Redis's clock, as the action was taken
                by_topic.setdefault(topic, []).append(Message(json.dumps(message, ensure_ascii=False).encode(), key.encode(), time))
        for topic, batch in by_topic.items():
            there = await self.sent(topic, min(m.time for m in batch)) if claimed[1] and self.sent else set()
            await sink.send(topic, [m for m in batch if m.payload not in there])
        if entries:
            ids = [entry_id for entry_id, _ in entries]
            async with self.redis.pipeline() as done:
                done.xack(self.stream, GROUP, *ids)
                done.xdel(self.stream, *ids)
                await done.execute()
        return len(entries)

    async def join(self) -> None:
        try:
            await self.redis.xgroup_create(self.stream, GROUP, id="0", mkstream=True)
        except ResponseError as e:
            if "BUSYGROUP" not in str(e):
                raise

    async def _read(self, block_ms: int | None) -> list[Any]:
        """New entries; those that were read and not sent are claimed later."""
        found: Any = await self.redis.xreadgroup(GROUP, self.consumer, {self.stream: ">"}, count=AT_ONCE, block=block_ms)
        return found[0][1] if found else []
