"""One file of a feed into the archive: Parquet under a name that its content gives, and a manifest that makes it count at once."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet as pq

from gamebeam.archive.atomic_write import write_atomically
from gamebeam.archive.layout import join
from gamebeam.archive.manifest import Input, Run, read_runs, write_run
from gamebeam.feeds.read import Problem, Rows, Unreadable, read_rows
from gamebeam.schemas.contract.contract import Contract
from gamebeam.schemas.contract.feeds import DEAD, FOLDER, Feed, dead_table, feed_table
from gamebeam.schemas.tables import Table


@dataclass(frozen=True)
class Loaded:
    """rows None: the same file was loaded before, by `run_id`."""

    run_id: str
    rows: int | None
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()


def load(contract: Contract, archive: str, feed: Feed, name: str, content: bytes, at: datetime | None = None,
         again: bool = False, runs: list[Run] | None = None, instead_of: Run | None = None) -> Loaded:
    """Raises Unreadable where the file, or by the feed's own rule one bad row of it, keeps all of it out.

    A load that was killed shows nothing, and the same file again overwrites what it left. again: a file that was loaded before is
    loaded once more, as of now, in place of what it was then. runs: the archive's, where they were read before; this one joins them.
    instead_of: the load of the same file when it was not yet whole; it counts no more.
    """
    at = at or datetime.now(UTC)
    identity = _identity(feed, name, content)
    run_id = f"feed-{feed.name}-{identity[:16]}"
    runs = read_runs(archive) if runs is None else runs
    earlier = [run for run in runs if run.run_id == run_id or run.run_id.startswith(f"{run_id}-")]
    before = [run.run_id for run in earlier if run.visible]
    if before and not again:
        return Loaded(before[-1], None)
    if before:
        run_id = f"{run_id}-{len(earlier) + 1}"
    rows = read_rows(content, feed)
    if rows.problems and (feed.bad_rows == "fail" or not rows.lines):
        raise Unreadable(rows.problems[0])
    run = Run(run_id, "started", "feed", contract.fingerprint, at.isoformat(timespec="milliseconds"),
              inputs=[Input(name, identity, len(content))], supersedes=[*before, *([instead_of.run_id] if instead_of else [])])
    head = {"run_id": run_id, "loaded_at": at, "file": name}
    if rows.lines:
        run.rows[feed.name] = _write(archive, feed_table(feed), head, rows.lines, rows.columns)
    if rows.problems:
        run.rows[DEAD] = _write(archive, dead_table(), head | {"feed": feed.name}, [p.line for p in rows.problems], {
            "field": [p.field for p in rows.problems], "detail": [p.detail for p in rows.problems], "row": [p.row for p in rows.problems]})
    run.state, run.finished = "complete", datetime.now(UTC).isoformat(timespec="milliseconds")
    write_run(archive, run)
    for old in (*earlier, *([instead_of] if instead_of else [])):
        old.state = "superseded"
    runs.append(run)
    return Loaded(run_id, len(rows.lines), tuple(rows.problems), (*_notes(rows), *feed.notes))


def loads_beginning(feed: Feed, run: Run, content: bytes) -> bool:
    """Whether a load that counts is of this content, or of what it begins with."""
    if not run.visible or not run.run_id.startswith(f"feed-{feed.name}-") or len(run.inputs) != 1:
        return False
    (loaded,) = run.inputs
    return loaded.bytes <= len(content) and loaded.sha256 == _identity(feed, loaded.name, content[:loaded.bytes])


def _identity(feed: Feed, name: str, content: bytes) -> str:
    """Hex digest of what makes two files one."""
    return hashlib.sha256(content + (b"\0" + name.encode() if feed.identity == "name_and_content" else b"")).hexdigest()


def _write(archive: str, table: Table, head: dict[str, object], lines: list[int], columns: dict[str, list[object]]) -> int:
    values = {name: [value] * len(lines) for name, value in head.items()} | {"line": lines} | columns
    written = pa.Table.from_pydict({f.name: pa.array(values[f.name], f.type) for f in table.arrow}, schema=table.arrow)
    out = pa.BufferOutputStream()
    pq.write_table(written, out, compression="zstd")
    path = join(archive, FOLDER, table.name, f"load={head['run_id']}", f"part-{head['run_id']}-0.parquet")  # the same when done again
    write_atomically(path, out.getvalue().to_pybytes())
    return len(lines)


def _notes(rows: Rows) -> list[str]:
    notes = [f"{rows.empty} empty rows left out"] if rows.empty else []
    notes += [f"{rows.lowered} values written in small letters"] if rows.lowered else []
    return notes + [f"{name}: {n} ids such as 1.4E+12 have lost their digits" for name, n in rows.rounded.items()]
