"""The local runner: one stage in several processes, each result as of one, and no process that outlives its run."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import apache_beam as beam
import pytest

from gamebeam.loadgen.generate import generate
from gamebeam.pipeline.batch import run_batch
from gamebeam.pipeline.options import JobOptions
from gamebeam.pipeline.runners.local import AT_MOST, BYTES_EACH, LocalRunner, processes_for
from gamebeam.schemas.contract.contract import load_contract
from gamebeam.sql.check import compare_answers
from gamebeam.transforms.sources.progress import BYTES_READ
from services import children

STARTER = load_contract("starter")
GAME_FILES = 5
WITHIN_S = 60


def run_forked(processes, source, archive, monkeypatch):
    monkeypatch.setattr("gamebeam.pipeline.runners.local.processes_for", lambda _: processes)
    return run_batch(JobOptions(["--contract=starter", f"--source={source}", f"--archive={archive}"]))


def over_elements(do, processes=2):
    with beam.Pipeline(LocalRunner(processes)) as p:
        _ = p | beam.Create(range(16)) | beam.Reshuffle() | beam.Map(do)


def test_a_run_in_three_processes_finds_every_figure_of_the_answer_sheet(tmp_path, monkeypatch):
    generate(STARTER, str(tmp_path), players=60, days=2, seed=7, files=GAME_FILES)
    outcomes = [run_forked(n, f"{tmp_path}/messages/*", tmp_path / str(n), monkeypatch) for n in (1, 3)]
    comparison = compare_answers(STARTER, str(tmp_path / "3"), str(tmp_path / "answers"))
    assert comparison.differences == [] and sum(comparison.figures.values()) > 5_000
    assert outcomes[0].counts == outcomes[1].counts and outcomes[0].run.rows == outcomes[1].run.rows
    assert BYTES_READ.value == sum(i.bytes for i in outcomes[1].run.inputs)


def test_a_stage_is_worked_on_in_as_many_processes_as_were_asked_for(tmp_path):
    over_elements(lambda n: (tmp_path / f"{n}").write_text(str(os.getpid())), processes=3)
    pids = {path.read_text() for path in tmp_path.iterdir()}
    assert len(list(tmp_path.iterdir())) == 16 and len(pids) == 3 and str(os.getpid()) not in pids


def test_what_a_step_raises_in_a_fork_is_what_the_run_raises():
    with pytest.raises(RuntimeError, match=r"ValueError: seven is too many(.|\n)*seven is too many \[while running 'Map"):
        over_elements(_refuse_seven)
    assert _in_time(lambda: children(os.getpid())[1:] == [])  # the first is what looks; the stage's other process goes to its end


def test_a_fork_that_is_killed_stops_the_run_and_says_so():
    with pytest.raises(RuntimeError, match="a process of this run was killed"):
        over_elements(lambda n: os.kill(os.getpid(), signal.SIGKILL) if n == 7 else None)


def test_forks_end_with_a_run_that_is_killed(tmp_path):
    script = ("import sys, time, pathlib, os; sys.path[:0] = sys.argv[2:]; from tests.pipeline.test_local_runner import over_elements\n"
              "over_elements(lambda n: ((pathlib.Path(sys.argv[1]) / f'{os.getpid()}').touch(), time.sleep(60)))")
    job = subprocess.Popen([sys.executable, "-c", script, str(tmp_path), *sys.path])
    assert _in_time(lambda: len(list(tmp_path.iterdir())) == 2)
    forks = [int(path.name) for path in tmp_path.iterdir()]
    job.kill()
    job.wait()
    assert _in_time(lambda: not any(Path(f"/proc/{pid}").exists() for pid in forks))


def test_a_small_run_has_one_process_and_a_large_one_no_more_than_there_are_cores():
    assert processes_for(BYTES_EACH) == 1
    assert processes_for(1 << 50) == min(AT_MOST, len(os.sched_getaffinity(0)))


def _refuse_seven(n):
    if n == 7:
        raise ValueError("seven is too many")


def _in_time(true):
    until = time.monotonic() + WITHIN_S
    while not true() and time.monotonic() < until:
        time.sleep(0.1)
    return true()
