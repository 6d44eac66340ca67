"""Rate limits: a bucket of tokens per key, one token an event."""

import time

BURST_S = 2.0
SMALLEST_BURST = 500.0  # a whole request always fits


class Limiter:
    def __init__(self) -> None:
        self.buckets: dict[str, tuple[float, float]] = {}  # key id -> (tokens, when)

    def wait(self, key_id: str, rate: float, events: int) -> float:
        """0 and the events are taken from the bucket; or the seconds until they would fit, and nothing is taken."""
        now, burst = time.monotonic(), max(rate * BURST_S, SMALLEST_BURST)
        tokens, then = self.buckets.get(key_id, (burst, now))
        tokens = min(burst, tokens + (now - then) * rate)
        wait = max(0.0, (events - tokens) / rate)
        self.buckets[key_id] = (tokens if wait else tokens - events, now)
        return wait
