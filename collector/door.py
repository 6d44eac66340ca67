"""Door: messages to the broker, or to the disk queue while it is away; then the queue to the broker, in order."""

import asyncio
import fcntl
import logging
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from gamebeam.collector.disk_queue import DiskQueue
from gamebeam.collector.private_files import open_private
from gamebeam.collector.sink import Message, Sink, SinkAway

CHUNK = 1_000  # messages of the queue sent at a time
PATIENCE_S = (0.5, 5.0)  # between tries at a broker that is away: first, longest
LOG = logging.getLogger(__name__)


@dataclass
class Lane:
    """One sink. behind: something of it is, or may be, in the queue, so that all that comes has to queue up."""

    name: str
    sink: Sink
    behind: bool = False
    appending: int = 0
    draining: asyncio.Task[None] | None = None


class Door:
    """One for the server, in app.state.door. lanes: sinks by name, one per game."""

    def __init__(self, lanes: dict[str, Sink], queue: DiskQueue):
        self.lanes = {name: Lane(name, sink) for name, sink in lanes.items()}
        self.queue = queue

    async def start(self) -> None:
        """Sends first what an earlier life of this server left in the queue."""
        for name in await self.queue.lanes():
            if name in self.lanes:
                self._fall_behind(self.lanes[name])

    async def send(self, lane: str, topic: str, messages: list[Message]) -> None:
        """Returns when the broker has acknowledged them or they are on disk. Raises QueueFull: then they are not taken."""
        at = self.lanes[lane]
        if not at.behind:
            try:
                return await at.sink.send(topic, messages)
            except SinkAway as e:
                LOG.warning("%s: the broker is away (%s): events go to the disk queue", lane, e)
        at.appending += 1
        try:
            self._fall_behind(at)
            await self.queue.append(lane, topic, messages)
        finally:
            at.appending -= 1

    def _fall_behind(self, lane: Lane) -> None:
        lane.behind = True
        if lane.draining is None or lane.draining.done():
            lane.draining = asyncio.create_task(self._drain(lane))

    async def _drain(self, lane: Lane) -> None:
        """Ends when nothing of the lane waits any more. Of several processes one drains at a time: order is kept."""
        wait = PATIENCE_S[0]
        with open_private(Path(f"{self.queue.path}.{lane.name}.lock"), "ab") as lock:
            while lane.behind:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    await self._drain_now(lane)
                    wait = PATIENCE_S[0]
                    fcntl.flock(lock, fcntl.LOCK_UN)
                except (SinkAway, OSError, sqlite3.Error):  # the broker is away, another process drains, the disk fails
                    await asyncio.sleep(wait)
                    wait = min(wait * 2, PATIENCE_S[1])

    async def _drain_now(self, lane: Lane) -> None:
        while some := await self.queue.oldest(lane.name, CHUNK):
            by_topic: dict[str, list[Message]] = {}
            for waiting in some:
                by_topic.setdefault(waiting.topic, []).append(waiting.message)
            for topic, messages in by_topic.items():
                await lane.sink.send(topic, messages)
            await self.queue.delete(lane.name, some[-1].number)
        if lane.appending:
            await asyncio.sleep(0.05)
        else:
            lane.behind = False

    @property
    def away(self) -> list[str]:
        return [lane.name for lane in self.lanes.values() if lane.behind]

    async def close(self) -> None:
        tasks: list[asyncio.Task[object]] = [lane.draining for lane in self.lanes.values() if lane.draining]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for lane in self.lanes.values():
            await lane.sink.close()
        await self.queue.close()
