"""A large archive from a small one: its rows many times over, each copy with players of its own and its days shifted."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import duckdb

from gamebeam.archive.layout import CONTRACT_FILE, table_glob
from gamebeam.archive.manifest import read_runs, write_run
from gamebeam.schemas.contract.contract import Contract
from gamebeam.schemas.contract.fields import FieldType
from gamebeam.schemas.tables import Table, tables

OF_A_PLAYER = {"event_id", "player_id", "install_id", "session_id", "counter"}  # as the envelope and the rollups call it
MEMORY = "8GB"  # to sort in; one thread: one file per partition


@dataclass(frozen=True)
class Archive:
    root: Path
    events: int
    days: int
    copies: int
    files: int


def copied(contract: Contract, base: Path, cache: Path, about: int, days: int) -> Archive:
    """At least so many events, over so many days from the first of `base`; made once per size."""
    con = duckdb.connect()
    con.execute(f"SET TimeZone = 'UTC'; SET threads = 1; SET memory_limit = '{MEMORY}'; SET temp_directory = '{cache}/sorting'")
    events = [t for t in tables(contract).values() if t.name in contract.events]
    [(each, first, last)] = con.execute("SELECT SUM(n), MIN(first), MAX(last) FROM (" + " UNION ALL ".join(
        "SELECT COUNT(*) AS n, MIN(event_time) AS first, MAX(event_time) AS last "
        f"FROM read_parquet('{table_glob(str(base), t.folder, t.name)}')"
        for t in events if _files(base, t)) + ")").fetchall()
    copies, steps = -(-about // each), max(1, days - (last.date() - first.date()).days)
    root = cache / f"copies{copies}-days{days}"
    if not (root / "ready").exists():
        shutil.rmtree(root, ignore_errors=True)
        root.mkdir(parents=True)
        shutil.copy(base / CONTRACT_FILE, root / CONTRACT_FILE)
        [run] = read_runs(str(base))
        for table in tables(contract).values():
            if _files(base, table):
                times = copies if _has_players(table) else min(copies, steps)
                _copy(con, base, root, table, run.run_id, times, steps)
                run.rows[table.name] *= times
        write_run(str(root), run)
        (root / "ready").touch()
    return Archive(root, copies * each, days, copies, sum(1 for _ in root.rglob("part-*.parquet")))


def _copy(con: duckdb.DuckDBPyConnection, base: Path, root: Path, table: Table, run: str, copies: int, steps: int) -> None:
    columns = ", ".join(f"{_copied(f.name, _quoted(f.name), f.type)} AS {_quoted(f.name)}" for f in table.fields)
    keys = ["date", "hour"] if table.folder == "events" else ["date"]
    parts = ", ".join(["strftime(CAST(\"date\" AS DATE) + to_days(shift), '%Y-%m-%d') AS \"date\"", *keys[1:]])
    folder = root / table.folder / table.name
    folder.parent.mkdir(parents=True, exist_ok=True)
    con.execute(f"""COPY (
        SELECT {columns}, {parts}
        FROM read_parquet('{table_glob(str(base), table.folder, table.name)}', hive_partitioning = true, hive_types_autocast = false,
                          union_by_name = true),
             (SELECT range AS copy, CAST(range % {steps} AS INTEGER) AS shift FROM range({copies}))
        ORDER BY {', '.join(f'{len(table.fields) + i + 1}' for i in range(len(keys)))}
    ) TO '{folder}' (FORMAT parquet, PARTITION_BY ({', '.join(keys)}), FILENAME_PATTERN 'part-{run}-{{i}}', COMPRESSION zstd)""")


def _copied(name: str, value: str, kind: FieldType) -> str:
    """The value in copy `copy`, as DuckDB SQL."""
    if kind.kind in ("timestamp", "date"):
        moved = f"{value} + to_days(shift)"
        return f"CAST({moved} AS DATE)" if kind.kind == "date" else moved
    if name in OF_A_PLAYER:
        return f"regexp_replace({value}, '[.]|$', '~' || copy || '\\0')"  # where a host names the player, it keeps its domain
    if kind.kind == "array" and kind.item and kind.item.kind == "record":
        fields = ", ".join(f"'{f.name}': {_copied(f.name, f'item.{f.name}', f.type)}" for f in kind.item.fields)
        return f"list_transform({value}, lambda item: {{{fields}}})"
    return value


def _quoted(name: str) -> str:
    return f'"{name}"'


def _has_players(table: Table) -> bool:
    return bool(OF_A_PLAYER & {f.name for f in table.fields})


def _files(root: Path, table: Table) -> bool:
    return next((root / table.folder / table.name).rglob("part-*.parquet"), None) is not None
