"""What generate wrote, or a steady load, file by file into a folder that a job follows, as an export to a bucket would."""

import os
import time
from collections.abc import Callable, Iterable
from itertools import groupby
from pathlib import Path

import fastavro

from gamebeam.loadgen.live import records_of
from gamebeam.loadgen.outgoing import Outgoing
from gamebeam.loadgen.write import PUBSUB_MESSAGE

EVERY_S = 2  # seconds between files
AT_ONCE = 5_000  # messages in a file, where nothing sets the pace


def drop(out: str, folder: str, speed: float = 0, progress: Callable[[int, int], None] | None = None) -> int:
    """Writes OUT/messages into the folder in order of arrival, and returns how many.

    speed: simulated seconds in a second; 0: as fast as it goes.
    """
    records = list(records_of(Path(out) / "messages"))
    first = records[0]["publish_time"]
    dues = ((record["publish_time"] - first).total_seconds() / speed if speed else i / AT_ONCE * EVERY_S
            for i, record in enumerate(records))
    return _write(zip(dues, records, strict=True), len(records), folder, paced=bool(speed), progress=progress)


def drop_steadily(messages: Iterable[Outgoing], about: int, folder: str, progress: Callable[[int, int], None] | None = None) -> int:
    """A file every EVERY_S seconds, of what was due in them."""
    records = ((m.due, {"subscription_name": "", "message_id": str(i), "attributes": {}, "publish_time": m.arrival * 1000,
                        "data": m.payload})
               for i, m in enumerate(messages))
    return _write(records, about, folder, paced=True, progress=progress)


def _write(records: Iterable[tuple[float, dict[str, object]]], about: int, folder: str, paced: bool,
           progress: Callable[[int, int], None] | None) -> int:
    """records: (s after the first, record)."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    began, done = time.monotonic(), 0
    for number, group in groupby(records, lambda record: int(record[0] / EVERY_S)):
        if paced:
            time.sleep(max(0.0, began + (number + 1) * EVERY_S - time.monotonic()))
        some = [record for _, record in group]
        path = Path(folder) / f"dropped-{number:06d}.avro"
        with (path.parent / f".{path.name}").open("wb") as file:
            fastavro.writer(file, PUBSUB_MESSAGE, some, codec="deflate")
        os.replace(file.name, path)
        done += len(some)
        if progress:
            progress(done, about)
    return done
