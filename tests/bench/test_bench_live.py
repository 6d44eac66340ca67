"""The live bench and the soak: their reports say what was measured, and their samples are of the right time and step."""

import os
import re
import subprocess
from datetime import date
from math import isnan
from pathlib import Path
from types import SimpleNamespace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bench import soak
from bench.heap import live_mb
from bench.live.__main__ import CONTENDERS
from bench.live.landed import panes
from bench.live.report import Result, Setting, report
from bench.rounds import ROOT
from gamebeam.archive.layout import rollup_partition
from services import MissingTool, tool
from services.flink_jars import flink_jars
from services.kafka import kafka_jars

MACHINE = {name: "1" for name in ("cores", "cpu", "memory", "system", "load", "python", "apache-beam", "pyspark", "java")}
SETTING = Setting(MACHINE, date(2026, 11, 22), "python -m bench.live", 500_000, 400.0, 2_000.0, "1.0", 2_000.0)
STEP = {"elements": 10, "busy_s": 1.0, "waiting_s": 0.5}


def result(number: int, *walls: float, problem: str | None = None) -> Result:
    run = {"cpu_s": 25.0, "start_s": 9.0, "rows": {"events": 490_000},
           "python_cpu_s": 9.0, "java_cpu_s": 7.0, "steps": {"Read": STEP, "Deduplicate": STEP}}
    return Result(CONTENDERS[number], 500_000, [{**run, "wall_s": wall} for wall in walls], problem)


@pytest.mark.parametrize(("walls", "spark", "says"), [
    ((25.0, 20.0), 40.0, ["25,000 events/s (the aim, 25,000, is reached)", "2.0 times as fast as Spark (the aim, 2, is reached)"]),
    ((25.0, 21.0), 30.0, ["is not reached)", "1.4 times as fast as Spark (the aim, 2, is not reached)", "is 1.19 times as fast as 1"])])
def test_an_aim_is_called_reached_only_where_it_is(walls, spark, says):
    text = report(SETTING, [result(0, walls[0]), result(1, walls[1]), result(2, spark)], {})
    assert all(part in text for part in says) and "Not measured in this run" in text


def test_what_was_not_measured_is_not_told_of():
    text = report(SETTING, [result(0, 20.0), result(2, problem="there is no java on this machine")], {})
    assert "| not measured: there is no java on this machine |" in text and "times as fast" not in text


def test_of_a_window_the_first_on_time_rows_count(tmp_path):
    ms = pa.timestamp("ms", tz="UTC")
    rows = [(60_000, "EARLY", 50_000), (60_000, "ON_TIME", 63_000), (60_000, "ON_TIME", 93_000), (120_000, "ON_TIME", 125_000)]
    table = pa.table({name: pa.array(values, kind) for name, kind, values in zip(
        ("window_end", "pane_timing", "emitted_time"), (ms, pa.string(), ms), zip(*rows, strict=True), strict=True)})
    folder = tmp_path / "rollups" / "events_per_minute" / rollup_partition(0)
    folder.mkdir(parents=True)
    pq.write_table(table, folder / "part-live-all-0.parquet")
    assert panes(tmp_path)["p50"] == 4.0 and panes(tmp_path, since=60.0)["p50"] == 5.0


def test_latency_is_told_as_it_was_measured():
    measured = {"p50": 31.5, "p95": 60.25, "p99": 61.0}
    text = report(SETTING, [], {"messages": 9, "sent_s": 1.0, "landed_s": measured, "panes_s": {}})
    assert "31.5 s (p50), 60.25 s (p95), 61.0 s (p99)" in text and "? s (p50)" in text


@pytest.mark.parametrize("contender", CONTENDERS, ids=lambda c: c.title)
def test_each_contender_is_a_module_that_prints_its_measurement(contender):
    source = (ROOT / "bench" / "live" / f"{contender.module}.py").read_text()
    assert "print(MARK" in source or "with job_part():" in source


def test_a_quarter_is_of_the_measured_time_and_classes_that_grew_in_it_are_named(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(soak.time, "monotonic", lambda: now[0])
    samples = soak.Samples(began=100.0, seconds=40.0)
    for at, value in ((90, 1_000), (100, 10), (109, 20), (131, 40), (139, 60), (141, 1_000)):
        now[0] = at
        samples.add("resident", value)
        samples.add_heap({"A": float(value), "B": 5.0, "C": -float(value)})
    assert [samples.quarter("resident", n) for n in (0, 3)] == [15, 50] and isnan(samples.quarter("resident", 1))
    assert samples.heap_growth() == [("A", 50.0), ("B", 0.0), ("C", -50.0)]
    text = soak.report({**MACHINE, "command": "c"}, "flink", 1_000, 600, 120, 2, soak.Outcome(samples, ["one"], 5, {"p50": 4.5}))
    assert "| resident | 15.00 | 50.00 | +233% | no |" in text and "1 of 5 figures differed" in text and "#27648" in text
    assert "first on-time rows: 4.5 s (p50), ? s (p95)" in text and "`A` +50.0, `B` +0.0" in text


@pytest.mark.engine
@pytest.mark.usefixtures("servers")
def test_what_lives_in_a_heap_is_told_by_class():
    found = subprocess.run(["pgrep", "-f", "-P", str(os.getpid()), "kafka.Kafka"], capture_output=True, text=True).stdout
    (broker,) = map(int, found.split())
    live = live_mb([broker])
    assert live["[B"] > 1 and live["org.apache.kafka.common.TopicPartition"] > 0


@pytest.mark.parametrize(("task", "step"), [
    ("Source: Impulse -> [4]Read/{Topics, Partitions}", "source"), ("[4]{Read, Decode, Rollups}", "source"),
    ("[16]{Deduplicate, Rollups, Route, Rows, Archive}", "deduplication"),
    ("Rollups/Combine_ledger/GroupByKey -> [9]{Rollups, Rows, Archive}", "rollups' windows"),
    ("Archive/ByPartitionEvents -> [3]Archive/{WriteEvents, GlobalEvents, Written}", "archive's windows")])
def test_a_flink_task_belongs_to_the_step_that_keeps_its_state(task, step):
    assert soak.step_of(task) == step


def test_a_checkpoint_is_told_whole_and_by_step():
    told = {"/jobs/j": {"vertices": [{"id": "a", "name": "[4]{Read, Decode}"}, {"id": "b", "name": "[16]{Deduplicate}"}]},
            "/jobs/j/checkpoints": {"latest": {"completed": {"id": 7, "state_size": 5_500_000}}},
            "/jobs/j/checkpoints/details/7": {"tasks": {"a": {"state_size": 1_500_000}, "b": {"state_size": 4_000_000}}}}
    samples = soak.Samples(began=0.0, seconds=40.0)
    soak.look_at_flink(SimpleNamespace(ask=told.__getitem__, task_managers=[], workers=lambda: []), "j", samples)
    sizes = {name: value for name, ((_, value),) in samples.values.items() if name.startswith("checkpoint")}
    assert sizes == {"checkpoint: all": 5.5, "checkpoint: source": 1.5, "checkpoint: deduplication": 4.0}


@pytest.mark.engine
@pytest.mark.usefixtures("kafka_and_prism")
@pytest.mark.chaos
def test_over_eight_minutes_on_prism_memory_stays_flat_and_panes_come_on_time(tmp_path):
    """Measured and written as on Flink; every figure is as the answer sheet says.

    Warm once the longest window, ten minutes, and its lateness, three, have passed: Prism keeps all that came into it until then, and
    grew with it. Eight minutes are quarters of whole ones: every minute windows close, and for seconds Prism is a third larger.
    """
    written = Path(tmp_path / "soak.md")
    assert soak.main(["--engine=prism", "--rate=200", "--minutes=8", "--warm-up=14", f"--report={written}"]) == 0
    median = re.search(r"on-time rows: (.*) s \(p50\)", written.read_text())
    assert median and float(median[1]) <= 15, written.read_text()
    rows = [line.split("|") for line in written.read_text().splitlines() if "resident" in line]
    assert len(rows) == 2 and all(row[5].strip() == "yes" for row in rows), written.read_text()


@pytest.fixture
def flink_and_kafka():
    """Here, and ready to be started; a JDK counts what lives in a heap."""
    try:
        flink_jars(), kafka_jars(), tool("jcmd", "a JDK counts what lives in a heap")
    except MissingTool as e:
        pytest.skip(str(e))


@pytest.mark.engine
@pytest.mark.usefixtures("flink_and_kafka")
@pytest.mark.chaos
def test_over_twelve_minutes_on_flink_state_and_memory_stay_flat_but_for_the_sources_own(tmp_path):
    """After as long a warm-up, at 1,000 messages a second; the runner's source frees nothing (apache/beam #27648)."""
    written = Path(tmp_path / "soak.md")
    assert soak.main(["--engine=flink", f"--report={written}"]) == 0
    flat = {cells[1].strip(): cells[5].strip() for line in written.read_text().splitlines()
            if len(cells := line.split("|")) == 7 and ":" in cells[1]}
    grew = {name for name, told in flat.items() if told != "yes"}
    assert len(flat) == 7 and grew <= {"checkpoint: source"}, written.read_text()
