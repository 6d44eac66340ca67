"""Files that only the collector's own user may read: events, keys and the queue hold what players sent."""

import os
from pathlib import Path
from typing import IO

MODE = 0o600


def open_private(path: Path, mode: str) -> IO[bytes]:
    """Open a file that is created with mode 0600, whatever the process's umask; an older file gets that mode, too.

    Args:
        path: the file.
        mode: "wb" or "ab".
    """
    flags = os.O_WRONLY | os.O_CREAT | (os.O_APPEND if mode == "ab" else os.O_TRUNC)
    descriptor = os.open(path, flags, MODE)
    os.fchmod(descriptor, MODE)
    return os.fdopen(descriptor, mode)
