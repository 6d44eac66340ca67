"""gamebeam run over a live source: a streaming run, from its manifest to the last window."""

import hashlib
import json
import signal
from collections.abc import Callable
from contextlib import nullcontext

import apache_beam as beam
import grpc
from apache_beam.options.pipeline_options import PortableOptions, StandardOptions
from apache_beam.runners.runner import PipelineState

from gamebeam.archive.followed_files import unreadable_files
from gamebeam.archive.manifest import Run, RunError, followed_inputs, iso, now, write_run
from gamebeam.archive.run_lock import locked
from gamebeam.pipeline.build import Job, build
from gamebeam.pipeline.launch import checked_launch, claim_destinations
from gamebeam.pipeline.options import JobOptions
from gamebeam.pipeline.runners.flink import key_groups, prepare
from gamebeam.pipeline.runners.prism import prism
from gamebeam.pipeline.stream_run import state_settings, streaming_run
from gamebeam.pipeline.stream_source import live_source
from gamebeam.pipeline.watch import end, release_sources, signals, watch
from gamebeam.transforms.sources.uri import Files, Source, parse_source

WITHOUT_STREAMS = ("directrunner", "fnapirunner", "bundlebaseddirectrunner", "switchingdirectrunner", "")


def run_live(options: JobOptions, say: Callable[[str], None]) -> Run:
    """Runs until the source ends, a signal ends it, or it fails; on Dataflow, until the job is handed over. say: takes the log lines."""
    source = parse_source(options.source)
    engine = _checked(options, source)
    on_prism, on_flink = engine == "prismrunner", engine in ("flinkrunner", "portablerunner")
    launch = checked_launch(options)
    contract, config = launch.contract, launch.config
    live = live_source(source, contract, options.archive, config, not launch.handed_over, key_groups(options) if on_flink else None)
    warehouse, earlier = claim_destinations(options, contract)
    run = streaming_run(options, contract, earlier, on_prism, state_settings(config))
    if run not in earlier:
        run.source, run.rewound_to = source.name, None if live.rewound_to is None else iso(live.rewound_to)
    if on_flink:
        prepare(options, run.run_id, ends=live.parts is not None)
    options.view_as(StandardOptions).streaming = True
    release_sources()
    alone = locked(options.archive, _name_of(source)) if isinstance(source, Files) else nullcontext()
    with alone, (prism(options) if on_prism else nullcontext()), signals() as signalled, signals(signal.SIGUSR1) as asked:
        pipeline = beam.Pipeline(options=options)
        job = Job(contract, options.archive, run.run_id, streaming=True, pii_key=launch.pii_key, players=options.players,
                  tables=warehouse.target, horizon_ms=round(config.horizon_minutes * 60_000), others_s=config.rollup_minutes * 60)
        build(pipeline | "Read" >> live.read(run.run_id, engine), job)
        run.state, run.finished = "open", None
        warehouse.publish(run)  # before the job's first file
        write_run(options.archive, run)
        try:
            result = pipeline.run()
        except Exception as e:  # a cluster that is not there, a job server that does not start
            raise RunError(f"run {run.run_id}: {options.view_as(StandardOptions).runner} did not take the job: {_one_line(e)}") from e
        say(json.dumps({"time": now(), "run_id": run.run_id, "source": source.name, "archive": options.archive, "state": "STARTED"}))
        if launch.handed_over:
            return run
        in_process = on_prism or options.view_as(PortableOptions).environment_type == "LOOPBACK"
        try:
            state = watch(result, run, signalled, asked, in_process, live.parts if on_prism else None, say,
                          lambda: unreadable_files(options.archive, run.run_id))
        finally:
            if in_process:
                end(result)
            release_sources()  # another job in this process starts with running sources, too
    if state == PipelineState.DONE and (in_process or live.parts is not None):  # else it was stopped with a savepoint, and can go on
        run.state, run.finished = "complete", now()
        run.inputs = followed_inputs(options.archive, run)
    warehouse.publish(run)
    write_run(options.archive, run)
    if state == PipelineState.CANCELLED and in_process:
        raise RunError(f"run {run.run_id}: cancelled, and still open; gamebeam status gives the repair that ends it")
    return run


def _one_line(error: Exception) -> str:
    if isinstance(error, grpc.FutureTimeoutError):
        return "nothing answered at --job_endpoint; is it running, and reachable from here?"
    why = error.details() if isinstance(error, grpc.RpcError) else str(error)
    return (why or type(error).__name__).strip().splitlines()[-1]


def _name_of(source: Files) -> str:
    """Of the lock: two runs that follow one glob at once would read every file twice."""
    return f"follow-{hashlib.sha256(source.pattern.encode()).hexdigest()[:12]}"


def _checked(options: JobOptions, source: Source) -> str:
    """The engine, if it can run this."""
    if not options.archive:
        raise RunError("--archive is missing")
    if options.follow and not isinstance(source, Files):
        raise RunError(f"{source.name}: --follow is for files; this source never ends anyway")
    if options.again:
        raise RunError("--reprocess is for batch runs; a stream reads again with start=rewind:…, or from a new --archive")
    asked = options.view_as(StandardOptions).runner or ""
    engine = asked.rsplit(".", 1)[-1].lower()
    if engine in WITHOUT_STREAMS:
        raise RunError(f"{source.name}: {asked or 'no --runner'} cannot read a live source; give --runner=PrismRunner on one machine, "
                       "--runner=FlinkRunner or --runner=PortableRunner --job_endpoint=… on a cluster")
    if engine == "dataflowrunner" and getattr(source, "until_idle", False):
        raise RunError(f"{source.name}: until=idle ends no job on Dataflow; leave it out and drain the job, or read files as a batch run")
    return engine
