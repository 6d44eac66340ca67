"""How a live source ends so that windows close and everything read is written. In-process workers only."""

import threading

PAUSE = threading.Event()  # sources read nothing more, and hold the watermark
DRAIN = threading.Event()  # sources are over: the watermark passes all time
