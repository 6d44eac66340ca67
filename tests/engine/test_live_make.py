"""make live: everything that it starts it also ends, and what it shows is checked."""

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest
from rich.console import Console

from gamebeam.archive.manifest import read_runs
from gamebeam.schemas.contract.contract import load_contract
from gamebeam.sql.engine import Result
from live.__main__ import main
from live.job import GAME, ROOT
from live.view import Look, look, panel
from services import MissingTool, children
from services.flink_jars import flink_jars


@contextmanager
def live(out, *flags, played_s=10):
    """make live as a process, seconds after its players began, and what it has started by then; all of that has ended afterwards."""
    command = [sys.executable, "-m", "live.__main__", "--rate=100", f"--out={out}", *flags]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        while "playing" not in process.stdout.readline():
            assert process.poll() is None, process.communicate()[1]
        time.sleep(played_s)
        started = [pid for child in children(process.pid) for pid in (child, *children(child))]
        try:
            yield process, started
        finally:
            process.send_signal(signal.SIGHUP)
    assert subprocess.run(["ps", "-o", "pid=", "-p", ",".join(map(str, started))], capture_output=True, text=True).stdout == ""


def ended(process, within=500):
    """What it printed after a Ctrl-C."""
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=within)
    assert process.returncode == 0, out + err
    assert "ledger (windows close)" in out and "ledger (over)" in out
    return " ".join(out.split())


@pytest.mark.engine
@pytest.mark.usefixtures("prism")
def test_with_nothing_but_python_and_prism_files_are_played_followed_shown_and_checked_after_ctrl_c(tmp_path):
    with live(tmp_path / "live") as (process, started):
        assert len(started) == 2  # the job and its engine: no broker, no Java
        assert list((tmp_path / "live" / "inbox").glob("*.avro"))
        out = ended(process)
    assert "0 differences; the archive is" in out
    over = out[out.index("ledger (over)"):]
    told = [title for title, result in look(load_contract(GAME), str(tmp_path / "live" / "archive")).tables.items() if result.rows]
    assert told and all(title in over for title in told)  # a busy machine plays little in ten seconds: perhaps nobody bought anything


@pytest.mark.engine
@pytest.mark.chaos  # half a minute for what test_live_kafka.py and the test above have shown, but for the broker's start and end
@pytest.mark.usefixtures("kafka_and_prism")
def test_over_kafka_a_broker_is_started_first_and_ended(tmp_path):
    with live(tmp_path / "live", "--source=kafka") as (process, started):
        assert len(started) == 3  # and the broker
        assert "0 differences; the archive is" in ended(process)


@pytest.mark.engine
@pytest.mark.usefixtures("prism")
def test_a_job_that_dies_is_an_error_and_nothing_stays(tmp_path):
    with live(tmp_path / "live", played_s=0) as (process, started):
        os.kill(started[1], signal.SIGKILL)  # Prism
        _, err = process.communicate(timeout=60)
        assert process.returncode == 1 and "make live: the job ended: " in err and "the engine is gone" in err


@pytest.mark.engine
@pytest.mark.chaos  # four processes of Java's and two jobs: two minutes and a half
def test_on_flink_the_job_is_stopped_with_a_savepoint_and_goes_on_until_all_windows_are_closed(tmp_path):
    try:
        flink_jars()
    except MissingTool as e:
        pytest.skip(str(e))
    with live(tmp_path / "live", "--engine=flink") as (process, started):
        assert len(started) >= 6  # Kafka, job manager, task manager, job server, pool, the job; the pool's workers begin later
        assert "0 differences; the archive is" in ended(process)
    assert [run.state for run in read_runs(str(tmp_path / "live" / "archive"))] == ["complete"]


@pytest.mark.parametrize(("flags", "says"), [
    (["--for=soon"], "--for=soon: expected a time such as 3s, 10m or 2h"),
    (["--engine=flink", "--source=folder"], "On Flink a followed folder has no end, and its last windows do not close: SOURCE=kafka."),
])
def test_what_makes_no_sense_is_one_line(tmp_path, capsys, flags, says):
    assert main([*flags, f"--out={tmp_path / 'live'}"]) == 1
    assert capsys.readouterr().err == f"make live: {says}\n" and not (tmp_path / "live").exists()


def drawn(seen: Look) -> str:
    console = Console(width=80)
    with console.capture() as captured:
        console.print(panel(seen, 1_000, "playing"))
    return captured.get()


def test_the_panel_tells_what_is_known_and_what_is_not_yet():
    assert "1,000" in drawn(Look({}, {}))
    ledger = {"received": 900, "landed": 880, "missing": None}
    text = drawn(Look(ledger, {"problems": Result(["reason", "messages"], [("malformed", 3)]), "revenue per minute": Result(["usd"], []),
                               "players": Result(["players", "final"], [(7, False)])}))
    assert all(part in text for part in ("100", "900", "880", "–", "malformed", "not yet")) and "revenue" not in text
