"""gamebeam status: an archive's runs, how fresh they are, what came in, what became of it, and what to do about a stream that died."""

import re
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

from gamebeam.archive.followed_files import unreadable_files
from gamebeam.archive.layout import run_of
from gamebeam.schemas.contract.contract import Contract
from gamebeam.schemas.tables import tables
from gamebeam.sql.archive import part_files, read_runs
from gamebeam.sql.engine import TABLES, Result, ask, open_archive
from gamebeam.sql.show import show
from gamebeam.sql.views import KEYS, VISIBLE_RUNS, fill, latest_rows

RECENT_S = 600  # files no older than this tell how long messages take; an open run without any has stopped, or has nothing to read
SAMPLED = 200  # files at most
COUNTS = ("received", "landed", "late", "duplicate", "dead_lettered")
PER_RUN = f"""WITH latest AS ({latest_rows("ledger", KEYS["ledger"])})
SELECT run_id, {", ".join(f"SUM({c}) AS {c}" for c in COUNTS)} FROM latest GROUP BY run_id"""
TOTALS = f"""SELECT {', '.join(f'SUM({c}) AS {c}' for c in COUNTS)}, SUM(missing) AS missing,
  COALESCE(SUM(CAST(implausible AS BIGNUMERIC)), 0) AS implausible FROM ledger"""
DEAD = """SELECT reason, COUNT(*) AS messages, MAX(arrival_time) AS last_seen
FROM dead_letters GROUP BY reason ORDER BY messages DESC, reason"""


def status(contract: Contract, archive: str) -> str:
    """Text for a person. Counts are of closed windows: what still lies in open ones is in no figure yet."""
    con, runs = open_archive(contract, archive), read_runs(archive)
    counts = {row[0]: row[1:] for row in ask(con, fill(PER_RUN, visible_runs=VISIBLE_RUNS, tables=TABLES), schemas=[TABLES]).rows}
    written = _written(contract, archive, runs)
    rows, advice = [], []
    for run in sorted(runs.to_pylist(), key=lambda r: r["started"]):
        files = written.get(run["run_id"], [])
        last = datetime.fromtimestamp(files[-1][0], UTC).replace(microsecond=0) if files else None
        counted = counts.get(run["run_id"], [None] * len(COUNTS))
        rows.append((run["run_id"], run["mode"], run["state"], run["started"].replace(microsecond=0), last, *counted))
        advice += [f"{run['run_id']}: {file}\n" for file in unreadable_files(archive, run["run_id"])]
        if run["state"] == "open":
            advice += _of_open_run(archive, run["run_id"], run["started"], files)
    (totals,) = ask(con, TOTALS).rows
    *counted, missing, implausible = totals
    if missing is None:
        missing = 0 if contract.counter else "not measurable"
    return "\n".join([
        f"{archive}: {contract.name}'s",
        show(Result(["run_id", "mode", "state", "since", "last_written", *COUNTS], rows)),
        show(Result([*COUNTS, "missing", "implausible"], [(*(n or 0 for n in counted), missing, implausible)])),
        show(ask(con, DEAD)), *advice])


def _written(contract: Contract, archive: str, runs: Any) -> dict[str, list[tuple[float, str]]]:
    """(when, path) of every run's files, oldest first."""
    paths = [p for t in tables(contract).values() for p in part_files(archive, t.folder, t.name, runs)]
    files = sorted((Path(path).stat().st_mtime, path) for path in paths)
    run_ids = frozenset(runs["run_id"].to_pylist())
    by_run: dict[str, list[tuple[float, str]]] = {}
    for when, path in files:
        if run_id := run_of(path, run_ids):
            by_run.setdefault(run_id, []).append((when, path))
    return by_run


def _of_open_run(archive: str, run_id: str, started: datetime, files: list[tuple[float, str]]) -> list[str]:
    recent = [(when, path) for when, path in files if time.time() - when < RECENT_S]
    if recent:
        delays = sorted(_delays([(when, path) for when, path in recent if "/events/" in path][-SAMPLED:]))
        if not delays:
            return []
        p50, p95, p99 = (delays[min(len(delays) - 1, int(len(delays) * q))] for q in (0.5, 0.95, 0.99))
        return [f"{run_id}: from arrival to the archive {p50:,.1f} s (p50), {p95:,.1f} s (p95), {p99:,.1f} s (p99), over "
                f"{len(delays):,} messages of the last {RECENT_S // 60} minutes\n"]
    days = [date.fromisoformat(day) for _, path in files for day in re.findall(r"/date=([\d-]+)/", path)] or [started.date()]
    hours = f"--from={min(days)}T00 --to={max(days) + timedelta(days=1)}T00"
    return [f"{run_id} is open, and has written nothing for {RECENT_S // 60} minutes. If it will never go on:\n"
            f"  gamebeam repair --archive={archive} {hours} --ended={run_id}\n"]


def _delays(files: list[tuple[float, str]]) -> list[float]:
    """Seconds from each message's arrival to its file."""
    delays: list[float] = []
    for when, path in files:
        arrivals = pc.cast(pq.read_table(path, columns=["arrival_time"], partitioning=None)["arrival_time"], "int64").to_pylist()
        delays += (max(0.0, when - at / 1000) for at in arrivals)  # a broker's clock may be ahead of ours
    return delays

