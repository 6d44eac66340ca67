"""What an archive tells of a live job: how much has landed, and how long it took."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

QUANTILES = (0.5, 0.95, 0.99)
ON_TIME = "events/*/*/hour=[0-9]*/part-*.parquet"  # late events wait an hour for others


def landed(out: Path) -> int:
    """Events and dead letters that were not late."""
    return sum(pq.read_metadata(path).num_rows for path in out.glob(ON_TIME))


def delays(out: Path) -> dict[str, float]:
    """Seconds from each message's arrival to its file."""
    found = []
    for path in out.glob(ON_TIME):
        times = pq.read_table(path, columns=["arrival_time"], partitioning=None)["arrival_time"].cast(pa.int64()).to_numpy()
        found.append(path.stat().st_mtime - times / 1_000)
    return _percentiles(np.concatenate(found))


def panes(out: Path, since: float = 0.0) -> dict[str, float]:
    """Seconds from a window's end to its first on-time rows, of windows of one minute; empty where none has closed. Prism repeats them.

    since: s since 1970, when the load began; windows that had ended by then hold its few events from before, and close when it starts.
    """
    found: dict[int, int] = {}
    for path in out.glob("rollups/events_per_minute/*/part-*.parquet"):
        rows = pq.read_table(path, columns=["window_end", "pane_timing", "emitted_time"], partitioning=None)
        rows = rows.filter(pc.equal(rows["pane_timing"], "ON_TIME"))
        for end, emitted in zip(*(rows[name].cast(pa.int64()).to_pylist() for name in ("window_end", "emitted_time")), strict=True):
            if end > since * 1_000:
                found[end] = min(emitted, found.get(end, emitted))
    return _percentiles(np.array([emitted - end for end, emitted in found.items()]) / 1_000) if found else {}


def _percentiles(values: np.ndarray) -> dict[str, float]:
    return {f"p{round(q * 100)}": round(float(np.quantile(values, q)), 2) for q in QUANTILES}
