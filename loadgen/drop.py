"""drop(): what generate wrote, file by file into a folder that a job follows, as an export to a bucket would."""

import os
import time
from collections.abc import Callable
from itertools import groupby
from pathlib import Path
from typing import Any

import fastavro

from loadgen.live import records_of
from loadgen.write import PUBSUB_MESSAGE

EVERY_S = 2  # seconds between files
AT_ONCE = 5_000  # messages in a file, where nothing sets the pace


def drop(out: str, folder: str, speed: float = 0, progress: Callable[[int, int], None] | None = None) -> int:
    """Writes OUT/messages into the folder in order of arrival, and returns how many.

    speed: simulated seconds in a second; 0: as fast as it goes.
    """
    Path(folder).mkdir(parents=True, exist_ok=True)
    records = list(records_of(Path(out) / "messages"))
    first, began, done = records[0]["publish_time"], time.monotonic(), 0

    def file_of(numbered: tuple[int, dict[str, Any]]) -> int:
        i, record = numbered
        return int((record["publish_time"] - first).total_seconds() / speed / EVERY_S) if speed else i // AT_ONCE

    for number, group in groupby(enumerate(records), file_of):
        if speed:
            time.sleep(max(0.0, began + (number + 1) * EVERY_S - time.monotonic()))
        some = [record for _, record in group]
        path = Path(folder) / f"dropped-{number:06d}.avro"
        with (path.parent / f".{path.name}").open("wb") as file:
            fastavro.writer(file, PUBSUB_MESSAGE, some, codec="deflate")
        os.replace(file.name, path)
        done += len(some)
        if progress:
            progress(done, len(records))
    return done
