"""FolderSink: JSON lines in files that appear whole, for one machine. The job reads them with --source='folder/*'."""

import asyncio
import itertools
import os
import time
from pathlib import Path

from gamebeam.collector.private_files import open_private
from gamebeam.collector.sink import Message, SinkAway

GATHER_S = 0.05  # what comes in this time shares a file


class FolderSink:
    def __init__(self, root: str):
        self.root = Path(root)
        self.waiting: list[tuple[str, list[Message], asyncio.Future[None]]] = []
        self.writer: asyncio.Task[None] | None = None
        self.numbers = itertools.count()

    async def send(self, topic: str, messages: list[Message]) -> None:
        done = asyncio.get_running_loop().create_future()
        self.waiting.append((topic, messages, done))
        if self.writer is None or self.writer.done():
            self.writer = asyncio.create_task(self._write())
        await done

    async def _write(self) -> None:
        while self.waiting:
            await asyncio.sleep(GATHER_S)
            taken, self.waiting = self.waiting, []
            for topic in dict.fromkeys(t for t, _, _ in taken):
                some = [(m, done) for t, m, done in taken if t == topic]
                try:
                    await asyncio.to_thread(self._file, topic, [m.payload for messages, _ in some for m in messages])
                    error = None
                except OSError as e:
                    error = SinkAway(str(e))
                for _, done in some:
                    if not done.done():
                        done.set_exception(error) if error else done.set_result(None)

    def _file(self, topic: str, payloads: list[bytes]) -> None:
        folder = self.root / topic
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{time.time_ns() // 1_000_000}-{os.getpid()}-{next(self.numbers)}.jsonl"
        whole = folder / f".{path.name}"  # a leading dot: no reader looks at it
        try:
            with open_private(whole, "wb") as f:
                f.writelines(p.replace(b"\n", b" ").replace(b"\r", b" ") + b"\n" for p in payloads)  # JSON holds none inside a string
                f.flush()
                os.fsync(f.fileno())
            whole.rename(path)
        except OSError:
            whole.unlink(missing_ok=True)
            raise
        there = os.open(folder, os.O_RDONLY)  # the name is on the disk only with its folder
        try:
            os.fsync(there)
        finally:
            os.close(there)

    async def close(self) -> None:
        if self.writer:
            await self.writer
