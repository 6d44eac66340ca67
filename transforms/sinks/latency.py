"""How long messages take to land: counters by bucket of delay, which add up over bundles and workers on every runner.

How many messages is exact; a percentile is its bucket's upper bound, so at most 19 % above the true one. Beam's own distributions
know count, sum, least and greatest, and no percentiles.
"""

import time
from collections import Counter
from collections.abc import Collection

import numpy as np
import pyarrow as pa
from apache_beam.metrics import Metrics
from apache_beam.metrics.metric import MetricResults

PER_OCTAVE = 4  # buckets end at 2^(1/4), 2^(2/4) … ms
OF = {"arrival": "arrival_time", "event": "event_time"}  # from when: what the broker says, what the player's clock says
QUANTILES = (0.5, 0.95, 0.99)

Buckets = dict[str, Counter[int]]  # by what of OF: messages by number of the bucket


def count_landed(batches: Collection[pa.RecordBatch], now: float | None = None) -> None:
    """Called once their file is there; rollup rows have neither time, and are not counted. now: s since 1970."""
    ms = round((now or time.time()) * 1_000)
    for since, column in OF.items():
        times = [b.column(column).drop_null().cast(pa.int64()).to_numpy() for b in batches if column in b.schema.names]
        for bucket, n in zip(*np.unique(_buckets(ms - np.concatenate(times)), return_counts=True), strict=True) if times else ():
            Metrics.counter(f"latency_{since}", str(bucket)).inc(int(n))


def _buckets(delays: np.ndarray) -> np.ndarray:
    return np.ceil(np.log2(np.maximum(delays, 1)) * PER_OCTAVE).astype(int)


def buckets(metrics: MetricResults) -> Buckets:
    """As counted so far."""
    found: Buckets = {since: Counter() for since in OF}
    for counter in metrics.query()["counters"]:
        namespace, name = counter.key.metric.namespace, counter.key.metric.name
        if namespace.startswith("latency_"):
            found[namespace.removeprefix("latency_")][int(name)] += counter.result or 0
    return found


def percentiles(counted: Counter[int]) -> dict[str, float]:
    """{"p50": seconds, …}; empty where nothing was counted."""
    total, found, below = sum(counted.values()), dict[str, float](), 0
    for bucket in sorted(counted):
        below += counted[bucket]
        for q in QUANTILES:
            if below >= q * total:
                found.setdefault(f"p{round(q * 100)}", float(f"{2 ** (bucket / PER_OCTAVE) / 1_000:.3g}"))
    return found if total else {}


def since(before: Buckets, now: Buckets) -> Buckets:
    return {of: counted - before.get(of, Counter()) for of, counted in now.items()}
