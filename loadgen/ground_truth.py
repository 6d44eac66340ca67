"""The answer sheet as tables: OUT/answers/<name>.parquet and sheet.json."""

import json
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq

from gamebeam.loadgen.answers import Answers, Seen, Sighting
from gamebeam.schemas.dates import HOUR_MS
from gamebeam.schemas.tables import ARROW

SUPERHUMAN_EVENTS = 400  # in one hour; the simulation's people stay well below 300
TIME, TEXT, NUMBER = ARROW["timestamp"], ARROW["string"], ARROW["long"]
Rows = list[tuple[object, ...]]
Columns = dict[str, pa.DataType]


def write_sheet(answers: Answers, folder: Path, parameters: dict[str, object], totals: dict[str, int],
                campaigns: list[dict[str, object]] | None = None) -> None:
    """Replaces what an earlier sheet left in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.parquet"):
        old.unlink()
    tables = sheet_tables(answers)
    for name, table in tables.items():
        pq.write_table(table, folder / f"{name}.parquet")
    sums = {n: sum(row[i] for row in answers.ledger.values())
            for i, n in enumerate(("received", "landed", "duplicate", "dead_lettered", "late"))}
    sheet: dict[str, object] = {"parameters": parameters, "totals": totals | sums, "unknowable": unknowable(answers),
             "rows": {name: table.num_rows for name, table in tables.items()}}
    if campaigns is not None:
        sheet["campaigns"] = campaigns
    (folder / "sheet.json").write_text(json.dumps(sheet, indent=2, sort_keys=True) + "\n")


def sheet_tables(answers: Answers) -> dict[str, pa.Table]:
    contract, found = answers.contract, dict[str, pa.Table]()
    found["ledger"] = _table(
        {"hour": TIME, "game": TEXT, "env": TEXT, "platform": TEXT, "app_version": TEXT, "event_type": TEXT, "received": NUMBER,
         "landed": NUMBER, "duplicate": NUMBER, "dead_lettered": NUMBER, "late": NUMBER},
        [(hour, contract.name, *rest, *counts) for (hour, *rest), counts in answers.ledger.items()])
    if contract.counter:
        columns = {"hour": TIME, "env": TEXT, "platform": TEXT, "app_version": TEXT, "missing": NUMBER, "implausible": NUMBER}
        found["missing"] = _table(columns, missing_rows(answers))
    found["dead_letters"] = _table(
        {"reason": TEXT, "field": TEXT, "event_type": TEXT, "env": TEXT, "app_version": TEXT, "messages": NUMBER},
        [(*key, n) for key, n in answers.dead_letters.items()])
    found["contents"] = _table(
        {"event_type": TEXT, "hour": TIME, "env": TEXT, "platform": TEXT, "app_version": TEXT, "events": NUMBER,
         "event_time_sum": NUMBER, "seq_sum": NUMBER, "money_micros": NUMBER},
        [(event_type, *rest, *sums) for (*rest, event_type), sums in answers.contents.items()])
    found["sessions"] = _table(
        {"env": TEXT, "player_id": TEXT, "session_id": TEXT, "session_start": TIME, "session_end": TIME, "events": NUMBER,
         "revenue_micros": NUMBER}, _sessions(answers))
    found["players"] = _table(
        {"env": TEXT, "player_id": TEXT, "first_seen": TIME, "last_seen": TIME, "events": NUMBER, "revenue_micros": NUMBER},
        [(*key, min(s.time for s in seen), max(s.time for s in seen), len(seen), sum(s.revenue for s in seen))
         for key, seen in answers.players.items()])
    found |= _daily(answers)
    if any(answers.points.values()):
        columns = {"hour": TIME, "env": TEXT, "player_id": TEXT, "score_micros": NUMBER, "rank": NUMBER}
        found["leaderboard"] = _table(columns, _leaderboard(answers))
    found["bots"] = _table({"player_id": TEXT, "reason": TEXT}, _bots(answers))
    for rollup in answers.rollups:
        found[f"rollup_{rollup.rollup.name}"] = _table(rollup.columns(), rollup.rows())
    if answers.asked:
        found |= {f"question_{name}": _table(a.columns, a.rows) for name, a in answers.asked.answers().items()}
    return found


def missing_rows(answers: Answers) -> Rows:
    """Holes in the union of a counter's ranges; a hole belongs to the hour, env and build of the range after it.

    Those of more numbers than the contract's max_hole are implausible, and not missing.
    """
    holes: dict[tuple[object, ...], list[int]] = defaultdict(lambda: [0, 0])
    for counted in answers.sightings.values():
        ranges = sorted((low, high, at) for at, seen in counted.items() for low, high in _coalesced(seen))
        highest = ranges[0][1]
        for low, high, at in ranges[1:]:
            if (numbers := low - 1 - highest) > 0:
                key = (*at, _last(counted[at], "platform"), _last(counted[at], "app_version"))
                holes[key][numbers > answers.contract.max_hole] += numbers
            highest = max(highest, high)
    return [(*key, *numbers) for key, numbers in holes.items()]


def unknowable(answers: Answers) -> dict[str, int]:
    """Lost events that no receiver can know of: before a counter's first arrival, after its last, and counters never seen."""
    names = ("lost_before_first_arrival", "lost_after_last_arrival", "counters_never_seen", "lost_of_counters_never_seen")
    found = dict.fromkeys(names, 0)
    for key, last in answers.sent.items():
        seen = [s.seq for some in answers.sightings.get(key, {}).values() for s in some]
        if seen:
            found["lost_before_first_arrival"] += min(seen) - 1
            found["lost_after_last_arrival"] += last - max(seen)
        else:
            found["counters_never_seen"] += 1
            found["lost_of_counters_never_seen"] += last
    return found


def _coalesced(seen: list[Sighting]) -> list[tuple[int, int]]:
    ranges: list[tuple[int, int]] = []
    for seq in sorted({s.seq for s in seen}):
        if ranges and seq == ranges[-1][1] + 1:
            ranges[-1] = (ranges[-1][0], seq)
        else:
            ranges.append((seq, seq))
    return ranges


def _last(seen: list[Sighting], name: str) -> str | None:
    return max(((s.time, s.seq, getattr(s, name)) for s in seen if getattr(s, name) is not None), default=(0, 0, None))[2]


def _sessions(answers: Answers) -> Rows:
    rows: Rows = []
    gap = answers.contract.session_gap_ms
    for (env, player_id), seen in answers.players.items():
        if gap is None:
            by_id: dict[str, list[Seen]] = defaultdict(list)
            for s in seen:
                if s.session_id is not None:
                    by_id[s.session_id].append(s)
            stretches = [*by_id.items()]
        else:
            stretches = [(None, s) for s in _split_by_gap(sorted(seen, key=lambda s: s.time), gap)]  # type: ignore[misc]
        rows += [(env, player_id, session_id, min(s.time for s in inside), max(s.time for s in inside), len(inside),
                  sum(s.revenue for s in inside)) for session_id, inside in stretches]
    if gap is None:
        of_players = {(env, s.session_id) for (env, _), seen in answers.players.items() for s in seen}
        rows += [(env, None, session_id, min(s.time for s in seen), max(s.time for s in seen), len(seen), sum(s.revenue for s in seen))
                 for (env, session_id), seen in answers.nobodys.items() if (env, session_id) not in of_players]
    return rows


def _split_by_gap(seen: list[Seen], gap: int) -> list[list[Seen]]:
    found = [[seen[0]]]
    for before, after in pairwise(seen):
        if after.time - before.time > gap:
            found.append([])
        found[-1].append(after)
    return found


def _daily(answers: Answers) -> dict[str, pa.Table]:
    zone = ZoneInfo(answers.contract.time_zone)
    days: dict[date, int] = defaultdict(int)
    cohorts: dict[date, list[int]] = defaultdict(lambda: [0, 0, 0])
    for (env, _), seen in answers.players.items():
        if env != "live":
            continue
        active = {_day(s.time, zone) for s in seen}
        first = min(active)
        for d in active:
            days[d] += 1
        cohort = cohorts[first]
        cohort[0] += 1
        cohort[1] += first + timedelta(days=1) in active
        cohort[2] += first + timedelta(days=7) in active
    kept = {"cohort": pa.date32(), "players": NUMBER, "d1": NUMBER, "d7": NUMBER}
    return {"dau": _table({"day": pa.date32(), "players": NUMBER}, list(days.items())),
            "retention": _table(kept, [(d, *n) for d, n in cohorts.items()])}


def _day(ms: int, zone: ZoneInfo) -> date:
    return datetime.fromtimestamp(ms // 1000, UTC).astimezone(zone).date()


def _leaderboard(answers: Answers) -> Rows:
    scores: dict[tuple[int, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for (env, player_id), seen in answers.players.items():
        for s in seen:
            scores[s.time // HOUR_MS * HOUR_MS, env][player_id] += s.score
    rows: Rows = []
    for (hour, env), of_players in scores.items():
        ranked = sorted(((-score, player_id) for player_id, score in of_players.items() if score > 0))
        rank = 0
        for place, (negative, player_id) in enumerate(ranked):
            if place == 0 or negative != ranked[place - 1][0]:
                rank = place + 1
            rows.append((hour, env, player_id, -negative, rank))
    return rows


def _bots(answers: Answers) -> Rows:
    found = set()
    for (_, player_id), seen in answers.players.items():
        per_hour: dict[int, int] = defaultdict(int)
        for s in seen:
            per_hour[s.time // HOUR_MS] += 1
        if max(per_hour.values()) >= SUPERHUMAN_EVENTS:
            found.add((player_id, "superhuman_rate"))
    return list(found)


def _table(columns: Columns, rows: Sequence[tuple[object, ...]]) -> pa.Table:
    """In one order whatever the order of the dicts, so that the same seed gives the same bytes."""
    arrays = [pa.array([row[i] for row in rows], kind) for i, kind in enumerate(columns.values())]
    table = pa.Table.from_arrays(arrays, schema=pa.schema([pa.field(n, t) for n, t in columns.items()]))
    return table.sort_by([(n, "ascending") for n in columns])
