"""An archive's events and dead letters as a repair sums them: hour by hour, from the files of the runs that it reads."""

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from gamebeam.archive.reader import (
    LANDED_LATER,
    between,
    dates,
    dead_hour,
    dead_letters_of,
    event_tables,
    events_of,
    part_files,
    part_files_by_hour,
    read_columns,
)
from gamebeam.pipeline.recompute.archived_ids import days_of_ids
from gamebeam.schemas.contract.contract import Contract
from gamebeam.schemas.dates import DAY_MS, HOUR_MS
from gamebeam.schemas.events import DEAD_LETTER, DeadLetter, Envelope
from gamebeam.schemas.tables import tables
from gamebeam.transforms.decode.decoder import AHEAD_MS, BEHIND_MS, REASONS
from gamebeam.transforms.dedup.dedup_key import duplicates_across_hours

NOT_KEPT = ("source", "detail", "field", "payload")  # of dead letters: no rollup needs them


class ArchivedEvents:
    """Events and dead letters that some runs left in an archive; of those in `until`, only what arrived (ms) before."""

    def __init__(self, archive: str, contract: Contract, runs: list[str], until: dict[str, int]):
        self.archive, self.contract, self.runs, self.until = archive, contract, runs, until

    def events(self, start: int, end: int) -> Iterator[tuple[int, list[Envelope]]]:
        """(hour in ms, its events of all types, copies included)."""
        for date in range(start - start % DAY_MS, end, DAY_MS):
            of_day = {table: part_files_by_hour(self.archive, table, dates(date, date)[0], self.runs)
                      for table in event_tables(self.contract).values()}
            late = {table: [self._arrived(read_columns(p, table)) for p in by_hour.get("late", ())] for table, by_hour in of_day.items()}
            for at in range(max(start, date), min(end, date + DAY_MS), HOUR_MS):
                found: list[Envelope] = []
                for table, by_hour in of_day.items():
                    for path in by_hour.get(f"{at // HOUR_MS % 24:02d}", ()):
                        found += events_of(self.contract, table.name, self._arrived(read_columns(path, table)))
                    for columns in late[table]:
                        found += events_of(self.contract, table.name, between(columns, "event_time", at, at + HOUR_MS))
                yield at, found

    def duplicates_across_hours(self, start: int, end: int) -> dict[int, dict[int, set[int]]]:
        """By hour of event_time (ms) and uncorrected day, the id hashes of events that count in another hour."""
        found: dict[int, dict[int, set[int]]] = {}
        for day, rows, hours in days_of_ids(self.archive, self.contract, self.runs, start, end, self._arrived):
            for index in duplicates_across_hours(rows, hours).tolist():
                found.setdefault(int(hours[index]), {}).setdefault(day, set()).add(int(rows["hash"][index]))
        return found

    def dead_letters(self, start: int, end: int) -> dict[int, list[DeadLetter]]:
        """By hour, copies included, without what replay landed. Their partition is of arrival, which may be far from event_time."""
        table = tables(self.contract)[DEAD_LETTER]
        found: dict[int, list[DeadLetter]] = {}
        landed: set[tuple[str, int]] = set()
        for date in dates(start - AHEAD_MS, end + BEHIND_MS):
            for path in part_files(self.archive, table, self.runs, date):
                blank = dict.fromkeys(NOT_KEPT, "") | {"field": None, "payload": b""}
                columns = self._arrived(read_columns(path, table, NOT_KEPT))
                at = pc.coalesce(columns.column("event_time"), columns.column("arrival_time"))
                columns = columns.filter(pc.and_(pc.greater_equal(at, start), pc.less(at, end)))
                for name, value in blank.items():
                    columns = columns.append_column(name, pa.array([value] * len(columns), table.arrow.field(name).type))
                for item in dead_letters_of(columns):
                    if item.reason == LANDED_LATER:
                        landed.add((item.dead_id, dead_hour(item)))
                    elif item.reason in REASONS:
                        found.setdefault(dead_hour(item), []).append(item)
        return {at: [item for item in items if (item.dead_id, at) not in landed] for at, items in found.items()}

    def _arrived(self, columns: pa.Table) -> pa.Table:
        if not self.until or not len(columns):
            return columns
        until = self.until.get(columns.column("run_id")[0].as_py())
        return columns if until is None else between(columns, "arrival_time", -(2**62), until)
