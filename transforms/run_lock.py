"""Locks between the processes that write one archive on this disk. Object stores have none: runs there are compared at their commit."""

import errno
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from schemas.layout import RUNS_FOLDER, join

PATIENCE_S = 3.0  # a killed run's forks hold its lock for a second more
POLL_S = 0.05
WITHOUT_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)  # filesystems that have none are treated as object stores


@contextmanager
def locked(archive: str, name: str, patience_s: float = PATIENCE_S) -> Iterator[None]:
    """Hold a lock of this archive. The kernel releases the lock of a process that dies.

    Args:
        archive: Root folder; with a scheme, such as gs://, nothing is locked.
        name: Of the lock, such as a run id.
        patience_s: Seconds to wait for another process.

    Raises:
        BlockingIOError: If another process still holds the lock then.
    """
    if "://" in archive:
        yield
        return
    path = join(archive, RUNS_FOLDER, f".{name}.lock")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    descriptor = _acquire(path, time.monotonic() + patience_s)
    try:
        yield
    finally:
        os.unlink(path)
        os.close(descriptor)


def _acquire(path: str, until: float) -> int:
    while True:
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_at(path, descriptor):
                return descriptor
        except OSError as e:
            if e.errno in WITHOUT_LOCKS:
                return descriptor
            if not isinstance(e, BlockingIOError) or time.monotonic() >= until:
                os.close(descriptor)
                raise
            time.sleep(POLL_S)
        os.close(descriptor)


def _is_at(path: str, descriptor: int) -> bool:
    """False if the holder before has removed the file that is locked now."""
    try:
        return os.path.samestat(os.stat(path), os.fstat(descriptor))
    except FileNotFoundError:
        return False
