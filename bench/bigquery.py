"""python -m bench.bigquery: what a row into BigQuery costs the job, by the Storage Write API with Arrow and by insertAll, on the emulator.

Rows per second of wall time are the emulator's; the CPU of this process is the job's own cost, and would be the same against BigQuery.
"""

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa

from gamebeam.schemas.bigquery import parse_target
from gamebeam.schemas.contract.contract import load_contract
from gamebeam.schemas.tables import tables
from gamebeam.transforms.columns import deserialize, serialize
from gamebeam.transforms.sinks.bigquery.append_rows import Appender
from gamebeam.transforms.sinks.bigquery.client import rest_client
from gamebeam.transforms.sinks.bigquery.plan_tables import apply_tables, plan_tables
from services.bigquery import bigquery_emulator

ROWS, PER_BATCH, PER_INSERT, ROUNDS = 20_000, 5_000, 500, 3
GAME, TABLE = "starter", "purchase"


def main() -> None:
    with emulator() as target:
        contract, client = load_contract(GAME), rest_client(target.project)
        apply_tables(client, [s for s in plan_tables(client, target, contract, ()) if "SCHEMA" in s or f".{TABLE} (" in s])
        blobs = [serialize(batch_of(contract, start)) for start in range(0, ROWS, PER_BATCH)]
        appender, table = Appender(target, GAME), target.table_id(TABLE)
        ways: dict[str, Callable[[pa.RecordBatch], Any]] = {
            "Storage Write API, Arrow": lambda batch: appender.append(TABLE, batch),
            "insertAll, JSON": lambda batch: [client.insert_rows_json(table, as_json(batch.slice(i, PER_INSERT)))
                                              for i in range(0, batch.num_rows, PER_INSERT)]}
        print(f"{ROWS:,} rows of {GAME}'s {TABLE} ({len(tables(contract)[TABLE].fields)} columns), best of {ROUNDS} rounds")
        for name, write in ways.items():
            wall, cpu = min(timed(write, blobs) for _ in range(ROUNDS))
            print(f"{name:<26}{ROWS / cpu:>10,.0f} rows a second of the job's CPU{ROWS / wall:>10,.0f} rows/s with the emulator")


def timed(write: Callable[[pa.RecordBatch], Any], blobs: list[bytes]) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    for batch in deserialize(blobs):
        if refused := [r for r in write(batch) if r]:
            raise SystemExit(f"refused: {refused[0]}")
    return time.perf_counter() - wall, time.process_time() - cpu


def batch_of(contract: Any, start: int) -> pa.RecordBatch:
    now, schema = datetime.now(UTC), tables(contract)[TABLE].arrow
    like = {pa.string(): "a string of some length", pa.int64(): 42, pa.float64(): 1.5, pa.bool_(): False}
    row = {f.name: now if pa.types.is_timestamp(f.type) else like[f.type] for f in schema}
    return pa.RecordBatch.from_pylist([row | {"event_id": f"event-{i}"} for i in range(start, start + PER_BATCH)], schema)


def as_json(batch: pa.RecordBatch) -> list[dict[str, Any]]:
    return [msgspec.to_builtins(row) for row in batch.to_pylist()]


@contextmanager
def emulator() -> Iterator[Any]:
    with tempfile.TemporaryDirectory() as folder, bigquery_emulator(Path(folder), "lab") as running:
        os.environ.update(running.environment)
        yield parse_target("bq://lab.bench")


if __name__ == "__main__":
    main()
