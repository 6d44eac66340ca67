"""A running job, watched from the process that submitted it: its log lines, its signals, its orderly end."""

import json
import signal
import threading
import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeAlias

import grpc
from apache_beam.metrics.metric import MetricResults
from apache_beam.runners.runner import PipelineState

from gamebeam.archive.manifest import Run, RunError, now
from gamebeam.pipeline.runners.counters import counted, counted_by_name, rows_written
from gamebeam.pipeline.runners.job_service import fresh_metrics, last_error
from gamebeam.transforms.sinks.latency import Buckets, buckets, percentiles, since
from gamebeam.transforms.sources.source_lifecycle import DRAIN, PAUSE, RESTING

LINE_S = 60  # between log lines
LOOK_S = 0.5  # between looks at the job's state: waiting in Beam's own way ends after 300 s (DEADLINE_EXCEEDED)
SETTLE_S = 4  # without anything on its way from source to windows: on Prism, what is when the sources end may come late, and is dropped
DRAIN_S = 300  # for windows to close once the sources have ended; a second signal is quicker
COUNTERS = ("received", "late", "duplicate", "dead_lettered")
Result: TypeAlias = Any  # a PipelineResult, and the private parts of it that Beam has no public ones for
OF_A_TYPE = ("received", "landed", "duplicate", "late")


def watch(result: Result, run: Run, signalled: list[int], asked: list[int], in_process: bool, parts: frozenset[Hashable] | None,
          say: Callable[[str], None], unreadable: Callable[[], list[str]]) -> str:
    """The job's last state. The first signal lets a job in this process drain, the second cancels it; so does until=idle drain it,
    once all its parts rest. unreadable: files that it cannot read now, a line each, said with every log line. asked: signals that
    want the log line now.
    """
    next_line, drain_until, settled = time.monotonic() + LINE_S, None, 0
    before: Buckets = {}
    while True:
        try:
            state = result.state
            ended = PipelineState.is_terminal(state)
            if ended or asked or time.monotonic() >= next_line:
                asked.clear()
                line, landed = _line(result, run, state, {} if ended else before)
                say(line)
                for file in unreadable():
                    say(file)
                next_line, before = time.monotonic() + LINE_S, landed
        except grpc.RpcError as e:
            goes_on = "what was not yet committed is read again by a run with start=committed, or earlier with start=rewind:…"
            if not in_process:
                goes_on = "a job that the cluster has goes on; its dashboard tells"
            raise RunError(f"run {run.run_id}: the engine is gone ({e.code().name}); {goes_on}") from None
        if state == PipelineState.FAILED:
            raise RunError(f"run {run.run_id} stopped: {last_error(result)}; mend it, and start a new run")
        if ended:
            return state
        if signalled and not in_process:
            say("the job goes on without this process; stop it with a savepoint, and continue it with "
                f"--run_id={run.run_id} --savepoint_path=…")
            return state
        if drain_until is None and (signalled or (parts is not None and parts <= RESTING)):
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


def _all_routed(result: Result) -> bool:
    """received = landed + duplicate (dead letters land in a table too): nothing is between decode and routing."""
    metrics = fresh_metrics(result)
    return counted(metrics, "received") == counted(metrics, "landed") + counted(metrics, "duplicate")


def _line(result: Result, run: Run, state: str, before: Buckets) -> tuple[str, Buckets]:
    """The line, with the delays of what has landed since `before`; and what has landed."""
    metrics = fresh_metrics(result)
    run.rows, landed = rows_written(metrics), buckets(metrics)
    counts = {name: counted(metrics, name) for name in COUNTERS}
    told = {**counts, **_by_type(metrics), "written": run.rows} if any(counts.values()) else {}  # Flink tells only at the end
    latency = {of: percentiles(some) for of, some in since(before, landed).items() if some}
    if latency:
        told["latency_s"] = latency
    return json.dumps({"time": now(), "run_id": run.run_id, "state": state, **told}), landed


def _by_type(metrics: MetricResults) -> dict[str, object]:
    """What became of each event type, as far as it is more than 0, and the dead letters by reason."""
    types: dict[str, dict[str, int]] = {}
    for name in OF_A_TYPE:
        for event_type, n in counted_by_name(metrics, name).items():
            if n:
                types.setdefault(event_type, {})[name] = n
    return {"types": types, "reasons": counted_by_name(metrics, "dead_lettered")}


def release_sources() -> None:
    """Take back what an earlier job in this process told its sources: to pause, to drain, and that they rest."""
    for flag in (PAUSE, DRAIN, RESTING):
        flag.clear()


def end(result: Result) -> None:
    with suppress(grpc.RpcError):  # over already
        result.cancel()  # also ends the workers in this process


@contextmanager
def signals(*numbers: int) -> Iterator[list[int]]:
    """Those that came of these signals, or of the two that end. Only the main thread may ask for them."""
    came: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield came
        return
    before = {s: signal.signal(s, lambda number, _: came.append(number)) for s in numbers or (signal.SIGINT, signal.SIGTERM)}
    try:
        yield came
    finally:
        for s, handler in before.items():
            signal.signal(s, handler)
