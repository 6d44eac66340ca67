"""The files that a batch run is given: found by a path or glob, hashed by content."""

import os
import re
from concurrent.futures import ThreadPoolExecutor

from apache_beam.io.filesystem import FileMetadata
from apache_beam.io.filesystems import FileSystems

from gamebeam.archive.layout import escape_glob, findable
from gamebeam.archive.manifest import Input
from gamebeam.schemas.contract.contract import Contract
from gamebeam.transforms.sources.content import sha256_of
from gamebeam.transforms.sources.files import require_times

HASHED_AT_ONCE = 8  # files
MARKERS = re.compile(r"_SUCCESS|_(committed|started)_\d+")  # what Hadoop's and Databricks' committers leave beside their files


class InputError(ValueError):
    """Files that cannot be read as they were given: one line with the path and what to do."""


def match_files(pattern: str, contract: Contract) -> tuple[list[Input], int]:
    """Find and hash the files of a path or glob. Hidden files are left out.

    Args:
        pattern: A path, on any of Beam's filesystems, or a glob. A path that exists is no glob, whatever its characters.
        contract: What the files' messages are.

    Returns:
        (inputs, sorted by path; how many empty files and committers' markers were skipped).

    Raises:
        InputError: If nothing is left to read.
        RunError: If neither the messages nor a file contain when they arrived.
    """
    literally = bool(re.search(r"[*?\[]", pattern)) and FileSystems.exists(pattern)
    found = FileSystems.match([escape_glob(pattern) if literally else findable(pattern)])[0].metadata_list
    files = [m for m in found if not os.path.basename(m.path).startswith(".")]
    full = sorted((m for m in files if _has_messages(m)), key=lambda m: m.path)
    if not files:
        what = "no file matches" if any(c in pattern for c in "*?[") else "no such file"
        raise InputError(f"{pattern}: {what}; give a file, or a glob in quotes such as 'messages/*'")
    if not full:
        what = "the file is empty" if len(files) == 1 else f"all {len(files)} files are empty"
        raise InputError(f"{files[0].path if len(files) == 1 else pattern}: {what}; wait until messages are written, or give other files")
    require_times(contract, (m.path for m in full))
    with ThreadPoolExecutor(HASHED_AT_ONCE) as readers:
        hashes = list(readers.map(sha256_of, [m.path for m in full]))
    return [Input(m.path, sha256, m.size_in_bytes) for m, sha256 in zip(full, hashes, strict=True)], len(files) - len(full)


def _has_messages(file: FileMetadata) -> bool:
    return bool(file.size_in_bytes) and not MARKERS.fullmatch(os.path.basename(file.path))
