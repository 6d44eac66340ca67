"""What this process has read, for a person who waits. In-process runners only; never part of a result."""

from dataclasses import dataclass


@dataclass
class Progress:
    bytes_read: int = 0


PROGRESS = Progress()
