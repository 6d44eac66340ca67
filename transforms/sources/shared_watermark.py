"""One watermark for all partitions of a source, where the runner does not keep one for each.

Prism 2.77 takes the watermark of whichever partition reported last for that of the whole stage (elementmanager.go,
estimatedOutput): the others' messages come late, and what is late is dropped. There, every partition reports the least of all.
"""

import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass

NOT_YET, OVER = 0, 2**62  # ms

_taken: dict[tuple[str, Hashable], int] = {}  # how far each member is, in bundles that the runner has taken
_own: dict[tuple[str, Hashable], int] = {}  # and in all of them
_lock = threading.Lock()


@dataclass
class SharedWatermark:
    """Only for workers of one process. members: those known at the launch, of which each holds the others until it is read."""

    name: str
    members: tuple[Hashable, ...]

    def own(self, member: Hashable) -> int:
        """What a member has promised, in ms, whether or not it was reported."""
        return _own.get((self.name, member), NOT_YET)

    def report(self, member: Hashable, own: int) -> tuple[int, Callable[[], None]]:
        """(what a member that has come to `own` may report, what is to be called in the bundle's finalisation).

        Before that the runner has none of the bundle's output, and the others must still wait for it.
        """
        key = (self.name, member)

        def taken() -> None:
            with _lock:
                _taken[key] = max(own, _taken.get(key, NOT_YET))

        with _lock:
            _own[key] = max(own, _own.get(key, NOT_YET))
            joined = {m for name, m in _taken if name == self.name}
            return min([own, *(_taken.get((self.name, m), NOT_YET) for m in joined.union(self.members) - {member})]), taken


# Flink (runner 2.70) keeps a hold for each partition, but lets go of it while the partition is being read: should the task's
# watermark be computed just then, it is what the task's other partitions hold. So none may report more than the least of a task,
# and a task's partitions are all read by one process. What went elsewhere with a restart reports no more, and is forgotten.

GATHER_S = 5.0  # after a process's first report, until its partitions are all here
FORGET_S = 60.0

_here: dict[tuple[str, Hashable], tuple[int, float]] = {}  # how far each partition read in this process is, and when it said so
_first: dict[str, float] = {}


def least_here(name: str, member: Hashable, own: int, reported: int, now: float) -> int:
    """What a member that has come to `own` ms may report; `reported`: what it last did."""
    with _lock:
        _here[name, member] = own, now
        if now - _first.setdefault(name, now) < GATHER_S:
            return reported
        return min(at for (of, _), (at, said) in _here.items() if of == name and now - said < FORGET_S)


def leave(name: str, member: Hashable) -> None:
    with _lock:
        _here.pop((name, member), None)
