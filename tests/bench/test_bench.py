"""The bench: its report says what was measured and nothing else, and its measuring counts what it should."""

import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from bench.contenders import CONTENDERS
from bench.environment import MissingTool
from bench.messages import counted
from bench.processes import cpu_seconds, memory_mb
from bench.report import Setting, held_back, report, table
from bench.rounds import ROOT, Result, Run, measure, rows_written, run_once

MACHINE = {name: "1" for name in ("cpu", "memory", "system", "load", "python", "java", "pyspark", "apache-beam", "pyarrow", "duckdb")}
SETTING = Setting({**MACHINE, "cores": "2"}, date(2026, 11, 22), "python -m bench", 1_000_000, 300.0, True)
BY_NAME = {c.name: c for c in CONTENDERS}


def result(name: str, *walls: float, cpu: float = 10.0, **more) -> Result:
    rows = {"events": 990_000, "dead_letters": 4_321, "rollups": 77}
    return Result(BY_NAME[name], 1_000_000, [Run(wall, cpu, 512.0, rows) for wall in walls], **more)


def cells(row: str) -> list[str]:
    return [cell.strip() for cell in row.strip("|").split("|")]


def test_a_row_holds_medians_and_the_ratio_of_each_round():
    ours, theirs = result("gamebeam_job", 10.0, 20.0, 40.0), result("spark_author", 50.0, 40.0, 40.0, cpu=80.0)
    _, _, gamebeam, author = table([ours, theirs]).splitlines()
    assert cells(gamebeam)[1:4] == ["50,000 (25,000–100,000)", "1.00", "10.0"]
    assert cells(author)[1:] == ["25,000 (20,000–25,000)", "2.00", "80.0", "2.00", "512", "990,000"]


def test_a_missing_tool_is_a_row_that_says_so():
    text = report(SETTING, [result("gamebeam_job", 10.0), result("spark_expert", problem="there is no java on this machine")])
    assert "| Spark, as an expert would | not measured: there is no java on this machine |" in text


def test_what_holds_it_back_says_nothing_of_what_was_not_measured():
    alone = held_back([result("gamebeam_job", 10.0, cpu=10.0)], cores=2)
    assert "1.00 of 2 cores" in alone and "Spark" not in alone and "DuckDB" not in alone and "aim" not in alone
    assert held_back([result("spark_author", 10.0)], cores=2) == "Not measured."


@pytest.mark.parametrize(("author_wall", "says"), [(39.0, "4, is not reached"), (40.0, "4, is reached")])
def test_an_aim_is_called_reached_only_where_it_is(author_wall, says):
    assert says in held_back([result("gamebeam_job", 10.0), result("spark_author", author_wall)], cores=2)


def test_larger_inputs_stand_in_a_table_of_their_own():
    assert "| 1,000,000 | 10.0 | 100,000 | 512 |" in report(SETTING, [], [result("gamebeam_job", 10.0)])
    assert "Not measured in this run" in report(SETTING, [])


@pytest.mark.parametrize("contender", CONTENDERS, ids=lambda c: c.name)
def test_each_contender_is_a_module_with_a_command_line(contender):
    source = (ROOT / "bench" / "contenders" / f"{contender.name}.py").read_text()
    assert "args = arguments()" in source and "job_part()" in source and '__name__ == "__main__"' in source


@pytest.fixture
def messages(tmp_path):
    folder = tmp_path / "messages"
    folder.mkdir()
    good = [{"event_id": f"e{i}", "event_type": "login", "event_time": 1_793_491_764_339} for i in range(5)]
    lines = [*map(json.dumps, good), '{"event_type": "zz_teleport"}', '{"event_type"']
    (folder / "part-000.jsonl").write_text("\n".join(lines) + "\n")
    return counted(folder)


def test_a_contender_is_run_as_a_process_and_its_rows_are_counted(messages, tmp_path):
    run = run_once(BY_NAME["duckdb_ceiling"], messages, tmp_path / "cache", Path(sys.executable))
    assert messages.count == 7 and run.rows["events"] == 5
    assert 0 < run.wall_s < 60 and run.peak_mb > 0  # a process this short is seen once, perhaps before it has grown


def test_a_contender_that_fails_is_told_from_one_without_its_tool(messages, tmp_path):
    def python(contender):
        if contender.on_spark:
            raise MissingTool("no java")
        return Path("/bin/false")

    told: list[str] = []
    missing, failed = measure([BY_NAME["spark_author"], BY_NAME["beam_parquet"]], messages, 2, tmp_path, python, told.append)
    assert (missing.problem, missing.failed, missing.runs) == ("no java", False, [])
    assert failed.failed and "exit code 1" in str(failed.problem) and len(told) == 2


def test_rows_of_an_archive_are_counted_by_kind(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    for folder, rows in (("events/login/date=2026-11-01", 3), ("events/dead_letter/date=2026-11-01", 2), ("rollups/ledger", 1)):
        (tmp_path / folder).mkdir(parents=True)
        pq.write_table(pa.table({"x": [0] * rows}), tmp_path / folder / "part-0.parquet")
    assert rows_written(tmp_path) == {"events": 3, "dead_letters": 2, "rollups": 1}


def test_cpu_and_memory_of_children_count():
    burn = "import time\nheld = bytearray(60_000_000)\nwhile time.process_time() < 0.4: pass\nprint(flush=True)\ninput()"
    before = cpu_seconds(os.getpid())
    with subprocess.Popen([sys.executable, "-c", burn], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None and child.stdout.readline()
        alive = cpu_seconds(os.getpid())
        assert memory_mb(child.pid) > 60
        child.communicate(b"\n")
    assert alive - before > 0.3 and cpu_seconds(os.getpid()) - before > 0.3
