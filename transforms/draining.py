"""DRAIN: set where a live source shall end, so that windows close and everything read is written. In-process workers only."""

import threading

DRAIN = threading.Event()
