"""What runs received, by the ledger's keys, from their own rows: a message once, where a run read again what another had read."""

from collections.abc import Iterable

from gamebeam.archive.manifest import Run, ms
from gamebeam.archive.reader import between, dates, part_files, read_columns
from gamebeam.schemas.dates import HOUR_MS
from gamebeam.schemas.tables import ledger_table
from gamebeam.transforms.decode.decoder import AHEAD_MS, BEHIND_MS
from gamebeam.transforms.rollups.partials import Key

KEY = ("hour", "game", "env", "platform", "app_version", "event_type")
Counts = tuple[int, int]  # received, table_rejected
Windows = dict[int, Counts]  # by the window's start, in ms of arrival in a stream


def received(archive: str, runs: Iterable[Run], until: dict[str, int], start: int, end: int) -> dict[Key, Counts]:
    """Of the hours from start to end (ms), by the runs' last panes; of runs in `until`, what arrived (ms) before.

    What a repair wrote is left out: it was made from the same rows.
    """
    table, runs = ledger_table(), list(runs)
    last: dict[tuple[str, int, int, Key], tuple[int, ...]] = {}
    for date in dates(start - AHEAD_MS, end + BEHIND_MS):
        for path in part_files(archive, table, [r.run_id for r in runs if r.mode != "repair"], date):
            for row in between(read_columns(path, table), "hour", start, end).to_pylist():
                of = row["run_id"], row["window_start"], row["window_end"], tuple(row[name] for name in KEY)
                pane = row["emitted_time"], row["pane_index"], row["received"], row["table_rejected"]
                last[of] = max(last.get(of, pane), pane)
    counted: dict[str, dict[Key, Windows]] = {}
    for (run_id, at, _, key), (*_, came, rejected) in last.items():
        if at < until.get(run_id, at + 1):
            windows = counted.setdefault(run_id, {}).setdefault(key, {})
            windows[at] = _plus(windows.get(at, (0, 0)), (came, rejected))
    by_source: dict[tuple[str, Key], Windows] = {}
    for run in runs:  # in the order of their starts
        for key, own in counted.get(run.run_id, {}).items():
            by_source[run.source, key] = _joined(by_source.get((run.source, key), {}), own, ms(run.rewound_to))
    sums: dict[Key, Counts] = {}
    for (_, key), windows in by_source.items():
        sums[key] = _plus(sums.get(key, (0, 0)), _sum(windows.values()))
    return sums


def _joined(earlier: Windows, own: Windows, rewound_to: int | None) -> Windows:
    """Both; but of each hour of arrival from the rewind on whichever counted more: one has lost with its state, or to retention, what
    the other has. By hours, since a message that comes out of order may count in the next window when it is read again.
    """
    if rewound_to is None or not earlier:
        return {at: _plus(earlier.get(at, (0, 0)), own.get(at, (0, 0))) for at in earlier.keys() | own.keys()}
    joined = {at: counts for at, counts in earlier.items() if at < rewound_to}
    for hour in {at // HOUR_MS for at in earlier.keys() | own.keys()}:
        before, again = ({at: c for at, c in windows.items() if at // HOUR_MS == hour and at >= rewound_to} for windows in (earlier, own))
        joined |= again if _sum(again.values()) >= _sum(before.values()) else before
    return joined


def _plus(a: Counts, b: Counts) -> Counts:
    return a[0] + b[0], a[1] + b[1]


def _sum(counts: Iterable[Counts]) -> Counts:
    total = (0, 0)
    for c in counts:
        total = _plus(total, c)
    return total
