"""Where Flink puts a key. By chance few keys lie badly: of four partitions one task read three, and the job waited for it."""

from collections.abc import Callable
from itertools import count

import mmh3
from apache_beam.coders.coders import Coder, LengthPrefixCoder

INT = 0xFFFFFFFF


def key_group(encoded: bytes, groups: int) -> int:
    """Of an encoded key: Flink's murmurHash of Beam's FlinkKey.hashCode, modulo the job's maximum parallelism."""
    code = int.from_bytes(mmh3.mmh3_x64_128_digest(encoded)[:4], "little")
    code = _rotated(code * 0xCC9E2D51 & INT, 15) * 0x1B873593 & INT
    code = (_rotated(code, 13) * 5 + 0xE6546B64 & INT) ^ 4
    code = (code ^ code >> 16) * 0x85EBCA6B & INT
    code = (code ^ code >> 13) * 0xC2B2AE35 & INT
    code ^= code >> 16
    return (code if code <= INT >> 1 else INT + 1 - code) % groups


def salt_for(key: tuple[object, ...], coder: Coder, place: float, groups: int) -> int:
    """What, added to the key, puts it at a place between 0 and 1 of all tasks, however many they are.

    coder: of the whole, which Beam's runner does not know, and so has as bytes with their length before them.
    """
    wanted = int(place * groups)
    bytes_of: Callable[[object], bytes] = LengthPrefixCoder(coder).encode
    return next(salt for salt in count() if key_group(bytes_of((*key, salt)), groups) == wanted)


def _rotated(code: int, by: int) -> int:
    return (code << by | code >> 32 - by) & INT
