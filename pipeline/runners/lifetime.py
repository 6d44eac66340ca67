"""Processes that end with the one that started them, also where it is killed with SIGKILL.

A process marks the environment that its children inherit, and starts a guard: this file as a script. Once the process is gone, the guard
kills everything that carries the mark: children of children too, in whatever session, and those that init has adopted meanwhile.
"""

import os
import select
import signal
import subprocess
import sys
import time
import uuid
from contextlib import suppress
from pathlib import Path

VARIABLE = "GAMEBEAM_ENDS_WITH"
LOOKS_S = 0.5  # between looks whether the process is still there, where the system cannot report its end
KILLS_S = 10  # a marked process may be starting another one while it is killed

_guarding = 0  # the process id that a guard watches: a fork is another process


def end_children_with_this_process() -> None:
    """Mark os.environ, which every process started from now on inherits. Nothing changes if called again."""
    global _guarding
    if _guarding == os.getpid():
        return
    mark = f"{os.getpid()}-{uuid.uuid4().hex}"
    subprocess.run([sys.executable, "-I", "-S", __file__, mark, str(os.getpid())], start_new_session=True, check=True,
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.environ[VARIABLE] = f"{os.environ.get(VARIABLE, '')} {mark}".strip()
    _guarding = os.getpid()


def _guard(mark: str, process: int) -> None:
    """Go on as an orphan, which is none of the process's children, until the process is gone; then kill what carries the mark."""
    handle = os.pidfd_open(process) if hasattr(os, "pidfd_open") else None  # before the look at its id, which may be given again
    lives = os.getppid() == process
    if os.fork():
        os._exit(0)
    if lives:
        _wait_for_end(process, handle)
    until = time.monotonic() + KILLS_S
    while (pids := _marked(mark)) and time.monotonic() < until:
        for pid in pids:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.1)


def _wait_for_end(process: int, handle: int | None) -> None:
    if handle is not None:
        select.select([handle], [], [])
        return
    with suppress(ProcessLookupError):
        while True:
            os.kill(process, 0)
            time.sleep(LOOKS_S)


def _marked(mark: str) -> list[int]:
    """Ids of the living processes that were started with the mark in their environment."""
    if not Path("/proc/self/environ").exists():  # macOS
        shown = subprocess.run(["ps", "-axEww", "-o", "pid=,command="], capture_output=True, text=True).stdout
        return [int(line.split()[0]) for line in shown.splitlines() if f"{VARIABLE}=" in line and mark in line.partition(VARIABLE)[2]]
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended, or is another user's
            if mark.encode() in (folder / "environ").read_bytes():  # empty for a zombie
                found.append(int(folder.name))
    return found


if __name__ == "__main__":
    _guard(sys.argv[1], int(sys.argv[2]))
