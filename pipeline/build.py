"""The job, as one straight line. Batch and streaming are the same line; only the source differs."""

from dataclasses import dataclass

import apache_beam as beam

from gamebeam.schemas.bigquery import Target
from gamebeam.schemas.contract.contract import Contract
from gamebeam.schemas.events import DEAD_LETTER
from gamebeam.transforms.beam_params import Collections
from gamebeam.transforms.decode.transform import Decode
from gamebeam.transforms.dedup.dedup_key import SHARDS, batch_shards
from gamebeam.transforms.dedup.transform import HORIZON_MS, Deduplicate
from gamebeam.transforms.messages import Messages
from gamebeam.transforms.rollups.transform import OTHERS_S, Rollups
from gamebeam.transforms.sinks.parquet import WriteArchive
from gamebeam.transforms.sinks.player_store.transform import WritePlayers
from gamebeam.transforms.sinks.route import Route


@dataclass(frozen=True)
class Job:
    """What a job is, apart from its source: the contract, where rows go, and whether it ever ends."""

    contract: Contract
    archive: str
    run_id: str
    streaming: bool = False
    pii_key: bytes | None = None
    players: str | None = None
    tables: Target | None = None
    input_bytes: int | None = None  # of a batch run
    horizon_ms: int = HORIZON_MS
    others_s: float = OTHERS_S

    @property
    def shards(self) -> int:
        """Into how many parts deduplication divides a bucket; a stream's state depends on it."""
        return SHARDS if self.streaming or self.input_bytes is None else batch_shards(self.input_bytes)


def build(messages: beam.PCollection[Messages], job: Job) -> beam.PCollection[tuple[str, int]]:
    """Messages -> (table, rows) of every file written."""
    decoded = messages | "Decode" >> Decode(job.contract, job.streaming, job.pii_key, job.shards, job.horizon_ms)
    keyed = decoded.batches if job.streaming else (decoded.batches, decoded.copies)
    unique = keyed | "Deduplicate" >> Deduplicate(job.contract, job.streaming, job.horizon_ms, job.shards)
    routed = unique | "Route" >> Route(job.contract, job.run_id)
    rollups = (unique, decoded.received) | "Rollups" >> Rollups(job.contract, job.run_id, job.streaming, job.others_s)
    written = (routed.archive, rollups) | "Archive" >> WriteArchive(job.archive, job.run_id, job.streaming)
    if job.players:
        tuple(routed[name] for name in job.contract.events) | "Players" >> WritePlayers(job.contract, job.players)
    if job.tables:
        written = (written, _into_tables(routed, rollups, job, job.tables)) | "Written" >> beam.Flatten()
    return written


def _into_tables(routed: Collections, rollups: Collections, job: Job, target: Target) -> beam.PCollection[tuple[str, int]]:
    """BigQuery's tables; what it refuses is written to the archive, as dead letters."""
    from gamebeam.transforms.sinks.bigquery.transform import WriteTables  # Google's clients: only where they are needed

    by_type = {name: routed[name] for name in (*job.contract.events, DEAD_LETTER)}
    refused = (by_type, rollups) | "Tables" >> WriteTables(job.contract, target, job.run_id, job.streaming)
    return refused | "ArchiveRefused" >> WriteArchive(job.archive, f"{job.run_id}-refused", job.streaming)
