"""What a query over one day of the archive reads, from the footers of its Parquet files."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import pyarrow.parquet as pq

from gamebeam.schemas.contract.contract import Contract
from gamebeam.schemas.tables import tables
from gamebeam.sql.archive import part_files, read_runs
from gamebeam.sql.engine import Result
from gamebeam.sql.show import show

DOLLARS_PER_TIB = 6.25  # BigQuery on demand, the US list price since July 2023: look up your region's
PER_TABLE = 10 << 20  # bytes that BigQuery charges for a table at least


class Scanned(NamedTuple):
    files: int
    rows: int
    compressed: int  # bytes in the files
    uncompressed: int  # bytes of the columns as Parquet holds them before zstd: what comes closest to what BigQuery charges


def scanned(paths: Iterable[str | Path], columns: Iterable[str] | None = None) -> Scanned:
    """The chunks of these columns, or of all; no data are read."""
    wanted = None if columns is None else set(columns)
    files = rows = compressed = uncompressed = 0
    for path in paths:
        footer = pq.read_metadata(path)
        files, rows = files + 1, rows + footer.num_rows
        for group in (footer.row_group(i) for i in range(footer.num_row_groups)):
            for chunk in (group.column(i) for i in range(group.num_columns)):
                if wanted is None or chunk.path_in_schema.split(".")[0] in wanted:
                    compressed += chunk.total_compressed_size
                    uncompressed += chunk.total_uncompressed_size
    return Scanned(files, rows, compressed, uncompressed)


def cost_of_a_day(contract: Contract, archive: str, date: str, format: str = "table") -> str:
    """A line per event type: SELECT * with event_date = date."""
    runs, lines = read_runs(archive), []
    for name in (*contract.events, "dead_letter"):
        table = tables(contract)[name]
        paths = [p for p in part_files(archive, table.folder, name, runs) if f"/date={date}/" in p]
        if paths:
            day = scanned(paths)
            lines.append((name, *day, f"{max(day.uncompressed, PER_TABLE) / 2**40 * DOLLARS_PER_TIB:.6f}"))
    if not lines:
        raise ValueError(f"{archive}: nothing of {date}; give --date=YYYY-MM-DD, a day of event_time")
    return show(Result(["table", *Scanned._fields, "dollars"], lines), format)
