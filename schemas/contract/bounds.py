"""Bounds of what one message may hold, and of the times that are believed where no broker dates a message."""

import re
from dataclasses import dataclass
from functools import cached_property

IN_STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*+("|$)', re.DOTALL)
NO_BRACKETS = re.compile(rb"[^\[\]{}]+")


@dataclass(frozen=True)
class Bounds:
    """depth: levels of arrays and objects in each other. digits: of a whole number, and characters of a number inside a string.

    earliest_ms, latest_ms: event times that are accepted where neither broker nor file says when a message arrived, in ms since 1970.
    latest_ms is None for the start of the run + 24 h.
    """

    depth: int = 100
    digits: int = 100
    earliest_ms: int = 946_684_800_000  # 2000-01-01
    latest_ms: int | None = None

    @cached_property
    def _long(self) -> re.Pattern[bytes]:
        return re.compile(rb"[0-9][0-9]{%d}" % self.digits)

    @cached_property
    def _too_long(self) -> re.Pattern[bytes]:
        return re.compile(rb"(?<![\w.+-])-?[0-9]{%d,}+(?![\w.])" % (self.digits + 1))

    def exceeded(self, text: bytes) -> str | None:
        """Return what JSON text exceeds, or None. A text that could not exceed anything costs three searches in C."""
        perhaps_deep = text.count(b"[") + text.count(b"{") > self.depth
        if not perhaps_deep and not self._long.search(text):
            return None
        bare = IN_STRINGS.sub(b"", text)
        if perhaps_deep and _is_deeper(bare, self.depth):
            return f"nested deeper than {self.depth} levels; the limit is max_depth in contract.yaml"
        if self._too_long.search(bare):
            return f"a whole number of more than {self.digits} digits; the limit is max_digits in contract.yaml"
        return None


def _is_deeper(bare: bytes, limit: int) -> bool:
    depth = 0
    for bracket in NO_BRACKETS.sub(b"", bare):
        depth += 1 if bracket in b"[{" else -1
        if depth > limit:
            return True
    return False
