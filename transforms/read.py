"""Read: files of messages, JSON lines or Pub/Sub's Avro export, plain or gzip, on any of Beam's filesystems."""

import gzip
import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any

import apache_beam as beam
import fastavro
from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems
from apache_beam.pvalue import PBegin

from transforms.messages import Messages
from transforms.progress import add_read

BLOCK = 1 << 20  # bytes of a file read at once
GZIP = ".gz"
AVRO_MAGIC = b"Obj\x01"
AVRO_BATCH = 2_000  # messages


class UnreadableFile(ValueError):
    """A file that ends too early, or is none of its kind."""


def read_file(path: str) -> Iterator[Messages]:
    """The messages of one file, in order. Avro if its first bytes say so, else a message per line; empty lines are no messages."""
    try:
        with _opened(path) as stream:
            head = stream.read(len(AVRO_MAGIC))
            whole = _Prefixed(head, stream)
            yield from _read_avro(path, whole) if head == AVRO_MAGIC else _read_lines(path, whole)
    except Exception as e:  # fastavro alone raises five kinds
        raise UnreadableFile(f"{path}: cannot be read to its end ({e or type(e).__name__}); is it cut off?") from e


def why_unreadable(path: str) -> str | None:
    """What keeps a file from being read to its end. Plain lines have none: one that is cut off is a broken message."""
    try:
        if path.endswith(GZIP) or is_avro(path):
            for _ in read_file(path):
                pass
    except (UnreadableFile, OSError, EOFError) as e:
        return str(e)
    return None


def is_avro(path: str) -> bool:
    with _opened(path) as stream:
        return bool(stream.read(len(AVRO_MAGIC)) == AVRO_MAGIC)


@contextmanager
def _opened(path: str) -> Iterator[Any]:
    """Beam's own way with gzip takes one that is cut off for whole."""
    is_gzip = path.endswith(GZIP)
    with FileSystems.open(path, compression_type=CompressionTypes.UNCOMPRESSED if is_gzip else CompressionTypes.AUTO) as stream:
        yield gzip.GzipFile(fileobj=stream) if is_gzip else stream


def _read_lines(path: str, stream: Any) -> Iterator[Messages]:
    rest, first = b"", True
    while block := stream.read(BLOCK):
        add_read(len(block))
        *lines, rest = (rest + block).split(b"\n")
        payloads = [line for line in lines if line.strip()]
        if payloads:
            yield Messages(path, payloads, first=first)
            first = False
    if rest.strip():
        yield Messages(path, [rest], first=first)


def _read_avro(path: str, stream: Any) -> Iterator[Messages]:
    records: Iterator[Any] = iter(fastavro.reader(stream))
    first = True
    while some := list(islice(records, AVRO_BATCH)):
        payloads = [r["data"] for r in some]
        add_read(sum(map(len, payloads)))
        yield Messages(path, payloads, [_milliseconds(r["publish_time"]) for r in some], [r["message_id"] for r in some], first)
        first = False


def _milliseconds(publish_time: Any) -> int:
    """fastavro reads timestamp-micros as a datetime."""
    return publish_time // 1000 if isinstance(publish_time, int) else round(publish_time.timestamp() * 1_000_000) // 1000


class _Prefixed(io.RawIOBase):
    """A stream whose first bytes were read already; gzip streams cannot be rewound cheaply."""

    def __init__(self, head: bytes, stream: Any):
        self.head, self.stream = head, stream

    def read(self, size: int = -1) -> bytes:
        if self.head:
            head, self.head = self.head, b""
            return head + self.stream.read(size - len(head)) if size > len(head) else head
        return self.stream.read(size)


@dataclass
class ReadFiles(beam.PTransform):
    """Paths -> Messages, a file at a time."""

    paths: Iterable[str]

    def expand(self, root: PBegin) -> beam.PCollection[Messages]:
        return (root
                | "Paths" >> beam.Create(list(self.paths))
                | "Spread" >> beam.Reshuffle()
                | "ReadFile" >> beam.FlatMap(read_file).with_output_types(Messages))
