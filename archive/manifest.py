"""Runs and their manifests: views read only what a complete (batch) or open (streaming) run wrote."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from msgspec import field

from gamebeam.archive.atomic_write import write_atomically
from gamebeam.archive.filesystem import matching, read
from gamebeam.archive.followed_files import noted
from gamebeam.archive.layout import RUNS_FOLDER, escape_glob, join, manifest_path


class RunError(ValueError):
    """A run that cannot start: one line that says what, where and what to do."""


class BrokenManifest(RunError):
    """A file in ROOT/_runs that is no run's manifest: its path, what is wrong, what to do."""


class Input(msgspec.Struct):
    """A file that a run has read."""

    name: str
    sha256: str
    bytes: int


class Repaired(msgspec.Struct):
    """A run whose rollup rows a repair replaced; of one that was still open, only those of windows before arrived_before (ISO)."""

    run_id: str
    arrived_before: str | None = None


class StateSettings(msgspec.Struct, frozen=True):
    """What the state of a stream depends on: a job that continues from it must have the same. Lengths in ms."""

    horizon_ms: int  # of arrival, in which a duplicate is found
    rollup_window_ms: int  # of arrival, which player_hours and counter_hours gather before they write rows
    shards: int  # of event ids
    bucket_ms: int  # of uncorrected event time, whose ids share an entry of the state


class Run(msgspec.Struct):
    """A run as its manifest, ROOT/_runs/<run_id>.json, describes it. Times are ISO 8601."""

    run_id: str
    state: str  # started, open, complete, superseded
    mode: str  # batch, streaming, repair, replay
    contract: str
    started: str
    finished: str | None = None
    inputs: list[Input] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=dict)
    supersedes: list[str] = field(default_factory=list)  # run ids that count no more once this run is complete
    generation: int = 0  # of its rollup rows; a repair's is its own, and higher than those of all runs before it
    repairs: list[Repaired] = field(default_factory=list)
    source: str = ""  # of a stream
    rewound_to: str | None = None  # the arrival from which a stream read again what earlier ones of its source may have read
    state_settings: StateSettings | None = None  # of a stream; None in manifests of older versions, which did not record them

    @property
    def visible(self) -> bool:
        return self.state in ("open", "complete")


def read_runs(archive: str) -> list[Run]:
    """Read every manifest of an archive.

    Returns:
        The runs in the order of their starts. A run that a complete one supersedes has that state; an open stream over a folder has as
        inputs the files that it has read for good.

    Raises:
        BrokenManifest: A file there is no manifest.
    """
    runs = [_parse(path) for path in matching(join(escape_glob(archive), RUNS_FOLDER, "*.json"))]
    gone = {run_id for run in runs if run.state == "complete" for run_id in run.supersedes}
    for run in runs:
        if run.mode == "streaming" and run.state == "open":
            run.inputs = followed_inputs(archive, run)
        run.state = "superseded" if run.run_id in gone else run.state
    return sorted(runs, key=lambda run: run.started)


def _parse(path: str) -> Run:
    try:
        return msgspec.json.decode(read(path), type=Run)
    except msgspec.DecodeError as e:
        raise BrokenManifest(f"{path}: not a run's manifest ({e}); restore it from a backup, or move it out of the archive, "
                             "and what its run wrote is not read") from None


def followed_inputs(archive: str, run: Run) -> list[Input]:
    """The files of a followed folder that a streaming run has read for good."""
    return msgspec.convert(noted(archive, run.run_id, run.state == "complete"), list[Input])


def write_run(archive: str, run: Run) -> None:
    write_atomically(manifest_path(archive, run.run_id), msgspec.json.format(msgspec.json.encode(run), indent=1))


def manifest_row(run: Run) -> dict[str, Any]:
    """Return the run as a row of the table that the view `runs` reads, here and in BigQuery: times as datetime, row_counts as JSON."""
    return {"run_id": run.run_id, "state": run.state, "mode": run.mode, "contract": run.contract, "started": _moment(run.started),
            "finished": _moment(run.finished), "inputs": msgspec.to_builtins(run.inputs), "supersedes": run.supersedes,
            "row_counts": json.dumps(run.rows), "generation": run.generation,
            "repairs": [{"run_id": r.run_id, "arrived_before": _moment(r.arrived_before)} for r in run.repairs]}


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def iso(ms: int) -> str:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)).isoformat()


def ms(text: str | None) -> int | None:
    return None if text is None else round(datetime.fromisoformat(text).timestamp() * 1000)


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
