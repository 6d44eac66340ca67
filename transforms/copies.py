"""Copies of one event: the key that brings them together, and which of them lands. Frozen: a running job's state depends on it."""

from collections.abc import Iterable
from typing import Any

import msgspec
import xxhash

from schemas.events import DEAD_LETTER

SHARDS = 64  # of a stream's state
BYTES_A_SHARD = 1 << 30  # of a batch run's input: a group is worked on whole, and larger ones are cheaper as long as memory holds them
BUCKET_MS = 3_600_000  # of event_time, as the client told it; less where copies are known for less, or ids would outlive them


def batch_shards(input_bytes: int) -> int:
    return 1 + input_bytes // BYTES_A_SHARD


def id_hash(item: Any) -> int:
    """64 bits of the id. Two of n ids in one shard and bucket collide with odds of n^2 / 2^65: 10^-9 at 200,000."""
    return xxhash.xxh3_64_intdigest((item.dead_id if item.TYPE == DEAD_LETTER else item.event_id).encode())


def dedupe_key(item: Any, shards: int = SHARDS, bucket_ms: int = BUCKET_MS) -> int:
    """bucket * shards + shard: the copies of an event share both, whenever they arrive, and no busy player makes a hot key.

    The bucket is of the client's own time: the front door may correct it otherwise in a copy that was sent again. Of two equal dead
    letters that tell no time, the second in an hour of arrival is a copy, one in another hour is not.
    """
    shard = id_hash(item) % shards
    if item.event_time is None:
        return item.arrival_time // BUCKET_MS * shards + shard
    told = None if item.TYPE == DEAD_LETTER else item.client_event_time
    return (item.event_time if told is None else told) // bucket_ms * shards + shard


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
