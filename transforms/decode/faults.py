"""Unexpected exceptions of one message, which becomes a dead letter: counted and logged."""

import logging
import time
from collections import Counter
from pathlib import Path

LOG_EVERY_S = 60.0
LOG = logging.getLogger(__name__)


class Faults:
    """What was caught in this process. counts: by the exception's class, until someone takes them."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._logged: float | None = None
        self._unlogged = 0

    def note(self, error: Exception) -> str:
        """Count a fault, log it at most once a minute, and return the detail of its dead letter. Neither holds a value of the message."""
        name = type(error).__name__
        self.counts[name] += 1
        self._unlogged += 1
        now = time.monotonic()
        if self._logged is None or now - self._logged >= LOG_EVERY_S:
            LOG.error("%s at %s: the message became a dead letter (%d such faults since the last line of this kind)",
                      name, _place(error), self._unlogged)
            self._logged, self._unlogged = now, 0
        return f"{name} while the message was decoded"

    def take(self) -> Counter[str]:
        """Return the counts since the last call."""
        taken, self.counts = self.counts, Counter()
        return taken


def _place(error: Exception) -> str:
    """file:line of the innermost frame; the exception's own text could hold values of the message."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return "?" if trace is None else f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"
