"""Streams by hand: messages and steps of time through the whole job, into an archive whose views can be asked."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.portability.fn_api_runner import worker_handlers
from apache_beam.testing.test_stream import TestStream
from apache_beam.transforms.window import TimestampedValue
from apache_beam.utils.timestamp import Timestamp

from gamebeam.archive.contract_file import claim_archive
from gamebeam.archive.manifest import Run, now, write_run
from gamebeam.pipeline.build import Job, build
from gamebeam.schemas.bigquery import Target
from gamebeam.schemas.contract.contract import Contract
from gamebeam.sql.engine import ask, open_archive
from gamebeam.sql.views import view_sql
from gamebeam.transforms.dedup.transform import HORIZON_MS
from gamebeam.transforms.messages import Messages, MessagesCoder

worker_handlers.STATE_CACHE_SIZE_MB = 0  # measuring what is in the cache costs more than the state
END = 2**62  # after all time, in ms


@dataclass(frozen=True)
class Sent:
    """One message on its way: when the broker took it (ms), and the bytes."""

    arrival: int
    payload: bytes


@dataclass(frozen=True)
class Wait:
    """Seconds of processing time in which nothing arrives."""

    seconds: float


@dataclass(frozen=True)
class Advance:
    """The watermark goes as far as a source may let it: to the earliest arrival still unread."""


Step = list[Sent] | Wait | Advance  # a list arrives as one element


def run_stream(contract: Contract, archive: str, steps: Iterable[Step], *, run_id: str = "live",
               runner: str = "BundleBasedDirectRunner", flags: Iterable[str] = (), tables: Target | None = None,
               horizon_ms: int = HORIZON_MS) -> None:
    """The whole job over a stream by hand; its run stays open, as a streaming job's does."""
    steps = list(steps)
    claim_archive(archive, contract)
    write_run(archive, Run(run_id, "open", "streaming", contract.fingerprint, now()))
    pipeline = beam.Pipeline(options=PipelineOptions([f"--runner={runner}", "--streaming", *flags]))
    build(pipeline | "Arriving" >> played(steps), Job(contract, archive, run_id, streaming=True, tables=tables, horizon_ms=horizon_ms))
    pipeline.run().wait_until_finish()


def in_order(batches: Iterable[list[Sent]]) -> list[Step]:
    """A watermark that keeps up: it advances before every batch."""
    return [step for batch in batches for step in (Advance(), batch)]


def played(steps: list[Step]) -> TestStream:
    stream, reached = TestStream(coder=MessagesCoder()), 0
    for step, unread in zip(steps, _earliest_unread(steps), strict=True):
        match step:
            case Wait(seconds):
                stream = stream.advance_processing_time(seconds)
            case Advance():
                if reached < unread < END:
                    stream, reached = stream.advance_watermark_to(_timestamp(unread)), unread
            case _:
                stream = stream.add_elements([TimestampedValue(_messages(step), _timestamp(min(m.arrival for m in step)))])
    return stream.advance_watermark_to_infinity()




def run_files(contract: Contract, archive: str, steps: Iterable[Step], *, run_id: str = "batch") -> None:
    """The same messages as a batch run, in the same order."""
    claim_archive(archive, contract)
    pipeline = beam.Pipeline(options=PipelineOptions(["--runner=FnApiRunner"]))
    elements = [_messages(step) for step in steps if isinstance(step, list)]
    build(pipeline | "Read" >> beam.Create(elements, reshuffle=False), Job(contract, archive, run_id))
    pipeline.run().wait_until_finish()
    write_run(archive, Run(run_id, "complete", "batch", contract.fingerprint, now(), now()))


def rows(contract: Contract, archive: str, sql: str) -> list[tuple[Any, ...]]:
    return sorted(ask(open_archive(contract, archive), sql).rows, key=repr)


def answers(contract: Contract, archive: str) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every view, but for what says when a run was, or whether a window is final."""
    con = open_archive(contract, archive)
    found = {}
    for name in view_sql(contract):
        if name != "runs":
            columns, values = ask(con, f"SELECT * FROM {name}")
            kept = [i for i, c in enumerate(columns) if c != "is_final"]
            found[name] = sorted((tuple(row[i] for i in kept) for row in values), key=repr)
    return found


def _earliest_unread(steps: list[Step]) -> list[int]:
    """Per step, the earliest arrival in it and after it."""
    earliest, found = END, []
    for step in reversed(steps):
        if isinstance(step, list):
            earliest = min(earliest, min(m.arrival for m in step))
        found.append(earliest)
    return found[::-1]


def _messages(batch: list[Sent]) -> Messages:
    return Messages("stream", [m.payload for m in batch], [m.arrival for m in batch])


def _timestamp(ms: int) -> Timestamp:
    return Timestamp(micros=ms * 1000)
