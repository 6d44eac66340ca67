"""Real engines and brokers on this machine, for tests and make live: fetched once into .cache, ended by who started them."""

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from gamebeam.pipeline.runners.lifetime import end_children_with_this_process

CACHE = (Path(__file__).parents[1] / ".cache").resolve()  # scripts in environments hold their own path
STARTS_WITHIN_S = 300


class MissingTool(OSError):
    """A tool that this machine does not have; the message says which, and what for."""


def tool(name: str, purpose: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise MissingTool(f"{name} is not on this machine: {purpose}")
    return path


@contextmanager
def fetching(name: str) -> Iterator[None]:
    """One process at a time makes what is called so in .cache: tests run in two, and would write over one another."""
    CACHE.mkdir(exist_ok=True)
    with (CACHE / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def free_port() -> int:
    """A loopback port that nobody listens on; the system does not hand it out again soon."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def start(command: Sequence[str | Path], log: IO[bytes], cwd: Path | None = None, env: Mapping[str, str] | None = None,
          ) -> subprocess.Popen[bytes]:
    """Start a process in a dedicated session, which a terminal's Ctrl-C does not reach; it ends with this one at the latest.

    Args:
        log: takes what it prints.
        env: variables beside those of this process.
    """
    end_children_with_this_process()
    return subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True, cwd=cwd, env={**os.environ, **(env or {})})


def wait_for_port(process: subprocess.Popen[bytes], port: int, log: Path, seconds: float = STARTS_WITHIN_S) -> None:
    """Until the process listens; OSError with the end of its log if it does not."""
    until = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < until:
        with socket.socket() as s:
            if s.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise OSError(f"{log}: nothing listens on port {port}: {log.read_text()[-2_000:]}")


def end(process: subprocess.Popen[bytes], seconds: float = 10) -> None:
    process.terminate()
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def end_job(job: subprocess.Popen[Any], seconds: float = 20) -> None:
    """As a person would: to let it drain, to cancel it, and at last by force."""
    for how in (signal.SIGTERM, signal.SIGTERM):
        if job.poll() is None:
            job.send_signal(how)
            with suppress(subprocess.TimeoutExpired):
                job.wait(seconds)
    kill_job(job)


def kill_job(job: subprocess.Popen[Any]) -> None:
    """By force, with the engine that it started: Prism lives in a session of its own, and would go on alone."""
    if job.poll() is None:
        for pid in (job.pid, *children(job.pid)):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        job.wait()


def children(pid: int) -> list[int]:
    """Process ids of what it started itself, and is still there."""
    return [int(child) for child in subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True).stdout.split()]
