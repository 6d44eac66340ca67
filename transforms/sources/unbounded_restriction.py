"""What the splittable DoFns of live sources share: a restriction that the runner neither ends nor splits."""

from collections.abc import Iterable
from typing import Any

from apache_beam.io.restriction_trackers import OffsetRange, OffsetRestrictionTracker
from apache_beam.transforms.core import RestrictionProvider
from apache_beam.utils.timestamp import Timestamp

ENDLESS = 2**62
END = ENDLESS - 1  # claimed by a source that is over


class EndlessTracker(OffsetRestrictionTracker):
    """Positions from here on, without end: only the source itself hands the rest back to the runner."""

    def is_bounded(self) -> bool:
        return False

    def try_split(self, fraction: float) -> object:
        return super().try_split(0) if fraction == 0 else None  # type: ignore[no-untyped-call]


class Endless(RestrictionProvider):
    """The restriction methods of a DoFn whose restriction is positions not yet read, or whatever its own tracker makes of them."""

    def create_tracker(self, restriction: Any) -> Any:
        return EndlessTracker(restriction)

    def restriction_size(self, element: object, restriction: Any) -> int:
        return 1

    def split(self, element: object, restriction: object) -> Iterable[object]:
        yield restriction

    def truncate(self, element: object, restriction: object) -> None:
        return None  # a runner's drain: stop reading


def from_position(position: int) -> OffsetRange:
    return OffsetRange(position, ENDLESS)


def timestamp(ms: int) -> Timestamp:
    return Timestamp(micros=ms * 1000)
