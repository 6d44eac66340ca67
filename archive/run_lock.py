"""Locks between the processes that write one archive on this disk. Object stores have none: runs there are compared at their commit."""

import errno
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from gamebeam.archive.layout import RUNS_FOLDER, join

PATIENCE_S = 3.0  # a killed run's forks hold its lock for a second more
POLL_S = 0.05
WITHOUT_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)  # filesystems that have none are treated as object stores


class Busy(ValueError):
    """Another process does this to the archive now."""


@contextmanager
def locked(archive: str, name: str, patience_s: float = PATIENCE_S) -> Iterator[None]:
    """Hold a lock of this archive. The kernel releases the lock of a process that dies.

    Args:
        archive: Root folder. With a scheme, such as gs://, or if it is not there, nothing is locked.
        name: What the lock is for, such as a run id.
        patience_s: Seconds to wait for another process.

    Raises:
        Busy: If another process still holds the lock then.
    """
    if "://" in archive or not os.path.isdir(archive):
        yield
        return
    path = join(archive, RUNS_FOLDER, f".{name}.lock")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    try:
        descriptor = _acquire(path, time.monotonic() + patience_s)
    except BlockingIOError:
        raise Busy(f"{archive}: another process is at work on {name}; wait for its end, and give the same command again") from None
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
