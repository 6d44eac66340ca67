"""Ids that were seen, as 64-bit hashes: 8 bytes each, in state as in memory, but for the newest."""

from collections import OrderedDict
from collections.abc import Collection, Iterable

import numpy as np

HASH = np.dtype("<u8")
FEW = 1_000  # are kept in a set until they are an eighth of all
KEPT = 20_000_000  # ids, some 250 MB, that a worker remembers; of those it forgets it reads the state again
A_KEY = 64  # ids: what a key itself takes, or many a small one would never be forgotten


def chunk(hashes: set[int]) -> bytes:
    return np.sort(np.fromiter(hashes, HASH, len(hashes))).tobytes()


class Ids:
    def __init__(self, chunks: Iterable[bytes] = ()):
        self._sorted = np.unique(np.frombuffer(b"".join(chunks), HASH))
        self._new: set[int] = set()

    def __len__(self) -> int:
        return len(self._sorted) + len(self._new)

    def among(self, hashes: Collection[int]) -> set[int]:
        """Which of them are here."""
        found = self._new.intersection(hashes)
        if len(self._sorted):
            wanted = np.fromiter(hashes, HASH, len(hashes))
            at = np.searchsorted(self._sorted, wanted)
            at[at == len(self._sorted)] = 0
            found.update(wanted[self._sorted[at] == wanted].tolist())
        return found

    def add(self, hashes: set[int]) -> None:
        """None of them is here."""
        self._new |= hashes
        if len(self._new) > max(FEW, len(self._sorted) // 8):
            self._sorted = np.sort(np.concatenate([self._sorted, np.fromiter(self._new, HASH, len(self._new))]))
            self._new = set()


class Warm:
    """The ids of the keys last asked for, with their state's version, as far as memory is meant to hold them."""

    def __init__(self, most: int = KEPT) -> None:
        self._most, self._held = most, 0
        self._by_key: OrderedDict[int, tuple[bytes, Ids]] = OrderedDict()

    def take(self, key: int, version: bytes) -> Ids | None:
        """None where the state has gone on, or back, without this worker."""
        kept = self._by_key.pop(key, None)
        if kept is None:
            return None
        self._held -= A_KEY + len(kept[1])
        return kept[1] if version and kept[0] == version else None

    def put(self, key: int, version: bytes, ids: Ids) -> None:
        self._by_key[key] = version, ids
        self._held += A_KEY + len(ids)
        while self._held > self._most and len(self._by_key) > 1:
            self._held -= A_KEY + len(self._by_key.popitem(last=False)[1][1])
