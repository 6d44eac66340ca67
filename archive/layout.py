"""Where things lie in an archive. One root per game.

ROOT/_contract.json                                  its contract: what events are, and what people ask
ROOT/_runs/<run_id>.json                             a run's manifest: state, inputs, rows; views read only open and complete runs
ROOT/_runs/<run_id>/…                                what a run over a followed folder has read for good, and could not read
ROOT/events/<type>/date=YYYY-MM-DD/hour=HH/part-…    events and dead letters, by event_time (hour=late for stragglers)
ROOT/rollups/<name>/date=YYYY-MM-DD/part-…           rollup rows, by window_start
"""

import re
import warnings
from collections.abc import Collection

from gamebeam.schemas.dates import HOUR_MS, day

CONTRACT_FILE = "_contract.json"
RUNS_FOLDER = "_runs"
UNREADABLE_FILE = "unreadable/now.json"  # below the folder of a run over a followed folder: what it could not read
PART_NAME = re.compile(r"part-(.+?)(-(?:all|\d+))?-\d+\.parquet")
LATE_S = 3600  # of arrival: a stream's stragglers of one partition share a part file that long


def join(root: str, *parts: str) -> str:
    return "/".join([root.rstrip("/"), *parts])


# How Beam's FileSystems.match reads [[].
warnings.filterwarnings("ignore", "Possible nested set", FutureWarning, r"apache_beam\.io\.filesystem")


def escape_glob(path: str) -> str:
    """The pattern that matches this path alone, for Beam's FileSystems.match, glob and DuckDB alike."""
    return findable(re.sub(r"([*?\[])", r"[\1]", path))


def findable(pattern: str) -> str:
    """A glob as Beam's FileSystems.match finds it on disk: that lists nothing for a relative one whose first name is a glob itself."""
    return f"./{pattern}" if re.match(r"[^/]*[*?\[]", pattern) else pattern


def event_partition(event_time: int, late: bool) -> str:
    """date=…/hour=…; late events share a file per day, or stragglers would make many files of one row."""
    hour = "late" if late else f"{event_time // HOUR_MS % 24:02d}"
    return f"date={day(event_time)}/hour={hour}"


def rollup_partition(window_start: int) -> str:
    return f"date={day(window_start)}"


def table_glob(root: str, folder: str, table: str, date: str = "*") -> str:
    """Of a root without special characters, or one that escape_glob has escaped. date: a partition, such as date=2026-11-01."""
    return join(root, folder, table, f"{date}/*" if folder == "events" else date, "part-*.parquet")


def run_of(path: str, runs: Collection[str]) -> str | None:
    """Return which of these runs wrote a part file, by its name part-<run_id>-<window>-<pane>.parquet; None: another one.

    A run's id may begin another's: batch-4f and batch-4f-1. Of a feed's file the folder, load=<run_id>, names the run.
    """
    folder, name = path.rsplit("/", 2)[-2:]
    if folder.startswith("load="):
        return run_id if (run_id := folder.removeprefix("load=")) in runs else None
    found = PART_NAME.fullmatch(name)
    if not found:
        return None
    head, window = found[1], found[2] or ""
    # A name without a window may end in digits of the id; rows that BigQuery refused are in files of their own.
    return next((run_id for run_id in (head + window, head, head.removesuffix("-refused")) if run_id in runs), None)


def manifest_path(root: str, run_id: str) -> str:
    return join(root, RUNS_FOLDER, f"{run_id}.json")
