"""make live: everything that it starts it also ends, and what it shows is checked."""

import signal
import subprocess
import sys
import time

import pytest
from rich.console import Console

from engines import children
from engines.live import ROOT, main
from engines.live_view import Look, panel
from sql.engine import Result


def alive(pids: list[int]) -> list[str]:
    return subprocess.run(["ps", "-o", "pid=", "-p", ",".join(map(str, pids))], capture_output=True, text=True).stdout.split()


@pytest.mark.engine
@pytest.mark.usefixtures("kafka_and_prism")
def test_after_ctrl_c_windows_close_everything_ends_and_the_ledger_is_right(tmp_path):
    command = [sys.executable, "-m", "engines.live", "--rate=50", f"--out={tmp_path}/live"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as live:
        assert live.stdout and "Kafka 127.0.0.1:" in live.stdout.readline()
        assert "Prism is for development" in live.stdout.readline()
        while "playing" not in live.stdout.readline():
            assert live.poll() is None
        time.sleep(10)
        started = children(live.pid)
        assert len(started) == 2  # the broker and the job
        live.send_signal(signal.SIGINT)
        out, err = live.communicate(timeout=500)
    assert live.returncode == 0, out + err
    assert "ledger (windows close)" in out and "ledger (over)" in out and ": 0 differences; the archive is" in out.replace("\n", " ")
    assert alive(started) == []


def test_a_duration_that_makes_no_sense_is_one_line(tmp_path, capsys):
    assert main(["--for=soon", f"--out={tmp_path}"]) == 1
    assert capsys.readouterr().err == "make live: --for=soon: expected a time such as 3s, 10m or 2h\n"


def drawn(seen: Look) -> str:
    console = Console(width=200)
    with console.capture() as captured:
        console.print(panel(seen, 1_000, "playing"))
    return captured.get()


def test_the_panel_tells_what_is_known_and_what_is_not_yet():
    assert "1,000" in drawn(Look({}, {}))
    ledger = {"received": 900, "landed": 880, "missing": None}
    text = drawn(Look(ledger, {"problems": Result(["reason", "messages"], [("malformed", 3)]), "revenue per minute": Result(["usd"], [])}))
    assert all(part in text for part in ("100", "900", "880", "not told yet", "malformed")) and "revenue" not in text
