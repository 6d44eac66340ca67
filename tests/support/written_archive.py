"""Archives written by hand: rows as dicts, whatever is left out is null or a plain default."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from gamebeam.archive.layout import CONTRACT_FILE, event_partition, manifest_path, rollup_partition
from gamebeam.archive.stored_contract import stored_json
from gamebeam.schemas.dates import HOUR_MS
from gamebeam.schemas.tables import tables

DAY = int(datetime(2026, 11, 2, tzinfo=UTC).timestamp() * 1000)  # a Monday
HOUR = HOUR_MS
MINUTE = 60_000


def moment(ms):
    return datetime.fromtimestamp(ms / 1000, UTC)


class WrittenArchive:
    """Files and manifests as a job would leave them."""

    def __init__(self, contract, root):
        self.contract, self.root, self.files = contract, str(root), 0
        self.run("r1")
        Path(root, CONTRACT_FILE).write_bytes(stored_json(contract))

    def run(self, run_id, state="complete", **more):
        path = Path(manifest_path(self.root, run_id))
        path.parent.mkdir(parents=True, exist_ok=True)
        manifest = {"run_id": run_id, "state": state, "mode": "batch", "contract": self.contract.fingerprint,
                    "started": "2026-11-03T00:00:00Z", "finished": None, "inputs": [], "rows": {}}
        path.write_text(json.dumps(manifest | more))

    def write(self, table, *rows, run_id="r1", without=()):
        """One file per call: the partition is the first row's."""
        schema, folder = tables(self.contract)[table].arrow, tables(self.contract)[table].folder
        full = [self._row(table, schema, run_id, row) for row in rows]
        if folder == "events":
            partition = event_partition(full[0].get("event_time") or full[0]["arrival_time"], False)
        else:
            partition = rollup_partition(full[0]["window_start"])
        path = Path(self.root, folder, table, partition, f"part-{run_id}-all-{self.files}.parquet")
        path.parent.mkdir(parents=True, exist_ok=True)
        self.files += 1
        pq.write_table(pa.Table.from_pylist(full, schema).drop_columns(list(without)), path)
        return path

    def event(self, event_type, event_id, event_time, run_id="r1", **columns):
        return self.write(event_type, {"event_id": event_id, "event_time": event_time, **columns}, run_id=run_id)

    def _row(self, table, schema, run_id, row):
        unknown = set(row) - set(schema.names)
        assert not unknown, f"{table} has no {unknown}"
        usual = {"run_id": run_id, "event_type": table if table in self.contract.events else None, "env": "live",
                 "game": self.contract.name, "pane_timing": "ON_TIME", "generation": 0, "pane_index": 0,
                 "arrival_time": row.get("event_time"), "window_start": row.get("hour"), "emitted_time": DAY}
        if table in self.contract.events:
            usual["late"] = False
        usual["declaration"] = next((r.fingerprint for r in self.contract.rollups if r.name == table), None)
        usual["window_end"] = (usual["window_start"] or row.get("window_start") or 0) + HOUR
        return {f.name: row[f.name] if f.name in row else usual.get(f.name) if usual.get(f.name) is not None else _blank(f)
                for f in schema}


def _blank(field):
    if field.nullable:
        return None
    if pa.types.is_string(field.type):
        return "x"
    return [] if pa.types.is_list(field.type) else b"" if pa.types.is_binary(field.type) else 0
