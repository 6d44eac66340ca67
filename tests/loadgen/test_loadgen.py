"""The load generator: messages on disk, the same for the same seed, with every fault at its rate."""

import ast
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import fastavro
import pyarrow.parquet as pq
import pytest

from gamebeam.loadgen.faults import DEFAULT_RATES, NO_FAULTS, rates_for
from gamebeam.loadgen.generate import generate
from gamebeam.loadgen.players import BAD_BUILD
from gamebeam.schemas.contract.contract import load_contract
from tests.support.loadgen_games import nested, payloads, without_ids

ROOT = Path(__file__).parents[2]
STARTER = load_contract("starter")
JUDGED = (*(f"gamebeam.{room}" for room in ("transforms", "archive", "sql", "pipeline")), "apache_beam")
GAMES = ("starter", "victory", "placebo", "gameco", "khan")


def contents_of(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def sheet(out: Path) -> dict:
    return json.loads((out / "answers" / "sheet.json").read_text())


@pytest.mark.parametrize(("game", "format"), [("starter", "jsonl"), ("starter", "jsonl.gz"), ("starter", "avro"), ("khan", None)])
def test_the_same_seed_gives_the_same_bytes_in_another_process(tmp_path, game, format):
    generate(load_contract(game), str(tmp_path / "a"), players=12, seed=5, format=format)
    code = (f"from gamebeam.loadgen.generate import generate; from gamebeam.schemas.contract.contract import load_contract; "
            f"generate(load_contract({game!r}), {str(tmp_path / 'b')!r}, players=12, seed=5, format={format!r})")
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, env={"PYTHONHASHSEED": "77", "PYTHONPATH": str(ROOT)})
    assert contents_of(tmp_path / "a") == contents_of(tmp_path / "b")
    generate(load_contract(game), str(tmp_path / "c"), players=12, seed=6, format=format)
    assert contents_of(tmp_path / "a") != contents_of(tmp_path / "c")


def test_loadgen_imports_nothing_of_the_rooms_that_it_judges():
    for file in (ROOT / "loadgen").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            modules = [a.name for a in node.names] if isinstance(node, ast.Import) else \
                [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for module in modules:
                assert not module.startswith(JUDGED), f"{file.name}: {module}"
    code = f"import sys, gamebeam.loadgen.generate; print({{m for m in sys.modules if m.startswith({JUDGED})}})"
    done = subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True)
    assert done.stdout.strip() == "set()"


@pytest.mark.parametrize("game", GAMES)
def test_without_faults_every_message_is_one_event_and_lands(tmp_path, game):
    summary = generate(load_contract(game), str(tmp_path), players=20, faults=NO_FAULTS)
    totals = sheet(tmp_path)["totals"]
    assert summary.events == summary.messages == totals["received"] == totals["landed"] == len(payloads(tmp_path))
    assert totals["duplicate"] == totals["dead_lettered"] == summary.lost == 0
    for payload in payloads(tmp_path):
        json.loads(payload)


def test_messages_are_in_order_of_arrival_over_the_files(tmp_path):
    generate(STARTER, str(tmp_path), players=30, files=3, faults=NO_FAULTS)
    assert [p.name for p in sorted((tmp_path / "messages").iterdir())] == ["part-000.jsonl", "part-001.jsonl", "part-002.jsonl"]
    arrivals = [json.loads(p)["received_time"] for p in payloads(tmp_path)]
    assert arrivals == sorted(arrivals)


def test_a_counter_starts_at_one_and_has_no_holes(tmp_path):
    generate(STARTER, str(tmp_path), players=40, days=3, faults=NO_FAULTS)
    counters: dict[str, list[int]] = {}
    for message in map(json.loads, payloads(tmp_path)):
        counters.setdefault(message["install_id"], []).append(message["seq"])
    assert len(counters) > 40  # reinstalls and second devices
    for numbers in counters.values():
        assert sorted(numbers) == list(range(1, len(numbers) + 1))


def test_starter_tells_a_story_that_holds_together(tmp_path):
    generate(STARTER, str(tmp_path), players=60, faults=NO_FAULTS)
    messages = sorted(map(json.loads, payloads(tmp_path)), key=lambda m: (m["install_id"], m["seq"]))
    assert {m["event_type"] for m in messages} >= set(STARTER.events) - {"refund", "guild_leave", "team_leave", "purchase", "crash"}
    assert {"live", "test"} >= {m["env"] for m in messages}
    started, matches, balances = {}, {}, {}
    for m in messages:
        match m["event_type"]:
            case "session_start":
                started[m["session_id"]] = m["event_time"]
            case "session_end":
                assert m["duration_s"] == (m["event_time"] - started[m["session_id"]]) // 1000
            case "match_start":
                matches[m["match_id"]] = (m["enemy"], m["opponent"])
            case "match_end":
                assert matches[m["match_id"]] == (m["enemy"], m["opponent"])
        balances.setdefault(m.get("player_id"), []).append(m)
    for of_player in balances.values():
        previous = {}
        for m in sorted((m for m in of_player if m["event_type"] == "currency_change"), key=lambda m: m["event_time"]):
            kind = m["currency_type"]
            assert kind not in previous or previous[kind] + m["amount"] == m["balance"]
            previous[kind] = m["balance"]


def test_sessions_cross_hours_and_midnight_and_some_are_played_offline(tmp_path):
    generate(STARTER, str(tmp_path), players=150, faults=NO_FAULTS)
    spans: dict[str, list[int]] = {}
    late = 0
    for m in map(json.loads, payloads(tmp_path)):
        spans.setdefault(m["session_id"], []).append(m["event_time"])
        late += m["received_time"] - m["event_time"] > STARTER.allowed_lateness_ms
    assert late == sheet(tmp_path)["totals"]["late"] > 0
    for unit in (3_600_000, 86_400_000):
        assert any(min(times) // unit != max(times) // unit for times in spans.values())


@pytest.mark.parametrize("fault", [f for f in DEFAULT_RATES if f not in ("wrong_type", "oversized", "delayed")])
def test_each_fault_comes_at_its_rate(tmp_path, fault):
    rate = 0.1
    clean = generate(STARTER, str(tmp_path / "clean"), players=60, faults=NO_FAULTS)
    spoilt = generate(STARTER, str(tmp_path / "spoilt"), players=60, faults=NO_FAULTS | {fault: rate})
    n, totals, problems = spoilt.events, sheet(tmp_path / "spoilt")["totals"], Counter[str]()
    for payload in payloads(tmp_path / "spoilt"):
        try:
            problems["extra_field"] += "zz_ab_group" in json.loads(payload)
        except UnicodeDecodeError:
            problems["not_utf8"] += 1
        except ValueError:
            problems["truncated"] += 1
    seen = {"lost": spoilt.lost, "reordered": n * rate, "extra_field": problems["extra_field"], "truncated": problems["truncated"],
            "not_utf8": problems["not_utf8"]}
    if fault.startswith("duplicated"):
        seen[fault] = totals["duplicate"]
    elif fault == "retimed":  # a copy whose time differs: over midnight it is another event
        seen[fault] = spoilt.messages - len({json.loads(payload)["event_id"] for payload in payloads(tmp_path / "spoilt")})
    elif fault in ("unknown_type", "missing_field", "clock"):
        seen[fault] = totals["dead_lettered"]
    assert seen[fault] == pytest.approx(n * rate, rel=0.25)
    if fault in ("lost", "reordered", "extra_field"):
        assert totals["dead_lettered"] == totals["duplicate"] == 0
    assert abs(spoilt.events - clean.events) < clean.events * 0.3


def test_delayed_messages_are_late_and_oversized_ones_too_large(tmp_path):
    spoilt = generate(STARTER, str(tmp_path), players=60, faults=NO_FAULTS | {"delayed": 0.3, "oversized": 0.02})
    totals = sheet(tmp_path)["totals"]
    assert totals["late"] > 0.25 * spoilt.events
    too_large = [p for p in payloads(tmp_path) if len(p) > STARTER.max_message_bytes]
    assert len(too_large) == totals["dead_lettered"] > 0


def test_a_bad_build_sends_the_price_of_a_purchase_as_a_word(tmp_path):
    generate(STARTER, str(tmp_path), players=250, days=1, faults=NO_FAULTS | {"wrong_type": 0.5})
    bought = [m for m in map(json.loads, payloads(tmp_path)) if m["event_type"] == "purchase"]
    assert {type(m["price"]) for m in bought if m["app_version"] == BAD_BUILD} == {str}
    assert {type(m["price"]) for m in bought if m["app_version"] != BAD_BUILD} == {float}


def test_bots_are_planted_where_a_rule_on_player_hours_finds_them(tmp_path):
    generate(STARTER, str(tmp_path), players=500, days=1)
    per_hour = Counter((m["player_id"], m["event_time"] // 3_600_000) for m in _parsed(tmp_path))
    bots = {r["player_id"] for r in pq.read_table(tmp_path / "answers" / "bots.parquet").to_pylist()}
    assert len(bots) == 1
    assert all((n >= 400) == (player in bots) or n < 300 for (player, _), n in per_hour.items())
    assert max(n for (player, _), n in per_hour.items() if player not in bots) < 300


def _parsed(out: Path) -> list[dict]:
    found = []
    for payload in payloads(out):
        try:
            message = json.loads(payload)
        except ValueError:
            continue
        if message.get("player_id"):
            found.append(message)
    return found


def test_a_full_folder_is_refused(tmp_path):
    generate(STARTER, str(tmp_path), players=1)
    with pytest.raises(FileExistsError, match="not empty"):
        generate(STARTER, str(tmp_path), players=1)


@pytest.mark.parametrize("arguments", [{"faults": {"gremlins": 0.1}}, {"faults": {"lost": 2}}, {"format": "csv"}, {"players": 0}])
def test_what_makes_no_sense_is_refused_before_anything_is_written(tmp_path, arguments):
    with pytest.raises(ValueError):
        generate(STARTER, str(tmp_path), **arguments)
    assert list(tmp_path.iterdir()) == []


def test_messages_that_do_not_say_when_they_arrived_are_never_written_as_lines(tmp_path):
    with pytest.raises(ValueError, match="avro"):
        generate(load_contract("khan"), str(tmp_path), format="jsonl")


def test_faults_that_a_game_cannot_suffer_are_off():
    khan = rates_for(load_contract("khan"), None)
    assert khan["clock"] == khan["delayed"] == khan["duplicated_later"] == 0 < khan["duplicated"]
    assert rates_for(without_ids(), None)["duplicated_later"] == 0
    assert rates_for(STARTER, {"lost": 0.5}) == DEFAULT_RATES | {"lost": 0.5}


def test_a_redelivery_has_the_message_id_and_publish_time_of_the_first(tmp_path):
    generate(load_contract("gameco"), str(tmp_path), players=30, faults=NO_FAULTS | {"duplicated": 0.2})
    by_id: dict[str, list[tuple]] = {}
    for file in (tmp_path / "messages").iterdir():
        with file.open("rb") as f:
            for r in fastavro.reader(f):
                by_id.setdefault(r["message_id"], []).append((r["publish_time"], r["data"]))
    assert max(len(copies) for copies in by_id.values()) == 2
    assert all(len(set(copies)) == 1 for copies in by_id.values())
    assert sum(len(c) - 1 for c in by_id.values()) == sheet(tmp_path)["totals"]["duplicate"]


def test_player_ids_look_like_the_games_own(tmp_path):
    generate(load_contract("khan"), str(tmp_path), players=5, faults=NO_FAULTS)
    assert {json.loads(p).get("userid") for p in payloads(tmp_path)} - {None} == {
        "'user-0000'", "'001'", "'user-0002'", "'003'", "'user-0004'"}


def test_secrets_are_sent_so_that_the_job_can_prove_it_drops_them(tmp_path):
    for name, contract in (("placebo", load_contract("placebo")), ("deepsea", nested())):
        generate(contract, str(tmp_path / name), players=20)
        assert sum(b"hunter2-" in p for p in payloads(tmp_path / name)) > 20


def test_progress_is_told_to_the_end(tmp_path):
    told: list[tuple[int, int]] = []
    generate(STARTER, str(tmp_path), players=3, progress=lambda done, total: told.append((done, total)))
    assert told == [(1, 3), (2, 3), (3, 3)]
