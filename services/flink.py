"""A Flink session cluster, Beam's job server and a pool of Python workers: separate processes on this machine, each to be killed alone."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from services import children, end, free_port, start, tool
from services.flink_jars import flink_jars

STARTS_WITHIN_S = 120
ROOT = Path(__file__).parents[1]
OPENS = [f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in (
    "java.lang java.lang.reflect java.net java.io java.nio java.text java.time java.util java.util.concurrent "
    "java.util.concurrent.atomic java.util.concurrent.locks sun.nio.ch").split()]
# On two cores the second compiler took as much CPU in a job's first minute as all else in Java.
JAVA = [*OPENS, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
TASK_MANAGER = ["-Xmx640m", "-XX:MaxDirectMemorySize=600m", "-XX:MaxMetaspaceSize=400m"]
SETTINGS = """
jobmanager.rpc.address: 127.0.0.1
jobmanager.rpc.port: {rpc}
jobmanager.bind-host: 127.0.0.1
rest.address: 127.0.0.1
rest.port: {rest}
rest.bind-address: 127.0.0.1
taskmanager.host: 127.0.0.1
taskmanager.bind-host: 127.0.0.1
taskmanager.numberOfTaskSlots: {slots}
taskmanager.cpu.cores: 2.0
taskmanager.memory.task.heap.size: 512m
taskmanager.memory.task.off-heap.size: 128m
taskmanager.memory.managed.size: 128m
taskmanager.memory.network.min: 256m
taskmanager.memory.network.max: 256m
taskmanager.memory.framework.heap.size: 128m
taskmanager.memory.framework.off-heap.size: 128m
taskmanager.memory.jvm-metaspace.size: 256m
taskmanager.memory.jvm-overhead.min: 192m
taskmanager.memory.jvm-overhead.max: 192m
external-resources: none
io.tmp.dirs: {folder}/tmp
metrics.fetcher.update-interval: 1000
state.backend.type: hashmap
state.checkpoints.dir: file://{folder}/checkpoints
state.checkpoints.num-retained: 2
execution.checkpointing.dir: file://{folder}/checkpoints
execution.checkpointing.min-pause: 500ms
restart-strategy.type: fixed-delay
restart-strategy.fixed-delay.attempts: 1000
restart-strategy.fixed-delay.delay: 1 s
heartbeat.interval: 1000
heartbeat.timeout: 10000
"""
LOGGING = """
rootLogger.level=INFO
rootLogger.appenderRef.c.ref=C
appender.c.type=Console
appender.c.name=C
appender.c.layout.type=PatternLayout
appender.c.layout.pattern=%d{HH:mm:ss} %p %c{1} %m%n
"""


@dataclass
class Flink:
    """What was started. Job ids are Flink's own; job_flags are what gamebeam run needs to submit to it."""

    folder: Path
    rest_port: int
    job_flags: list[str] = field(default_factory=list)
    task_managers: list[subprocess.Popen[bytes]] = field(default_factory=list)
    worker_pool: subprocess.Popen[bytes] | None = None
    command: list[str] = field(default_factory=list)

    def start_task_manager(self) -> None:
        self.task_managers.append(_logged([*self.command, *TASK_MANAGER, *_flink("taskexecutor.TaskManagerRunner", self.folder)],
                                          self.folder / f"task-manager-{len(self.task_managers)}.log"))

    def kill_task_manager(self) -> None:
        """As if its machine were gone."""
        killed = next(p for p in self.task_managers if p.poll() is None)
        killed.kill()
        killed.wait()

    def workers(self) -> list[int]:
        """Process ids of the Python workers, those that the pool started."""
        assert self.worker_pool
        return children(self.worker_pool.pid)

    def kill_workers(self) -> None:
        for pid in self.workers():
            os.kill(pid, signal.SIGKILL)

    def ask(self, path: str, body: dict[str, Any] | None = None, method: str | None = None) -> Any:
        """Flink's REST interface, https://nightlies.apache.org/flink/flink-docs-release-1.19/docs/ops/rest_api/"""
        request = urllib.request.Request(f"http://127.0.0.1:{self.rest_port}{path}", method=method,
                                         data=json.dumps(body).encode() if body is not None else None)
        request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, timeout=30) as response:
            text = response.read()
        return json.loads(text) if text else None

    def jobs(self) -> dict[str, str]:
        """{job id: state}, the newest last."""
        jobs = self.ask("/jobs/overview")["jobs"]
        return {j["jid"]: j["state"] for j in sorted(jobs, key=lambda j: j["start-time"])}

    def runs(self, job_id: str) -> bool:
        """Whether every task of it does: before that it takes no savepoint."""
        steps = self.ask(f"/jobs/{job_id}")["vertices"]  # none yet where it is new
        return bool(steps) and all(step["tasks"]["RUNNING"] == step["parallelism"] for step in steps)

    def checkpoints(self, job_id: str) -> int:
        """Completed so far, since the job's start."""
        return int(self.ask(f"/jobs/{job_id}/checkpoints")["counts"]["completed"])

    def last_checkpoint(self, job_id: str) -> str:
        """The path of the newest completed checkpoint."""
        return str(self.ask(f"/jobs/{job_id}/checkpoints")["latest"]["completed"]["external_path"])

    def restarts(self, job_id: str) -> int:
        """Since the job's start; at each it went back to its last checkpoint."""
        return int(next((m["value"] for m in self.ask(f"/jobs/{job_id}/metrics?get=numRestarts")), 0))

    def cancel(self, job_id: str) -> None:
        self.ask(f"/jobs/{job_id}", method="PATCH")
        wait_for(lambda: self.jobs()[job_id] == "CANCELED", f"job {job_id} did not end")

    def stop_with_savepoint(self, job_id: str) -> str:
        """The savepoint's path; the job has stopped, nothing of its windows is emitted early."""
        body = {"targetDirectory": f"file://{self.folder}/savepoints", "drain": False}
        trigger = self.ask(f"/jobs/{job_id}/stop", body)["request-id"]
        wait_for(lambda: self._savepoint(job_id, trigger)["status"]["id"] == "COMPLETED", f"job {job_id}: no savepoint")
        operation = self._savepoint(job_id, trigger)["operation"]
        if "location" not in operation:
            raise OSError(f"job {job_id}: {operation['failure-cause']['stack-trace'][:2_000]}")
        return str(operation["location"])

    def _savepoint(self, job_id: str, trigger: str) -> Any:
        return self.ask(f"/jobs/{job_id}/savepoints/{trigger}")


@contextmanager
def flink_cluster(folder: Path, slots: int = 2, task_managers: int = 1) -> Iterator[Flink]:
    """A cluster whose checkpoints, savepoints and logs lie in the folder; ended, with all it started, on leaving."""
    java, jars = tool("java", "Flink runs on it (11 or 17)"), flink_jars()
    rest, job, artifacts, pool = free_port(), free_port(), free_port(), free_port()
    conf = folder / "conf"
    for part in (conf, folder / "tmp"):
        part.mkdir(parents=True, exist_ok=True)
    (conf / "config.yaml").write_text(SETTINGS.format(rpc=free_port(), rest=rest, slots=slots, folder=folder))
    (conf / "log4j.properties").write_text(LOGGING)
    command = [java, *JAVA, f"-Dlog4j.configurationFile={conf}/log4j.properties", "-cp", jars.cluster]
    flink = Flink(folder, rest, _job_flags(job, artifacts, pool), command=command)
    with ExitStack() as ending:
        def started(arguments: list[str], log: str, **environment: str) -> subprocess.Popen[bytes]:
            process = _logged(arguments, folder / log, **environment)
            ending.callback(_end_group, process)
            return process

        started([*command, "-Xmx512m", *_flink("entrypoint.StandaloneSessionClusterEntrypoint", folder)], "job-manager.log")
        ending.callback(lambda: [_end_group(p) for p in flink.task_managers])
        for _ in range(task_managers):
            flink.start_task_manager()
        started([java, *JAVA, "-Xmx1g", "-cp", jars.job_server, "org.apache.beam.runners.flink.FlinkJobServerDriver",
                 "--job-host=127.0.0.1",
                 f"--job-port={job}", f"--artifact-port={artifacts}", "--expansion-port=0", f"--artifacts-dir={folder}/artifacts",
                 f"--flink-master=127.0.0.1:{rest}", f"--flink-conf-dir={conf}"], "job-server.log")
        # The pool starts the `python` that comes first in PATH.
        flink.worker_pool = started([sys.executable, "-m", "apache_beam.runners.worker.worker_pool_main", f"--service_port={pool}"],
                                    "workers.log", PATH=f"{Path(sys.executable).parent}:{os.environ['PATH']}", PYTHONPATH=str(ROOT))
        wait_for(lambda: _answers(flink, slots * task_managers) and all(_is_open(p) for p in (job, pool)), f"{folder}: Flink did not start")
        yield flink


def _job_flags(job: int, artifacts: int, pool: int) -> list[str]:
    return ["--runner=PortableRunner", f"--job_endpoint=127.0.0.1:{job}", f"--artifact_endpoint=127.0.0.1:{artifacts}",
            "--environment_type=EXTERNAL", f"--environment_config=127.0.0.1:{pool}"]


def _flink(entry: str, folder: Path) -> list[str]:
    return [f"org.apache.flink.runtime.{entry}", "--configDir", f"{folder}/conf"]


def _logged(arguments: list[str], log: Path, **environment: str) -> subprocess.Popen[bytes]:
    with log.open("ab") as f:
        return start(arguments, f, cwd=ROOT, env=environment)


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """With its children: a pool that is ended leaves its workers."""
    end(process)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _is_open(port: int) -> bool:
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


def _answers(flink: Flink, slots: int) -> bool:
    try:
        return bool(flink.ask("/overview")["slots-total"] >= slots)
    except OSError:
        return False


def wait_for(condition: Callable[[], bool], otherwise: str, seconds: float = STARTS_WITHIN_S) -> None:
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            raise OSError(f"{otherwise} within {seconds:.0f} s")
        time.sleep(0.2)
