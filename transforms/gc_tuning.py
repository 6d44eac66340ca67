"""Python's garbage collector, tuned for a worker: many short-lived objects beside a large, lasting heap."""

import gc

DEFAULT = gc.get_threshold()


def collect_rarely() -> None:
    """Full collections over Beam's heap took a third of a job's time. Called by every step's setup; once would do."""
    if gc.get_threshold() == DEFAULT:
        gc.freeze()
        gc.set_threshold(100_000, 50, 1_000)


def collect_as_before() -> None:
    """For a process that goes on after its job: what stays frozen is never freed, not even at exit."""
    gc.set_threshold(*DEFAULT)
    gc.unfreeze()
