"""What an archive on disk holds: its runs, and the Parquet files of each table. The only place here that knows paths."""

import glob
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from gamebeam.archive.layout import RUNS_FOLDER, UNREADABLE_FILE, escape_glob, table_glob

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
    manifests = sorted(folder.glob("*.json"))
    if not manifests:
        raise ArchiveError(f"{archive}: no runs in {folder}; is this the root of an archive?")
    runs = [_run(path) for path in manifests]
    gone = {run_id for run in runs if run["state"] == "complete" for run_id in run["supersedes"]}
    for run in runs:
        run["state"] = "superseded" if run["run_id"] in gone else run["state"]
    return pa.Table.from_pylist(runs, schema=RUNS)


def _run(path: Path) -> dict[str, Any]:
    try:
        manifest = json.loads(path.read_text())
        return {
            "run_id": manifest["run_id"], "state": manifest["state"], "mode": manifest.get("mode"),
            "contract": manifest.get("contract"), "started": _moment(manifest.get("started")),
            "finished": _moment(manifest.get("finished")),
            "inputs": [{k: i.get(k) for k in ("name", "sha256", "bytes")} for i in manifest.get("inputs") or []],
            "supersedes": manifest.get("supersedes") or [],
            "row_counts": json.dumps(manifest.get("rows") or {}), "generation": manifest.get("generation") or 0,
            "repairs": [{"run_id": r["run_id"], "arrived_before": _moment(r.get("arrived_before"))}
                        for r in manifest.get("repairs") or []]}
    except (ValueError, KeyError, TypeError, AttributeError) as e:
        raise ArchiveError(f"{path}: not a run's manifest ({type(e).__name__}: {e})") from None


def unreadable_files(archive: str, run_id: str) -> list[str]:
    """One line for each file that a run over a followed folder could not read, as of its last look."""
    path = Path(archive, RUNS_FOLDER, run_id, UNREADABLE_FILE)
    return [file["why"] for file in json.loads(path.read_text())] if path.exists() else []


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def part_files(archive: str, folder: str, table: str, runs: pa.Table) -> list[str]:
    """A table's files, part-<run_id>-…, of visible runs: a broken file of a run that never finished is not even opened."""
    heads = tuple(f"part-{run['run_id']}-" for run in runs.to_pylist() if run["state"] in VISIBLE_STATES)
    paths = glob.iglob(table_glob(escape_glob(archive), folder, table))
    return sorted(path for path in paths if path.rsplit("/", 1)[1].startswith(heads))
