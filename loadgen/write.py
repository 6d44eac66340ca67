"""Messages to files: JSON lines, or Avro files in the layout of Pub/Sub's export to Cloud Storage."""

import gzip
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO, NamedTuple

import fastavro

FORMATS = ("jsonl", "jsonl.gz", "avro")
FIRST_MESSAGE_ID = 10_000_000_000
PUBSUB_MESSAGE = fastavro.parse_schema({"type": "record", "name": "PubsubMessage", "fields": [
    {"name": "subscription_name", "type": "string"},
    {"name": "message_id", "type": "string"},
    {"name": "publish_time", "type": {"type": "long", "logicalType": "timestamp-micros"}},
    {"name": "attributes", "type": {"type": "map", "values": "string"}},
    {"name": "data", "type": "bytes"}]})


class Message(NamedTuple):
    """Sorts by arrival, then by the order in which it was sent."""

    arrival: int  # ms
    number: int
    publish: int
    payload: bytes
    intact: bool


def file_names(files: int, suffix: str) -> list[str]:
    return [f"part-{i:03d}.{suffix}" for i in range(files)]


def slices(messages: list[Message], files: int) -> list[list[Message]]:
    """One file's messages each: neighbours in time, about as many in every file."""
    edges = [len(messages) * i // files for i in range(files + 1)]
    return [messages[a:b] for a, b in pairwise(edges)]


def write_messages(path: Path, messages: list[Message], suffix: str, game: str) -> None:
    if suffix == "avro":
        _write_avro(path, messages, game)
        return
    with _lines(path, suffix) as out:
        out.writelines(m.payload + b"\n" for m in messages)


@contextmanager
def _lines(path: Path, suffix: str) -> Iterator[BinaryIO | gzip.GzipFile]:
    if suffix == "jsonl":
        with path.open("wb") as out:
            yield out
    else:  # no name and no time inside: the same seed gives the same bytes
        with path.open("wb") as raw, gzip.GzipFile("", "wb", compresslevel=4, fileobj=raw, mtime=0) as out:
            yield out


def _write_avro(path: Path, messages: list[Message], game: str) -> None:
    subscription = f"projects/gamebeam/subscriptions/{game}"
    records = ({"subscription_name": subscription, "message_id": str(FIRST_MESSAGE_ID + m.publish), "attributes": {},
                "publish_time": m.arrival * 1000, "data": m.payload} for m in messages)
    marker = hashlib.blake2b(path.name.encode(), digest_size=16).digest()  # fastavro's own is random
    with path.open("wb") as out:
        fastavro.writer(out, PUBSUB_MESSAGE, records, codec="deflate", sync_marker=marker)
