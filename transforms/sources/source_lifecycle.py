"""How a live source ends so that windows close and everything read is written. In-process workers only."""

import threading
from collections.abc import Hashable

PAUSE = threading.Event()  # sources read nothing more, and hold the watermark
DRAIN = threading.Event()  # sources are over: the watermark passes all time
RESTING: set[Hashable] = set()  # what of a source is idle now: with until=idle the job ends once all of it is
