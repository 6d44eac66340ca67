"""Store: who this installation is, its counter, and the events that the collector does not have yet; in one SQLite file."""

import json
import sqlite3
import threading
import uuid
from pathlib import Path

TABLES = """
PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;
CREATE TABLE IF NOT EXISTS install (install_id TEXT, seq INTEGER);
CREATE TABLE IF NOT EXISTS waiting (seq INTEGER PRIMARY KEY, event BLOB);
"""


class Store:
    """Number and event are written in one transaction: the counter has no hole that is not a lost event."""

    def __init__(self, path: Path, most_bytes: int):
        path.parent.mkdir(parents=True, exist_ok=True)
        self.most_bytes, self.lock, self.closed = most_bytes, threading.Lock(), False
        self.db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self.db.executescript(TABLES)
        found = self.db.execute("SELECT install_id, seq FROM install").fetchone()
        if found is None:
            found = (str(uuid.uuid4()), 0)
            self.db.execute("INSERT INTO install VALUES (?, ?)", found)
        self.install_id, self.seq = found
        self.bytes = self.db.execute("SELECT COALESCE(SUM(LENGTH(event)), 0) FROM waiting").fetchone()[0]

    def append(self, event: dict[str, object]) -> None:
        """Adds install_id and seq. Over the cap the oldest go: their numbers show as missing, which they are."""
        with self.lock:
            if self.closed:
                return
            seq = self.seq + 1
            body = json.dumps({**event, "install_id": self.install_id, "seq": seq}, separators=(",", ":"), allow_nan=False).encode()
            before = self.seq, self.bytes
            try:
                self._write(seq, body)
            except sqlite3.Error:  # a full disk: the next event may find room
                self.seq, self.bytes = before
                if self.db.in_transaction:
                    self.db.execute("ROLLBACK")
                raise

    def _write(self, seq: int, body: bytes) -> None:
        self.db.execute("BEGIN IMMEDIATE")
        self.db.execute("UPDATE install SET seq = ?", (seq,))
        self.db.execute("INSERT INTO waiting VALUES (?, ?)", (seq, body))
        self.seq, self.bytes = seq, self.bytes + len(body)
        while self.bytes > self.most_bytes:
            oldest, size = self.db.execute("SELECT seq, LENGTH(event) FROM waiting ORDER BY seq LIMIT 1").fetchone()
            self.db.execute("DELETE FROM waiting WHERE seq = ?", (oldest,))
            self.bytes -= size
        self.db.execute("COMMIT")

    def oldest(self, count: int, most_bytes: int) -> list[tuple[int, bytes]]:
        """[(seq, event)]: at least one, if there is one."""
        with self.lock:
            taken: list[tuple[int, bytes]] = []
            size = 0
            for seq, event in self.db.execute("SELECT seq, event FROM waiting ORDER BY seq LIMIT ?", (count,)).fetchall():
                size += len(event) + 1
                if taken and size > most_bytes:
                    break
                taken.append((seq, event))
            return taken

    def waiting(self) -> int:
        with self.lock:
            return 0 if self.closed else int(self.db.execute("SELECT COUNT(*) FROM waiting").fetchone()[0])

    def remove(self, numbers: list[int]) -> None:
        with self.lock:
            marks = ",".join("?" * len(numbers))
            removed = self.db.execute(f"DELETE FROM waiting WHERE seq IN ({marks}) RETURNING LENGTH(event)", numbers).fetchall()
            self.bytes -= sum(size for (size,) in removed)

    def close(self) -> None:
        with self.lock:
            self.closed = True
            self.db.close()
