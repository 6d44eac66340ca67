"""What has been read, in this process and its forks, for a person who waits. In-process runners only; never part of a result."""

from multiprocessing import Value

BYTES_READ = Value("q", 0)


def add_read(some: int) -> None:
    with BYTES_READ.get_lock():
        BYTES_READ.value += some
