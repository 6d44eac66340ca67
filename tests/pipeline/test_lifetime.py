"""What tests and live jobs start ends with them, however they end."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WITHIN_S, STARTS_WITHIN_S = 10, 900


def descendants(pid):
    """{process id: command line} of all that a process has started, and what that has started."""
    shown = subprocess.run(["ps", "-axww", "-o", "pid=,ppid=,command="], capture_output=True, text=True).stdout
    of = {}
    for line in shown.splitlines():
        child, parent, command = line.split(maxsplit=2)
        of.setdefault(int(parent), []).append((int(child), command))
    found, todo = {}, [pid]
    while todo:
        children = of.get(todo.pop(), [])
        found.update(children)
        todo += [child for child, _ in children]
    return found


def lives(pid):
    done = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout.strip()
    return bool(done) and not done.startswith("Z")


def wait_until(condition, seconds):
    until = time.monotonic() + seconds
    while not condition() and time.monotonic() < until:
        time.sleep(0.1)
    return condition()


def left_of(started):
    """The commands of those that still live once they had their time to end."""
    wait_until(lambda: not any(map(lives, started)), WITHIN_S)
    return [command for pid, command in started.items() if lives(pid)]


STARTS = """
import subprocess, sys, time
from gamebeam.pipeline.runners.lifetime import end_children_with_this_process
end_children_with_this_process()
end_children_with_this_process()
sleeper = [sys.executable, "-c", "import time; time.sleep(600)"]
nested = "import subprocess, sys, time; subprocess.Popen(sys.argv[1:], start_new_session=True); time.sleep(600)"
orphaned = "import subprocess, sys; print(subprocess.Popen(sys.argv[1:], start_new_session=True).pid, flush=True)"
subprocess.Popen([sys.executable, "-c", nested, *sleeper], start_new_session=True)
subprocess.run([sys.executable, "-c", orphaned, *sleeper])
print("started", flush=True)
{then}
"""


@pytest.mark.parametrize("then", ["time.sleep(600)", "sys.exit(3)"])
def test_what_a_process_started_ends_with_it_in_whatever_session_orphans_too(then):
    with subprocess.Popen([sys.executable, "-c", STARTS.format(then=then)], cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        orphan = int(process.stdout.readline())
        assert process.stdout.readline() == "started\n"
        started = {orphan: "the orphan"} | descendants(process.pid)
        process.kill()
    assert left_of(started) == []


def test_a_process_that_did_not_start_them_leaves_others_alone():
    sleeper = [sys.executable, "-c", "import time; time.sleep(600)"]
    with subprocess.Popen(sleeper) as other:
        subprocess.run([sys.executable, "-c", STARTS.format(then="")], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        time.sleep(1)
        assert other.poll() is None
        other.kill()


@pytest.mark.engine
@pytest.mark.parametrize("spread", [(), ("-n", "1")], ids=["one process", "xdist"])
def test_pytest_that_is_killed_leaves_no_broker_no_engine_no_job_and_no_worker(tmp_path, kafka_and_prism, spread):
    held = tmp_path / "held"
    command = [sys.executable, "-m", "pytest", "tests/support/held_engines.py", "-p", "no:cacheprovider",
               f"--basetemp={tmp_path}/tests", *spread]
    with (tmp_path / "log").open("wb") as log:
        controller = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "HELD": str(held)}, stdout=log, stderr=log)
    try:
        assert wait_until(lambda: held.exists() or controller.poll() is not None, STARTS_WITHIN_S)
        assert controller.poll() is None, (tmp_path / "log").read_text()[-3_000:]
        started = descendants(controller.pid)
        commands = "\n".join(started.values())
        for engine in ("kafka.Kafka", "TaskManagerRunner", "StandaloneSessionCluster", "FlinkJobServerDriver", "worker_pool_main", "prism",
                       "SdkHarness", "valkey", "--follow"):
            assert engine in commands, f"{engine} is not among\n{commands}"
    finally:
        controller.send_signal(signal.SIGKILL)
        controller.wait()
    assert left_of(started) == []
