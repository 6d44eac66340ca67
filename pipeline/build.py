"""The job, as one straight line. Batch and streaming are the same line; only the source differs."""

from dataclasses import dataclass

import apache_beam as beam

from schemas.bigquery import Target
from schemas.contract import Contract
from schemas.events import DEAD_LETTER
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
    tables: Target | None = None


def build(messages: beam.PCollection[Messages], job: Job) -> beam.PCollection[tuple[str, int]]:
    """Messages -> (table, rows) of every file written."""
    decoded = messages | "Decode" >> Decode(job.contract, job.pii_key)
    unique = decoded.batches | "Deduplicate" >> Deduplicate(job.contract, job.streaming)
    routed = unique | "Route" >> Route(job.contract, job.run_id)
    rollups = (unique, decoded.received) | "Rollups" >> Rollups(job.contract, job.run_id, job.streaming)
    rows = (routed.archive, rollups) | "Rows" >> beam.Flatten()
    written = rows | "Archive" >> WriteArchive(job.archive, job.run_id, job.streaming)
    if job.tables is None:
        return written
    from transforms.write_bigquery import WriteTables  # Google's clients: only where they are needed

    by_type = {name: routed[name] for name in (*job.contract.events, DEAD_LETTER)}
    refused = (by_type, rollups) | "Tables" >> WriteTables(job.contract, job.tables, job.run_id, job.streaming)
    also_written = refused | "ArchiveRefused" >> WriteArchive(job.archive, f"{job.run_id}-refused", job.streaming)
    return (written, also_written) | "Written" >> beam.Flatten()
