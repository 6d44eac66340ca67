"""Two runs at once, files that change under a run, archives with odd names, and what killed runs leave: counted once, or refused."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gamebeam.archive.atomic_write import write_atomically
from gamebeam.archive.leftovers import remove_temporary_files
from gamebeam.archive.manifest import Input, Run, RunError, now, read_runs, write_run
from gamebeam.archive.overlap import batch_run_id, commit_run
from gamebeam.archive.run_lock import Busy, locked
from gamebeam.loadgen.generate import generate
from gamebeam.pipeline.batch import run_batch
from gamebeam.pipeline.cli.__main__ import main
from gamebeam.pipeline.options import JobOptions
from gamebeam.pipeline.repair import repair
from gamebeam.schemas.contract.contract import load_contract
from gamebeam.sql.check import compare_answers
from gamebeam.sql.engine import ask, open_archive
from gamebeam.sql.status import status
from tests.support.small_contract import small_contract
from tests.support.stderr import error_line
from tests.transforms.test_files_by_content import message

STARTER, SMALL = load_contract("starter"), small_contract()
ROOT = Path(__file__).parents[2]
T = 1_790_000_000_000
LEDGER = "SELECT SUM(received), SUM(landed), SUM(duplicate) FROM ledger"
# Runs in a process of its own; stops at its commit until the file `go` is there.
WAITS = """
import sys, time
from pathlib import Path
from gamebeam.pipeline import batch
from gamebeam.pipeline.cli.__main__ import main
commit = batch.commit_run
def wait(*args):
    Path(sys.argv[2]).touch()
    while not Path(sys.argv[1]).exists():
        time.sleep(0.02)
    commit(*args)
batch.commit_run = wait
sys.exit(main(["run", *sys.argv[3:]]))
"""
# Killed while the archive's first Parquet file is half written.
DIES = """
import os, signal, sys
from gamebeam.archive import atomic_write
from gamebeam.pipeline.cli.__main__ import main
replace = os.replace
def die(source, target):
    if target.endswith(".parquet"):
        os.kill(os.getpid(), signal.SIGKILL)
    replace(source, target)
atomic_write.os.replace = die
main(["run", *sys.argv[1:]])
"""


@pytest.fixture
def files(tmp_path):
    for n in (1, 2, 3):
        (tmp_path / f"{n}.jsonl").write_text(message(n))
    return tmp_path


def flags(folder, pattern, *more, archive="a"):
    return ["--contract=starter", f"--source={folder}/{pattern}", f"--archive={folder}/{archive}", *more]


def rows(archive, sql=LEDGER):
    return ask(open_archive(STARTER, str(archive)), sql).rows


def waiting(folder, pattern, *more):
    """A run that has done everything but its commit."""
    script = [sys.executable, "-c", WAITS, str(folder / "go"), str(folder / "ready"), *flags(folder, pattern, *more)]
    job = subprocess.Popen(script, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + 240
    while not (folder / "ready").exists() and job.poll() is None and time.monotonic() < until:
        time.sleep(0.05)
    return job


def test_of_two_runs_at_once_that_share_a_file_one_counts_and_the_other_is_refused(files, capsys):
    job = waiting(files, "[12].jsonl")
    assert main(["run", *flags(files, "[23].jsonl")]) == 0
    (files / "go").touch()
    _, err = job.communicate(timeout=240)
    assert job.returncode == 1 and "has read" in error_line(err) and "2.jsonl meanwhile; nothing of this run counts" in err, err
    assert rows(files / "a") == [(2, 2, 0)]
    assert main(["run", *flags(files, "*.jsonl")]) == 0
    assert rows(files / "a") == [(3, 3, 0)]
    written = {path.name.split("-all-")[0] for path in (files / "a").rglob("part-*.parquet")}
    assert written == {f"part-{run.run_id}" for run in read_runs(str(files / "a")) if run.visible}


def test_the_same_command_twice_at_once_is_refused_before_it_writes_anything(files, capsys):
    job = waiting(files, "*.jsonl")
    assert main(["run", *flags(files, "*.jsonl")]) == 1
    assert "another process is at work on batch-" in capsys.readouterr().err
    (files / "go").touch()
    assert job.wait(240) == 0
    assert rows(files / "a") == [(3, 3, 0)]


def test_a_killed_runs_lock_is_free_and_its_leftovers_are_removed(files):
    command = flags(files, "*.jsonl")
    assert subprocess.run([sys.executable, "-c", DIES, *command], cwd=ROOT, check=False).returncode == -signal.SIGKILL
    assert list((files / "a").rglob(".part-*.parquet.*")) and rows(files / "a") == [(None, None, None)]
    run_batch(JobOptions(command))
    assert rows(files / "a") == [(3, 3, 0)]
    assert not [path for path in (files / "a").rglob(".*") if path.is_file()]


def test_temporary_files_of_other_runs_are_removed_once_no_process_can_still_write_them(tmp_path):
    write_atomically(f"{tmp_path}/events/x/date=2026-11-01/hour=00/part-live-1-0.parquet", b"whole")
    old, young = (tmp_path / f"events/x/date=2026-11-01/hour=00/.part-live-{n}-0.parquet.77" for n in (1, 2))
    manifest = tmp_path / "_runs" / ".live.json.77"
    manifest.parent.mkdir()
    for path in (old, young, manifest):
        path.touch()
    for path in (old, manifest):
        os.utime(path, (time.time() - 3_600,) * 2)
    assert remove_temporary_files(str(tmp_path)) == 2
    assert young.exists() and not old.exists() and not manifest.exists()
    assert len(list(tmp_path.rglob("part-live-*"))) == 1


@pytest.mark.parametrize("change", ["grows", "is replaced", "shrinks"])
def test_a_file_that_changes_between_hash_and_reading_is_refused_by_name(files, change, monkeypatch, capfd):
    def changed(archive, run):
        write_run(archive, run)
        text = {"grows": message(2) + "\n" + message(9), "is replaced": message(8), "shrinks": message(2)[:-9]}[change]
        (files / "2.jsonl").write_text(text)

    with monkeypatch.context() as patch:
        patch.setattr("gamebeam.archive.overlap.write_run", changed)
        assert main(["run", *flags(files, "*.jsonl")]) == 1
    assert "2.jsonl: changed while it was read" in capfd.readouterr().err
    assert rows(files / "a", "SELECT COUNT(*) FROM events") == [(0,)] and not list((files / "a").rglob("*.parquet"))
    assert main(["run", *flags(files, "*.jsonl")]) == 0
    assert rows(files / "a")[0][0] == {"grows": 4, "is replaced": 3, "shrinks": 3}[change]


@pytest.mark.parametrize("name", ["x[1]", "x*", "x?", "[x]", "x[!1]"])
def test_an_archive_may_have_any_name_and_counts_once(tmp_path, name, monkeypatch):
    monkeypatch.chdir(tmp_path)
    generate(STARTER, "p[1]", players=5, days=1, seed=3, files=2)
    for other in ("x1", "xy"):  # what the name would match as a glob
        run_batch(JobOptions(["--contract=starter", "--source=p[1]/messages/part-000.jsonl", f"--archive={other}"]))
    for _ in range(2):
        run_batch(JobOptions(["--contract=starter", "--source=p[[]1]/messages/*", f"--archive={name}"]))
    assert len(read_runs(name)) == 1
    assert compare_answers(STARTER, name, "p[1]/answers").differences == []
    repaired = repair(name, STARTER, 1_793_491_200_000, 1_793_491_200_000 + 5 * 86_400_000)
    assert sum(repaired.rows.values()) > 0
    assert compare_answers(STARTER, name, "p[1]/answers").differences == []
    assert "repair-1" in status(STARTER, name)


def a_run(run_id, inputs=(), state="complete", **more):
    return Run(run_id, state, "batch", SMALL.fingerprint, now(), inputs=list(inputs), **more)


def test_a_run_supersedes_what_it_was_started_to_supersede_and_nothing_that_came_meanwhile(tmp_path):
    shared = Input("1.jsonl", "abc", 3)
    write_run(str(tmp_path), a_run("first", [shared]))
    again = a_run("again", [shared], supersedes=["first"])
    published = []
    commit_run(str(tmp_path), again, published.append)
    assert published == [again] and [r.state for r in read_runs(str(tmp_path)) if r.run_id == "first"] == ["superseded"]
    with pytest.raises(RunError, match=r"run again has read 1\.jsonl meanwhile"):
        commit_run(str(tmp_path), a_run("late", [shared], supersedes=["first"]), published.append)
    assert published == [again] and not (tmp_path / "_runs" / "late.json").exists()


def test_a_run_of_a_name_that_was_completed_meanwhile_is_refused(tmp_path):
    write_run(str(tmp_path), a_run("r"))
    with pytest.raises(RunError, match="another process has completed a run of this name"):
        commit_run(str(tmp_path), Run("r", "complete", "batch", SMALL.fingerprint, "2020-01-01T00:00:00+00:00"), print)


def test_where_there_are_no_locks_the_id_of_a_run_that_may_be_at_work_is_not_used_again():
    started = a_run(batch_run_id(SMALL, [], [], has_locks=True), state="started")
    assert batch_run_id(SMALL, [], [started], has_locks=True) == started.run_id
    assert batch_run_id(SMALL, [], [started], has_locks=False) == f"{started.run_id}-1"


def test_a_lock_keeps_others_out_until_it_is_released(tmp_path):
    def take(name):
        with locked(str(tmp_path), name, patience_s=0):
            pass

    with locked(str(tmp_path), "x"):
        take("y")
        with pytest.raises(Busy, match="another process is at work on x"):
            take("x")
    take("x")
    assert os.listdir(tmp_path / "_runs") == []
