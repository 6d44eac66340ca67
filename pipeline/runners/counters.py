"""What the job's own counters say, while it runs and afterwards."""

from apache_beam.metrics.metric import MetricResult, MetricResults


def rows_written(metrics: MetricResults) -> dict[str, int]:
    """Rows per table, from the job's own counters."""
    return counted_by_name(metrics, "written")


def counted_by_name(metrics: MetricResults, namespace: str) -> dict[str, int]:
    """By event type, or by reason (dead_lettered)."""
    found: dict[str, int] = {}
    for c in _counters(metrics, namespace):
        found[c.key.metric.name] = found.get(c.key.metric.name, 0) + (c.result or 0)  # None: known to the engine, and not counted yet
    return found


def counted(metrics: MetricResults, namespace: str) -> int:
    """The sum of the counters of one namespace, such as received: one per event type."""
    return sum(counted_by_name(metrics, namespace).values())


def _counters(metrics: MetricResults, namespace: str) -> list[MetricResult]:
    return [c for c in metrics.query()["counters"] if c.key.metric.namespace == namespace]
