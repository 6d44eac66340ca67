"""What the tests on a Flink cluster share: a job started as a person would, what it found, and what may go wrong on the way."""

import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from zlib import crc32

from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from gamebeam.archive.manifest import read_runs
from gamebeam.loadgen.broken import reader
from gamebeam.loadgen.generate import generate
from gamebeam.loadgen.live import messages_of, send
from gamebeam.schemas.contract.contract import load_contract
from gamebeam.sql.archive import ArchiveError
from gamebeam.sql.check import Comparison, compare_answers
from services.flink import Flink, wait_for

STARTER = load_contract("starter")
FROM_EVENTS = ("contents", "dead_letters")  # answers that the event views alone give; the others come from rollups
SENT_A_SECOND = 8
WAIT_S = 600  # other tests and people use the machine


class Played:
    """What some players of a day sent, and the answer sheet."""

    def __init__(self, folder: Path, players: int, seed: int):
        self.folder = str(folder)
        self.messages = generate(STARTER, self.folder, players=players, days=1, seed=seed, format="avro").messages

    def send(self, servers: str, topic: str) -> None:
        send(STARTER, self.folder, servers, topic, {})

    def differences(self, archive: str, answers: tuple[str, ...] = ()) -> list[str]:
        try:
            return [str(d) for d in compare(archive, self, answers).differences]
        except ArchiveError:  # no archive yet
            return ["no archive"]


def compare(archive: Path | str, played: Played, answers: tuple[str, ...] = ()) -> Comparison:
    """Of these answers, or of all."""
    figures, differences = compare_answers(STARTER, str(archive), f"{played.folder}/answers")
    return Comparison({answer: n for answer, n in figures.items() if not answers or answer in answers},
                      [d for d in differences if not answers or d.answer in answers])


class Sending(Thread):
    """A few messages a second, each install's in order, until told to hurry; over once the broker has all of them."""

    def __init__(self, played: Played, put: Callable[[int, bytes], object], flush: Callable[[], None]):
        super().__init__(daemon=True)
        self.played, self.put, self.flush, self.hurry = played, put, flush, Event()

    def run(self) -> None:
        for arrival, payload in messages_of(Path(self.played.folder) / "messages"):
            self.hurry.wait(1 / SENT_A_SECOND)
            self.put(arrival, payload)
        self.flush()


def over_kafka(servers: str, played: Played, topic: str) -> tuple[Sending, str]:
    """What sends a day of messages to a new topic of four partitions, and the source to read them from."""
    admin = AdminClient({"bootstrap.servers": servers, "log_level": 0})  # what it promises ends with it
    admin.create_topics([NewTopic(topic, 4)])[topic].result()
    producer, read = Producer({"bootstrap.servers": servers, "log_level": 0}), reader(STARTER)

    def put(arrival: int, payload: bytes) -> None:
        whose = str(read(payload).get("install_id"))
        producer.produce(topic, payload, timestamp=arrival, partition=crc32(whose.encode()) % 4)

    def flush() -> None:
        assert producer.flush(60) == 0

    return Sending(played, put, flush), f"kafka://{servers}/{topic}?group={topic}&idle=20s"


@contextmanager
def submitted(flink: Flink, source: str, archive: str, *flags: str):
    """(the submitter's process, Flink's job id); the job is cancelled at the end, if it has not ended."""
    before = set(flink.jobs())
    command = [sys.executable, "-m", "gamebeam", "run", "--contract=starter", f"--source={source}",
               f"--archive={archive}", "--parallelism=2",
               "--max_parallelism=4", *flink.job_flags, *flags]
    submitter = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    job_id = None
    try:
        wait_for(lambda: submitter.poll() is not None or bool(set(flink.jobs()) - before), "no job", WAIT_S)
        assert submitter.poll() is None, submitter.communicate()[1]
        (job_id,) = set(flink.jobs()) - before
        wait_for(lambda: flink.runs(job_id), f"job {job_id} does not run", WAIT_S)
        yield submitter, job_id
    finally:
        if job_id and flink.jobs()[job_id] in ("CREATED", "RUNNING", "RESTARTING", "FAILING"):
            flink.cancel(job_id)
        submitter.kill()
        submitter.communicate()


def landed(archive: str) -> int:
    """Files of events written so far."""
    return len(list(Path(archive).glob("events/*/*/*/part-*.parquet")))


def wait_until(condition, seconds: float = WAIT_S) -> bool:
    until = time.monotonic() + seconds
    while True:
        began = time.monotonic()
        if (met := condition()) or began > until:
            return bool(met)
        time.sleep(max(3.0, 2 * (time.monotonic() - began)))  # a look costs a second of a core, which the job needs too


def run_id(archive: Path | str) -> str:
    (run,) = read_runs(str(archive))
    return run.run_id


def kill(what, flink, submitter):
    if what == "task manager":
        flink.kill_task_manager()
        flink.start_task_manager()
    elif what == "worker":
        flink.kill_workers()
    else:
        submitter.kill()


def killed_in_the_middle(flink, sending, source, archive, what, when, answers=()):
    """The job reads a day of messages, and something is killed before, or after, its first checkpoint: seconds until nothing differs."""
    interval = 86_400_000 if when == "before" else 1_000  # Flink begins at a random moment of the first interval
    with submitted(flink, source, str(archive), f"--checkpointing_interval={interval}") as (submitter, job_id):
        sending.start()
        assert wait_until(lambda: landed(archive) and (when == "before" or flink.checkpoints(job_id) > 3))
        assert (flink.checkpoints(job_id) == 0) == (when == "before") and sending.is_alive()
        kill(what, flink, submitter)
        killed = time.monotonic()
        sending.hurry.set()
        sending.join()
        wait_until(lambda: not sending.played.differences(str(archive), answers))
        return time.monotonic() - killed
