"""gamebeam run: a batch run over files, from its inputs to its manifest."""

import threading
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import apache_beam as beam
from apache_beam.options.pipeline_options import StandardOptions

from gamebeam.archive.contract_file import accepted_contract, store_contract
from gamebeam.archive.leftovers import remove_leftovers
from gamebeam.archive.manifest import (
    Input,
    Run,
    RunError,
    batch_run_id,
    commit_run,
    new_inputs,
    now,
    read_runs,
    require_name,
    superseded_by,
    write_run,
)
from gamebeam.archive.run_lock import locked
from gamebeam.pipeline.archive_contract import given_contract
from gamebeam.pipeline.build import Job, build
from gamebeam.pipeline.counters import counted, counted_by_name, rows_written
from gamebeam.pipeline.options import Config, JobOptions, on_dataflow, pii_key
from gamebeam.pipeline.runners.local import LocalRunner, processes_for
from gamebeam.pipeline.warehouse import Warehouse, open_warehouse
from gamebeam.schemas.contract.contract import Contract
from gamebeam.schemas.events import DEAD_LETTER
from gamebeam.transforms.dedup.dedup_key import batch_shards
from gamebeam.transforms.gc_tuning import collect_as_before
from gamebeam.transforms.sinks.commit import Commit
from gamebeam.transforms.sinks.player_store.store import check_store
from gamebeam.transforms.sources.files import ReadFiles, require_times
from gamebeam.transforms.sources.input_files import match_files
from gamebeam.transforms.sources.progress import BYTES_READ

LIKELY_CAUSE = {  # of a run in which nothing landed
    "malformed": "are these files JSON lines or Pub/Sub's Avro export?",
    "unknown_event_type": "is --contract right? its wire.yaml says where a message has its type",
    "schema_violation": "is --contract right? its wire.yaml says where a message has its fields",
    "timestamp_out_of_range": "does time_format in the contract's wire.yaml fit (ms or s)?",
    "too_large": "max_message_bytes in contract.yaml is the limit",
}


@dataclass
class Outcome:
    run: Run | None  # None where there was nothing new to read
    skipped: list[Input]
    contract: Contract
    counts: dict[str, int]  # received, duplicate, late and refused (by BigQuery), over all types
    empty: int = 0  # files without content, and committers' markers
    reasons: dict[str, int] = field(default_factory=dict)  # dead letters by reason

    @property
    def landed(self) -> int:
        return sum(self.run.rows.get(name, 0) for name in self.contract.events) if self.run else 0

    @property
    def nothing_landed(self) -> str:
        """One line where every message of a finished run was dead-lettered: the count, the most frequent reason and the likely cause."""
        if self.landed or not self.reasons:
            return ""
        reason, n = max(self.reasons.items(), key=lambda item: (item[1], item[0]))
        return (f"no message landed: all {self.counts['received']:,} were dead-lettered, {n:,} of them as {reason}; "
                f"{LIKELY_CAUSE.get(reason, 'see the view dead_letter_problems')} (contract: {self.contract.name}; "
                "the view dead_letter_problems has samples)")

    def lines(self) -> list[str]:
        """What came in and what became of it, for a person."""
        lines = [f"skipped {len(self.skipped)} files that a complete run has read (--reprocess reads them again)"] if self.skipped else []
        if self.empty:
            lines.append(f"skipped {self.empty} empty files")
        if self.run is None:
            return [*lines, "nothing new to read"]
        if self.run.state == "started":
            return [*lines, f"run {self.run.run_id}: handed to Dataflow; views show it once the job has succeeded"]
        c = self.counts
        return [*lines, f"run {self.run.run_id}: received {c['received']:,} = landed {self.landed:,} (late {c['late']:,}) "
                        f"+ duplicate {c['duplicate']:,} + dead-lettered {self.run.rows.get(DEAD_LETTER, 0) - c['refused']:,}"
                        + (f"; {c['refused']:,} of the landed were refused by BigQuery" if c["refused"] else "")]


def run_batch(options: JobOptions, show: Callable[[int, int], None] | None = None) -> Outcome:
    """Runs the job over the files of --source. show(bytes read, bytes in all) is called now and then."""
    for flag in ("source", "archive"):
        if not getattr(options, flag):
            raise RunError(f"--{flag} is missing")
    contract, handed_over = accepted_contract(options.archive, given_contract(options.contract)), on_dataflow(options)
    key = pii_key(Config.load(options.config), handed_over)
    if options.players and not handed_over:
        check_store(options.players)
    given, empty = match_files(options.source)
    require_times(contract, (i.name for i in given))
    store_contract(options.archive, contract)
    warehouse = open_warehouse(options, contract)
    earlier = read_runs(options.archive)
    inputs = given if options.again else new_inputs(given, earlier)
    skipped = [i for i in given if i not in inputs]
    if not inputs:
        return Outcome(None, skipped, contract, {}, empty)
    replaced = superseded_by(inputs, earlier) if options.again else []
    run_id = options.run_id or batch_run_id(contract, inputs, earlier, has_locks="://" not in options.archive)
    require_name(run_id)
    run = Run(run_id, "started", "batch", contract.fingerprint, now(), inputs=inputs, supersedes=[r.run_id for r in replaced])
    with locked(options.archive, run_id):
        counts, reasons = _run_alone(options, run, contract, key, warehouse, show)
    return Outcome(run, skipped, contract, counts, empty, reasons)


def _run_alone(options: JobOptions, run: Run, contract: Contract, key: bytes | None, warehouse: Warehouse,
               show: Callable[[int, int], None] | None) -> tuple[dict[str, int], dict[str, int]]:
    """(counts, dead letters by reason) of a run that no other process carries out. On Dataflow it stays started, and both are empty."""
    if any(r.run_id == run.run_id and r.state != "started" for r in read_runs(options.archive)):
        raise RunError(f"--run_id={run.run_id}: a run of this name is complete already; leave --run_id out, or choose another")
    remove_leftovers(options.archive, run.run_id)
    write_run(options.archive, run)
    size, handed_over = sum(i.bytes for i in run.inputs), on_dataflow(options)
    pipeline = beam.Pipeline(_runner(options, size), options=options)
    messages = pipeline | "Read" >> ReadFiles([(i.name, i.sha256) for i in run.inputs], contract.max_message_bytes)
    job = Job(contract, options.archive, run.run_id, pii_key=key, players=options.players, tables=warehouse.target,
              shards=batch_shards(size))
    written = build(messages, job)
    if handed_over:
        _ = written | "Commit" >> Commit(options.archive, run, warehouse.publish)
    try:
        with _shown(show, size):
            result = pipeline.run()
            if handed_over:  # a template's launcher ends here too
                return {}, {}
            result.wait_until_finish()
        metrics = result.metrics()
        complete = replace(run, rows=rows_written(metrics), finished=now(), state="complete")
        commit_run(options.archive, complete, warehouse.publish)
    except Exception as e:
        remove_leftovers(options.archive, run.run_id)
        if isinstance(e, RunError):
            raise
        why = (str(e).splitlines() or [type(e).__name__])[-1]
        raise RunError(f"run {run.run_id} stopped: {why}; nothing of it counts; fix this and give the same command again") from e
    finally:
        collect_as_before()
    run.rows, run.finished, run.state = complete.rows, complete.finished, complete.state
    counts = {name: counted(metrics, name) for name in ("received", "duplicate", "late", "refused")}
    return counts, counted_by_name(metrics, "dead_lettered")


def _runner(options: JobOptions, input_bytes: int) -> LocalRunner | None:
    """Ours, where none is asked for, or Beam's DirectRunner, which tries to download another one first."""
    if options.view_as(StandardOptions).runner in (None, "DirectRunner"):
        return LocalRunner(processes_for(input_bytes))
    return None


@contextmanager
def _shown(show: Callable[[int, int], None] | None, total: int):
    BYTES_READ.value = 0
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.2):
            show(BYTES_READ.value, total)  # type: ignore[misc]

    if show is None:
        yield
        return
    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
