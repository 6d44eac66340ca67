"""Which files of a followed folder are read for good: noted beside the run's manifest by whoever reads, on any engine."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from gamebeam.archive.atomic_write import write_atomically
from gamebeam.archive.filesystem import matching, read
from gamebeam.archive.layout import LATE_S, RUNS_FOLDER, UNREADABLE_FILE, escape_glob, join

WRITTEN_MS = LATE_S * 1000  # once the watermark is so far past a file's newest arrival, no window of the archive still holds any of it
AT_END = "at-end"  # what was read last: read for good only if the run came to its end


class Taken(NamedTuple):
    """A file that was read; newest: ms of its newest arrival."""

    name: str
    sha256: str
    bytes: int
    newest: int


@dataclass(frozen=True)
class Followed:
    """A run's notes. earlier: sha256 of the files that runs before it have read."""

    archive: str
    run_id: str
    earlier: frozenset[str] = frozenset()

    def note(self, files: Iterable[Taken], at_end: bool = False) -> None:
        """Under the same name when done again."""
        body = json.dumps([{"name": f.name, "sha256": f.sha256, "bytes": f.bytes} for f in files]).encode()
        name = AT_END if at_end else hashlib.sha256(body).hexdigest()[:16]
        write_atomically(join(self.archive, RUNS_FOLDER, self.run_id, f"{name}.json"), body)

    def note_unreadable(self, why: dict[str, str]) -> None:
        """What keeps files of the folder from being read, by path, now; the note before is replaced."""
        body = json.dumps([{"name": name, "why": why[name]} for name in sorted(why)], indent=1).encode()
        write_atomically(join(self.archive, RUNS_FOLDER, self.run_id, UNREADABLE_FILE), body)


def unreadable_files(archive: str, run_id: str) -> list[str]:
    """One line for each file that a run over a followed folder could not read, as of its last look."""
    path = join(escape_glob(archive), RUNS_FOLDER, run_id, UNREADABLE_FILE)
    return [file["why"] for found in matching(path) for file in json.loads(read(found))]


def noted(archive: str, run_id: str, complete: bool) -> list[dict[str, str | int]]:
    """name, sha256 and bytes of the files that the run has read for good."""
    found = matching(join(escape_glob(archive), RUNS_FOLDER, run_id, "*.json"))
    return [file for path in found if complete or not path.endswith(f"/{AT_END}.json") for file in json.loads(read(path))]
