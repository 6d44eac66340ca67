"""The ids of an archive's events by uncorrected day, as columns: what repair and replay deduplicate by."""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from gamebeam.archive.reader import dates, event_tables, part_files, read_columns
from gamebeam.schemas.contract.contract import Contract
from gamebeam.schemas.dates import DAY_MS, HOUR_MS
from gamebeam.transforms.dedup.dedup_key import COPY

READ = ("run_id", "event_id", "event_time", "client_event_time", "arrival_time")


class DayOfIds(NamedTuple):
    """day: uncorrected, counted since 1970. rows: COPY of every event of it, copies included. hours: ms, of event_time."""

    day: int
    rows: np.ndarray
    hours: np.ndarray


def days_of_ids(archive: str, contract: Contract, runs: list[str], start: int, end: int,
                arrived: Callable[[pa.Table], pa.Table]) -> Iterator[DayOfIds]:
    """Every uncorrected day that the partitions of event_time from start to end (ms) hold events of, and those of a day around them.

    A day is handed on once a date has none of its events: memory holds two or three days. `arrived` filters a file's rows.
    """
    waiting: dict[int, list[DayOfIds]] = {}
    for date in dates(start - DAY_MS, end + DAY_MS):
        read = _of_date(archive, contract, date, runs, arrived)
        days = read.rows["time"] // DAY_MS
        present = set(np.unique(days).tolist())
        yield from _joined(waiting.pop(day) for day in waiting.keys() - present)
        for day in present:
            waiting.setdefault(day, []).append(DayOfIds(day, read.rows[days == day], read.hours[days == day]))
    yield from _joined(waiting.values())


def _joined(parts: Iterable[list[DayOfIds]]) -> Iterator[DayOfIds]:
    for some in parts:
        yield DayOfIds(some[0].day, np.concatenate([d.rows for d in some]), np.concatenate([d.hours for d in some]))


def _of_date(archive: str, contract: Contract, date: str, runs: list[str], arrived: Callable[[pa.Table], pa.Table]) -> DayOfIds:
    rows, hours = [np.empty(0, COPY)], [np.empty(0, np.int64)]
    for table in event_tables(contract).values():
        without = [f.name for f in table.fields if f.name not in READ]
        for path in part_files(archive, table, runs, date):
            columns = arrived(read_columns(path, table, without))
            some = np.zeros(len(columns), COPY)  # the rank among copies is not in an archive
            some["hash"] = [xxhash.xxh3_64_intdigest(event_id.encode()) for event_id in columns.column("event_id").to_pylist()]
            some["arrival"] = columns.column("arrival_time").to_numpy()
            some["time"] = pc.coalesce(columns.column("client_event_time"), columns.column("event_time")).to_numpy()
            rows.append(some)
            hours.append(columns.column("event_time").to_numpy() // HOUR_MS * HOUR_MS)
    return DayOfIds(0, np.concatenate(rows), np.concatenate(hours))
