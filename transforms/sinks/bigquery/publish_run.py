"""A run's manifest as a row of BigQuery: one append shows what the run wrote, and hides what it supersedes."""

from datetime import UTC, datetime

import pyarrow as pa

from gamebeam.archive.manifest import Run, manifest_row
from gamebeam.schemas.bigquery import RUN_FIELDS, RUN_MANIFESTS, Target
from gamebeam.schemas.tables import arrow_type
from gamebeam.transforms.sinks.bigquery.append_rows import Appender

SCHEMA = pa.schema([pa.field(f.name, arrow_type(f.type), f.nullable) for f in RUN_FIELDS])


def publish_run(target: Target, game: str, run: Run) -> None:
    row = manifest_row(run) | {"written_time": datetime.now(UTC)}
    for refused in Appender(target, game).append(RUN_MANIFESTS, pa.RecordBatch.from_pylist([row], SCHEMA)):
        raise ValueError(f"{target.table_id(RUN_MANIFESTS)} refuses run {run.run_id}: {refused.why}")
