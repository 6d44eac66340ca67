"""CPU seconds and memory of a process and everything below it, from Linux's /proc. Standard library only: Spark's side runs it too."""

import os
from pathlib import Path

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def cpu_seconds(root: int) -> float:
    """User + system seconds so far of the tree under root, its ended and reaped children included."""
    stats = _stats()
    return sum(sum(map(int, stats[pid][11:15])) for pid in _tree(root, stats)) / TICKS_PER_SECOND


def memory_mb(root: int) -> float:
    """Resident MB of the tree now, or of its largest process at its own peak if that is more. Shared pages count in each process."""
    now, peaks = 0, [0]
    for pid in _tree(root, _stats()):
        try:
            status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
        except OSError:
            continue  # it ended meanwhile
        now += _kb(status.get("VmRSS"))
        peaks.append(_kb(status.get("VmHWM")))
    return max(now, *peaks) / 1024


def resident_mb(pid: int) -> float:
    """Of this process alone, now; 0 once it has ended."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except OSError:
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _kb(field: str | None) -> int:
    return int(field.split()[0]) if field else 0  # a zombie has no such line


def _stats() -> dict[int, list[str]]:
    """Fields of /proc/PID/stat from `state` on, by pid: [1] is the parent, [11:15] utime, stime, cutime, cstime in ticks."""
    stats = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                text = Path(f"/proc/{entry}/stat").read_text()
            except OSError:
                continue
            stats[int(entry)] = text.rpartition(")")[2].split()
    return stats


def _tree(root: int, stats: dict[int, list[str]]) -> list[int]:
    children: dict[int, list[int]] = {}
    for pid, fields in stats.items():
        children.setdefault(int(fields[1]), []).append(pid)
    tree, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        if pid in stats:
            tree.append(pid)
        waiting += children.get(pid, [])
    return tree
