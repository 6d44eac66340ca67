"""The archive read back: rows of visible runs as columns, and as the events and dead letters that they were."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems

from gamebeam.archive.layout import escape_glob, join
from gamebeam.schemas.contract.contract import Contract
from gamebeam.schemas.dates import DAY_MS, HOUR_MS, day
from gamebeam.schemas.events import DeadLetter, Envelope, Item, event_classes, time_of
from gamebeam.schemas.tables import Table, tables

TAIL = re.compile(r"(refused-)?((all|\d+)-)?\d+\.parquet")  # what follows a run's name in a file's; one run's name may begin another's

LANDED_LATER = "landed"  # reason of the row under a dead letter's id and hour that says that replay landed it
ITEMS = 5_000  # rows that are Python objects twice at a time: as dicts and as structs


def part_files(archive: str, table: Table, date: str, runs: Iterable[str]) -> dict[str, list[str]]:
    """Paths of one day's files that these runs wrote, by hour ('07', 'late'); under '' where a table has no hours."""
    below = f"{table.folder}/{table.name}/{date}" + ("/*" if table.folder == "events" else "")
    heads = tuple(f"part-{run_id}-" for run_id in runs)
    found: dict[str, list[str]] = {}
    for path in sorted(m.path for m in FileSystems.match([join(escape_glob(archive), below, "part-*.parquet")])[0].metadata_list):
        folder, name = path.rsplit("/", 2)[1:]
        if any(name.startswith(head) and TAIL.fullmatch(name[len(head):]) for head in heads):
            found.setdefault(folder.removeprefix("hour=") if table.folder == "events" else "", []).append(path)
    return found


def read_columns(path: str, table: Table, without: Iterable[str] = ()) -> pa.Table:
    """The table's columns, times as ms; null where a file is older than a column."""
    with FileSystems.open(path, compression_type=CompressionTypes.UNCOMPRESSED) as f:
        file = pq.ParquetFile(pa.BufferReader(f.read()))
    schema = pa.schema([pa.field(f.name, _plain(f.type)) for f in table.arrow if f.name not in set(without)])
    there = set(file.schema_arrow.names)
    read = file.read(columns=[name for name in schema.names if name in there], use_threads=False)
    # Unsafe only in that a long beyond 2^53 is rounded where its field became a double since, as BigQuery rounds it.
    columns = [read.column(f.name).cast(f.type, safe=False) if f.name in there else pa.nulls(read.num_rows, f.type) for f in schema]
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
