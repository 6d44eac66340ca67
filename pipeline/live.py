"""gamebeam run over a live source: a streaming run, from its manifest to the last window."""

import json
import re
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from datetime import UTC, datetime
from typing import Any

import apache_beam as beam
import grpc
from apache_beam.options.pipeline_options import GoogleCloudOptions, PortableOptions, StandardOptions
from apache_beam.portability.api import beam_job_api_pb2
from apache_beam.runners.runner import PipelineState

from pipeline.build import Job, build
from pipeline.options import Config, JobOptions, pii_key
from pipeline.prism import prism
from pipeline.warehouse import open_warehouse
from schemas.contract import Contract, load_contract
from transforms.draining import DRAIN, PAUSE
from transforms.kafka_client import Partition, partitions_of
from transforms.read_kafka import ReadKafka
from transforms.runs import Run, RunError, claim_archive, counted, now, read_runs, rows_written, write_run
from transforms.shared_watermark import SharedWatermark
from transforms.source import Kafka, parse_source

LINE_S = 60  # between log lines
LOOK_S = 0.5  # between looks at the job's state: waiting in Beam's own way ends after 300 s (DEADLINE_EXCEEDED)
SETTLE_S = 4  # without anything on its way from source to windows: on Prism, what is when the sources end may come late, and is dropped
DRAIN_S = 60  # for windows to close once the sources have ended
COUNTERS = ("received", "late", "duplicate", "dead_lettered")
WITHOUT_STREAMS = ("directrunner", "fnapirunner", "bundlebaseddirectrunner", "switchingdirectrunner", "")


def run_live(options: JobOptions, say: Callable[[str], None]) -> Run:
    """Runs until the source ends, a signal ends it, or it fails. say: takes the log lines."""
    source = parse_source(options.source)
    assert isinstance(source, Kafka)
    if not options.archive:
        raise RunError("--archive is missing")
    on_prism = _engine(options, source.name) == "prismrunner"
    contract, key = load_contract(options.contract), pii_key(Config.load(options.config))
    partitions = tuple(Partition(topic, n) for topic in source.topics for n in range(partitions_of(source, topic)))
    claim_archive(options.archive, contract)
    warehouse = open_warehouse(options, contract)
    run = streaming_run(options, contract, read_runs(options.archive), on_prism)
    warehouse.publish(run)
    write_run(options.archive, run)
    options.view_as(StandardOptions).streaming = True
    PAUSE.clear()
    DRAIN.clear()
    with (prism(options) if on_prism else nullcontext()), _signals() as signalled:
        pipeline = beam.Pipeline(options=options)
        shared = SharedWatermark(run.run_id, partitions) if on_prism else None
        job = Job(contract, options.archive, run.run_id, streaming=True, pii_key=key, tables=warehouse.target)
        build(pipeline | "Read" >> ReadKafka(source, shared), job)
        result = pipeline.run()
        say(json.dumps({"time": now(), "run_id": run.run_id, "source": source.name, "archive": options.archive, "state": "STARTED"}))
        in_process = (options.view_as(PortableOptions).environment_type or "LOOPBACK") == "LOOPBACK"
        try:
            state = _watch(result, run, signalled, in_process, say)
        finally:
            if in_process:
                _end(result)
    if state == PipelineState.DONE:
        run.state, run.finished = "complete", now()
    warehouse.publish(run)
    write_run(options.archive, run)
    return run


def streaming_run(options: JobOptions, contract: Contract, earlier: list[Run], on_prism: bool) -> Run:
    """A new run, or the open one that --run_id names: its state comes back from the savepoint or checkpoint given with it."""
    launch = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    run_id = options.run_id or f"{options.view_as(GoogleCloudOptions).job_name or contract.name}-{launch}"
    if not re.fullmatch(r"[\w.-]+", run_id):
        raise RunError(f"--run_id={run_id}: letters, digits, '.', '_' and '-' only; files are named by it")
    known = next((r for r in earlier if r.run_id == run_id), None)
    if known is None:
        return Run(run_id, "open", "streaming", contract.fingerprint, now())
    if known.state != "open" or known.mode != "streaming":
        raise RunError(f"--run_id={run_id}: a {known.mode} run of this name is {known.state}; leave --run_id out, or choose another")
    if on_prism:
        raise RunError(f"--run_id={run_id}: used before, and Prism keeps no state to continue it from: its windows would begin anew "
                       "and hide what they held; leave --run_id out: views add a new run's rows")
    return known


def _engine(options: JobOptions, source: str) -> str:
    asked = options.view_as(StandardOptions).runner or ""
    engine = asked.rsplit(".", 1)[-1].lower()
    if engine in WITHOUT_STREAMS:
        raise RunError(f"{source}: {asked or 'no --runner'} cannot read a live source; give --runner=PrismRunner on one machine, "
                       "--runner=FlinkRunner or --runner=PortableRunner --job_endpoint=… on a cluster")
    return engine


def _watch(result: Any, run: Run, signalled: list[int], in_process: bool, say: Callable[[str], None]) -> str:
    """The job's last state. The first signal lets a job in this process drain, the second cancels it."""
    next_line, drain_until, settled = time.monotonic() + LINE_S, None, 0
    while True:
        try:
            state = result.state
            ended = PipelineState.is_terminal(state)
            if ended or time.monotonic() >= next_line:
                say(_line(result, run, state))
                next_line += LINE_S
        except grpc.RpcError as e:
            raise RunError(f"run {run.run_id}: the engine is gone ({e.code().name}); what was not yet committed is read again by a "
                           "run with start=committed, or earlier with start=rewind:…") from None
        if state == PipelineState.FAILED:
            raise RunError(f"run {run.run_id} stopped: {_why(result)}; mend it, and start a new run")
        if ended:
            return state
        if signalled and not in_process:
            say(f"the job goes on without this process; stop it with a savepoint, and continue with --run_id={run.run_id}")
            return state
        if signalled and drain_until is None:
            say("ending: sources stop, windows close (again to end at once)")
            PAUSE.set()
            drain_until = time.monotonic() + DRAIN_S
        if drain_until and not DRAIN.is_set():
            settled = settled + 1 if _all_routed(result) else 0
            if settled * LOOK_S >= SETTLE_S:
                DRAIN.set()
        if drain_until and (len(signalled) > 1 or time.monotonic() > drain_until):
            say("cancelled: what lay in open windows is in no rollup; repair them, or read again with start=rewind:…")
            return PipelineState.CANCELLED
        time.sleep(LOOK_S)


def _metrics(result: Any) -> Any:
    result._metrics = None  # Beam asks only once
    return result.metrics()


def _all_routed(result: Any) -> bool:
    """received = landed + duplicate (dead letters land in a table too): nothing is between decode and routing."""
    metrics = _metrics(result)
    return counted(metrics, "received") == counted(metrics, "landed") + counted(metrics, "duplicate")


def _line(result: Any, run: Run, state: str) -> str:
    metrics = _metrics(result)
    run.rows = rows_written(metrics)
    counts = {name: counted(metrics, name) for name in COUNTERS}
    return json.dumps({"time": now(), "run_id": run.run_id, "state": state, **counts, "written": run.rows})


def _why(result: Any) -> str:
    """The last line of the job's last error message."""
    request = beam_job_api_pb2.JobMessagesRequest(job_id=result._job_id)
    found = "unknown"
    try:
        for message in result._job_service.GetMessageStream(request, timeout=5):
            response = message.message_response
            if response.importance >= beam_job_api_pb2.JobMessage.JOB_MESSAGE_ERROR and response.message_text.strip():
                found = response.message_text
    except grpc.RpcError:
        pass  # the stream ends so
    return found.strip().splitlines()[-1]


def _end(result: Any) -> None:
    with suppress(grpc.RpcError):  # over already
        result.cancel()  # also ends the workers in this process


@contextmanager
def _signals() -> Iterator[list[int]]:
    """The signals that came. Only the main thread may ask for them."""
    came: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield came
        return
    before = {s: signal.signal(s, lambda number, _: came.append(number)) for s in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield came
    finally:
        for s, handler in before.items():
            signal.signal(s, handler)
