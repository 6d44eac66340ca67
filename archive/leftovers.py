"""What runs that were killed left in an archive: part files that no view reads, and temporary files."""

import os
import re
import time
from collections.abc import Iterator

from apache_beam.io.filesystems import FileSystems

from gamebeam.archive.layout import escape_glob, join
from gamebeam.archive.manifest import read_runs

FOLDERS = ("events/*/*/*", "rollups/*/*")  # of part files
TEMPORARY = re.compile(r"\.(part-.+\.parquet|.+\.json)\.\d+")  # write_atomically's, until it renames
ABANDONED_S = 600.0  # a temporary file is written in seconds


def remove_leftovers(archive: str, run_id: str) -> int:
    """Remove the files of a run of this id that never completed, and temporary files that no process still writes.

    No view reads the part files, but another version of the job may name its files otherwise. Call it under the run's lock.

    Returns:
        How many files were removed.
    """
    others = tuple(f"part-{r.run_id}-" for r in read_runs(archive) if r.run_id.startswith(f"{run_id}-"))  # one's name may begin another's
    matched = FileSystems.match([join(escape_glob(archive), folder, f"part-{run_id}-*.parquet") for folder in FOLDERS])
    parts = [m.path for result in matched for m in result.metadata_list if not m.path.rsplit("/", 1)[-1].startswith(others)]
    if "://" in archive:
        if parts:
            FileSystems.delete(parts)
        return len(parts)
    for path in parts:
        os.remove(path)  # FileSystems.delete takes a path on disk for a glob
    return len(parts) + remove_temporary_files(archive, run_id)


def remove_temporary_files(archive: str, run_id: str = "") -> int:
    """Remove what processes that were killed were writing: all of this run's, and what is older than ten minutes. Returns how many."""
    found = [] if "://" in archive else list(_temporary_files(archive))
    left = [path for path in found if (run_id and f"/.part-{run_id}-" in path) or _is_abandoned(path)]
    for path in left:
        os.remove(path)
    return len(left)


def _temporary_files(archive: str) -> Iterator[str]:
    for folder, _, names in os.walk(archive):
        yield from (join(folder, name) for name in names if TEMPORARY.fullmatch(name))


def _is_abandoned(path: str) -> bool:
    try:
        return time.time() - os.stat(path).st_mtime > ABANDONED_S
    except FileNotFoundError:  # renamed meanwhile
        return False
