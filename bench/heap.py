"""What lives in a Java process's heap, by class: the JDK's own count, after a full collection."""

import re
import subprocess
from collections.abc import Iterable

from services import tool

# "  12:   3456   789012  java.util.HashMap$Node (java.base@17)"
LINE = re.compile(r"\s*\d+:\s+\d+\s+(\d+)\s+(\S+)")


def live_mb(pids: Iterable[int]) -> dict[str, float]:
    """MB by class, of these processes together."""
    found: dict[str, float] = {}
    for pid in pids:
        told = subprocess.run([tool("jcmd", "a JDK counts what lives in a heap"), str(pid), "GC.class_histogram"], capture_output=True,
                              text=True, check=True).stdout
        for size, name in LINE.findall(told):
            found[name] = found.get(name, 0.0) + int(size) / 1e6
    return found


def grown(first: dict[str, float], last: dict[str, float]) -> list[tuple[str, float]]:
    """(class, MB more), the largest first."""
    return sorted(((name, mb - first.get(name, 0.0)) for name, mb in last.items()), key=lambda c: -c[1])
