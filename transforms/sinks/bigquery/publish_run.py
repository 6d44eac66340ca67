"""A run's manifest as a row of BigQuery: one append shows what the run wrote, and hides what it supersedes."""

import json
from datetime import UTC, datetime

import pyarrow as pa

from gamebeam.archive.manifest import Run
from gamebeam.schemas.bigquery import RUN_FIELDS, RUN_MANIFESTS, Target
from gamebeam.schemas.tables import arrow_type
from gamebeam.transforms.sinks.bigquery.append_rows import Appender

SCHEMA = pa.schema([pa.field(f.name, arrow_type(f.type), f.nullable) for f in RUN_FIELDS])


def publish_run(target: Target, game: str, run: Run) -> None:
    row = {
        "run_id": run.run_id, "state": run.state, "mode": run.mode, "contract": run.contract, "started": _moment(run.started),
        "finished": _moment(run.finished), "inputs": [vars(i) for i in run.inputs], "supersedes": run.supersedes,
        "row_counts": json.dumps(run.rows), "generation": run.generation,
        "repairs": [{"run_id": r.run_id, "arrived_before": _moment(r.arrived_before)} for r in run.repairs],
        "written_time": datetime.now(UTC)}
    for refused in Appender(target, game).append(RUN_MANIFESTS, pa.RecordBatch.from_pylist([row], SCHEMA)):
        raise ValueError(f"{target.table_id(RUN_MANIFESTS)} refuses run {run.run_id}: {refused.why}")


def _moment(iso: str | None) -> datetime | None:
    return datetime.fromisoformat(iso) if iso else None
