"""Progress on stderr: a bar where a person watches, a line every ten seconds elsewhere."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress

LINE_S = 10.0


@contextmanager
def bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """Give a function that shows progress.

    Args:
        what: what is under way, such as "reading".

    Yields:
        A function of (done, total), in one unit; to be called several times a second.
    """
    if not sys.stderr.isatty():
        yield _lines(what)
        return
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(what, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def _lines(what: str) -> Callable[[int, int], None]:
    began = last = time.monotonic()

    def show(done: int, total: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= LINE_S:
            last = now
            print(f"{what}: {min(1.0, done / total) if total else 0.0:.0%} after {now - began:.0f} s", file=sys.stderr, flush=True)

    return show
