"""gamebeam run: a batch run over files, from its inputs to its manifest."""

from collections.abc import Callable

import apache_beam as beam
from msgspec.structs import replace

from gamebeam.archive.manifest import Run, RunError, now
from gamebeam.archive.overlap import batch_run_id, begun_run, commit_run, new_inputs, require_name, superseded_by
from gamebeam.pipeline.build import Job, build
from gamebeam.pipeline.launch import Launch, checked_launch, claim_destinations
from gamebeam.pipeline.options import JobOptions
from gamebeam.pipeline.outcome import Counted, Outcome, counted_in
from gamebeam.pipeline.runners.local import runner_for
from gamebeam.pipeline.warehouse import Warehouse
from gamebeam.transforms.sinks.commit import Commit
from gamebeam.transforms.sources.files import ReadFiles
from gamebeam.transforms.sources.input_files import match_files
from gamebeam.transforms.sources.progress import shown


def run_batch(options: JobOptions, show: Callable[[int, int], None] | None = None) -> Outcome:
    """Runs the job over the files of --source. show(bytes read, bytes in all) is called now and then."""
    for flag in ("source", "archive"):
        if not getattr(options, flag):
            raise RunError(f"--{flag} is missing")
    launch = checked_launch(options)
    contract = launch.contract
    given, empty = match_files(options.source, contract)
    warehouse, earlier = claim_destinations(options, contract)
    inputs = given if options.again else new_inputs(given, earlier)
    skipped = [i for i in given if i not in inputs]
    if not inputs:
        return Outcome(None, skipped, contract, {}, empty)
    replaced = superseded_by(inputs, earlier) if options.again else []
    run_id = options.run_id or batch_run_id(contract, inputs, earlier, has_locks="://" not in options.archive)
    require_name(run_id)
    run = Run(run_id, "started", "batch", contract.fingerprint, now(), inputs=inputs, supersedes=[r.run_id for r in replaced])
    counted = _carried_out(options, run, launch, warehouse, show)
    return Outcome(run, skipped, contract, counted.totals, empty, counted.reasons)


def _carried_out(options: JobOptions, run: Run, launch: Launch, warehouse: Warehouse, show: Callable[[int, int], None] | None) -> Counted:
    """Run the job, and complete the run. On Dataflow it stays started, and nothing is counted here."""
    size = sum(i.bytes for i in run.inputs)
    with begun_run(options.archive, run):
        try:
            pipeline = beam.Pipeline(runner_for(options, size), options=options)
            messages = pipeline | "Read" >> ReadFiles([(i.name, i.sha256) for i in run.inputs], launch.contract.max_message_bytes)
            job = Job(launch.contract, options.archive, run.run_id, pii_key=launch.pii_key, players=options.players,
                      tables=warehouse.target, input_bytes=size)
            written = build(messages, job)
            if launch.handed_over:
                _ = written | "Commit" >> Commit(options.archive, run, warehouse.publish)
            with shown(show, size):
                result = pipeline.run()
                if launch.handed_over:  # a template's launcher ends here too
                    return Counted({}, {}, {})
                result.wait_until_finish()
            counted = counted_in(result.metrics())
            complete = replace(run, rows=counted.rows, finished=now(), state="complete")
            commit_run(options.archive, complete, warehouse.publish)
        except RunError:
            raise
        except Exception as e:
            why = (str(e).splitlines() or [type(e).__name__])[-1]
            raise RunError(f"run {run.run_id} stopped: {why}; nothing of it counts; fix this and give the same command again") from e
    run.rows, run.finished, run.state = complete.rows, complete.finished, complete.state
    return counted
