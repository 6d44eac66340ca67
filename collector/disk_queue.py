"""DiskQueue: what the broker has not taken yet, in SQLite, in order, bounded. Safe to share between processes."""

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from gamebeam.collector.private_files import open_private
from gamebeam.collector.sink import Message

PAGE = 4096
LOG = logging.getLogger(__name__)
TABLE = """
CREATE TABLE IF NOT EXISTS waiting (id INTEGER PRIMARY KEY AUTOINCREMENT, lane TEXT, topic TEXT, key BLOB, time INTEGER, payload BLOB);
CREATE INDEX IF NOT EXISTS waiting_by_lane ON waiting (lane, id);
"""


class QueueFull(Exception):
    """The disk queue holds all that it may, or its disk does."""


class Waiting(NamedTuple):
    number: int
    topic: str
    message: Message


class DiskQueue:
    """Every call is one transaction on a thread of its own; what comes while one is under way shares the next."""

    def __init__(self, path: str, megabytes: int):
        self.path, self.pages = path, megabytes * 2**20 // PAGE
        self.thread = ThreadPoolExecutor(1, "disk-queue")
        self.coming: list[tuple[list[tuple[object, ...]], asyncio.Future[None]]] = []
        self.writer: asyncio.Task[None] | None = None
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        self.thread.submit(self._open).result()

    def _open(self) -> None:
        open_private(Path(self.path), "ab").close()  # SQLite gives its journals the mode of the file
        self.db = sqlite3.connect(self.path, timeout=30, isolation_level=None)
        self.db.executescript(f"PRAGMA page_size={PAGE}; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; {TABLE}")
        self.db.execute(f"PRAGMA max_page_count={self.pages}")

    async def append(self, lane: str, topic: str, messages: list[Message]) -> None:
        """Returns when they are on disk for good; raises QueueFull, and then none of them is."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.coming.append(([(lane, topic, m.key, m.time, m.payload) for m in messages], done))
        if self.writer is None or self.writer.done():
            self.writer = asyncio.create_task(self._write())
        await done

    async def _write(self) -> None:
        while self.coming:
            taken, self.coming = self.coming, []
            if await self._taken(taken):
                continue
            for one in taken:  # together they did not fit
                if not await self._taken([one]) and not one[1].done():
                    one[1].set_exception(QueueFull(self.path))

    async def _taken(self, some: list[tuple[list[tuple[object, ...]], asyncio.Future[None]]]) -> bool:
        try:
            await self._on_thread(self._insert, [row for rows, _ in some for row in rows])
        except sqlite3.Error as e:
            LOG.warning("%s: %s", self.path, e)
            return False
        for _, done in some:
            if not done.done():
                done.set_result(None)
        return True

    def _insert(self, rows: list[tuple[object, ...]]) -> None:
        self.db.execute("BEGIN IMMEDIATE")
        try:
            self.db.executemany("INSERT INTO waiting (lane, topic, key, time, payload) VALUES (?, ?, ?, ?, ?)", rows)
            self.db.execute("COMMIT")
        except sqlite3.Error:
            if self.db.in_transaction:
                self.db.execute("ROLLBACK")
            raise

    async def oldest(self, lane: str, count: int) -> list[Waiting]:
        rows = await self._on_thread(self._select, "SELECT id, topic, key, time, payload FROM waiting WHERE lane = ? ORDER BY id LIMIT ?",
                                     (lane, count))
        return [Waiting(number, topic, Message(payload, key, time)) for number, topic, key, time, payload in rows]

    async def delete(self, lane: str, up_to: int) -> None:
        await self._on_thread(self._select, "DELETE FROM waiting WHERE lane = ? AND id <= ?", (lane, up_to))

    async def lanes(self) -> dict[str, int]:
        """How many messages wait, by lane."""
        return dict(await self._on_thread(self._select, "SELECT lane, COUNT(*) FROM waiting GROUP BY lane", ()))

    def _select(self, sql: str, values: tuple[object, ...]) -> list[object]:
        return self.db.execute(sql, values).fetchall()

    async def _on_thread(self, call: Callable[..., Any], *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self.thread, call, *arguments)

    async def close(self) -> None:
        await self._on_thread(self.db.close)
        self.thread.shutdown()
