"""How long messages take to land: counted in buckets that add up."""

from collections import Counter
from types import SimpleNamespace

import apache_beam as beam
import pyarrow as pa
import pytest
from apache_beam.metrics.execution import MetricKey, MetricResult
from apache_beam.metrics.metricbase import MetricName
from hypothesis import given
from hypothesis import strategies as st

from gamebeam.transforms.sinks.latency import Buckets, buckets, count_landed, percentiles, since

NOW = 1_793_491_200.0
MS = pa.timestamp("ms", tz="UTC")


def file_of(delays_ms: list[int | None]) -> pa.RecordBatch:
    """Arrived so long before NOW, and happened a second before that; None is a dead letter without a usable time."""
    arrivals = [round(NOW * 1_000) - (d or 0) for d in delays_ms]
    events = [None if d is None else at - 1_000 for d, at in zip(delays_ms, arrivals, strict=True)]
    return pa.RecordBatch.from_pydict({"arrival_time": pa.array(arrivals, MS), "event_time": pa.array(events, MS)})


def counted_by_a_runner(*files: list[int | None]) -> Buckets:
    pipeline = beam.Pipeline(runner="FnApiRunner")
    pipeline | beam.Create([file_of(delays) for delays in files]) | beam.Map(lambda batch: count_landed([batch], NOW))
    result = pipeline.run()
    result.wait_until_finish()
    return buckets(result.metrics())


def test_a_runner_adds_up_what_its_bundles_counted():
    found = counted_by_a_runner([0, 500, 500, None], [500, 60_000])
    assert (found["arrival"].total(), found["event"].total()) == (6, 5)
    assert percentiles(found["arrival"])["p50"] == pytest.approx(0.5, rel=0.19)
    assert percentiles(found["event"])["p99"] == pytest.approx(61, rel=0.19)


def metrics(delays: list[int]) -> SimpleNamespace:
    found: list[MetricResult] = []

    def counter(namespace, name):
        return SimpleNamespace(inc=lambda n: found.append(MetricResult(MetricKey("", MetricName(namespace, name)), n, None)))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gamebeam.transforms.sinks.latency.Metrics.counter", counter)
        count_landed([file_of(delays)], NOW)
    return SimpleNamespace(query=lambda: {"counters": found})


@given(st.lists(st.integers(1, 10**9), min_size=1))
def test_a_percentile_is_never_below_the_true_one_and_at_most_19_percent_above(delays):
    found, ordered = percentiles(buckets(metrics(delays))["arrival"]), sorted(delays)
    for q, name in ((0.50, "p50"), (0.95, "p95"), (0.99, "p99")):
        true = next(d for i, d in enumerate(ordered, 1) if i >= q * len(ordered)) / 1_000
        assert true * 0.994 <= found[name] <= true * 1.2  # shown with three digits


def test_what_landed_since_a_line_is_told_apart_from_what_did_before():
    first, both = buckets(metrics([10] * 9)), buckets(metrics([10] * 9 + [100_000]))
    assert percentiles(since(first, both)["arrival"])["p50"] > 99 > percentiles(both["arrival"])["p50"]
    assert percentiles(Counter()) == {} == percentiles(since(both, both)["arrival"])
