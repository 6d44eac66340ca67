"""Copies of one event: the key that brings them together, and which of them lands. Frozen: a running job's state depends on it."""

from collections.abc import Iterable
from operator import attrgetter
from typing import Any

import msgspec
import numpy as np
import xxhash

from schemas.events import DEAD_LETTER
from schemas.layout import DAY_MS, HOUR_MS
from transforms.seen import SLICES, Noted

SHARDS = 64  # of a stream's state
BYTES_A_SHARD = 1 << 30  # of a batch run's input: a group is worked on whole, and larger ones are cheaper as long as memory holds them


def batch_shards(input_bytes: int) -> int:
    return 1 + input_bytes // BYTES_A_SHARD


def bucket_ms(streaming: bool, horizon_ms: int) -> int:
    """Of event_time, as the client told it. Batch: what is worked on at once. Stream: what shares a round trip to state and expires
    together; late events of many hours would be as many elements, which cost more than all else.
    """
    return min(DAY_MS, horizon_ms) if streaming else HOUR_MS


def id_hash(item: Any) -> int:
    """64 bits of the id. Two of n ids in one shard and bucket collide with odds of n^2 / 2^65: 10^-9 at 200,000.

    Of two equal dead letters that tell no time, the second in an hour of arrival is a copy, one in another hour is not.
    """
    if item.TYPE != DEAD_LETTER:
        return xxhash.xxh3_64_intdigest(item.event_id.encode())
    return xxhash.xxh3_64_intdigest(item.dead_id.encode(), seed=item.arrival_time // HOUR_MS if item.event_time is None else 0)


def _told(item: Any, bucket: int) -> tuple[int, int]:
    """(ms by which an item is found again, length of its bucket)."""
    if item.event_time is None:
        return item.arrival_time // HOUR_MS * HOUR_MS, max(bucket, HOUR_MS)
    told = None if item.TYPE == DEAD_LETTER else item.client_event_time
    return item.event_time if told is None else told, bucket


def keys_of(events: list[Any], dead: list[Any], shards: int, bucket: int) -> tuple[np.ndarray, Noted]:
    """(keys, id_hash and slice of the bucket) of events, then dead letters.

    A key is the bucket's number * shards + shard: the copies of an event share both, whenever they arrive, and no busy player makes
    a hot key. The bucket is of the client's own time: the front door may correct it otherwise in a copy that was sent again.
    """
    told = list(map(_CLIENT_TIME, events))
    times = list(map(_TIME, events)) if told.count(None) == len(told) else [_told(e, bucket)[0] for e in events]
    of_dead = [_told(item, bucket) for item in dead]
    time = np.array(times + [t for t, _ in of_dead], np.int64)
    length = np.array([bucket] * len(events) + [n for _, n in of_dead], np.int64)
    hashes = np.array([*map(xxhash.xxh3_64_intdigest, map(str.encode, map(_EVENT_ID, events))), *map(id_hash, dead)], np.uint64)
    keys = time // length * shards + (hashes % np.uint64(shards)).astype(np.int64)
    return keys, Noted(hashes, (time % length * SLICES // length).astype(np.uint8))


def preference(item: Any) -> tuple[int, int, bytes]:
    """Smallest lands: the preferred shape, then the earliest arrival, then the smallest content."""
    return getattr(item, "shape_rank", 0), item.arrival_time, _ENCODER.encode(item)


def pick(items: Iterable[Any]) -> tuple[list[Any], list[Any]]:
    """(one per id, the other copies)."""
    items = list(items)
    if len({item.dead_id if item.TYPE == DEAD_LETTER else item.event_id for item in items}) == len(items):
        return items, []
    best: dict[int, Any] = {}
    copies = []
    for item in items:
        h = id_hash(item)
        other = best.get(h)
        if other is None:
            best[h] = item
        elif preference(item) < preference(other):
            best[h] = item
            copies.append(other)
        else:
            copies.append(item)
    return list(best.values()), copies


_ENCODER = msgspec.msgpack.Encoder()
_EVENT_ID, _TIME, _CLIENT_TIME = map(attrgetter, ("event_id", "event_time", "client_event_time"))
