"""A real Kafka, and the job on Prism over it."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
from apache_beam.metrics.execution import MetricKey, MetricResult
from apache_beam.metrics.metricbase import MetricName
from confluent_kafka.admin import NewPartitions

from gamebeam.archive.manifest import Run, RunError, now, read_runs
from gamebeam.loadgen.generate import generate
from gamebeam.loadgen.live import send
from gamebeam.pipeline import watch
from gamebeam.pipeline.options import Config, JobOptions
from gamebeam.pipeline.runners.counters import counted, rows_written
from gamebeam.pipeline.stream import run_live
from gamebeam.pipeline.stream_run import state_settings, streaming_run
from gamebeam.schemas.contract.contract import load_contract
from gamebeam.sql.archive import ArchiveError
from gamebeam.sql.check import compare_answers, report
from gamebeam.transforms.decode.decoder import Decoder
from gamebeam.transforms.sources.kafka import client as kafka_client
from gamebeam.transforms.sources.uri import SourceError
from services import MissingTool, end_job, free_port
from services.prism import prism_binary
from tests.support.brokers import START, admin, committed, kafka, produce
from tests.support.streams import rows

STARTER = load_contract("starter")
NOWHERE = "127.0.0.1:9"  # nobody listens there
AWAY_S = 120


# Without a broker


def options(source, archive, *flags):
    return JobOptions(["--contract=starter", f"--source={source}", f"--archive={archive}", *flags])


@pytest.mark.parametrize("flags", [[], ["--runner=DirectRunner"], ["--runner=FnApiRunner"]])
def test_a_runner_without_streams_is_refused_for_a_live_source(tmp_path, flags):
    with pytest.raises(RunError, match="cannot read a live source; give --runner=PrismRunner"):
        run_live(options(f"kafka://{NOWHERE}/events", tmp_path / "archive", *flags), print)
    assert not (tmp_path / "archive").exists()


def test_a_broker_that_is_away_at_the_start_is_an_error_after_a_bounded_wait(tmp_path, monkeypatch):
    monkeypatch.setattr(kafka_client, "WAIT_S", 1.0)
    began = time.monotonic()
    with pytest.raises(SourceError, match=f"kafka://{NOWHERE}/events: no broker answered within 1 s"):
        run_live(options(f"kafka://{NOWHERE}/events", tmp_path / "archive", "--runner=PrismRunner"), print)
    assert time.monotonic() - began < 10
    assert not (tmp_path / "archive").exists()


def test_a_setting_that_the_client_does_not_know_is_an_error(tmp_path):
    with pytest.raises(SourceError, match=r'No such configuration property: "fetch\.wiat\.max\.ms"'):
        run_live(options(f"kafka://{NOWHERE}/t?fetch.wiat.max.ms=1", tmp_path / "archive", "--runner=PrismRunner"), print)


def test_a_streaming_run_is_named_by_its_launch_and_continued_only_with_its_state():
    fresh = streaming_run(options("kafka://a/t", "x"), STARTER, [], False, state_settings(Config()))
    assert fresh.run_id.startswith("starter-20") and (fresh.state, fresh.mode) == ("open", "streaming")
    known = [Run("live", "open", "streaming", "c", now()), Run("over", "complete", "streaming", "c", now()),
             Run("batch", "complete", "batch", "c", now())]

    def continued(name, *flags, on_prism=False):
        return streaming_run(options("kafka://a/t", "x", f"--run_id={name}", *flags), STARTER, known, on_prism, state_settings(Config()))

    assert continued("live", "--savepoint_path=file:///s") is known[0]
    assert continued("over", "--savepoint_path=file:///s") is known[1]
    for name, flags, why in (("batch", ["--savepoint_path=file:///s"], "a batch run of this name is complete"),
                             ("live", [], "used before; give --savepoint_path"),
                             ("nosuch", ["--savepoint_path=file:///s"], "the archive knows no such run")):
        with pytest.raises(RunError, match=f"--run_id={name}: {why}"):
            continued(name, *flags)
    with pytest.raises(RunError, match="Prism keeps no state to continue it from"):
        continued("live", on_prism=True)


def test_a_counter_that_the_engine_knows_but_has_not_counted_is_zero():
    name = MetricKey("step", MetricName("written", "purchase"))
    metrics = SimpleNamespace(query=lambda: {"counters": [MetricResult(name, 0, None), MetricResult(name, 3, None)]})
    assert rows_written(metrics) == {"purchase": 3} and counted(metrics, "written") == 3


def test_the_log_line_tells_what_became_of_each_event_type_and_why_messages_are_dead_letters():
    counters = {("received", "purchase"): 5, ("landed", "purchase"): 4, ("duplicate", "purchase"): 1, ("late", "purchase"): 2,
                ("received", "login"): 1, ("landed", "login"): 1, ("late", "login"): 0,
                ("received", "unknown"): 3, ("landed", "dead_letter"): 3,
                ("dead_lettered", "malformed"): 2, ("dead_lettered", "too_large"): 1}
    found = [MetricResult(MetricKey("step", MetricName(*name)), n, None) for name, n in counters.items()]
    result = SimpleNamespace(metrics=lambda: SimpleNamespace(query=lambda: {"counters": found}))
    line, _ = watch._line(result, Run("r", "open", "streaming", "c", now()), "RUNNING", {})
    told = json.loads(line)
    assert "\n" not in line and (told["received"], told["dead_lettered"]) == (9, 3)
    assert told["types"] == {"purchase": {"received": 5, "landed": 4, "duplicate": 1, "late": 2}, "login": {"received": 1, "landed": 1},
                             "unknown": {"received": 3}, "dead_letter": {"landed": 3}}
    assert told["reasons"] == {"malformed": 2, "too_large": 1}


def test_an_empty_message_is_a_malformed_dead_letter():
    dead = Decoder(STARTER).decode(b"", START)
    assert (dead.reason, dead.arrival_time, dead.payload) == ("malformed", START, b"")


# The job, against a real broker


@pytest.mark.engine
def test_a_topic_that_is_not_there_is_an_error(servers, tmp_path):
    with pytest.raises(SourceError, match="no topic nosuch there; create it first"):
        run_live(options(f"kafka://{servers}/nosuch", tmp_path / "archive", "--runner=PrismRunner"), print)


@contextmanager
def live_job(source, archive):
    """gamebeam run on Prism, as a process of its own; ended as a person would, and at last by force."""
    job = subprocess.Popen([sys.executable, "-m", "gamebeam", "run", "--contract=starter", f"--source={source}",
                            f"--archive={archive}", "--runner=PrismRunner",
                            f"--prism_location={prism()}"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield job
    finally:
        end_job(job, 15)
        if job.stderr and not job.stderr.closed:
            print(job.communicate()[1])  # of a test that failed


def prism():
    try:
        return prism_binary()
    except MissingTool as e:
        pytest.skip(str(e))


def end_by_signal(job):
    """What it printed, once it has ended by itself and taken its engine with it."""
    children = subprocess.run(["ps", "-o", "pid=,comm=", "--ppid", str(job.pid)], capture_output=True, text=True).stdout.split()
    assert children[1:] == ["prism"]
    job.send_signal(signal.SIGTERM)
    out, err = job.communicate(timeout=240)
    assert job.returncode == 0, err
    assert "ending: sources stop, windows close" in err
    assert not Path(f"/proc/{children[0]}").exists()
    return out


def wait_until(condition, seconds=240):
    until = time.monotonic() + seconds
    while not (met := condition()) and time.monotonic() < until:
        time.sleep(1)
    return met


def equals_the_answers(archive, played):
    try:
        return not compare_answers(STARTER, archive, f"{played}/answers").differences
    except ArchiveError:  # no archive yet
        return False


@pytest.mark.engine
def test_the_job_finds_live_what_the_answer_sheet_says_and_a_partition_that_is_added(servers, tmp_path):
    played, archive = str(tmp_path / "played"), str(tmp_path / "archive")
    sent = generate(STARTER, played, players=60, days=2, seed=3, format="avro").messages
    assert send(STARTER, played, servers, "played", {}) == sent > 3_000
    with live_job(f"kafka://{servers}/played?group=one", archive) as job:
        wait_until(lambda: committed(servers, "played", "one") > 0)
        client = admin(servers)
        client.create_partitions([NewPartitions("played", 5)])["played"].result()
        wait_until(lambda: equals_the_answers(archive, played))
        assert "0 differences" in report(compare_answers(STARTER, archive, f"{played}/answers")).splitlines()[-1]
        assert job.poll() is None and [r.state for r in read_runs(archive)] == ["open"]
        produce(servers, "played", (4, b"in the new one", START))
        assert wait_until(lambda: committed(servers, "played", "one") == sent + 1)
        out = end_by_signal(job)
    (run,) = read_runs(archive)
    assert out == f"run {run.run_id}: complete\n" and run.mode == "streaming"
    assert rows(STARTER, archive, "SELECT payload FROM dead_letters WHERE payload = b'in the new one'") == [(b"in the new one",)]
    assert rows(STARTER, archive, "SELECT SUM(received) FROM ledger") == [(sent + 1,)]


@pytest.mark.engine
def test_a_job_that_reads_until_its_source_is_idle_ends_by_itself_with_everything(servers, tmp_path):
    played, archive, lines = str(tmp_path / "played"), str(tmp_path / "archive"), []
    sent = generate(STARTER, played, players=40, days=1, seed=7, format="avro").messages
    assert send(STARTER, played, servers, "whole", {}) == sent > 1_000
    run = run_live(options(f"kafka://{servers}/whole?until=idle&group=whole", archive, "--runner=PrismRunner",
                           f"--prism_location={prism()}"), lines.append)
    assert run.state == "complete" and any("sources stop, windows close" in line for line in lines)
    told = json.loads(lines[-1])
    assert told["received"] == sent == sum(of.get("received", 0) for of in told["types"].values())
    assert told["dead_lettered"] == sum(told["reasons"].values())
    assert 0 < told["latency_s"]["arrival"]["p50"] <= told["latency_s"]["arrival"]["p99"]
    assert "0 differences" in report(compare_answers(STARTER, archive, f"{played}/answers")).splitlines()[-1]
    assert committed(servers, "whole", "whole") == sent


@pytest.mark.engine
@pytest.mark.chaos  # for its two minutes
def test_a_broker_that_goes_away_for_two_minutes_costs_nothing(tmp_path):
    played, archive, port = tmp_path / "played", str(tmp_path / "archive"), free_port()
    sent = generate(STARTER, str(played), players=20, days=1, seed=5, files=2, format="avro").messages
    for half in (0, 1):
        (tmp_path / f"half{half}").mkdir()
        (tmp_path / f"half{half}" / "messages").mkdir()
        os.link(played / "messages" / f"part-00{half}.avro", tmp_path / f"half{half}" / "messages" / "part.avro")
    with ExitStack() as ending:
        with kafka(tmp_path / "kafka", port) as servers:
            before = send(STARTER, str(tmp_path / "half0"), servers, "played", {})
            job = ending.enter_context(live_job(f"kafka://{servers}/played?idle=never", archive))
            assert wait_until(lambda: committed(servers, "played", "gamebeam") == before)
        time.sleep(AWAY_S)  # four looks for new partitions find nobody
        with kafka(tmp_path / "kafka", port):
            send(STARTER, str(tmp_path / "half1"), servers, "played", {})
            assert wait_until(lambda: committed(servers, "played", "gamebeam") == sent)
            end_by_signal(job)
    assert "0 differences" in report(compare_answers(STARTER, archive, f"{played}/answers")).splitlines()[-1]
