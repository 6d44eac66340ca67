"""Read: files of messages on any of Beam's filesystems: JSON lines, JSON objects, or Avro such as Pub/Sub's export, also compressed."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate, chain, compress, islice
from typing import Any

import apache_beam as beam
import fastavro
from apache_beam.pvalue import PBegin

from gamebeam.archive.manifest import RunError
from gamebeam.schemas.contract.contract import Contract
from gamebeam.transforms.messages import Messages
from gamebeam.transforms.sources.content import BLOCK, Content, opened
from gamebeam.transforms.sources.json_values import WINDOW, JsonObjects, holds_objects

AVRO_MAGIC = b"Obj\x01"
AVRO_BATCH = 2_000  # messages
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
Pieces = tuple[list[str], list[bytes]]  # ids, messages
LONGEST_LINE = 16 << 20  # bytes; a longer line comes in pieces of that length, each of them too large for any event


class UnreadableFile(ValueError):
    """A file that ends too early, is none of its kind, or cannot be opened."""


class ChangedFile(ValueError):
    """A file that does not hold what it held when it was hashed."""


def read_file(path: str, sha256: str = "", largest: int = 0) -> Iterator[Messages]:
    """Read the messages of one file, in order.

    The content decides how: Avro by its first bytes; else JSON objects, if the head holds an array, two objects on one line, or one
    over several lines; else a message per line. Empty lines are no messages. A message's id is the broker's, else the place where it
    begins: the offset of its first byte in the uncompressed content, in Avro the offset of its block and its number there.

    Args:
        path: The file.
        sha256: Hex digest that the file must have; '' accepts any.
        largest: Bytes of the largest message that the contract accepts.

    Raises:
        UnreadableFile: In the middle or at the end; what was yielded before must not count.
        ChangedFile: At the end, if the file has another digest.
    """
    try:
        with opened(path) as (content, stored):
            head = content.peek(len(AVRO_MAGIC))
            if head.startswith(AVRO_MAGIC):
                yield from _read_avro(path, content)
            else:
                start = len(content.read(len(BYTE_ORDER_MARK))) if head.startswith(BYTE_ORDER_MARK) else 0
                yield from _read_json(path, content, start, largest)
            changed = bool(sha256) and stored.sha256() != sha256
    except Exception as e:  # every codec raises kinds of its own
        raise _unreadable(path, e) from e
    if changed:
        raise ChangedFile(f"{path}: changed while it was read; write files under another name, and rename them once they are whole")


def hash_if_whole(path: str) -> str:
    """The hex sha256 of a file that can be read.

    Compressed and Avro files are read to their end. Plain lines that are cut off cannot be known: they end in a broken message.

    Raises:
        UnreadableFile: If it cannot.
    """
    try:
        with opened(path) as (content, stored):
            if content.peek(len(AVRO_MAGIC)).startswith(AVRO_MAGIC):
                deque(_read_avro(path, content), maxlen=0)
            while content.read(BLOCK):
                pass
            return stored.sha256()
    except Exception as e:
        raise _unreadable(path, e) from e


def require_times(contract: Contract, paths: Iterable[str]) -> None:
    """Where neither the message nor the file says when a message arrived, every event would be of 1970."""
    if contract.wire.envelope["event_time"] != "arrival" or contract.wire.arrival_time:
        return
    for path in paths:
        if not carries_arrivals(path):
            raise RunError(f"{path}: {contract.name}'s messages carry no time, and neither do plain files; "
                           "give Pub/Sub's Avro export, or name arrival_time in wire.yaml")


def carries_arrivals(path: str) -> bool:
    """Whether the file contains when a broker took each message, as Pub/Sub's export does. Raises UnreadableFile."""
    try:
        with opened(path) as (content, _):
            return content.peek(len(AVRO_MAGIC)).startswith(AVRO_MAGIC) and "publish_time" in _fields(fastavro.block_reader(content))
    except Exception as e:
        raise _unreadable(path, e) from e


def _unreadable(path: str, error: Exception) -> UnreadableFile:
    reason = " ".join((getattr(error, "strerror", None) or str(error)).split()) or type(error).__name__
    return UnreadableFile(f"{path}: cannot be read to its end ({reason}); is it cut off?")


def _read_json(path: str, content: Content, start: int, largest: int) -> Iterator[Messages]:
    """start: offset of the content's next byte."""
    first = content.read(BLOCK)
    blocks = chain([first], iter(lambda: content.read(BLOCK), b""))
    if holds_objects(first):
        pieces = _objects(blocks, JsonObjects(max(WINDOW, 2 * largest), start))
    else:
        pieces = _lines(blocks, start, max(LONGEST_LINE, 2 * largest))
    is_first = True
    for ids, payloads in pieces:
        if payloads:
            yield Messages(path, payloads, ids=ids, first=is_first)
            is_first = False


def _objects(blocks: Iterable[bytes], objects: JsonObjects) -> Iterator[Pieces]:
    for block in blocks:
        yield _split(objects.feed(block))
    yield _split(objects.close())


def _split(found: list[tuple[int, bytes]]) -> Pieces:
    return [str(offset) for offset, _ in found], [piece for _, piece in found]


def _lines(blocks: Iterable[bytes], offset: int, longest: int) -> Iterator[Pieces]:
    rest = b""
    for block in blocks:
        *lines, rest = (rest + block).split(b"\n")
        offsets = list(accumulate([len(line) + 1 for line in lines], initial=offset))
        filled = list(map(bytes.strip, lines))
        yield list(map(str, compress(offsets, filled))), list(compress(lines, filled))
        offset = offsets[-1]
        while len(rest) > longest:
            yield [str(offset)], [rest[:longest]]
            offset, rest = offset + longest, rest[longest:]
    if rest.strip():
        yield [str(offset)], [rest]


def _read_avro(path: str, content: Content) -> Iterator[Messages]:
    blocks: Any = fastavro.block_reader(content)
    names = _fields(blocks)
    if "data" not in names:
        raise ValueError("Avro records without a field data; a Pub/Sub export has data, and may have publish_time and message_id")
    first = True
    records = ((f"{block.offset}.{n}", record) for block in blocks for n, record in enumerate(block))
    while some := list(islice(records, AVRO_BATCH)):
        times = [record.get("publish_time") for _, record in some]
        arrivals = None if None in times else [_milliseconds(time) for time in times]
        ids = [record.get("message_id") or place for place, record in some]
        yield Messages(path, [_bytes(record["data"]) for _, record in some], arrivals, ids, first)
        first = False


def _fields(avro: fastavro.block_reader) -> set[str]:
    """Names of the fields of a file's records."""
    return {field["name"] for field in avro.writer_schema.get("fields", ())} if isinstance(avro.writer_schema, dict) else set()


def _bytes(data: object) -> bytes:
    """A nullable or text field holds messages too."""
    if data is None:
        return b""
    if isinstance(data, str):
        return data.encode()
    if isinstance(data, bytes):
        return data
    raise ValueError(f"field data is {type(data).__name__}, not bytes or a string")


def _milliseconds(publish_time: int | datetime) -> int:
    """fastavro reads timestamp-micros as a datetime."""
    return publish_time // 1000 if isinstance(publish_time, int) else round(publish_time.timestamp() * 1_000_000) // 1000


@dataclass
class ReadFiles(beam.PTransform[PBegin, beam.PCollection[Messages]]):
    """(Path, hex sha256) of files -> Messages, a file at a time; a file with another digest fails the job.

    largest: bytes of the largest message that the contract accepts.
    """

    files: Iterable[tuple[str, str]]
    largest: int

    def expand(self, root: PBegin) -> beam.PCollection[Messages]:
        return (root
                | "Paths" >> beam.Create(list(self.files))
                | "Spread" >> beam.Reshuffle()
                | "ReadFile" >> beam.FlatMapTuple(read_file, largest=self.largest).with_output_types(Messages))
