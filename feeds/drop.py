"""The folder, or gs:// prefix, that files are dropped into: each is loaded and moved to done/, or to failed/ beside its reason."""

import fnmatch
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from apache_beam.io.filesystem import CompressionTypes, FileMetadata
from apache_beam.io.filesystems import FileSystems

from feeds.load import load
from feeds.read import Problem, Unreadable
from schemas.contract import Contract
from schemas.feeds import FILE, Feed, feeds
from schemas.layout import join
from transforms.archive import write_at_once
from transforms.runs import Run, read_runs

UNFINISHED = (".part", ".tmp", ".crdownload", ".filepart")
SETTLE_S = 2.0  # a file is taken once its size and time stood still that long


def run(contract: Contract, archive: str, folder: str, settle_s: float = SETTLE_S, again: bool = False) -> Iterator[str]:
    """Takes what lies there now; a line for each file. again: those that were loaded before too, in place of their earlier loads."""
    seen = _look(folder)
    time.sleep(settle_s if seen else 0)
    yield from take(contract, archive, folder, seen, again)


def watch(contract: Contract, archive: str, folder: str, settle_s: float = SETTLE_S,
          stop: Callable[[], bool] = lambda: False) -> Iterator[str]:
    """Takes what comes, until stopped."""
    declared(contract)
    seen = _look(folder)
    while not stop():
        time.sleep(settle_s)
        yield from take(contract, archive, folder, seen)
        seen = _look(folder)


def take(contract: Contract, archive: str, folder: str, before: dict[str, FileMetadata], again: bool = False) -> Iterator[str]:
    """Those files that are as they were when they were looked at before."""
    known = declared(contract)
    runs = read_runs(archive)  # once: of a thousand files each would read a thousand manifests
    for path, now in sorted(_look(folder).items()):
        then, name = before.get(path), os.path.basename(path)
        if then is None or _stamp(then) != _stamp(now):
            yield f"{name}: still being written, left for the next time"
            continue
        with FileSystems.open(path, compression_type=CompressionTypes.UNCOMPRESSED) as f:
            content = f.read()
        yield _taken(contract, archive, folder, path, name, content, known, runs, again)


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
        write_at_once(f"{moved}.reason.json", json.dumps(reason, indent=1, ensure_ascii=False).encode())
        return f"{name}: failed, {e}"
    _move(path, join(folder, "done"), name, content)
    if loaded.rows is None:
        return f"{name}: loaded already, by {loaded.run_id} (feeds run --again loads it once more)"
    said = [f"{loaded.rows:,} rows into {feed.name if feed else ''}", *loaded.notes]
    if loaded.problems:
        said.append(f"{len(loaded.problems)} dead letters, the first in {loaded.problems[0]}")
    return f"{name}: {'; '.join(said)}"


def _look(folder: str) -> dict[str, FileMetadata]:
    if "://" not in folder and not os.path.isdir(folder):
        raise FileNotFoundError(f"{folder}: no such folder; make it, and drop files there")
    found = FileSystems.match([join(folder, "*")])[0].metadata_list
    return {m.path: m for m in found if not os.path.basename(m.path).startswith(".") and not m.path.endswith(UNFINISHED)
            and ("://" in folder or os.path.isfile(m.path)) and os.path.dirname(m.path) == folder.rstrip("/")}


def _stamp(file: FileMetadata) -> tuple[int, float]:
    return file.size_in_bytes, file.last_updated_in_seconds


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
