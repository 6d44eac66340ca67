"""Notifications: what a game's rules say of its events, and who was away for long; Redis sees to it that each is told once."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from gamebeam.schemas.contract.notifications import Notification


class Due(NamedTuple):
    """A rule that holds for a player, and the value that made it so."""

    rule: Notification
    env: str
    player: str
    value: object = None


def due(batch: pa.RecordBatch, rules: Sequence[Notification]) -> Iterator[Due]:
    """What the rules on events say of a record batch of one type; each player and rule once per batch."""
    event_type = batch["event_type"][0].as_py() if batch.num_rows else None
    for rule in rules:
        if event_type not in rule.events:
            continue
        held = pc.is_valid(batch["player_id"])
        for name, wanted in rule.where.items():
            held = pc.and_kleene(held, pc.equal(batch[name], pa.scalar(wanted, batch[name].type)))
        if rule.at_least is not None:
            held = pc.and_kleene(held, pc.greater_equal(pc.cast(batch[rule.field], pa.float64()), rule.at_least))
        some = batch.filter(held)
        values = some[rule.field].to_pylist() if rule.field else [None] * some.num_rows
        first: dict[tuple[str, str], object] = {}
        for env, player, value in zip(some["env"].to_pylist(), some["player_id"].to_pylist(), values, strict=True):
            first.setdefault((env or "", player), value)
        yield from (Due(rule, env, player, value) for (env, player), value in first.items())
