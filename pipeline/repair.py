"""gamebeam repair: the rollups of some hours, once more, from the deduplicated archive, at a higher generation.

Runs add up only over disjoint input. Where it overlapped all the same (copies of an event in two runs, a rewind), an event landed in
each of them, and a repair settles it: the views then take the repair's rows in place of those of the runs that it read.
"""

import time
from collections.abc import Iterable
from datetime import UTC, datetime

from gamebeam.archive.contract_file import accepted_contract, store_contract
from gamebeam.archive.leftovers import remove_leftovers
from gamebeam.archive.manifest import Input, Repaired, Run, RunError, iso, ms, now, read_runs, write_run
from gamebeam.archive.part_files import PartFiles
from gamebeam.archive.run_lock import locked
from gamebeam.pipeline.recompute.archived_events import ArchivedEvents
from gamebeam.pipeline.recompute.received_counts import Counts, received
from gamebeam.schemas.contract.contract import Contract
from gamebeam.schemas.dates import HOUR_MS
from gamebeam.schemas.events import Envelope
from gamebeam.transforms.batch import Batch
from gamebeam.transforms.dedup.dedup_key import pick, uncorrected_day, without_known
from gamebeam.transforms.rollups.declared_rollup import Declared
from gamebeam.transforms.rollups.partials import DEAD_LETTERED, DUPLICATE, LANDED, RECEIVED, TABLE_REJECTED, Key, Partial
from gamebeam.transforms.rollups.rollup_rows import batches_of, gather, rows_of
from gamebeam.transforms.rollups.transform import rollups_of

LAG_MS = HOUR_MS  # how far behind a running job's files may be


def hour(text: str) -> int:
    """'2026-11-01T00' -> ms. Whole hours, UTC."""
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise RunError(f"{text}: expected an hour such as 2026-11-01T00") from None
    ms = round((when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp() * 1000)
    if ms % HOUR_MS:
        raise RunError(f"{text}: rollups are repaired by whole hours, such as 2026-11-01T00")
    return ms


def repair(archive: str, given: Contract | None, start: int, end: int, ended: str = "") -> Run:
    """Recomputes all rollups of the hours of event_time from start to end (ms, end excluded): declared windows that start in them.

    Events are the archive's, one copy each by id and uncorrected day: the one that arrived first. In the ledger landed and late are
    counted anew from them, and dead_lettered from the dead letters, one per dead_id and hour, without those that replay landed.
    Received and table_rejected are what the runs counted, a message that was read again once, and duplicate is the rest of received:
    so received = landed + duplicate + dead_lettered. Where a run lost counts with its state, what is in the archive was received.
    `ended` names runs that are open, but will never go on: streams that were killed; they are complete from then on. `given`: a
    contract for the archive from now on; None is the archive's own.
    """
    if start >= end:
        raise RunError(f"nothing to repair: {iso(start)} is not before {iso(end)}")
    with locked(archive, "repair"):  # two at once would have one generation
        return _repair_alone(archive, given, start, end, ended)


def _repair_alone(archive: str, given: Contract | None, start: int, end: int, ended: str) -> Run:
    runs = read_runs(archive)
    for name in filter(None, ended.split(",")):
        _complete(archive, runs, name)
    read = [run for run in runs if run.visible]
    if not read:
        raise RunError(f"{archive}: no run whose rollups could be repaired; is this the root of an archive?")
    contract = accepted_contract(archive, given, (start, end))
    until = _read_until(contract, read, end)
    generation = 1 + max(run.generation for run in runs if run.state != "started")
    run = Run(f"repair-{generation}", "started", "repair", contract.fingerprint, now(), inputs=inputs_of(read), generation=generation,
              repairs=[Repaired(r.run_id, iso(until[r.run_id]) if r.run_id in until else None) for r in read])
    remove_leftovers(archive, run.run_id)
    write_run(archive, run)
    until |= _read_again(read, until)
    events = ArchivedEvents(archive, contract, [r.run_id for r in read], until)
    files = PartFiles(archive, run.run_id)
    _recompute(contract, events, start, end, received(archive, read, until, start, end), run, files)
    run.rows, run.finished, run.state = files.close(), now(), "complete"
    store_contract(archive, contract)  # not before: until then the rows are of the earlier one
    write_run(archive, run)
    return run


def _complete(archive: str, runs: list[Run], ended: str) -> None:
    run = next((r for r in runs if r.run_id == ended and r.state == "open"), None)
    if run is None:
        raise RunError(f"--ended={ended}: no open run of that name; SELECT run_id, state FROM runs lists them")
    run.state, run.finished = "complete", now()
    write_run(archive, run)


def inputs_of(runs: Iterable[Run]) -> list[Input]:
    """What these runs read, once each: who reads it again supersedes what was made from it, too."""
    return list({i.sha256: i for run in runs for i in run.inputs}.values())


def _read_until(contract: Contract, runs: list[Run], end: int) -> dict[str, int]:
    """Of open runs, the arrival (ms) up to which a repair reads them: hours ago, so that every file of before is written.

    Their built-in rollups add what arrives after it. Declared windows have no such border: they must be closed.
    """
    open_runs = [run.run_id for run in runs if run.state == "open"]
    if not open_runs:
        return {}
    until = (time.time_ns() // 1_000_000 - LAG_MS) // HOUR_MS * HOUR_MS
    closed = until - contract.allowed_lateness_ms - _reach(contract)
    if end > closed:
        raise RunError(f"run {open_runs[0]} is open and may still add to those hours: repair up to "
                       f"{iso(closed // HOUR_MS * HOUR_MS)}, or say --ended={','.join(open_runs)} if it will never go on")
    return dict.fromkeys(open_runs, until)


def _read_again(runs: list[Run], until: dict[str, int]) -> dict[str, int]:
    """Of ended runs, the arrival (ms) from which an open one has read the same messages: it adds them."""
    going = [run for run in runs if run.run_id in until and run.rewound_to is not None]
    return {run.run_id: until[later.run_id] for run in runs for later in going if run.run_id not in until
            and run.source == later.source and run.started < later.started and (ms(later.rewound_to) or 0) <= until[later.run_id]}


def _reach(contract: Contract) -> int:
    """How far, in ms, the longest declared window goes beyond its start."""
    return max((r.window_ms for r in contract.rollups), default=0)


def _recompute(contract: Contract, archived: ArchivedEvents, start: int, end: int, came: dict[Key, Counts], run: Run,
               files: PartFiles) -> None:
    """An hour at a time. Declared windows that start in the last hours also need the events of the hours after them."""
    reach = -(-_reach(contract) // HOUR_MS) * HOUR_MS
    dead = archived.dead_letters(start, end)
    rollups = rollups_of(contract, streaming=False)
    sums: list[dict[int, dict[Key, Partial]]] = [{} for _ in rollups]
    elsewhere = archived.duplicates_across_hours(start, end + reach)
    for at, found in archived.events(start, end + reach):
        batch = Batch(_unique(found, elsewhere.get(at, {})), pick(dead.pop(at, []))[0], [])
        for rollup, merged in zip(rollups, sums, strict=True):
            declared = isinstance(rollup, Declared)
            if at < end or declared:
                rollup.add(batch)
                gather(rollup, merged)
            if rollup.table.name == "ledger" and at < end:
                _settle(merged.setdefault(0, {}), {key: counts for key, counts in came.items() if key[0] == at})
            for key in [k for k in merged if not declared or k * HOUR_MS + reach <= at]:
                files.add_all(batches_of(rollup, rows_of(rollup, key, merged.pop(key), run, start, end)))
    for rollup, merged in zip(rollups, sums, strict=True):
        for key, partials in merged.items():
            files.add_all(batches_of(rollup, rows_of(rollup, key, partials, run, start, end)))


def _unique(events: list[Envelope], elsewhere: dict[int, set[int]]) -> list[Envelope]:
    """One hour's events without copies. elsewhere: by uncorrected day, the id hashes of events that count in another hour."""
    by_day: dict[int, list[Envelope]] = {}
    for event in events:
        by_day.setdefault(uncorrected_day(event), []).append(event)
    return [event for day, some in by_day.items() for event in without_known(*pick(some), elsewhere.get(day, set()))[0]]


def _settle(rows: dict[Key, list[int]], came: dict[Key, Counts]) -> None:
    for key in rows.keys() | came.keys():
        row = rows.setdefault(key, [0] * 6)
        row[RECEIVED], row[TABLE_REJECTED] = came.get(key, (0, 0))
        row[RECEIVED] = max(row[RECEIVED], row[LANDED] + row[DEAD_LETTERED])
        row[DUPLICATE] = row[RECEIVED] - row[LANDED] - row[DEAD_LETTERED]
