"""What this process has read and written, for a person who waits. In-process runners only; never part of a result."""

from dataclasses import dataclass


@dataclass
class Progress:
    bytes_read: int = 0
    messages: int = 0
    files_written: int = 0


PROGRESS = Progress()
