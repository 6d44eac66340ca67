"""A drop folder whose files are written slowly, or that two watchers share, or that holds what cannot be read."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from gamebeam.feeds.drop import run, watch
from gamebeam.pipeline.cli.__main__ import main
from gamebeam.schemas.contract.contract import load_contract
from gamebeam.sql.engine import run as ask
from tests.support.written_archive import WrittenArchive

HEAD = "day,media_source,campaign,country,impressions,clicks,cost_usd\n"
STARTER = load_contract("starter")
ROOT = Path(__file__).parents[2]


def row(n):
    return f"2026-11-01,adwords,campaign_{n},US,10,1,1.00\n"


@pytest.fixture
def place(tmp_path):
    """(archive, drop folder)"""
    (tmp_path / "drop").mkdir()
    return WrittenArchive(STARTER, tmp_path / "archive").root, tmp_path / "drop"


def rows_of(place):
    return ask(STARTER, place[0], "SELECT COUNT(*), COUNT(DISTINCT campaign) FROM cost_loads").rows[0]


def passes(place, settle_s=0.3):
    return list(run(STARTER, place[0], str(place[1]), settle_s))


def test_f5_a_file_written_slowly_is_loaded_once_and_whole(place):
    archive, drop = place
    stop = threading.Event()
    lines = []
    watching = threading.Thread(target=lambda: lines.extend(watch(STARTER, archive, str(drop), 1.5, stop.is_set)))
    watching.start()
    with open(drop / "cost.csv", "w") as slow:
        slow.write(HEAD + "".join(row(n) for n in range(200)))
        slow.flush()
        time.sleep(0.8)  # less than it has to be still
        slow.write("".join(row(n) for n in range(200, 400)))
    until = time.monotonic() + 60
    while not (drop / "done" / "cost.csv").exists() and time.monotonic() < until:
        time.sleep(0.1)
    stop.set()
    watching.join()
    assert lines == ["cost.csv: still being written, left for the next time", "cost.csv: 400 rows into cost"]
    assert rows_of(place) == (400, 400)


@pytest.mark.parametrize("passes_between", [0, 1])
def test_f5_a_file_that_is_written_to_after_it_was_loaded_is_loaded_whole(place, passes_between):
    with open(place[1] / "cost.csv", "w") as slow:
        slow.write(HEAD + "".join(row(n) for n in range(200)))
        slow.flush()
        assert "200 rows" in passes(place)[0]
        for _ in range(passes_between):
            assert passes(place) == []
        slow.write("".join(row(n) for n in range(200, 400)))
    time.sleep(0.4)
    assert ["changed after it was loaded; 400 rows into cost, in place of those of" in line for line in passes(place)] == [True]
    assert rows_of(place) == (400, 400) and passes(place) == []


def test_a_file_that_grew_replaces_its_own_load_and_not_that_of_another_file_with_the_same_beginning(place):
    (place[1] / "cost-a.csv").write_text(HEAD + row(1))
    passes(place)
    (place[1] / "cost-b.csv").write_text(HEAD + row(1) + row(2))
    passes(place)
    with open(place[1] / "done" / "cost-b.csv", "a") as more:
        more.write(row(3))
    time.sleep(0.4)
    (line,) = passes(place)
    assert line.startswith("cost-b.csv: changed after it was loaded; 3 rows")
    assert ask(STARTER, place[0], "SELECT file, COUNT(*) FROM cost_loads GROUP BY file ORDER BY file").rows == [
        ("cost-a.csv", 1), ("cost-b.csv", 3)]


def test_two_watchers_on_one_folder_both_live_on_and_every_row_counts_once(place):
    archive, drop = place
    command = [sys.executable, "-m", "gamebeam", "feeds", "watch", "--still=10ms", f"--archive={archive}", f"--drop={drop}"]
    watchers = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) for _ in range(2)]
    for n in range(40):
        (drop / f".{n}").write_text(HEAD + row(n))
        os.replace(drop / f".{n}", drop / f"cost-{n}.csv")
    until = time.monotonic() + 120
    while any(f.name.endswith(".csv") for f in drop.iterdir()) and time.monotonic() < until:
        time.sleep(0.05)
    time.sleep(1)
    alive = [watcher.poll() for watcher in watchers]
    for watcher in watchers:
        watcher.terminate()
    said = [watcher.communicate(timeout=60)[0] for watcher in watchers]
    assert alive == [None, None], said
    assert rows_of(place) == (40, 40), said


def test_a_file_that_cannot_be_read_keeps_no_other_from_being_loaded(place, capsys):
    archive, drop = place
    (drop / "cost-1.csv").symlink_to("/proc/self/mem")  # a file whose reading fails, for root too
    (drop / "cost-2.csv").write_text(HEAD + row(2))
    (drop / "cost-3.csv").mkdir()
    assert main(["feeds", "run", "--still=10ms", f"--archive={archive}", f"--drop={drop}"]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("cost-1.csv: cannot be read or moved, and is left where it is (") and "1 rows" in second
    assert rows_of(place) == (1, 1)


def test_a_drop_folder_may_have_any_name(tmp_path):
    archive = WrittenArchive(STARTER, tmp_path / "archive").root
    for name in ("drop[1]", "drop1"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "cost.csv").write_text(HEAD + row(name))
    assert [line for line in run(STARTER, archive, str(tmp_path / "drop[1]"), 0.01)] == ["cost.csv: 1 rows into cost"]
    assert ask(STARTER, archive, "SELECT campaign FROM cost").rows == [("campaign_drop[1]",)]
