"""The answer sheet agrees with itself, and with a decoder and a count of our own over the messages, under every fault."""

import datetime
import json
from collections import Counter, defaultdict
from pathlib import Path
from tempfile import TemporaryDirectory

import fastavro
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gamebeam.loadgen.answers import Answers, Dead
from gamebeam.loadgen.client_event import Sent
from gamebeam.loadgen.faults import DEFAULT_RATES, NO_FAULTS
from gamebeam.loadgen.generate import generate
from gamebeam.loadgen.ground_truth import missing_rows, sheet_tables
from gamebeam.schemas.contract.contract import Contract, load_contract
from gamebeam.transforms.decode.decoder import Decoder
from tests.support.loadgen_games import nested, without_ids

HOUR, DAY = 3_600_000, 86_400_000
GAMES = {"nested": nested, "without_ids": without_ids} | {
    name: lambda name=name: load_contract(name) for name in ("starter", "victory", "placebo", "gameco", "khan")}
HEAVY = dict.fromkeys(DEFAULT_RATES, 0.06) | {"oversized": 0.004, "duplicated": 0.2, "duplicated_later": 0.2, "truncated": 0.15,
                                              "wrong_type": 0.5, "lost": 0.2}


def rows(out: Path, name: str) -> list[dict]:
    return pq.read_table(out / "answers" / f"{name}.parquet").to_pylist()


@settings(max_examples=12)
@given(seed=st.integers(0, 10**6), rate=st.sampled_from([0.0, 0.05, 0.3]), lost=st.sampled_from([0.0, 0.1, 0.6]))
def test_received_is_landed_duplicate_and_dead_and_sent_is_seen_missing_and_unknowable(seed, rate, lost):
    with TemporaryDirectory() as folder:
        out = Path(folder)
        faults = dict.fromkeys(DEFAULT_RATES, rate) | {"lost": lost, "not_utf8": 0.0, "oversized": 0.0}
        summary = generate(load_contract("starter"), folder, players=4, seed=seed, faults=faults)
        sheet = json.loads((out / "answers/sheet.json").read_text())
        for row in rows(out, "ledger"):
            assert row["received"] == row["landed"] + row["duplicate"] + row["dead_lettered"]
            assert 0 <= row["late"] <= row["landed"]
        assert sum(row["received"] for row in rows(out, "ledger")) == summary.messages == sheet["totals"]["messages"]
        unknowable = sheet["unknowable"]
        hidden = sum(n for name, n in unknowable.items() if name != "counters_never_seen")
        assert summary.events == _numbers_seen(out) + sum(r["missing"] for r in rows(out, "missing")) + hidden


def _numbers_seen(out: Path) -> int:
    """Distinct (install, seq) in the files, broken messages read up to the cut."""
    seen = set()
    for file in (out / "messages").iterdir():
        for line in file.read_bytes().split(b"\n")[:-1]:
            head = line.split(b',"player_id"')[0] if b',"player_id"' in line else line
            parts = dict(p.split(b":", 1) for p in head.strip(b"{}").split(b",") if p.count(b":") == 1)
            install, seq = parts.get(b'"install_id"'), parts.get(b'"seq"')
            if install and seq and seq.isdigit() and (b'"seq":' + seq + b",") in line:
                seen.add((install, int(seq)))
    return len(seen)


@pytest.mark.parametrize("game", GAMES)
@pytest.mark.parametrize("format", [None, "avro"])
def test_the_ledger_is_what_the_decoder_finds_under_heavy_faults(tmp_path, game, format):
    contract = GAMES[game]()
    generate(contract, str(tmp_path), players=25, seed=11, files=3, format=format, faults=HEAVY)
    ledger, dead_letters = _decoded(contract, tmp_path)
    names = ("hour", "env", "platform", "app_version", "event_type")
    assert {tuple(_ms(row[n]) for n in names): [row[n] for n in ("received", "landed", "duplicate", "dead_lettered", "late")]
            for row in rows(tmp_path, "ledger")} == ledger
    names = ("reason", "field", "event_type", "env", "app_version")
    assert {tuple(row[n] for n in names): row["messages"] for row in rows(tmp_path, "dead_letters")} == dead_letters


def _decoded(contract: Contract, out: Path) -> tuple[dict, Counter]:
    decoder, ledger, dead_letters = Decoder(contract), defaultdict(lambda: [0] * 5), Counter()
    copies, dead_ids = defaultdict(list), set()
    for file in sorted((out / "messages").iterdir()):
        previous = 0
        for payload, arrival, message_id in _messages(file):
            found = decoder.decode(payload, arrival, message_id, file.name, previous)
            previous = found.arrival_time
            if found.TYPE != "dead_letter":
                copies[found.event_id, found.event_time // DAY].append(found)
                continue
            hour = (found.arrival_time if found.event_time is None else found.event_time) // HOUR * HOUR
            row = ledger[hour, found.env or "live", found.platform, found.app_version, found.event_type]
            row[0] += 1
            row[2 if (found.dead_id, hour) in dead_ids else 3] += 1
            if (found.dead_id, hour) not in dead_ids:
                dead_ids.add((found.dead_id, hour))
                dead_letters[found.reason, found.field, found.event_type, found.env or "live", found.app_version] += 1
    for events in copies.values():
        for place, event in enumerate(sorted(events, key=lambda e: (e.shape_rank, e.arrival_time, e.event_time))):
            row = ledger[event.event_time // HOUR * HOUR, event.env, event.platform, event.app_version, event.TYPE]
            row[0] += 1
            row[2 if place else 1] += 1
            row[4] += event.late and not place
    return dict(ledger), dead_letters


def _messages(file: Path) -> list[tuple]:
    if file.suffix == ".avro":
        with file.open("rb") as f:
            return [(r["data"], _ms(r["publish_time"]), r["message_id"]) for r in fastavro.reader(f)]
    return [(line, None, "") for line in file.read_bytes().split(b"\n")[:-1]]


def _ms(value):
    return round(value.timestamp() * 1000) if isinstance(value, datetime.datetime) else value


@pytest.mark.parametrize("game", GAMES)
def test_every_answer_counts_the_same_landed_events(tmp_path, game):
    contract = GAMES[game]()
    generate(contract, str(tmp_path), players=25, seed=3)
    landed = sum(row["landed"] for row in rows(tmp_path, "ledger"))
    assert landed == sum(row["events"] for row in rows(tmp_path, "contents"))
    players = rows(tmp_path, "players")
    assert 0 < sum(row["events"] for row in players) <= landed
    assert sum(row["revenue_micros"] for row in players) <= sum(row["money_micros"] for row in rows(tmp_path, "contents"))
    assert all(row["session_start"] <= row["session_end"] for row in rows(tmp_path, "sessions"))
    assert sum(row["players"] for row in rows(tmp_path, "retention")) == sum(row["env"] == "live" for row in players)
    assert (tmp_path / "answers/missing.parquet").exists() == (contract.counter is not None)
    assert {p.stem for p in (tmp_path / "answers").glob("rollup_*")} == {f"rollup_{r.name}" for r in contract.rollups}


def event(time: int, seq: int = 1, **changed) -> Sent:
    values = {"event_id": f"e-{seq}", "event_type": "match_end", "player_id": "p-1", "session_id": "s-1", "install_id": "i-1",
              "env": "live", "platform": "ios", "app_version": "1", "country": "DE", "secret": "",
              "own": {"outcome": "won", "score": 10}} | changed
    return Sent(event_time=time, seq=seq, arrival_time=values.pop("arrival_time", time), **values)


def answers_to(*events: Sent) -> Answers:
    answers = Answers(load_contract("starter"))
    for e in events:
        answers.landed(e)
    return answers


def test_a_hole_belongs_to_the_hour_of_the_range_after_it_and_the_start_is_no_hole():
    answers = answers_to(event(0, 5), event(1, 6), event(HOUR, 9, platform="android"), event(2 * HOUR, 8), event(3 * HOUR, 12))
    assert sorted(missing_rows(answers)) == [(2 * HOUR, "live", "ios", "1", 1, 0), (3 * HOUR, "live", "ios", "1", 2, 0)]


def test_a_readable_dead_letter_fills_a_hole_once_and_an_identical_one_is_a_duplicate():
    answers = answers_to(event(0, 1), event(1, 4))
    known = {"env": "live", "install_id": "i-1", "seq": 2, "event_time": 5}
    for arrival in (10, 20, HOUR + 1):
        answers.dead(Dead("malformed", None, b"{", arrival, known | ({"event_time": None} if arrival > HOUR else {})))
    assert [numbers for *_, numbers, _ in missing_rows(answers)] == [1]
    assert [row for key, row in sorted(answers.ledger.items(), key=str) if key[4] is None] == [[2, 0, 1, 1, 0], [1, 0, 0, 1, 0]]


def test_a_late_event_is_in_the_ledger_and_player_hours_but_in_no_declared_rollup():
    tables = sheet_tables(answers_to(event(0, 1), event(1, 2, arrival_time=HOUR + 2)))
    assert tables["ledger"].to_pylist()[0]["late"] == 1 and tables["players"].to_pylist()[0]["events"] == 2
    assert tables["rollup_matches"].to_pylist()[0]["matches"] == 1


def test_equal_scores_share_a_rank_and_the_next_one_is_skipped():
    scores = {"p-1": 10, "p-2": 10, "p-3": 4, "p-4": 0}
    tables = sheet_tables(answers_to(*(event(i, i + 1, player_id=p, own={"outcome": "lost", "score": s})
                                       for i, (p, s) in enumerate(scores.items()))))
    assert {r["player_id"]: r["rank"] for r in tables["leaderboard"].to_pylist()} == {"p-1": 1, "p-2": 1, "p-3": 3}


def test_a_sliding_window_counts_a_player_once_in_each_of_its_windows():
    rows_ = sheet_tables(answers_to(event(0, 1), event(30_000, 2), event(90_000, 3)))["rollup_active_players"].to_pylist()
    assert {r["players"] for r in rows_} == {1} and len(rows_) == 11  # two periods, ten windows each, nine of them shared


def test_sessions_by_gap_go_on_over_the_hour_and_end_at_the_gap():
    answers = Answers(nested())
    for minute in (50, 65, 80, 101):
        answers.landed(event(minute * 60_000, minute, event_type="wave", own={}))
    sessions = sheet_tables(answers)["sessions"].to_pylist()
    assert [(s["session_id"], s["events"]) for s in sessions] == [(None, 3), (None, 1)]


def test_what_was_lost_after_a_counters_last_arrival_is_told_apart(tmp_path):
    generate(load_contract("starter"), str(tmp_path), players=30, faults=NO_FAULTS | {"lost": 0.9})
    unknowable = json.loads((tmp_path / "answers/sheet.json").read_text())["unknowable"]
    assert unknowable["lost_after_last_arrival"] > 0 and unknowable["lost_before_first_arrival"] > 0
