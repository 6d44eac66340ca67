"""Runs and their manifests: views read only what a complete (batch) or open (streaming) run wrote."""

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta

from apache_beam.io.filesystems import FileSystems

from gamebeam.archive.atomic_write import write_atomically
from gamebeam.archive.followed_files import noted
from gamebeam.archive.layout import RUNS_FOLDER, escape_glob, join, manifest_path
from gamebeam.archive.run_lock import locked
from gamebeam.schemas.contract.contract import Contract

COMMIT_S = 600.0  # to wait for another run's commit: BigQuery may be slow


class RunError(ValueError):
    """A run that cannot start: one line that says what, where and what to do."""


@dataclass
class Input:
    name: str
    sha256: str
    bytes: int


@dataclass
class Repaired:
    """A run whose rollup rows a repair replaced; of one that was still open, only those of windows before arrived_before (ISO)."""

    run_id: str
    arrived_before: str | None = None


@dataclass
class Run:
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
    rewound_to: str | None = None  # ISO: the arrival from which a stream read again what earlier ones of its source may have read

    @property
    def visible(self) -> bool:
        return self.state in ("open", "complete")


def read_runs(archive: str) -> list[Run]:
    matched = FileSystems.match([join(escape_glob(archive), RUNS_FOLDER, "*.json")])[0].metadata_list
    runs = []
    for m in matched:
        with FileSystems.open(m.path) as f:
            body = json.loads(f.read())
        run = Run(**{**body, "inputs": [Input(**i) for i in body["inputs"]], "repairs": [Repaired(**r) for r in body.get("repairs", [])]})
        if run.mode == "streaming" and run.state == "open":
            run.inputs = followed_inputs(archive, run)
        runs.append(run)
    gone = {run_id for r in runs if r.state == "complete" for run_id in r.supersedes}
    for run in runs:
        run.state = "superseded" if run.run_id in gone else run.state
    return sorted(runs, key=lambda r: r.started)


def followed_inputs(archive: str, run: Run) -> list[Input]:
    """The files of a followed folder that a streaming run has read for good."""
    return [Input(**i) for i in noted(archive, run.run_id, run.state == "complete")]  # type: ignore[arg-type]


def write_run(archive: str, run: Run) -> None:
    write_atomically(manifest_path(archive, run.run_id), json.dumps(asdict(run), indent=1).encode())


def commit_run(archive: str, run: Run, publish: Callable[[Run], None]) -> None:
    """Make a complete batch run visible: one atomic write of its manifest, unless another run has read the same files meanwhile.

    On a disk no other run commits between the comparison and the write. On an object store two runs that commit within the same
    second are not told apart.

    Args:
        publish: Writes the manifest to BigQuery, first: a run that is killed between the two is done again.

    Raises:
        RunError: If a run that counts, and that this one does not supersede, shares an input; or has this one's id.
    """
    read = {i.sha256: i.name for i in run.inputs}
    with locked(archive, "commit", COMMIT_S):
        for other in read_runs(archive):
            if other.run_id == run.run_id and other.started != run.started and other.state != "started":
                raise RunError(f"run {run.run_id}: another process has completed a run of this name meanwhile; give another --run_id")
            if not other.visible or other.run_id in (run.run_id, *run.supersedes):
                continue
            if shared := [read[i.sha256] for i in other.inputs if i.sha256 in read]:
                raise RunError(f"run {run.run_id}: run {other.run_id} has read {shared[0]}{' and others' if len(shared) > 1 else ''} "
                               "meanwhile; nothing of this run counts; give the same command again for the files that are left")
        publish(run)
        write_run(archive, run)


def new_inputs(inputs: list[Input], runs: list[Run]) -> list[Input]:
    """Those that no run which counts has read, by content."""
    done = already_read(runs)
    return [i for i in inputs if i.sha256 not in done]


def already_read(runs: list[Run]) -> frozenset[str]:
    """sha256 of the files that visible runs have read."""
    return frozenset(i.sha256 for r in runs if r.visible for i in r.inputs)


def superseded_by(inputs: list[Input], runs: list[Run]) -> list[Run]:
    """The complete runs that reading these inputs again replaces; each must have read nothing else."""
    given = {i.sha256 for i in inputs}
    replaced = []
    for run in runs:
        read = {i.sha256 for i in run.inputs}
        if not run.visible or not read & given:
            continue
        if run.state == "open":
            raise RunError(f"--reprocess: run {run.run_id} is still open and has read some of these files; end it first")
        if missing := [i.name for i in run.inputs if i.sha256 not in given]:
            raise RunError(f"--reprocess: run {run.run_id} also read {missing[0]}{' and others' if len(missing) > 1 else ''}; "
                           "give all of its files, or its events would vanish with it")
        replaced.append(run)
    return replaced


def batch_run_id(contract: Contract, inputs: list[Input], runs: list[Run], has_locks: bool) -> str:
    """The same for the same work, so that a run that was killed overwrites what it left; a complete one's is never used again.

    Without locks (on an object store) a run that was started may still be at work: its id is not used again either.
    """
    digest = hashlib.sha256(json.dumps([contract.fingerprint, sorted(i.sha256 for i in inputs)]).encode()).hexdigest()[:12]
    taken = {r.run_id for r in runs if r.state != "started" or not has_locks}
    return next(name for n in range(len(taken) + 1) if (name := f"batch-{digest}" + (f"-{n}" if n else "")) not in taken)


def require_name(run_id: str) -> None:
    if not re.fullmatch(r"[\w.-]+", run_id):
        raise RunError(f"--run_id={run_id}: letters, digits, '.', '_' and '-' only; files are named by it")


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def iso(ms: int) -> str:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)).isoformat()


def ms(text: str | None) -> int | None:
    return None if text is None else round(datetime.fromisoformat(text).timestamp() * 1000)
