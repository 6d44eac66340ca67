"""Lines of one pretty-printed message that came as messages of their own: a secret's name in one, its value in the next."""

import re

from gamebeam.schemas.scrub import Scrubber

LINE_BEHIND_A_SECRET = b'"not kept: a line that follows the name of a secret"'  # JSON, and no event of any contract
NO_VALUE = re.compile(rb"[\s\"':=\[{\\]*")


class Lines:
    """Messages that are no events, in the order in which they came."""

    def __init__(self, scrub: Scrubber):
        self.scrub, self.hiding = scrub, False

    def hides(self, payload: bytes, cut: bool, has_type: bool) -> bool:
        """Whether a message may be the value of a secret that a line before it names. Hiding ends at a message that is whole enough.

        cut: whether it holds a secret's name itself. has_type: whether its event type is known.
        """
        starts = payload.lstrip().startswith(b"{")
        if self.hiding and not (starts and has_type):
            return True
        self.hiding = cut and (not starts or self._ends_in_a_name(payload))
        return False

    def end(self) -> None:
        """An event came, or other messages: what follows is no part of what was before."""
        self.hiding = False

    def _ends_in_a_name(self, payload: bytes) -> bool:
        found = self.scrub.find.first(payload)
        return found is not None and NO_VALUE.fullmatch(payload, found.value) is not None
