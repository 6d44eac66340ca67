"""Python's garbage collector, tuned for a worker: many short-lived objects beside a large, lasting heap."""

import gc


def collect_rarely() -> None:
    """Full collections over Beam's heap took a third of a job's time. Called by every step's setup; once would do."""
    if gc.get_threshold()[0] < 100_000:
        gc.freeze()
        gc.set_threshold(100_000, 50, 1_000)
