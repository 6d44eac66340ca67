"""A file's content: decompressed as its first bytes say, whatever its name; a compressed stream that ends early is an error."""

import bz2
import gzip
import hashlib
import io
import lzma
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, TypeAlias

import pyarrow as pa
from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems

from gamebeam.transforms.sources.progress import add_read

BLOCK = 1 << 20  # bytes
MAGIC_BYTES = 10  # the longest magic number below
GZIP, XZ = b"\x1f\x8b\x08", b"\xfd7zXZ\x00"
ZSTD = (b"\x28\xb5\x2f\xfd", *(bytes([n]) + b"\x2a\x4d\x18" for n in range(0x50, 0x60)))  # a frame, or one of the 16 skippable frames
BZIP2 = tuple(b"BZh" + str(n).encode() + block for n in range(1, 10) for block in (b"1AY&SY", b"\x17rE8P\x90"))  # data, or empty
ZLIB = (b"x\x01", b"x\x5e", b"x\x9c", b"x\xda")


Content: TypeAlias = Any  # a binary stream with read and peek: no class that all codecs share has both


@contextmanager
def opened(path: str) -> Iterator[tuple[Content, "StoredFile"]]:
    """Open a file on any of Beam's filesystems; never a glob.

    Yields:
        (binary stream of the uncompressed content with read and peek, the file as it is stored). Reading raises if a compressed
        stream is damaged or ends early; each codec raises its own kinds.
    """
    with FileSystems.open(path, compression_type=CompressionTypes.UNCOMPRESSED) as source:
        stored = StoredFile(source)
        buffered = io.BufferedReader(stored, BLOCK)
        codec = codec_of(buffered.peek(MAGIC_BYTES)[:MAGIC_BYTES])
        yield codec(buffered) if codec else buffered, stored


def sha256_of(path: str) -> str:
    """The hex digest of a file as it is stored."""
    with FileSystems.open(path, compression_type=CompressionTypes.UNCOMPRESSED) as source:
        return StoredFile(source).sha256()


class StoredFile(io.RawIOBase):
    """A file's stored bytes, hashed as they are read."""

    def __init__(self, source: BinaryIO):
        self.source, self.digest, self.position = source, hashlib.sha256(), 0

    def sha256(self) -> str:
        """The hex digest of all of it. Reads what was not read yet."""
        rest = bytearray(BLOCK)
        while self.readinto(rest):
            pass
        return self.digest.hexdigest()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self.source.read(len(buffer))
        self.digest.update(data)
        self.position += len(data)
        add_read(len(data))
        buffer[:len(data)] = data
        return len(data)

    def tell(self) -> int:
        return self.position


def codec_of(head: bytes) -> Callable[[Content], Content] | None:
    """What decompresses a file that begins so; None for one that is not compressed. A cut magic number counts as whole."""
    for codec, magics in ((_gzip, (GZIP,)), (_zstd, ZSTD), (bz2.BZ2File, BZIP2), (lzma.LZMAFile, (XZ,)), (_zlib, ZLIB)):
        if len(head) >= 2 and any(head.startswith(magic) or magic.startswith(head) for magic in magics):
            return codec
    return None


def _gzip(stored: Content) -> Content:
    return gzip.GzipFile(fileobj=stored)


def _zstd(stored: Content) -> Content:
    """Arrow's reader: unlike zstandard's, it raises when a frame is cut."""
    return io.BufferedReader(pa.CompressedInputStream(pa.PythonFile(stored, mode="r"), "zstd"), BLOCK)


def _zlib(stored: Content) -> Content:
    return io.BufferedReader(ZlibFile(stored), BLOCK)


class ZlibFile(io.RawIOBase):
    """zlib streams (RFC 1950), one after another: what Beam writes as .deflate. The standard library has no file of this kind."""

    def __init__(self, stored: BinaryIO):
        self.stored, self.stream, self.waiting = stored, zlib.decompressobj(), b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while True:
            self.waiting = self.waiting or self.stored.read(BLOCK)
            if self.stream.eof:
                if not self.waiting:
                    return 0
                self.stream = zlib.decompressobj()
            ended = not self.waiting
            data = self.stream.decompress(self.waiting, len(buffer))
            self.waiting = self.stream.unused_data if self.stream.eof else self.stream.unconsumed_tail
            if data:
                buffer[:len(data)] = data
                return len(data)
            if ended and not self.stream.eof:
                raise EOFError("the compressed stream ends early")
