"""What /metrics shows, in Prometheus' words. Over several workers, PROMETHEUS_MULTIPROC_DIR adds them up."""

import os

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from gamebeam.collector.accept import Verdict
from gamebeam.collector.keys import Key

SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._events = Counter("gamebeam_collector_events", "Events taken, by what decode says of them", ["game", "env", "outcome"],
                               registry=self.registry)
        self._series: dict[tuple[str, str, str | None], Counter] = {}  # labels() takes longer than to count
        self._seconds = Histogram("gamebeam_collector_request_seconds", "From a request's head to its 202", buckets=SECONDS,
                                  registry=self.registry)
        self._removed = Counter("gamebeam_collector_removed_values", "Values removed as secrets or personal data, by the name they had",
                                ["game", "name"], registry=self.registry)
        self._refused = Counter("gamebeam_collector_refused_requests", "Requests of which nothing was taken", ["status"],
                                registry=self.registry)
        self._behind = Gauge("gamebeam_collector_behind", "Sinks whose events go to the disk queue", registry=self.registry,
                             multiprocess_mode="livesum")

    def events(self, key: Key, verdicts: list[Verdict], seconds: float) -> None:
        counts: dict[str | None, int] = {}
        for verdict in verdicts:
            counts[verdict.reason] = counts.get(verdict.reason, 0) + 1
        for reason, count in counts.items():
            series = self._series.get((key.game, key.env, reason))
            if series is None:
                series = self._series[key.game, key.env, reason] = self._events.labels(key.game, key.env, reason or "accepted")
            series.inc(count)
        self._seconds.observe(seconds)

    def removed(self, game: str, counts: dict[str, int]) -> None:
        """counts: values by the entry of secrets.yaml or the contract's field, as Scrubber.take_counts() gives them."""
        for name, count in counts.items():
            self._removed.labels(game, name).inc(count)

    def refused(self, status: int) -> None:
        self._refused.labels(str(status)).inc()

    def text(self, behind: list[str]) -> str:
        self._behind.set(len(behind))
        registry = self.registry
        if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
            registry = CollectorRegistry()
            MultiProcessCollector(registry)
        return generate_latest(registry).decode()
