"""What an archive on disk holds: its runs, and the Parquet files of each table."""

from pathlib import Path

import pyarrow as pa

from gamebeam.archive import manifest
from gamebeam.archive.filesystem import matching
from gamebeam.archive.layout import RUNS_FOLDER, escape_glob, run_of, table_glob

VISIBLE_STATES = ("open", "complete")
RUNS = pa.schema([
    ("run_id", pa.string()), ("state", pa.string()), ("mode", pa.string()), ("contract", pa.string()),
    ("started", pa.timestamp("us", tz="UTC")), ("finished", pa.timestamp("us", tz="UTC")),
    ("inputs", pa.list_(pa.struct([("name", pa.string()), ("sha256", pa.string()), ("bytes", pa.int64())]))),
    ("supersedes", pa.list_(pa.string())), ("row_counts", pa.string()), ("generation", pa.int64()),
    ("repairs", pa.list_(pa.struct([("run_id", pa.string()), ("arrived_before", pa.timestamp("us", tz="UTC"))])))])


class ArchiveError(OSError):
    """An archive that cannot be read: which, what is wrong, what to do."""


def read_runs(archive: str) -> pa.Table:
    """Every manifest in ROOT/_runs; row_counts is JSON of {table: rows}."""
    if "://" in archive:
        raise ArchiveError(f"{archive}: only archives on disk can be queried here; copy it first")
    folder = Path(archive) / RUNS_FOLDER
    if not Path(archive).is_dir():
        raise ArchiveError(f"{archive}: no such archive (gamebeam run --archive={archive} writes one)")
    try:
        runs = manifest.read_runs(archive)
    except manifest.BrokenManifest as e:
        raise ArchiveError(str(e)) from None
    if not runs:
        raise ArchiveError(f"{archive}: no runs in {folder}; is this the root of an archive?")
    return pa.Table.from_pylist([manifest.manifest_row(run) for run in runs], schema=RUNS)


def part_files(archive: str, folder: str, table: str, runs: pa.Table) -> list[str]:
    """A table's files that visible runs wrote: a broken file of a run that never finished is not even opened."""
    visible = frozenset(run["run_id"] for run in runs.to_pylist() if run["state"] in VISIBLE_STATES)
    return [path for path in matching(table_glob(escape_glob(archive), folder, table)) if run_of(path, visible)]
