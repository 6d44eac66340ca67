"""Ids that were seen, as 64-bit hashes, in state and in memory.

A key's ids are of a day: those of each slice of it lie in a cell of their own, and only a worker that does not have them reads it.
The newest of all slices lie in a small cell, which is read with every batch and tells whether a worker's memory is what state holds.
An id is stored with the slice of its first copy. Another copy may give another time of the day, so a lookup covers all slices.
"""

import struct
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np
import xxhash

SLICES = 12  # of a bucket
FEW = 1_000  # ids in the small cell: 9 kB, sent to the worker with every batch
DENSE = FEW // SLICES  # of one slice: worth a request to its cell
KEPT = 640_000_000  # bytes of ids in a worker's memory: 8 an id of the slices used last, 4 of all; the rest it reads from state again
A_SLICE = 512  # bytes: what a slice itself takes, or many a small one would never be forgotten
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
    """A set of hashes of one dtype: a large sorted array and a small one, as adding to the large one copies it."""

    def __init__(self, *hashes: np.ndarray):
        self._most = np.unique(np.concatenate(hashes)) if hashes else NONE.hashes
        self._new = self._most[:0]

    def __len__(self) -> int:
        return len(self._most) + len(self._new)

    def all(self) -> np.ndarray:
        return np.concatenate([self._most, self._new])

    @property
    def bytes(self) -> int:
        return A_SLICE + self._most.nbytes + self._new.nbytes

    def among(self, hashes: np.ndarray) -> np.ndarray:
        """Per hash, whether it is here."""
        return _contains(self._most, hashes) | _contains(self._new, hashes)

    def add(self, hashes: np.ndarray) -> None:
        """None of them is here."""
        self._new = np.sort(np.concatenate([self._new, hashes]))
        if len(self._new) > max(FEW, len(self._most) // 8):
            self._most, self._new = np.sort(np.concatenate([self._most, self._new])), self._most[:0]


def upper_half(hashes: np.ndarray) -> np.ndarray:
    return (hashes >> np.uint64(32)).astype(np.uint32)


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

    def slices(self) -> list[int]:
        """Those that any id in state is of."""
        return np.union1d(np.flatnonzero([self.filled >> n & 1 for n in range(SLICES)]), self.noted.slices).tolist()

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


class Known:
    """What a worker remembers of a key: the ids of the slices used last, and of all slices together the upper half of each id."""

    def __init__(self) -> None:
        self._exact: OrderedDict[int, Ids] = OrderedDict()  # the one used last comes last
        self._halves, self._have_halves = Ids(NONE.hashes.astype(np.uint32)), set[int]()

    def among(self, asked: Noted, slices: Iterable[int], read: Callable[[int], Ids]) -> np.ndarray:
        """Find which ids are known in any slice.

        Args:
            asked: ids with the slice that their own time is in, where nearly all copies are.
            slices: those that any id in state is of.
            read: gives a slice's ids from state; called for a slice that is not in memory and is `asked`'s own or may hold one of its ids.

        Returns:
            A boolean per id.
        """
        found = np.zeros(len(asked.hashes), bool)
        for number in np.unique(asked.slices).tolist():
            here = asked.slices == number
            found[here] = self._ids(number, read).among(asked.hashes[here])
        slices = list(slices)
        for number in slices:
            if number not in self._have_halves:
                self._ids(number, read)
        rest = np.flatnonzero(~found)
        maybe = rest[self._halves.among(upper_half(asked.hashes[rest]))]
        for number in slices if len(maybe) else ():
            found[maybe] |= self._ids(number, read).among(asked.hashes[maybe])
        return found

    def add(self, new: Noted) -> None:
        """None of them is known; `among` was asked for them."""
        for number in np.unique(new.slices).tolist():
            self._exact[number].add(new.of(number))
        self._add_halves(new.hashes)

    def _ids(self, number: int, read: Callable[[int], Ids]) -> Ids:
        if number not in self._exact:
            self._exact[number] = read(number)
            if number not in self._have_halves:
                self._have_halves.add(number)
                self._add_halves(self._exact[number].all())
        self._exact.move_to_end(number)
        return self._exact[number]

    def _add_halves(self, hashes: np.ndarray) -> None:
        halves = np.unique(upper_half(hashes))
        self._halves.add(halves[~self._halves.among(halves)])

    def forget_slice(self) -> bool:
        """Drops the ids of the slice that was used least recently, but for the last one."""
        if len(self._exact) < 2:
            return False
        self._exact.popitem(last=False)
        return True

    @property
    def bytes(self) -> int:
        return self._halves.bytes + sum(ids.bytes for ids in self._exact.values())


class Warm:
    """What is known of the keys last asked for, with their state's version, as far as memory is meant to hold it."""

    def __init__(self, most: int = KEPT) -> None:
        self._most, self._held = most, 0
        self._by_key: OrderedDict[int, tuple[int, Known]] = OrderedDict()

    def take(self, key: int, version: int) -> Known:
        """Nothing is known where the state has gone on, or back, without this worker."""
        if key not in self._by_key:
            return Known()
        of_version, known = self._by_key.pop(key)
        self._held -= known.bytes
        return known if version and of_version == version else Known()

    def put(self, key: int, version: int, known: Known) -> None:
        self._by_key[key] = version, known
        self._held += known.bytes
        for _, oldest in self._by_key.values():  # a key without its upper halves is read from state whole: they go last
            while self._held > self._most:
                before = oldest.bytes
                if not oldest.forget_slice():
                    break
                self._held += oldest.bytes - before
        while self._held > self._most and len(self._by_key) > 1:
            self._held -= self._by_key.popitem(last=False)[1][1].bytes
