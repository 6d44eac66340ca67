"""The job on a real Flink cluster, over a real Kafka, and what kills it."""

import os
import signal
import subprocess
import time
from contextlib import contextmanager, suppress

import pytest

from gamebeam.archive.manifest import read_runs
from gamebeam.pipeline.repair import hour, repair
from tests.support.brokers import committed
from tests.support.flink_jobs import FROM_EVENTS, STARTER, killed_in_the_middle, landed, over_kafka, run_id, submitted, wait_until

pytestmark = pytest.mark.engine


def test_the_job_finds_live_what_the_answer_sheet_says(servers, flink, played, tmp_path):
    archive = str(tmp_path / "archive")
    played.send(servers, "all")
    with submitted(flink, f"kafka://{servers}/all?group=all", archive, "--checkpointing_interval=1000") as (submitter, job_id):
        wait_until(lambda: not played.differences(archive))
        assert played.differences(archive) == []
        assert wait_until(lambda: committed(servers, "all", "all") == played.messages)
        assert wait_until(lambda: partitions_by_task(flink, job_id) == [2, 2])
        submitter.send_signal(signal.SIGTERM)
        out, err = submitter.communicate(timeout=60)
        assert submitter.returncode == 0, err
        assert out == f"run {run_id(archive)}: open\n" and "the job goes on without this process" in err
        assert flink.jobs()[job_id] == "RUNNING"


def partitions_by_task(flink, job_id):
    """How many each task reads, as of some seconds ago."""
    (step,) = [v["id"] for v in flink.ask(f"/jobs/{job_id}")["vertices"] if "{Read, Decode" in v["name"]]
    return [task["metrics"]["read-records"] for task in flink.ask(f"/jobs/{job_id}/vertices/{step}")["subtasks"]]


def test_a_task_manager_killed_after_the_first_checkpoint_costs_nothing(servers, flink, played, tmp_path):
    sending, source = over_kafka(servers, played, "killed")
    killed_in_the_middle(flink, sending, source, tmp_path / "archive", "task manager", "after")
    assert played.differences(str(tmp_path / "archive")) == []


@contextmanager
def half_read(servers, flink, played, archive):
    """(source, what sends the rest, the job's id), once some is written and several checkpoints are done."""
    sending, source = over_kafka(servers, played, archive.name)
    with submitted(flink, source, str(archive), "--checkpointing_interval=1000") as (submitter, job_id):
        sending.start()
        assert wait_until(lambda: landed(archive) and flink.checkpoints(job_id) > 3) and sending.is_alive()
        yield source, sending, job_id, submitter


def finished(flink, played, archive, sending, source, *flags):
    """What the views say otherwise than the answer sheet, once another job has read the rest."""
    with submitted(flink, source, str(archive), "--checkpointing_interval=1000", *flags):
        sending.hurry.set()
        sending.join()
        wait_until(lambda: not played.differences(str(archive)))
        return played.differences(str(archive))


@pytest.mark.chaos
def test_a_job_stopped_with_a_savepoint_goes_on_from_it(servers, flink, played, tmp_path):
    archive = tmp_path / "savepoint"
    with half_read(servers, flink, played, archive) as (source, sending, job_id, submitter):
        savepoint = flink.stop_with_savepoint(job_id)
        out, err = submitter.communicate(timeout=60)
        assert out == f"run {run_id(archive)}: open\n", err
    assert finished(flink, played, archive, sending, source, f"--run_id={run_id(archive)}", f"--savepoint_path={savepoint}") == []


@pytest.mark.chaos
def test_a_cancelled_job_goes_on_from_its_last_checkpoint(servers, flink, played, tmp_path):
    archive = tmp_path / "retained"
    with half_read(servers, flink, played, archive) as (source, sending, job_id, _):
        flink.cancel(job_id)
        checkpoint = flink.last_checkpoint(job_id)
    assert finished(flink, played, archive, sending, source, f"--run_id={run_id(archive)}", f"--savepoint_path={checkpoint}") == []


@pytest.mark.chaos
def test_a_cold_start_that_rewinds_loses_nothing_and_repair_settles_the_rollups(servers, flink, played, tmp_path):
    archive = tmp_path / "cold"
    with half_read(servers, flink, played, archive) as (source, sending, job_id, _):
        flink.cancel(job_id)
        cancelled = run_id(archive)
    with submitted(flink, f"{source}&start=rewind:1000d", str(archive), "--checkpointing_interval=1000"):
        sending.hurry.set()
        sending.join()
        assert wait_until(lambda: not played.differences(str(archive), FROM_EVENTS))
        assert wait_until(lambda: committed(servers, archive.name, archive.name) == played.messages)
        time.sleep(30)  # the partitions idle, and every window closes
    (going,) = (r.run_id for r in read_runs(str(archive)) if r.run_id != cancelled)
    repair(str(archive), STARTER, hour("2026-10-01T00"), hour("2026-12-01T00"), ended=f"{cancelled},{going}")
    assert played.differences(str(archive)) == []


@contextmanager
def small_disk(folder, megabytes=64):
    """A file system of its own under the folder, for as long as the block lasts."""
    folder.mkdir()
    mounting = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)], capture_output=True, text=True)
    if mounting.returncode:
        pytest.skip(f"a disk that can be filled needs leave to mount one: {mounting.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(path):
    with suppress(OSError), path.open("wb", buffering=0) as f:
        while f.write(bytes(2**20)):
            pass
    assert os.statvfs(path).f_bavail == 0


@pytest.mark.chaos
def test_a_disk_that_is_full_for_a_while_costs_nothing(servers, flink, played, tmp_path):
    """A bundle that cannot write its file fails; Flink goes back to the last checkpoint, until there is room."""
    archive = tmp_path / "full"
    with small_disk(archive), half_read(servers, flink, played, archive) as (_, sending, job_id, _):
        fill(archive / "ballast")
        sending.hurry.set()
        assert wait_until(lambda: flink.restarts(job_id) > 0)
        written = landed(archive)
        time.sleep(20)
        assert landed(archive) == written and played.differences(str(archive)) != []
        (archive / "ballast").unlink()
        sending.join()
        wait_until(lambda: not played.differences(str(archive)))
        assert played.differences(str(archive)) == []
