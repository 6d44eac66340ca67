"""The drop folder: each file lands once or says why not, whatever happens in the middle."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gamebeam.feeds.drop import run, watch
from gamebeam.feeds.load import load
from gamebeam.pipeline.cli.__main__ import main
from gamebeam.schemas.contract.contract import load_contract
from gamebeam.schemas.contract.feeds import feeds
from gamebeam.sql.engine import run as ask
from tests.support.written_archive import WrittenArchive

HEAD = "day,media_source,campaign,country,impressions,clicks,cost_usd\n"
GOOD = HEAD + "2026-11-01,adwords,launch_us,USA,1000,100,120.50\n2026-11-02,facebook,launch_de,DE,900,50,33.33\n"
KILLED = """
import os, signal, sys
from gamebeam.feeds import load
from gamebeam.feeds.drop import run
from gamebeam.schemas.contract.contract import load_contract
load.write_run = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
list(run(load_contract("starter"), sys.argv[1], sys.argv[2], settle_s=0))
"""


@pytest.fixture
def place(tmp_path):
    """(contract, archive, drop folder)"""
    contract = load_contract("starter")
    (tmp_path / "drop").mkdir()
    return contract, WrittenArchive(contract, tmp_path / "archive").root, tmp_path / "drop"


def took(place):
    contract, archive, drop = place
    return dict(line.split(": ", 1) for line in run(contract, archive, str(drop), settle_s=0))


def cost(place, sql="SELECT day, cost_usd FROM cost ORDER BY day, cost_usd"):
    return [(str(day), usd) for day, usd in ask(*place[:2], sql).rows]


def test_a_good_file_lands_and_all_others_say_why_not(place, capsys):
    _, archive, drop = place
    (drop / "cost-good.csv").write_text(GOOD)
    (drop / "cost-extra.csv").write_text(GOOD.replace("cost_usd\n", "cost_usd,more\n"))
    (drop / "cost-empty.csv").write_text("")
    (drop / "cost-binary.csv").write_bytes(b"\x89PNG\r\n\x1a\n\xff\xfe")
    (drop / "cost-good-again.csv").write_text(GOOD)
    assert main(["feeds", "run", "--contract=starter", "--still=10ms", f"--archive={archive}", f"--drop={drop}"]) == 0
    told = dict(line.split(": ", 1) for line in capsys.readouterr().out.splitlines())
    assert sum("2 rows into cost" in what for what in told.values()) == 1
    assert sum("loaded already" in what for what in told.values()) == 1
    reasons = {p.name.removesuffix(".reason.json"): json.loads(p.read_text()) for p in (drop / "failed").glob("*.json")}
    assert {(name, r["line"], r["field"]) for name, r in reasons.items()} == {
        ("cost-extra.csv", 1, "more"), ("cost-empty.csv", 1, None), ("cost-binary.csv", 1, None)}
    assert sorted(p.name for p in (drop / "done").iterdir()) == ["cost-good-again.csv", "cost-good.csv"]
    assert cost(place) == [("2026-11-01", 120.5), ("2026-11-02", 33.33)]


def test_bad_rows_become_dead_letters_with_file_line_and_field_and_the_others_land(place):
    (place[2] / "cost.csv").write_text(GOOD + "2026-13-01,a,b,US,1,1,1.0\n2026-11-03,a,b,US,1.5,1,1.0\n")
    assert "2 dead letters, the first in line 4, day" in took(place)["cost.csv"]
    dead = ask(*place[:2], "SELECT file, line, field, detail FROM feed_dead_letters ORDER BY line").rows
    assert dead == [("cost.csv", 4, "day", "a date was expected (YYYY-MM-DD)"),
                    ("cost.csv", 5, "impressions", "a whole number was expected")]
    assert len(cost(place)) == 2


def test_a_file_is_loaded_once_though_the_process_is_killed_in_the_middle(place):
    _, archive, drop = place
    (drop / "cost.csv").write_text(GOOD)
    killed = subprocess.run([sys.executable, "-c", KILLED, archive, drop], cwd=Path(__file__).parents[2], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert list(Path(archive, "feeds", "cost").rglob("*.parquet")) and cost(place) == []  # written, and not yet counted
    assert "2 rows" in took(place)["cost.csv"]
    assert len(cost(place)) == 2 and took(place) == {}


def test_a_restated_cost_replaces_the_old_one_as_of_its_load(place):
    contract, archive, _ = place
    feed, first = feeds(contract)["cost"], datetime(2026, 11, 3, tzinfo=UTC)
    load(contract, archive, feed, "a.csv", GOOD.encode(), first)
    load(contract, archive, feed, "b.csv", (HEAD + "2026-11-01,adwords,launch_us,US,1000,100,99.00\n").encode(), first + timedelta(days=1))
    assert cost(place) == [("2026-11-01", 99.0), ("2026-11-02", 33.33)]
    held = ("SELECT day, cost_usd FROM cost_loads WHERE loaded_at <= TIMESTAMP '2026-11-03 12:00:00' "
            "AND (replaced_at IS NULL OR replaced_at > TIMESTAMP '2026-11-03 12:00:00') ORDER BY day")
    assert cost(place, held) == [("2026-11-01", 120.5), ("2026-11-02", 33.33)]


def test_again_loads_a_file_once_more_in_place_of_its_earlier_load_as_of_now(place):
    contract, archive, drop = place
    other = HEAD + "2026-11-01,adwords,launch_us,US,1000,100,99.00\n"
    for name, text in (("a.csv", GOOD), ("b.csv", other)):
        (drop / f"cost-{name}").write_text(text)
        took(place)
    assert cost(place)[0] == ("2026-11-01", 99.0)
    for n in (1, 2):  # the first one was right after all
        (drop / "cost-a.csv").write_text(GOOD)
        assert "loaded already" in took(place)["cost-a.csv"]
        (drop / "cost-a.csv").write_text(GOOD)
        assert main(["feeds", "run", "--contract=starter", "--still=10ms", "--again", f"--archive={archive}", f"--drop={drop}"]) == 0
        assert cost(place) == [("2026-11-01", 120.5), ("2026-11-02", 33.33)]
        loads = ask(contract, archive, "SELECT COUNT(*), COUNT(DISTINCT loaded_at) FROM cost_loads").rows
        assert loads == [(3, 2)], n  # the earlier load of the same file is in nobody's way


def test_a_half_copied_file_is_left_until_it_stands_still(place):
    contract, archive, drop = place
    half = drop / "cost.csv"
    half.write_text(GOOD[:80])
    looked = run(contract, archive, str(drop), settle_s=0.3)
    copying = threading.Timer(0.1, lambda: half.write_text(GOOD))
    copying.start()
    assert list(looked) == ["cost.csv: still being written, left for the next time"]
    (drop / "other.csv.part").write_text("never taken")
    assert "2 rows" in took(place)["cost.csv"] and (drop / "other.csv.part").exists()


def test_watching_takes_what_comes(place):
    contract, archive, drop = place
    until = time.monotonic() + 60
    lines = watch(contract, archive, str(drop), settle_s=0.05, stop=lambda: time.monotonic() > until)
    dropping = threading.Timer(0.3, lambda: os.replace(_written(drop / ".hidden", GOOD), drop / "cost.csv"))
    dropping.start()
    assert "2 rows into cost" in next(line for line in lines if "still" not in line)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_watch_that_is_told_to_end_ends_in_order(place, number):
    _, archive, drop = place
    command = [sys.executable, "-m", "gamebeam", "feeds", "watch", "--still=100ms", f"--archive={archive}", f"--drop={drop}"]
    (drop / "cost.csv").write_text(GOOD)
    with subprocess.Popen(command, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, text=True) as watching:
        assert "2 rows into cost" in next(line for line in watching.stdout if "still" not in line)
        watching.send_signal(number)
        assert watching.wait(60) == 0


def test_two_files_of_one_name_are_both_kept(place):
    for usd in ("1.0", "2.0"):
        (place[2] / "cost.csv").write_text(HEAD + f"2026-11-01,a,b,US,1,1,{usd}\n")
        took(place)
    assert len(list((place[2] / "done").iterdir())) == 2


def test_mistakes_are_one_line(place, capsys):
    assert main(["feeds", "run", "--contract=starter", "--still=10ms", f"--archive={place[1]}", "--drop=/nowhere"]) == 1
    assert capsys.readouterr().err == "gamebeam feeds: /nowhere: no such folder; make it, and drop files there\n"
    assert main(["feeds", "run", "--contract=khan", f"--archive={place[1]}-of-khan", f"--drop={place[2]}"]) == 1
    assert "khan declares no feeds: add feeds.yaml" in capsys.readouterr().err


def _written(path, text):
    path.write_text(text)
    return path
