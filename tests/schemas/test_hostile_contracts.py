"""A contract from a stranger is refused in one line, soon and in little memory, however it is made."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from gamebeam.schemas.contract.bounded_text import MOST_BYTES, MOST_NODES
from gamebeam.schemas.contract.contract import load_contract, parse_contract
from gamebeam.schemas.contract.feeds import feeds
from gamebeam.schemas.contract.fields import ContractError

AVSC = '{"type": "record", "name": "login", "fields": []}'
GOOD = {"contract.yaml": "name: mygame", "events/login.avsc": AVSC}
BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12))


def avro(levels: int) -> str:
    """A record inside a record, so many levels deep."""
    t: object = "string"
    for n in range(levels):
        t = {"type": "record", "name": f"r{n}", "fields": [{"name": "f", "type": t}]}
    return json.dumps({"type": "record", "name": "login", "fields": [{"name": "f", "type": t}]})


HOSTILE = {
    "aliases of aliases": {"rollups.yaml": BOMB},
    "an alias of itself": {"wire.yaml": "drop: &a [*a, *a]"},
    "YAML in brackets without end": {"wire.yaml": "a: " + "[" * 200_000},
    "YAML in braces without end": {"contract.yaml": "{a: " * 100_000},
    "YAML in blocks without end": {"feeds.yaml": "".join(" " * n + "a:\n" for n in range(700))},
    "a million keys": {"notifications.yaml": "".join(f"k{n}: 1\n" for n in range(75_000))},
    "a file of ten megabytes": {"feeds.yaml": "a: b\n" * 2_000_000},
    "a value of half a megabyte": {"contract.yaml": f"name: {'x' * 500_000}"},
    "a number of 5,000 digits": {"contract.yaml": f"name: mygame\nmax_message_bytes: {'9' * 5000}"},
    "a date in month 13": {"contract.yaml": "name: 2026-13-45"},
    "a duration of a million years": {"contract.yaml": f"name: mygame\nsession_gap: {'9' * 400}d"},
    "a billion windows": {"rollups.yaml": "r: {window: 300d, every: 1s, values: {n: count}}"},
    "an event type in brackets without end": {"events/login.avsc": "[" * 500_000},
    "an event type of ten megabytes": {"events/login.avsc": AVSC + " " * 10_000_000},
    "records inside records": {"events/login.avsc": avro(16)},
    "a hundred records inside records": {"events/login.avsc": avro(100)},
    "twenty thousand fields": {"events/login.avsc": json.dumps({
        "type": "record", "name": "login", "fields": [{"name": f"f{n}", "type": "string"} for n in range(20_000)]})},
    "a number of 5,000 digits in an event type": {"events/login.avsc": AVSC.replace("[]", f'[], "weight": {"9" * 5000}')},
    "a format of a thousand numbers": {"wire.yaml": f"event_id: a\nevent_type: b\nevent_time: c\ntime_format: '{'%d' * 1000}'"},
}
MEASURED = """
import json, sys, time
from gamebeam.schemas.contract.contract import load_contract
from gamebeam.schemas.contract.feeds import feeds
try:
    feeds(load_contract(sys.argv[1]))
    told = None
except ValueError as e:
    told = str(e)
peak_kb = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(json.dumps([told, time.process_time(), peak_kb]))
"""


def written(folder: Path, text: dict[str, str]) -> Path:
    for name, body in text.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(body)
    return folder


@pytest.mark.parametrize("files", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_contract_is_refused_in_one_line_within_two_seconds_of_cpu_and_200_megabytes(tmp_path, files):
    folder = written(tmp_path / "mygame", GOOD | files)
    done = subprocess.run([sys.executable, "-c", MEASURED, str(folder)], capture_output=True, text=True, check=True)
    told, cpu_s, peak_kb = json.loads(done.stdout)
    [file] = files
    assert told and file in told and "\n" not in told and len(told) < 1_200
    assert cpu_s < 2 and peak_kb < 200_000


def test_aliases_that_stand_for_little_are_taken():
    text = GOOD | {"rollups.yaml": "a: &a {window: 1m, values: {n: count}}\nb: *a"}
    assert [r.window_ms for r in parse_contract(text).rollups] == [60_000, 60_000]


def test_a_contract_may_be_as_large_as_the_limits_say():
    columns = ", ".join(f"{{name: c{n}}}" for n in range(MOST_NODES // 4))
    text = GOOD | {"feeds.yaml": f"cost: {{columns: [{columns}]}}"}
    assert len(text["feeds.yaml"]) < MOST_BYTES
    assert len(feeds(parse_contract(text))["cost"].columns) == MOST_NODES // 4


@pytest.mark.parametrize("text", [
    {"events/cost_loads.avsc": AVSC.replace("login", "cost_loads"), "feeds.yaml": "cost: {columns: [{name: a}]}"},
    {"events/cost.avsc": AVSC.replace("login", "cost"), "feeds.yaml": "cost: {columns: [{name: a}]}"},
    {"feeds.yaml": "cost: {columns: [{name: a}]}\ncost_loads: {columns: [{name: a}]}"},
    {"feeds.yaml": "feed_dead_letters: {columns: [{name: a}]}"},
    {"rollups.yaml": "cost_loads: {window: 1m, values: {n: count}}", "feeds.yaml": "cost: {columns: [{name: a}]}"},
    {"feeds.yaml": "ledger: {columns: [{name: a}]}"},
], ids=["an event type as a feed's loads", "an event type as a feed", "a feed as a feed's loads", "a feed as its dead letters",
        "a rollup as a feed's loads", "a feed as a built-in view"])
def test_two_views_of_one_name_are_refused(text):
    with pytest.raises(ContractError, match="is a view already"):
        feeds(parse_contract(GOOD | text))


def test_an_encoding_that_is_none_of_text_is_refused():
    with pytest.raises(ContractError, match="no such encoding: zlib"):
        feeds(parse_contract(GOOD | {"feeds.yaml": "cost: {encoding: zlib, columns: [{name: a}]}"}))


def test_a_file_that_is_not_utf_8_is_named(tmp_path):
    folder = written(tmp_path / "mygame", GOOD)
    (folder / "contract.yaml").write_bytes(b"name: \xff")
    with pytest.raises(ValueError, match=r"contract\.yaml: not UTF-8 at byte 6"):
        load_contract(str(folder))


SAMPLES = {
    "nine thousand keys": ([json.dumps({"event_type": "login", "event_id": str(i), "event_time": 1_790_000_000_000}
                                         | {f"key{n}": n for n in range(9_000)}) for i in range(3)], "9,003 different fields"),
    "twenty thousand keys over a hundred messages": (
        [json.dumps({"event_type": "login", "event_id": str(i)} | {f"key{i}_{n}": n for n in range(200)}) for i in range(100)],
        "20,002 different fields"),
    "brackets without end": (['{"event_type": "login", "x": ' + "[" * 900 + "]" * 900 + "}"] * 20, "nested deeper"),
    "a megabyte a message": ([json.dumps({"event_type": "login", "x": "a" * 1_000_000})] * 20, "1,000,"),
}


@pytest.mark.parametrize(("lines", "told"), SAMPLES.values(), ids=SAMPLES)
def test_a_hostile_sample_is_refused_in_one_line_within_two_seconds_of_cpu_and_200_megabytes(tmp_path, lines, told):
    (tmp_path / "sample.jsonl").write_text("\n".join(lines))
    code = MEASURED.replace("feeds(load_contract(sys.argv[1]))", "infer(Path(sys.argv[1]), Path(sys.argv[2]))")
    code = "from pathlib import Path\nfrom gamebeam.schemas.inference.infer import infer\n" + code
    command = [sys.executable, "-c", code, tmp_path / "sample.jsonl", tmp_path / "mygame"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    why, cpu_s, peak_kb = json.loads(done.stdout)
    assert "sample.jsonl" in why and told in why and "\n" not in why
    assert cpu_s < 2 and peak_kb < 200_000
    assert not (tmp_path / "mygame").exists()
