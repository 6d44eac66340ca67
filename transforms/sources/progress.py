"""What has been read, in this process and its forks, for a person who waits. In-process runners only; never part of a result."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import Value

BYTES_READ = Value("q", 0)


def add_read(some: int) -> None:
    with BYTES_READ.get_lock():
        BYTES_READ.value += some


@contextmanager
def shown(show: Callable[[int, int], None] | None, total: int) -> Iterator[None]:
    """Call show(bytes read, total) five times a second, until the block ends."""
    BYTES_READ.value = 0
    done = threading.Event()

    if show is None:
        yield
        return

    def watch() -> None:
        while not done.wait(0.2):
            show(BYTES_READ.value, total)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
