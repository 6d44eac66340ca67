"""Outgoing: a message on its way to a broker or a folder."""

from typing import NamedTuple


class Outgoing(NamedTuple):
    """due: s after the first; arrival: ms, for the broker's record; key: whose it is."""

    due: float
    arrival: int
    key: str | None
    payload: bytes
