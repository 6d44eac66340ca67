"""Copies of one event: the key that brings them together, and which of them lands. Frozen: a running job's state depends on it.

Two messages are copies if they have the same event_id and their uncorrected event times fall on the same UTC day. The uncorrected time is
the client's own: client_event_time where the front door corrected it, else event_time.
"""

from collections.abc import Collection, Iterable, Iterator
from operator import attrgetter
from typing import TypeVar

import msgspec
import numpy as np
import xxhash

from gamebeam.schemas.dates import DAY_MS, HOUR_MS
from gamebeam.schemas.events import DeadLetter, Envelope, Item
from gamebeam.transforms.dedup.seen_ids import SLICES, Ids, Noted

SHARDS = 64  # of a stream's state
BYTES_A_SHARD = 1 << 30  # of a batch run's input: a group is worked on whole, and larger ones are cheaper as long as memory holds them


def batch_shards(input_bytes: int) -> int:
    return 1 + input_bytes // BYTES_A_SHARD


def bucket_ms(streaming: bool, horizon_ms: int) -> int:
    """Length of the uncorrected time that shares a key.

    Stream: a day, whose ids share a round trip to state and expire together; late events of many hours would be as many elements, which
    cost more than all else. Batch: an hour, which is what one worker holds in memory; `duplicates_across_hours` finds the copies of a day.
    """
    return min(DAY_MS, horizon_ms) if streaming else HOUR_MS


AnItem = TypeVar("AnItem", Envelope, DeadLetter, Item)


def id_hash(item: Item) -> int:
    """64 bits of the id. Two of n ids in one shard and bucket collide with odds of n^2 / 2^65: 10^-9 at 200,000.

    Of two equal dead letters that tell no time, the second in an hour of arrival is a copy, one in another hour is not.
    """
    if not isinstance(item, DeadLetter):
        return xxhash.xxh3_64_intdigest(item.event_id.encode())
    return xxhash.xxh3_64_intdigest(item.dead_id.encode(), seed=item.arrival_time // HOUR_MS if item.event_time is None else 0)


def _uncorrected(item: Item, bucket: int) -> tuple[int, int]:
    """(ms by which an item is found again, length of its bucket)."""
    if item.event_time is None:
        return item.arrival_time // HOUR_MS * HOUR_MS, max(bucket, HOUR_MS)
    told = None if isinstance(item, DeadLetter) else item.client_event_time
    return item.event_time if told is None else told, bucket


def keys_of(events: list[Envelope], dead: list[DeadLetter], shards: int, bucket: int) -> tuple[np.ndarray, Noted]:
    """(keys, id_hash and slice of the bucket) of events, then dead letters.

    A key is the bucket's number * shards + shard: the copies of an event share both, whenever they arrive, and no busy player makes
    a hot key. The bucket is of the client's own time: the front door may correct it otherwise in a copy that was sent again.
    """
    of_dead = [_uncorrected(item, bucket) for item in dead]
    time = np.array(_uncorrected_times(events) + [t for t, _ in of_dead], np.int64)
    length = np.array([bucket] * len(events) + [n for _, n in of_dead], np.int64)
    hashes = np.array([*map(xxhash.xxh3_64_intdigest, map(str.encode, map(_EVENT_ID, events))), *map(id_hash, dead)], np.uint64)
    keys = time // length * shards + (hashes % np.uint64(shards)).astype(np.int64)
    return keys, Noted(hashes, (time % length * SLICES // length).astype(np.uint8))


def uncorrected_day(event: Envelope) -> int:
    """Days since 1970. Events of one id and day are copies."""
    return int(_uncorrected(event, DAY_MS)[0] // DAY_MS)


def _uncorrected_times(events: list[Envelope]) -> list[int]:
    """ms"""
    corrected = list(map(_CLIENT_TIME, events))
    return list(map(_TIME, events)) if corrected.count(None) == len(corrected) else [_uncorrected(e, HOUR_MS)[0] for e in events]


COPY = np.dtype([("hash", "<u8"), ("arrival", "<i8"), ("time", "<i8"), ("rank", "u1")])  # 25 bytes an event; time: uncorrected, ms


def copy_rows(events: list[Envelope], hashes: np.ndarray) -> np.ndarray:
    """What decides which of an event's copies lands, as one COPY per event. hashes: their id hashes."""
    rows = np.empty(len(events), COPY)
    rows["hash"], rows["arrival"] = hashes, list(map(_ARRIVAL, events))
    rows["time"], rows["rank"] = _uncorrected_times(events), list(map(_RANK, events))
    return rows


def by_shard_and_day(rows: np.ndarray, shards: int) -> Iterator[tuple[int, bytes]]:
    """(day * shards + shard, its COPY rows as bytes)."""
    keys = rows["time"] // DAY_MS * shards + (rows["hash"] % np.uint64(shards)).astype(np.int64)
    for key in np.unique(keys).tolist():
        yield key, rows[keys == key].tobytes()


def duplicates_across_hours(rows: np.ndarray, hours: np.ndarray) -> np.ndarray:
    """Find the events of a day that are duplicates of an event in another hour.

    Args:
        rows: COPY of every event of one uncorrected day, copies included, in any order.
        hours: the hour of each row, by which the caller goes on to split the day.

    Returns:
        Indexes of all rows whose preferred copy is in another hour. Copies within an hour are left to `pick`, which agrees with this order.
    """
    by_hash = np.sort(rows["hash"])
    repeated = Ids(by_hash[1:][by_hash[1:] == by_hash[:-1]])
    found = np.flatnonzero(repeated.among(rows["hash"]))  # few: only these are sorted by preference
    some, hours = rows[found], hours[found]
    order = np.lexsort((hours, some["time"], some["arrival"], some["rank"], some["hash"]))
    hashes, hours = some["hash"][order], hours[order]
    is_first = np.r_[True, hashes[1:] != hashes[:-1]][: len(hashes)]
    lands_in = hours[np.flatnonzero(is_first)[np.cumsum(is_first) - 1]]
    return found[order[hours != lands_in]]


def preference(item: Item) -> tuple[int, int, int, bytes]:
    """Smallest lands: the preferred shape, then the earliest arrival, then the earliest uncorrected time, then the smallest content."""
    return getattr(item, "shape_rank", 0), item.arrival_time, _uncorrected(item, HOUR_MS)[0], _ENCODER.encode(item)


def without_known(firsts: list[AnItem], copies: list[AnItem], known: Collection[int]) -> tuple[list[AnItem], list[AnItem]]:
    """(firsts whose id hash is not among the known, all other items)."""
    if not known:
        return firsts, copies
    return [i for i in firsts if id_hash(i) not in known], copies + [i for i in firsts if id_hash(i) in known]


def pick(items: Iterable[AnItem]) -> tuple[list[AnItem], list[AnItem]]:
    """(one per id, the other copies) of items of one uncorrected day."""
    items = list(items)
    if len({item.dead_id if isinstance(item, DeadLetter) else item.event_id for item in items}) == len(items):
        return items, []
    best: dict[int, AnItem] = {}
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
_EVENT_ID, _TIME, _CLIENT_TIME, _ARRIVAL, _RANK = map(attrgetter, (
    "event_id", "event_time", "client_event_time", "arrival_time", "shape_rank"))
