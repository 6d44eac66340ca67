"""Runs over a followed folder: what they refuse, what they have read, and each file once over a restart."""

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from gamebeam.archive.followed_files import Followed, Taken
from gamebeam.archive.manifest import Run, RunError, now, read_runs, write_run
from gamebeam.archive.overlap import new_inputs, superseded_by
from gamebeam.loadgen.drop import drop
from gamebeam.loadgen.generate import generate
from gamebeam.pipeline.options import JobOptions
from gamebeam.pipeline.stream import run_live
from gamebeam.schemas.contract.contract import load_contract
from gamebeam.sql.check import compare_answers
from gamebeam.transforms.sources.files import read_file
from gamebeam.transforms.sources.input_files import match_files
from services import kill_job
from tests.support.small_contract import small_contract

STARTER, SMALL = load_contract("starter"), small_contract()
T = 1_793_491_200_000  # 2026-11-01


@pytest.mark.parametrize(("source", "flags", "says"), [
    ("{}/nowhere/*", [], "no such folder to follow; create it first"),
    ("{}", [], "--follow wants a glob in quotes, such as"),
    ("{}/*", ["--reprocess"], "--reprocess is for batch runs"),
    ("kafka://a/t", [], "--follow is for files"),
])
def test_what_cannot_be_followed_is_said(tmp_path, source, flags, says):
    given = ["--contract=starter", f"--source={source.format(tmp_path)}", "--follow",
             f"--archive={tmp_path}/archive", "--runner=PrismRunner", *flags]
    with pytest.raises(ValueError, match=says):
        run_live(JobOptions(given), print)
    assert not (tmp_path / "archive").exists()


def test_a_batch_run_leaves_out_what_a_followed_folders_run_has_read(tmp_path):
    path, archive = tmp_path / "1.jsonl", str(tmp_path / "archive")
    path.write_text("{}")
    run = Run("live", "open", "streaming", SMALL.fingerprint, now())
    write_run(archive, run)
    given, _ = match_files(str(path), STARTER)
    assert new_inputs(given, read_runs(archive)) == given
    Followed(archive, "live").note([Taken(str(path), given[0].sha256, given[0].bytes, T)])
    assert new_inputs(given, read_runs(archive)) == []
    with pytest.raises(RunError, match="--reprocess: run live is still open"):
        superseded_by(given, read_runs(archive))


@pytest.mark.parametrize("speed", [0, 86_400 / 2.5])
def test_what_is_dropped_into_a_folder_is_what_was_generated_in_order_of_arrival(tmp_path, speed):
    out, folder = str(tmp_path / "p"), tmp_path / "inbox"
    sent = generate(STARTER, out, players=5, days=1, seed=2, files=3, format="avro").messages
    assert drop(out, str(folder), speed) == sent
    dropped, generated = sorted(folder.iterdir()), sorted((tmp_path / "p" / "messages").iterdir())
    assert [path.name for path in dropped] == [f"dropped-{n:06d}.avro" for n in range(2 if speed else 1)]

    def messages(paths):
        return [m for path in paths for batch in read_file(str(path)) for m in zip(batch.payloads, batch.arrivals, batch.ids, strict=True)]

    assert messages(dropped) == messages(generated) and len(messages(dropped)) == sent


@contextmanager
def following(inbox, archive, prism):
    """gamebeam run --follow as a process; ended at last by force."""
    job = subprocess.Popen([sys.executable, "-m", "gamebeam", "run", "--contract=starter", f"--source={inbox}/*", "--follow",
                            f"--archive={archive}",
                            "--runner=PrismRunner", f"--prism_location={prism}"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield job
    finally:
        if job.poll() is None:
            kill_job(job)
            job.communicate()


def put_into(inbox, part):
    shutil.copy(part, inbox / f".{part.name}")
    os.replace(inbox / f".{part.name}", inbox / part.name)


def parts_of(archive, run):
    return list(archive.glob(f"events/*/*/*/part-{run.run_id}-*"))


def read_something(job, archive, runs, inbox, parts):
    """Drops files; then whether the newest run, the how-manieth, has landed some of them."""
    for part in parts:
        time.sleep(2)
        put_into(inbox, part)
    until = time.monotonic() + 240
    while job.poll() is None and time.monotonic() < until:
        time.sleep(1)
        known = read_runs(str(archive))
        if len(known) == runs and parts_of(archive, known[-1]):
            time.sleep(5)
            return True
    return False


@pytest.mark.engine
def test_files_dropped_while_the_job_runs_are_each_read_once_also_over_a_restart(tmp_path, prism):
    # The copies of an event in two runs would land twice, until a repair: here none is sent twice.
    generate(STARTER, str(tmp_path / "p"), players=20, days=2, seed=4, files=4, faults={"duplicated": 0, "duplicated_later": 0})
    inbox, archive = tmp_path / "inbox", tmp_path / "a"
    inbox.mkdir()
    parts = sorted((tmp_path / "p" / "messages").iterdir())
    for n, some in enumerate((parts[:2], parts[2:]), 1):
        with following(inbox, archive, prism) as job:
            assert read_something(job, archive, n, inbox, some)
            job.send_signal(signal.SIGTERM)
            out, err = job.communicate(timeout=400)
        assert job.returncode == 0 and out.endswith(": complete\n"), err
    first, second = read_runs(str(archive))
    assert sorted(Path(i.name).name for i in first.inputs) == [part.name for part in parts[:2]]
    assert sorted(Path(i.name).name for i in second.inputs) == [part.name for part in parts[2:]]
    found = compare_answers(STARTER, str(archive), str(tmp_path / "p" / "answers"))
    assert found.differences == [] and sum(found.figures.values()) > 2_000
