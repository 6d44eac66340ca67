"""What a job on Flink is given without a cluster: the runner's flags, and watermarks of partitions that one worker reads."""

import pytest
from apache_beam.options.pipeline_options import GoogleCloudOptions

from gamebeam.pipeline.cli.__main__ import main
from gamebeam.pipeline.options import JobOptions
from gamebeam.pipeline.runners.flink import FlinkFlags, has_state, prepare
from gamebeam.transforms.sources import shared_watermark
from gamebeam.transforms.sources.shared_watermark import FORGET_S, GATHER_S, least_here, leave


def test_flinks_own_flags_are_known_and_a_misspelt_one_is_refused(capsys):
    assert main(["run", "--contract=starter", "--source=nosuch/*", "--archive=/nosuch", "--checkpointing_intervall=5"]) == 1
    assert "unknown flag --checkpointing_intervall=5" in capsys.readouterr().err
    assert main(["run", "--contract=starter", "--source=nosuch/*", "--archive=/nosuch", "--checkpointing_interval=5",
                 "--savepoint_path=s"]) == 1
    assert "no file matches" in capsys.readouterr().err


def test_only_what_was_not_asked_for_is_set():
    options = JobOptions(["--checkpointing_interval=500", "--job_name=mine"])
    prepare(options, "run-1", ends=False)
    flags = options.view_as(FlinkFlags)
    assert (flags.checkpointing_interval, flags.max_bundle_time_mills, flags.max_bundle_size) == (500, 1_000, None)
    assert options.view_as(GoogleCloudOptions).job_name == "mine" and not has_state(options)
    unnamed = JobOptions(["--savepoint_path=file:///s"])
    prepare(unnamed, "run-1", ends=True)
    assert (flags.shutdown_sources_after_idle_ms, unnamed.view_as(FlinkFlags).shutdown_sources_after_idle_ms) == (None, 0)
    assert unnamed.view_as(GoogleCloudOptions).job_name == "run-1" and has_state(unnamed)


@pytest.fixture
def worker(monkeypatch):
    monkeypatch.setattr(shared_watermark, "_here", {})
    monkeypatch.setattr(shared_watermark, "_first", {})


def test_no_partition_reports_more_than_the_least_that_its_worker_reads(worker):
    later = GATHER_S + 1
    assert least_here("topic", 0, own=900, reported=100, now=0) == 100  # others may be on their way
    assert least_here("topic", 1, own=200, reported=100, now=1) == 100
    assert least_here("topic", 0, own=1_000, reported=100, now=later) == 200
    assert least_here("other", 0, own=5, reported=0, now=later) == 0
    assert least_here("topic", 1, own=150, reported=100, now=later) == 150  # a restart went back
    assert least_here("topic", 0, own=1_000, reported=100, now=later) == 150


def test_a_partition_that_went_elsewhere_holds_nobody(worker):
    least_here("topic", 0, own=100, reported=0, now=0)
    assert least_here("topic", 1, own=500, reported=0, now=FORGET_S - 1) == 100
    assert least_here("topic", 1, own=500, reported=0, now=FORGET_S + 1) == 500
    least_here("topic", 2, own=300, reported=0, now=FORGET_S + 1)
    leave("topic", 2)
    assert least_here("topic", 1, own=500, reported=0, now=FORGET_S + 1) == 500
