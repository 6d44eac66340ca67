"""The archive read back: rows of visible runs as columns, and as the events and dead letters that they were."""

from collections.abc import Iterable, Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from gamebeam.archive.filesystem import matching, read
from gamebeam.archive.layout import escape_glob, run_of, table_glob
from gamebeam.schemas.contract.contract import Contract
from gamebeam.schemas.dates import DAY_MS, HOUR_MS, day
from gamebeam.schemas.events import DeadLetter, Envelope, Item, event_classes, time_of
from gamebeam.schemas.tables import Table, tables

LANDED_LATER = "landed"  # reason of the row under a dead letter's id and hour that says that replay landed it
ITEMS = 5_000  # rows that are Python objects twice at a time: as dicts and as structs


def part_files(archive: str, table: Table, runs: Iterable[str], date: str = "*") -> list[str]:
    """Return the paths of a table's files that these runs wrote. date: a partition, such as date=2026-11-01."""
    known = frozenset(runs)
    return [path for path in matching(table_glob(escape_glob(archive), table.folder, table.name, date)) if run_of(path, known)]


def part_files_by_hour(archive: str, table: Table, date: str, runs: Iterable[str]) -> dict[str, list[str]]:
    """Return the paths of one day of an event table, by hour: '07', 'late'."""
    found: dict[str, list[str]] = {}
    for path in part_files(archive, table, runs, date):
        found.setdefault(path.rsplit("/", 2)[1].removeprefix("hour="), []).append(path)
    return found


def read_columns(path: str, table: Table, without: Iterable[str] = ()) -> pa.Table:
    """The table's columns, times as ms; null where a file is older than a column."""
    file = pq.ParquetFile(pa.BufferReader(read(path)))
    schema = pa.schema([pa.field(f.name, _plain(f.type)) for f in table.arrow if f.name not in set(without)])
    there = set(file.schema_arrow.names)
    rows = file.read(columns=[name for name in schema.names if name in there], use_threads=False)
    # Unsafe only in that a long beyond 2^53 is rounded where its field became a double since, as BigQuery rounds it.
    columns = [rows.column(f.name).cast(f.type, safe=False) if f.name in there else pa.nulls(rows.num_rows, f.type) for f in schema]
    return pa.Table.from_arrays(columns, schema=schema)


def events_of(contract: Contract, name: str, columns: pa.Table) -> Iterator[Envelope]:
    """Rows of an event type, as decode made them; the rank among copies is not in an archive."""
    cls = event_classes(contract)[name]
    return (cls(**row) for row in _rows(columns, "run_id", "event_type"))


def dead_letters_of(columns: pa.Table) -> Iterator[DeadLetter]:
    """Rows of dead_letter, as decode made them."""
    return (DeadLetter(**row) for row in _rows(columns, "run_id"))


def _rows(columns: pa.Table, *without: str) -> Iterator[dict[str, Any]]:
    kept = columns.drop_columns([c for c in without if c in columns.column_names])
    return (row for batch in kept.to_batches(max_chunksize=ITEMS) for row in batch.to_pylist())


def dates(start: int, end: int) -> list[str]:
    """The partitions of the days from start to end, in ms, both included."""
    return [f"date={day(ms)}" for ms in range(start - start % DAY_MS, end + 1, DAY_MS)]


def event_tables(contract: Contract) -> dict[str, Table]:
    return {name: table for name, table in tables(contract).items() if name in contract.events}


def between(columns: pa.Table, name: str, start: int, end: int) -> pa.Table:
    """Rows with start <= name < end."""
    times = columns.column(name).to_numpy()
    return columns.filter(pa.array((times >= start) & (times < end)))


def dead_hour(item: Item) -> int:
    """The hour, in ms, that the ledger counts a dead letter in."""
    return time_of(item) // HOUR_MS * HOUR_MS


def _plain(t: pa.DataType) -> pa.DataType:
    """Times as their ms, however deep: an event's are ints."""
    if pa.types.is_timestamp(t):
        return pa.int64()
    if pa.types.is_list(t):
        return pa.list_(_plain(t.value_type))
    if pa.types.is_struct(t):
        return pa.struct([pa.field(f.name, _plain(f.type)) for f in t])
    return t
