"""What a client sends: one event of the simulation, as a receiver of its undamaged message would read it."""

from dataclasses import dataclass
from typing import Any

from gamebeam.schemas.contract.contract import Contract

IDENTITY = ("env", "platform", "app_version", "player_id", "install_id", "session_id", "seq")


@dataclass(slots=True)
class Sent:
    """Envelope fields that the game's wire does not carry are None (env: live). Times are ms UTC.

    arrival_time and received_time are those of the copy that is being looked at.
    """

    event_id: str
    event_type: str
    event_time: int
    player_id: str | None
    session_id: str | None
    install_id: str | None
    seq: int | None
    env: str
    platform: str | None
    app_version: str | None
    country: str | None
    own: dict[str, Any]
    secret: str  # recognizable, sent in every field that is pii=drop
    fault: str | None = None  # the event-level fault, one at most
    fault_field: str | None = None
    arrival_time: int = 0
    received_time: int | None = None


def on_wire(contract: Contract, name: str) -> bool:
    """Whether a message carries this envelope field."""
    return contract.wire.envelope.get(name, "arrival") not in ("hash", "arrival")


def counter_field(contract: Contract) -> str | None:
    """install_id, player_id or session_id; None where nothing is counted on the wire."""
    if contract.counter is None or not on_wire(contract, "seq"):
        return None
    return f"{contract.counter}_id"
