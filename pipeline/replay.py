"""gamebeam replay: dead letters decoded again under the present contract, and those that are events now landed, once."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec
import pyarrow.compute as pc

from gamebeam.archive.contract_file import accepted_contract, store_contract
from gamebeam.archive.layout import event_partition
from gamebeam.archive.leftovers import remove_leftovers
from gamebeam.archive.manifest import Run, RunError, now, read_runs, write_run
from gamebeam.archive.part_files import PartFiles
from gamebeam.archive.reader import LANDED_LATER, dead_hour, dead_letters_of, part_files, read_columns
from gamebeam.archive.run_lock import locked
from gamebeam.pipeline.recompute.archived_ids import days_of_ids
from gamebeam.pipeline.repair import inputs_of
from gamebeam.schemas.contract.contract import Contract
from gamebeam.schemas.events import DEAD_LETTER, DeadLetter, Envelope, Item
from gamebeam.schemas.tables import tables
from gamebeam.transforms.batch import Batch, ledger_key
from gamebeam.transforms.columns import to_columns
from gamebeam.transforms.decode.decoder import REASONS, Decoder
from gamebeam.transforms.dedup.dedup_key import id_hash, preference, uncorrected_day
from gamebeam.transforms.rollups.ledger import EMPTY
from gamebeam.transforms.rollups.partials import DEAD_LETTERED, DUPLICATE, LANDED, LATE, RECEIVED, Key
from gamebeam.transforms.rollups.rollup_rows import Gathered, batches_of, gather, rows_of
from gamebeam.transforms.rollups.transform import rollups_of

Pair = tuple[DeadLetter, Envelope]  # a dead letter, and the event that it is now


@dataclass
class Replayed:
    """What became of the dead letters of one fingerprint."""

    landed: list[Pair] = field(default_factory=list)
    duplicate: list[Pair] = field(default_factory=list)  # their events had landed already, sent again or from another dead letter
    dead: Counter[tuple[str, str | None]] = field(default_factory=Counter)  # still dead letters, by reason and field
    run: Run | None = None  # None: nothing was written

    def lines(self) -> list[str]:
        """For a person; in a dry run, what would be."""
        counts = f"{len(self.landed):,} of {len(self.landed) + len(self.duplicate) + self.dead.total():,} dead letters"
        head = f"run {self.run.run_id}: {counts} landed" if self.run else f"{counts} would land now"
        copies = f", {len(self.duplicate):,} are copies of events that landed already" if self.duplicate else ""
        return [head + copies, *(f"{n:,} still fail: {reason}{f' at {where}' if where else ''}"
                                 for (reason, where), n in self.dead.most_common())]


def replay(archive: str, given: Contract | None, fingerprint: str, dry_run: bool = False, pii_key: bytes | None = None) -> Replayed:
    """Lands what decodes now as a run of its own, with its original arrival_time. Given again it finds nothing left to land.

    In the ledger each moves from dead_lettered to landed, or to duplicate where its event had landed already. Where the event's hour,
    build or type is now known otherwise, received moves with it, so that the equation holds in every row. A row of reason landed under
    the dead letter's id and hour hides it from the view. The dead letters of one fingerprint are held in memory.
    `given`: a contract for the archive from now on; None is the archive's own.
    """
    contract = accepted_contract(archive, given)
    with locked(archive, "replay"):  # two at once would land the same dead letters
        return _replay_alone(archive, contract, fingerprint, dry_run, pii_key)


def _replay_alone(archive: str, contract: Contract, fingerprint: str, dry_run: bool, pii_key: bytes | None) -> Replayed:
    runs = [run for run in read_runs(archive) if run.visible]
    dead, known = _dead_letters(archive, contract, fingerprint, [run.run_id for run in runs])
    if not known:
        raise RunError(f"--fingerprint={fingerprint}: no dead letter of {archive} has it; the view dead_letter_problems lists them all")
    outcome = Replayed()
    pairs = _decoded(Decoder(contract, pii_key), (item for item, _ in dead), outcome)
    _without_copies(archive, contract, pairs, [run.run_id for run in runs], outcome)
    if dry_run or not pairs:
        return outcome
    store_contract(archive, contract)
    taken = {id(item): run_id for item, run_id in dead}
    sources = {taken[id(item)] for item, _ in pairs}
    run = Run(_run_id(contract, pairs), "started", "replay", contract.fingerprint, now(),
              inputs=inputs_of(run for run in runs if run.run_id in sources))
    remove_leftovers(archive, run.run_id)
    write_run(archive, run)
    run.rows, run.finished, run.state = _write(archive, contract, outcome, run), now(), "complete"
    write_run(archive, run)
    outcome.run = run
    return outcome


def _dead_letters(archive: str, contract: Contract, fingerprint: str, runs: list[str]) -> tuple[list[tuple[DeadLetter, str]], bool]:
    """((dead letter, its run), one per id and hour, without those that landed later; whether there ever was one)."""
    table = tables(contract)[DEAD_LETTER]
    found: dict[tuple[str, int], tuple[DeadLetter, str]] = {}
    landed = set()
    for path in part_files(archive, table, runs):
        columns = read_columns(path, table)
        columns = columns.filter(pc.equal(columns.column("fingerprint"), fingerprint))
        for item, run_id in zip(dead_letters_of(columns), columns.column("run_id").to_pylist(), strict=True):
            key = (item.dead_id, dead_hour(item))
            if item.reason == LANDED_LATER:
                landed.add(key)
            elif item.reason in REASONS and (key not in found or item.arrival_time < found[key][0].arrival_time):
                found[key] = item, run_id
    return [pair for key, pair in sorted(found.items()) if key not in landed], bool(found)


def _decoded(decoder: Decoder, dead: Iterable[DeadLetter], outcome: Replayed) -> list[Pair]:
    pairs = []
    for item in dead:
        event = decoder.decode(item.payload, item.arrival_time, "", item.source)
        if isinstance(event, DeadLetter):
            outcome.dead[event.reason, event.field] += 1
        else:
            pairs.append((item, event))
    return pairs


def _without_copies(archive: str, contract: Contract, pairs: list[Pair], runs: list[str], outcome: Replayed) -> None:
    """Copies have one id and one uncorrected day, as ever: of dead letters, and of what is in the archive."""
    by_day: dict[int, list[Pair]] = {}
    for pair in pairs:
        by_day.setdefault(uncorrected_day(pair[1]), []).append(pair)
    for day, some in sorted(by_day.items()):
        times = [event.event_time for _, event in some]
        seen = {h for found in days_of_ids(archive, contract, runs, min(times), max(times), lambda columns: columns)
                if found.day == day for h in found.rows["hash"].tolist()}
        for pair in sorted(some, key=lambda pair: preference(pair[1])):
            known = id_hash(pair[1])
            (outcome.duplicate if known in seen else outcome.landed).append(pair)
            seen.add(known)


def _run_id(contract: Contract, pairs: list[Pair]) -> str:
    """The same for the same work: a replay that was killed overwrites what it left."""
    done = sorted((item.dead_id, dead_hour(item)) for item, _ in pairs)
    return f"replay-{hashlib.sha256(json.dumps([contract.fingerprint, done]).encode()).hexdigest()[:12]}"


def _write(archive: str, contract: Contract, outcome: Replayed, run: Run) -> dict[str, int]:
    """Events, the rows that hide their dead letters, and what they add to every rollup; gives rows by table."""
    files, all_tables = PartFiles(archive, run.run_id), tables(contract)
    rows: dict[tuple[str, str], list[Item]] = {}
    for _, event in outcome.landed:
        rows.setdefault((event.TYPE, event_partition(event.event_time, event.late)), []).append(event)
    for said, pairs in (("landed by replay", outcome.landed), ("its event had landed already", outcome.duplicate)):
        for item, _ in pairs:
            row = msgspec.structs.replace(item, reason=LANDED_LATER, detail=said, payload=b"")
            rows.setdefault((DEAD_LETTER, event_partition(item.arrival_time, False)), []).append(row)
    for (name, partition), items in rows.items():
        files.add(f"events/{name}/{partition}", to_columns(all_tables[name], items, run.run_id))
    batch = Batch([event for _, event in outcome.landed], [], [])
    for rollup in rollups_of(contract, streaming=False):
        gathered: Gathered = {}
        if rollup.table.name == "ledger":
            gathered[0] = _ledger(outcome)
        else:
            rollup.add(batch)
            gather(rollup, gathered)
        for beam_key, partials in gathered.items():
            files.add_all(batches_of(rollup, rows_of(rollup, beam_key, partials, run)))
    return files.close()


def _ledger(outcome: Replayed) -> dict[Key, list[int]]:
    counts: dict[Key, list[int]] = {}
    for pairs, became in ((outcome.landed, LANDED), (outcome.duplicate, DUPLICATE)):
        for item, event in pairs:
            was = counts.setdefault(ledger_key(item), list(EMPTY))
            was[RECEIVED] -= 1
            was[DEAD_LETTERED] -= 1
            now_is = counts.setdefault(ledger_key(event), list(EMPTY))
            now_is[RECEIVED] += 1
            now_is[became] += 1
            now_is[LATE] += event.late and became == LANDED
    return counts
