"""Batch runs from their start to their commit: no input file is counted by two runs."""

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from gamebeam.archive.leftovers import remove_leftovers
from gamebeam.archive.manifest import Input, Run, RunError, read_runs, write_run
from gamebeam.archive.run_lock import locked
from gamebeam.schemas.contract.contract import Contract

COMMIT_S = 600.0  # to wait for another run's commit: BigQuery may be slow


@contextmanager
def begun_run(archive: str, run: Run) -> Iterator[None]:
    """Write the manifest of a run that has started, and hold its lock. What an earlier attempt, or this one if it fails, left is removed.

    Raises:
        Busy: Another process carries out a run of this id.
        RunError: A run of this id is complete already.
    """
    with locked(archive, run.run_id):
        if any(other.run_id == run.run_id and other.state != "started" for other in read_runs(archive)):
            raise RunError(f"--run_id={run.run_id}: a run of this name is complete already; leave --run_id out, or choose another")
        remove_leftovers(archive, run.run_id)
        write_run(archive, run)
        try:
            yield
        except Exception:
            remove_leftovers(archive, run.run_id)
            raise


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
