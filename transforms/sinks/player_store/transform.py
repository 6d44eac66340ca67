"""Players: each player's last known values in Redis. Last event_time wins, in any order of arrival, any number of times."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import apache_beam as beam
import msgspec
import pyarrow as pa

from gamebeam.schemas.contract.contract import Contract
from gamebeam.transforms.columns import deserialize
from gamebeam.transforms.sinks.player_store.notifications import Due, due
from gamebeam.transforms.sinks.player_store.store import LAST_SEEN, PlayerStore, order

ENVELOPE = ("session_id", "platform", "app_version", "country")  # last known values of every player, beside the contract's own

FLUSH = 20_000  # players held at most: a batch bundle can be a whole file

Players = dict[tuple[str, str], dict[str, tuple[str, bytes]]]  # (env, player) -> field -> (order of its event, value as JSON)


@dataclass
class WritePlayers(beam.PTransform[tuple[beam.PCollection[bytes], ...], beam.PCollection[None]]):
    """Record batches of events, an output per event type -> Redis. Behind a shuffle of its own: Redis holds up nobody else."""

    contract: Contract
    url: str

    def expand(self, events: tuple[beam.PCollection[bytes], ...]) -> beam.PCollection[None]:
        together = events | beam.Flatten() | beam.Reshuffle()
        return together | "Update" >> beam.ParDo(UpdatePlayers(self.contract, self.url))


@beam.typehints.with_input_types(bytes)
class UpdatePlayers(beam.DoFn):
    def __init__(self, contract: Contract, url: str):
        self.contract, self.url = contract, url

    def setup(self) -> None:
        self.store = PlayerStore(self.url, self.contract.name, self.contract.notifications)

    def start_bundle(self) -> None:
        self.players: Players = {}
        self.due: list[Due] = []

    def process(self, blob: bytes) -> None:
        for batch in deserialize([blob]):
            if batch.num_rows:  # of one type: another type's field of the same name, such as a guild that was left, says something else
                own = [f for f in self.contract.events[batch["event_type"][0].as_py()].fields if f.stored]
                add_last_values(self.players, batch, [f.name for f in own if f.is_state or "profile" in f.roles],
                                [f.name for f in own if "left" in f.roles])
            self.due += due(batch, self.contract.notifications)
        if len(self.players) >= FLUSH:
            self.finish_bundle()

    def finish_bundle(self) -> None:
        """A bundle's players in one go: a round trip for every type would cost more than all else."""
        self.store.update(self.players)
        self.store.tell(self.due)
        self.start_bundle()

    def teardown(self) -> None:
        self.store.close()


def add_last_values(found: Players, batch: pa.RecordBatch, profile: Iterable[str], left: Sequence[str] = ()) -> None:
    """Takes from a record batch's events of one type the last value that is not null of each kept field; of what was left, null."""
    kept = [name for name in (*ENVELOPE, *profile, *left) if name in batch.schema.names]
    rows = zip(batch["env"].to_pylist(), batch["player_id"].to_pylist(), batch["event_time"].cast(pa.int64()).to_pylist(),
               batch["seq"].to_pylist(), batch["event_id"].to_pylist(), batch["event_time"].to_pylist(),
               *(batch[name].to_pylist() for name in kept), strict=True)
    for env, player, at, seq, event_id, seen, *values in rows:
        if player is None:
            continue
        place = order(at, seq, event_id)
        known = found.setdefault((env or "", player), {})
        for name, value in zip((LAST_SEEN, *kept), (seen, *values), strict=True):
            if value is not None and (name not in known or known[name][0] < place):
                known[name] = (place, b"null" if name in left else msgspec.json.encode(value))
