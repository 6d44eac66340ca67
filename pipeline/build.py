"""The job, as one straight line. Batch and streaming are the same line; only the source differs."""

from dataclasses import dataclass

import apache_beam as beam

from schemas.contract import Contract
from transforms.archive import WriteArchive
from transforms.decode_messages import Decode
from transforms.deduplicate import Deduplicate
from transforms.messages import Messages
from transforms.rollup import Rollups
from transforms.route import Route


@dataclass(frozen=True)
class Job:
    """What a job is, apart from its source: the contract, where rows go, and whether it ever ends."""

    contract: Contract
    archive: str
    run_id: str
    streaming: bool = False
    pii_key: bytes | None = None


def build(messages: beam.PCollection[Messages], job: Job) -> beam.PCollection[tuple[str, int]]:
    """Messages -> (table, rows) of every file written."""
    decoded = messages | "Decode" >> Decode(job.contract, job.streaming, job.pii_key)
    unique = decoded.batches | "Deduplicate" >> Deduplicate(job.contract, job.streaming)
    routed = unique | "Route" >> Route(job.contract, job.run_id)
    rollups = (unique, decoded.received) | "Rollups" >> Rollups(job.contract, job.run_id, job.streaming)
    rows = (routed.archive, rollups) | "Rows" >> beam.Flatten()
    return rows | "Archive" >> WriteArchive(job.archive, job.run_id, job.streaming)
