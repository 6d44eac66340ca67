"""The folder, or gs:// prefix, that files are dropped into: each is loaded and moved to done/, or to failed/ beside its reason."""

import fnmatch
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems

from gamebeam.archive.atomic_write import write_atomically
from gamebeam.archive.layout import escape_glob, join
from gamebeam.archive.manifest import Run, read_runs
from gamebeam.feeds.load import load, loads_beginning
from gamebeam.feeds.read import Problem, Unreadable
from gamebeam.schemas.contract.contract import Contract
from gamebeam.schemas.contract.feeds import FILE, Feed, feeds

UNFINISHED = (".part", ".tmp", ".crdownload", ".filepart")
STILL_S = 30.0  # seconds without a change of size or time before a file is read
LOOK_S = 2.0  # seconds between two looks at the folder, at most

Seen = dict[str, tuple[tuple[int, float], float]]  # path -> (size and time, since when they are so, by time.monotonic)


def run(contract: Contract, archive: str, folder: str, settle_s: float = STILL_S, again: bool = False) -> Iterator[str]:
    """Load what is there now, a line for each file, waiting at most settle_s seconds for files that were written just before.

    again: files that were loaded before too, in place of their earlier loads.
    """
    seen = _look(folder, {})
    if not all(_is_still(path, seen, settle_s) for path in seen):
        time.sleep(settle_s)
    yield from take(contract, archive, folder, seen, settle_s, again)


def watch(contract: Contract, archive: str, folder: str, settle_s: float = STILL_S,
          stop: Callable[[], bool] = lambda: False) -> Iterator[str]:
    """Load what comes, until stopped. A file is read once nothing was written to it for settle_s seconds."""
    declared(contract)
    seen: Seen = {}
    told: set[str] = set()
    while not stop():
        seen = _look(folder, seen)
        waiting = {path for path in seen if not _is_still(path, seen, settle_s)}
        yield from (_waits(path) for path in sorted(waiting - told))
        told = waiting
        yield from take(contract, archive, folder, {path: seen[path] for path in seen if path not in waiting}, settle_s)
        time.sleep(min(settle_s, LOOK_S))


def take(contract: Contract, archive: str, folder: str, before: Seen, settle_s: float, again: bool = False) -> Iterator[str]:
    """Load those files that are as they were when they were looked at before. One that cannot be read keeps no other from it."""
    known = declared(contract)
    runs = read_runs(archive)  # once: of a thousand files each would read a thousand manifests
    now = _look(folder, before)
    for path in sorted(now.keys() & before.keys()):
        if now[path] != before[path] or not _is_still(path, now, settle_s):
            yield _waits(path)
            continue
        name = os.path.basename(path)
        try:
            content = _content(path)
            if _stamp(path) != now[path][0]:
                yield _waits(path)
                continue
            yield _taken(contract, archive, folder, path, name, content, known, runs, again)
        except OSError as e:
            yield f"{name}: {_why(path, e)}"
    yield from grown(contract, archive, folder, known, runs, settle_s)


def _waits(path: str) -> str:
    return f"{os.path.basename(path)}: still being written, left for the next time"


def _why(path: str, error: OSError) -> str:
    """Why a file was neither loaded nor moved."""
    if not FileSystems.exists(path):
        return "taken by another process"
    return f"cannot be read or moved, and is left where it is ({error.strerror or error}); the next look tries again"


def grown(contract: Contract, archive: str, folder: str, known: dict[str, Feed], runs: list[Run], settle_s: float) -> Iterator[str]:
    """Load whole those files in done/ that were written to after they were loaded, in place of what was loaded of them.

    A rename leaves a file's modification time behind its change time; a write makes them equal. On disk only: an object is whole.
    """
    done = join(folder, "done")
    if "://" in folder or not os.path.isdir(done):
        return
    for entry in sorted(os.scandir(done), key=lambda entry: entry.name):
        status = entry.stat()
        if status.st_mtime_ns < status.st_ctime_ns or time.time() - status.st_mtime < settle_s:
            continue
        try:
            content = _content(entry.path)
        except OSError:
            continue
        loads = [(run.inputs[0].bytes, feed, run) for feed in known.values() for run in runs if loads_beginning(feed, run, content)]
        if not loads or (longest := max(loads, key=lambda found: found[0]))[0] == len(content):
            continue
        _, feed, half = longest
        name = half.inputs[0].name
        try:
            loaded = load(contract, archive, feed, name, content, runs=runs, instead_of=half)
        except Unreadable as e:
            yield f"{name}: changed after it was loaded, and is no longer readable: {e}; what {half.run_id} loaded stays"
            continue
        _move(entry.path, done, name, content)
        yield f"{name}: changed after it was loaded; {loaded.rows or 0:,} rows into {feed.name}, in place of those of {half.run_id}"


def declared(contract: Contract) -> dict[str, Feed]:
    known = feeds(contract)
    if not known:
        raise ValueError(f"{contract.name} declares no feeds: add {FILE} to its contract")
    return known


def _taken(contract: Contract, archive: str, folder: str, path: str, name: str, content: bytes, known: dict[str, Feed],
           runs: list[Run], again: bool) -> str:
    feed = next((f for f in known.values() if fnmatch.fnmatchcase(name, f.files)), None)
    try:
        if feed is None:
            raise Unreadable(Problem(1, None, f"no feed takes a file of this name ({', '.join(f.files for f in known.values())})"))
        loaded = load(contract, archive, feed, name, content, again=again, runs=runs)
    except Unreadable as e:
        moved = _move(path, join(folder, "failed"), name, content)
        reason = {"file": name, "feed": feed and feed.name, "line": e.problem.line, "field": e.problem.field, "detail": e.problem.detail,
                  "at": datetime.now(UTC).isoformat(timespec="seconds")}
        write_atomically(f"{moved}.reason.json", json.dumps(reason, indent=1, ensure_ascii=False).encode())
        return f"{name}: failed, {e}"
    _move(path, join(folder, "done"), name, content)
    if loaded.rows is None:
        return f"{name}: loaded already, by {loaded.run_id} (feeds run --reprocess loads it once more)"
    said = [f"{loaded.rows:,} rows into {feed.name if feed else ''}", *loaded.notes]
    if loaded.problems:
        said.append(f"{len(loaded.problems)} dead letters, the first in {loaded.problems[0]}")
    return f"{name}: {'; '.join(said)}"


def _look(folder: str, before: Seen) -> Seen:
    """The folder's files. before: as they were at the last look."""
    if "://" not in folder and not os.path.isdir(folder):
        raise FileNotFoundError(f"{folder}: no such folder; make it, and drop files there")
    now, seen = time.monotonic(), Seen()
    for m in FileSystems.match([join(escape_glob(folder), "*")])[0].metadata_list:
        name = os.path.basename(m.path)
        is_file = "://" in folder or os.path.isfile(m.path)
        if name.startswith(".") or name.endswith(UNFINISHED) or os.path.dirname(m.path) != folder.rstrip("/") or not is_file:
            continue
        stamp = m.size_in_bytes, m.last_updated_in_seconds or 0.0
        seen[m.path] = before[m.path] if m.path in before and before[m.path][0] == stamp else (stamp, now)
    return seen


def _is_still(path: str, seen: Seen, settle_s: float) -> bool:
    """Whether nothing was written to it for so long, by our looks or by its own time."""
    (_, written), since = seen[path]
    return time.monotonic() - since >= settle_s or time.time() - written >= settle_s


def _stamp(path: str) -> tuple[int, float] | None:
    """None of a file that is gone."""
    found = FileSystems.match([escape_glob(path)])[0].metadata_list
    return (found[0].size_in_bytes, found[0].last_updated_in_seconds or 0.0) if found else None


def _content(path: str) -> bytes:
    with FileSystems.open(path, compression_type=CompressionTypes.UNCOMPRESSED) as f:
        return bytes(f.read())


def _move(path: str, to: str, name: str, content: bytes) -> str:
    """Never over another file: a second one of a name takes its content's hash into its own."""
    if "://" not in to:
        os.makedirs(to, exist_ok=True)
    target = join(to, name)
    if FileSystems.exists(target):
        stem, suffix = os.path.splitext(name)
        target = join(to, f"{stem}-{hashlib.sha256(content).hexdigest()[:8]}-{time.time_ns()}{suffix}")
    FileSystems.rename([path], [target])
    return target
