"""Ids that were seen, as 64-bit hashes, in state and in memory.

A key's ids are of a day: those of each slice of it lie in a cell of their own, and only a worker that does not have them reads it.
The newest of all slices lie in a small cell, which is read with every batch and tells whether a worker's memory is what state holds.
"""

import struct
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import xxhash

SLICES = 12  # of a bucket
FEW = 1_000  # ids in the small cell: 9 kB, sent to the worker with every batch
DENSE = FEW // SLICES  # of one slice: worth a request to its cell
KEPT = 40_000_000  # ids, some 320 MB, that a worker remembers; of those it forgets it reads the state again
A_SLICE = 64  # ids: what a slice itself takes, or many a small one would never be forgotten
HEAD = struct.Struct("<qQH")  # of an entry: when the state expires (ms), which ids the slices' cells hold, a bit per cell that has any
HASH = np.dtype("<u8")


def hashes_in(data: bytes) -> np.ndarray:
    return np.frombuffer(data, HASH)


class Noted(NamedTuple):
    """hashes: uint64. slices: uint8, of which slice of its bucket each id is. 9 bytes an id."""

    hashes: np.ndarray
    slices: np.ndarray

    @classmethod
    def unpack(cls, data: bytes) -> "Noted":
        n = len(data) // 9
        return cls(np.frombuffer(data, HASH, n), np.frombuffer(data, np.uint8, n, 8 * n))

    def pack(self) -> bytes:
        return self.hashes.tobytes() + self.slices.tobytes()

    def at(self, which: np.ndarray | slice) -> "Noted":
        return Noted(self.hashes[which], self.slices[which])

    def of(self, number: int) -> np.ndarray:
        return self.hashes[self.slices == number]

    def plus(self, other: "Noted") -> "Noted":
        return Noted(np.concatenate([self.hashes, other.hashes]), np.concatenate([self.slices, other.slices]))


NONE = Noted(np.empty(0, HASH), np.empty(0, np.uint8))


class Ids:
    """A set of hashes: a large sorted array and a small one, as adding to the large one copies it."""

    def __init__(self, *hashes: np.ndarray):
        self._most, self._new = np.unique(np.concatenate([NONE.hashes, *hashes])), NONE.hashes

    def __len__(self) -> int:
        return len(self._most) + len(self._new)

    def among(self, hashes: np.ndarray) -> np.ndarray:
        """Per hash, whether it is here."""
        return _contains(self._most, hashes) | _contains(self._new, hashes)

    def add(self, hashes: np.ndarray) -> None:
        """None of them is here."""
        self._new = np.sort(np.concatenate([self._new, hashes]))
        if len(self._new) > max(FEW, len(self._most) // 8):
            self._most, self._new = np.sort(np.concatenate([self._most, self._new])), NONE.hashes


def _contains(known: np.ndarray, hashes: np.ndarray) -> np.ndarray:
    if not len(known):
        return np.zeros(len(hashes), bool)
    at = np.searchsorted(known, hashes)
    at[at == len(known)] = 0
    return known[at] == hashes


class Recent(NamedTuple):
    """The small cell's entries, in whatever order they come. version: of all that lies in state; 0: nothing does."""

    version: int = 0
    expires: int = 0
    older: int = 0
    filled: int = 0
    noted: Noted = NONE

    @classmethod
    def read(cls, entries: Iterable[bytes]) -> "Recent":
        found = cls()
        for entry in entries:
            found = found.plus(entry)
        return found

    def plus(self, entry: bytes) -> "Recent":
        expires, older, filled = HEAD.unpack_from(entry)
        return Recent(self.version + xxhash.xxh3_64_intdigest(entry), max(self.expires, expires), older, filled,
                      self.noted.plus(Noted.unpack(entry[HEAD.size:])))

    def entry(self, expires: int, noted: Noted) -> bytes:
        """What is to be added to the cell."""
        return HEAD.pack(max(self.expires, expires), self.older, self.filled) + noted.pack()

    def dense(self) -> Sequence[int]:
        """Slices whose ids are to move to their own cells: those with many, or all, if few would go."""
        counts = np.bincount(self.noted.slices, minlength=SLICES)
        many = np.flatnonzero(counts >= DENSE)
        return (many if counts[many].sum() > FEW // 2 else np.flatnonzero(counts)).tolist()

    def moved(self, slices: Sequence[int]) -> tuple["Recent", Noted]:
        """(as if the ids of these slices were in their cells, the ids that stay): the small cell is then to hold one entry, of both."""
        leaving = np.isin(self.noted.slices, slices)
        older = xxhash.xxh3_64_intdigest(np.sort(self.noted.hashes[leaving]).tobytes(), seed=self.older) or 1
        filled = self.filled | sum(1 << number for number in slices)
        return Recent(0, self.expires, older, filled), self.noted.at(~leaving)


Slices = OrderedDict[int, Ids]  # the one used last comes last


class Warm:
    """The ids of the keys last asked for, with their state's version, as far as memory is meant to hold them."""

    def __init__(self, most: int = KEPT) -> None:
        self._most, self._held = most, 0
        self._by_key: OrderedDict[int, tuple[int, Slices]] = OrderedDict()

    def take(self, key: int, version: int) -> Slices:
        """Those slices that are here; none where the state has gone on, or back, without this worker."""
        known, slices = self._by_key.pop(key, (0, Slices()))
        self._held -= _size(slices)
        return slices if version and known == version else Slices()

    def put(self, key: int, version: int, slices: Slices) -> None:
        self._by_key[key] = version, slices
        self._held += _size(slices)
        while self._held > self._most and (len(self._by_key) > 1 or len(slices) > 1):
            oldest = next(iter(self._by_key))
            others = self._by_key[oldest][1]
            self._held -= A_SLICE + len(others.popitem(last=False)[1])
            if not others:
                del self._by_key[oldest]


def _size(slices: Slices) -> int:
    return sum(A_SLICE + len(ids) for ids in slices.values())
