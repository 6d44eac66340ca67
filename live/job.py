"""The job of make live, as a person would start it, on Prism or on a Flink cluster of its own; and how its last windows close."""

import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gamebeam.archive.manifest import read_runs
from live.source import Inbox
from services import end_job, start
from services.flink import Flink, flink_cluster
from services.prism import prism_binary

ROOT = Path(__file__).parents[1]
GAME = "starter"
STARTS_WITHIN_S, READS_WITHIN_S, ENDS_WITHIN_S = 180, 400, 400
LINE_S = 1.0  # between questions for the job's log line


class LiveError(ValueError):
    """It ended before its time; the message says why."""


@dataclass
class PrismJob:
    """came: the signals so far; a second one ends the waiting."""

    process: subprocess.Popen[bytes]
    log: Path
    came: list[int]
    about = ("Prism is for development: it finalises what a source read before later steps have it, so a crash can lose messages.\n"
             "On Flink none is lost: docs/deploy_flink.md.")

    def close_windows(self, messages: int) -> None:
        """Ends the job as Ctrl-C would, once it has read all of them."""
        _wait(lambda: self._received() >= messages, self.process, self.came, "the job has not read everything", READS_WITHIN_S, LINE_S)
        self.process.send_signal(signal.SIGTERM)
        _wait_for_end(self.process, self.came, self.log)

    def _received(self) -> int:
        """As its last log line says; and asks for another."""
        self.process.send_signal(signal.SIGUSR1)
        totals = re.findall(r'^\{[^{}]*?"received": (\d+)', self.log.read_text(), re.MULTILINE)  # not those of a type, within
        return int((totals or ["0"])[-1])


@dataclass
class FlinkJob:
    """On Flink a job has no end, and its files of late events wait an hour for more: it is stopped, and goes on until nothing is left."""

    process: subprocess.Popen[bytes]
    flink: Flink
    command: list[str]
    inbox: Inbox
    archive: str
    came: list[int]
    about = "Flink, a cluster of its own: what a crash of it costs is in docs/benchmarks/reliability.md."

    def close_windows(self, messages: int) -> None:
        """Stops the job with a savepoint, and goes on from there until its source is idle."""
        (job_id,) = self.flink.jobs()
        savepoint = self.flink.stop_with_savepoint(job_id)
        _wait_for_end(self.process, self.came, self.flink.folder)
        (run,) = read_runs(self.archive)
        again = [*self.command, f"--source={self.inbox.uri}&until=idle", f"--run_id={run.run_id}", f"--savepoint_path={savepoint}"]
        log = self.flink.folder / "job-resumed.log"
        with _submitted(again, log, self.came, signals=1) as process:
            _wait_for_end(process, self.came, log)


@contextmanager
def on_prism(inbox: Inbox, archive: str, out: Path, came: list[int]) -> Iterator[PrismJob]:
    command = [*_command(archive), f"--source={inbox.uri}", "--runner=PrismRunner", f"--prism_location={prism_binary()}"]
    if inbox.is_folder:
        command.append("--follow")
    with _submitted(command, out / "job.log", came) as process:
        yield PrismJob(process, out / "job.log", came)


@contextmanager
def on_flink(inbox: Inbox, archive: str, out: Path, came: list[int]) -> Iterator[FlinkJob]:
    with flink_cluster(out / "flink") as flink:
        command = [*_command(archive), *flink.job_flags, "--parallelism=2", "--max_parallelism=4"]
        with _submitted([*command, f"--source={inbox.uri}"], out / "job.log", came) as process:
            _wait(lambda: any(map(flink.runs, flink.jobs())), process, came, "the job does not run", STARTS_WITHIN_S, signals=0)
            yield FlinkJob(process, flink, command, inbox, archive, came)


def _command(archive: str) -> list[str]:
    return [sys.executable, "-m", "gamebeam", "run", f"--contract={GAME}", f"--archive={archive}"]


@contextmanager
def _submitted(command: list[str], log: Path, came: list[int], signals: int = 0) -> Iterator[subprocess.Popen[bytes]]:
    """gamebeam run, apart from the terminal's Ctrl-C; it has started when it is given. signals: how many end nothing here."""
    with log.open("wb") as printed:
        job = start(command, printed, cwd=ROOT)
    try:
        _wait(lambda: "STARTED" in log.read_text(), job, came, f"the job did not start: {log}", STARTS_WITHIN_S, signals=signals)
        yield job
    finally:
        end_job(job)


def _wait_for_end(job: subprocess.Popen[bytes], came: list[int], log: Path) -> None:
    _wait(lambda: job.poll() is not None, job, came, "the job has not ended", ENDS_WITHIN_S)
    if job.returncode:
        raise LiveError(f"the job ended with exit code {job.returncode}: {log}")


def _wait(met: Callable[[], bool], job: subprocess.Popen[bytes], came: list[int], otherwise: str, within: float, every: float = 0.5,
          signals: int = 1) -> None:
    until = time.monotonic() + within
    while True:
        has_ended = job.poll() is not None
        if met():
            return
        if has_ended or time.monotonic() > until:
            raise LiveError(otherwise)
        if len(came) > signals:
            raise LiveError("ended at once: what lay in open windows is not checked" if signals else "ended before anybody played")
        time.sleep(every)
