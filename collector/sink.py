"""What every sink does. What send() returned for is safe with the broker."""

from typing import NamedTuple, Protocol


class Message(NamedTuple):
    """key: messages of one key stay in order. time: ms, the broker's time of the message; 0 is now."""

    payload: bytes
    key: bytes = b""
    time: int = 0


class SinkAway(Exception):
    """The broker did not acknowledge in time: some of the messages may be there, or none."""


class Sink(Protocol):
    async def send(self, topic: str, messages: list[Message]) -> None:
        """Returns when the broker has acknowledged every message. Raises SinkAway, then all of them are to be sent again."""

    async def close(self) -> None: ...
