"""The job on a real Flink cluster, over a real Kafka, and what kills it."""

import signal

import pytest

from engines import MissingTool
from engines.flink import flink_cluster
from engines.kafka import kafka_broker
from tests.flink_jobs import FROM_EVENTS, Played, Sending, committed, landed, run_id, submitted, wait_until
from transforms.runs import read_runs

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    try:
        with kafka_broker(tmp_path_factory.mktemp("kafka")) as address:
            yield address
    except MissingTool as e:
        pytest.skip(str(e))


@pytest.fixture(scope="module")
def flink(tmp_path_factory):
    try:
        with flink_cluster(tmp_path_factory.mktemp("flink")) as cluster:
            yield cluster
    except MissingTool as e:
        pytest.skip(str(e))


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    return Played(tmp_path_factory.mktemp("played"), players=60, seed=3)


def test_the_job_finds_live_what_the_answer_sheet_says(servers, flink, played, tmp_path):
    archive = str(tmp_path / "archive")
    played.send(servers, "all")
    with submitted(flink, f"kafka://{servers}/all?group=all", archive, "--checkpointing_interval=1000") as (submitter, job_id):
        wait_until(lambda: not played.differences(archive))
        assert played.differences(archive) == []
        assert wait_until(lambda: committed(servers, "all", "all") == played.messages)
        submitter.send_signal(signal.SIGTERM)
        out, err = submitter.communicate(timeout=60)
        assert submitter.returncode == 0, err
        assert out == f"run {run_id(archive)}: open\n" and "the job goes on without this process" in err
        assert flink.jobs()[job_id] == "RUNNING"


def kill(what, flink, submitter):
    if what == "task manager":
        flink.kill_task_manager()
        flink.start_task_manager()
    elif what == "worker":
        flink.kill_workers()
    else:
        submitter.kill()


KILLS = [(what, when) for what in ("task manager", "worker", "submitter") for when in ("before", "after")]


def killed_in_the_middle(servers, flink, played, archive, what, when):
    """What the views then say otherwise than the answer sheet."""
    sending = Sending(played, servers, archive.name)
    source, interval = f"kafka://{servers}/{archive.name}?group={archive.name}&idle=20s", 600_000 if when == "before" else 1_000
    with submitted(flink, source, str(archive), f"--checkpointing_interval={interval}") as (submitter, job_id):
        sending.start()
        assert wait_until(lambda: landed(archive) and (when == "before" or flink.checkpoints(job_id) > 3))
        assert (flink.checkpoints(job_id) == 0) == (when == "before") and sending.is_alive()
        kill(what, flink, submitter)
        sending.hurry.set()
        sending.join()
        wait_until(lambda: not played.differences(str(archive)))
        return played.differences(str(archive))


def test_a_task_manager_killed_after_the_first_checkpoint_costs_nothing(servers, flink, played, tmp_path):
    assert killed_in_the_middle(servers, flink, played, tmp_path / "task-manager", "task manager", "after") == []
