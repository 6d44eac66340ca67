"""python -m engines.live: a real Kafka, players at a steady rate, the job on Prism, its ledger as it fills; then the check."""

import argparse
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from confluent_kafka import Consumer, KafkaException, TopicPartition
from rich.console import Console
from rich.live import Live

from engines import end_job
from engines.kafka import kafka_broker
from engines.live_view import look, panel
from engines.prism import prism_binary
from loadgen.live import deliver, require_topic
from loadgen.steady import SteadyLoad
from pipeline.watch import signals
from schemas.contract import load_contract
from sql.check import compare_answers, report
from transforms.source import seconds

GAME, TOPIC, GROUP = "starter", "events", "gamebeam"
ROOT = Path(__file__).parents[1]
UNTIL_CTRL_C_S = 24 * 3_600
LOOK_S = 5.0  # a look costs up to a second of a core
STARTS_WITHIN_S, DRAINS_WITHIN_S = 120, 400
HELLO = """Kafka {servers}, the job on Prism, {rate:g} messages a second {until}.
Prism is for development: it finalises what a source read before later steps have it, so a crash can lose messages.
On Flink none is lost: docs/flink.md."""


class LiveError(ValueError):
    """It ended before its time; the message says why."""


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="make live", description=__doc__, allow_abbrev=False)
    parser.add_argument("--rate", type=float, default=200.0, help="messages a second (default: %(default)s)")
    parser.add_argument("--for", dest="duration", default="", help="such as 2m; until Ctrl-C where it is left out")
    parser.add_argument("--out", type=Path, default=Path(".cache/live"), help="replaced (default: %(default)s)")
    args = parser.parse_args(argv)
    try:
        return live(args.out, args.rate, args.duration, Console())
    except (OSError, ValueError) as e:
        print(f"make live: {str(e).removeprefix('make live: ')}", file=sys.stderr)
        return 1


def live(out: Path, rate: float, duration: str, console: Console) -> int:
    """0 once every figure is as the answer sheet says."""
    contract, archive = load_contract(GAME), str(out / "archive")
    asked = seconds("make live", "--for", duration) if duration else UNTIL_CTRL_C_S
    prism = prism_binary()
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    with signals() as came, kafka_broker(out.resolve() / "kafka") as servers:
        require_topic(servers, TOPIC)
        console.print(HELLO.format(servers=servers, rate=rate, until=f"for {duration}" if duration else "until Ctrl-C"), highlight=False)
        with _job(servers, archive, prism, out / "job.log") as job:
            load = SteadyLoad(contract, rate=rate, seconds=asked, stop=lambda: bool(came) or job.poll() is not None)
            sending = Sending(load, servers)
            with _shown(console) as show:
                sending.start()
                while sending.is_alive():
                    show(panel(look(contract, archive), load.messages, "playing"))
                    sending.join(LOOK_S)
                if sending.failed or job.poll() is not None:
                    raise LiveError(sending.failed or f"the job ended: {(out / 'job.log').read_text()[-1_000:]}")
                load.write_answers(out / "answers")
                _wait(lambda: _committed(servers) >= load.messages, job, came, "the job has not read everything")
                job.send_signal(signal.SIGTERM)
                show(panel(look(contract, archive), load.messages, "windows close"))
                _wait(lambda: job.poll() is not None, job, came, "the job has not ended")
                show(panel(look(contract, archive), load.messages, "over"))
            if job.returncode:
                raise LiveError(f"the job ended with exit code {job.returncode}: {out}/job.log")
    comparison = compare_answers(contract, archive, f"{out}/answers")
    console.print(f"{report(comparison).splitlines()[-1]}; the archive is {archive}", highlight=False)
    return 1 if comparison.differences else 0


class Sending(threading.Thread):
    """The load on its way to the broker."""

    def __init__(self, load: SteadyLoad, servers: str):
        super().__init__(daemon=True)
        self.load, self.servers, self.failed = load, servers, ""

    def run(self) -> None:
        try:
            deliver(self.load, self.load.total, self.servers, TOPIC, {})
        except ValueError as e:
            self.failed = str(e)


@contextmanager
def _job(servers: str, archive: str, prism: Path, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """gamebeam run, apart from the terminal's Ctrl-C; it has started when it is given."""
    command = [sys.executable, "-m", "pipeline", "run", f"--source=kafka://{servers}/{TOPIC}?group={GROUP}", f"--contract={GAME}",
               f"--archive={archive}", "--runner=PrismRunner", f"--prism_location={prism}"]
    with log.open("wb") as printed:
        job = subprocess.Popen(command, stdout=printed, stderr=printed, start_new_session=True, cwd=ROOT)
    try:
        _wait(lambda: "STARTED" in log.read_text(), job, [], f"the job did not start: {log}", STARTS_WITHIN_S)
        yield job
    finally:
        end_job(job)


def _wait(met: Callable[[], bool], job: subprocess.Popen[bytes], came: list[int], otherwise: str, within: float = DRAINS_WITHIN_S) -> None:
    until, before = time.monotonic() + within, len(came)
    while not met():
        if job.poll() not in (None, 0) or time.monotonic() > until:
            raise LiveError(otherwise)
        if len(came) > max(before, 1):
            raise LiveError("ended at once: what lay in open windows is not checked")
        time.sleep(0.5)


def _committed(servers: str) -> int:
    consumer = Consumer({"bootstrap.servers": servers, "group.id": GROUP, "log_level": 0})
    try:
        partitions = [TopicPartition(TOPIC, n) for n in consumer.list_topics(TOPIC, timeout=10).topics[TOPIC].partitions]
        return sum(max(p.offset, 0) for p in consumer.committed(partitions, timeout=10))
    except KafkaException:  # a loaded machine's broker may not answer in time: it is asked again
        return 0
    finally:
        consumer.close()


@contextmanager
def _shown(console: Console) -> Iterator[Callable[[object], None]]:
    """In place where a person watches, one below the other elsewhere."""
    if not console.is_terminal:
        yield lambda shown: console.print(shown)
        return
    with Live(console=console, auto_refresh=False) as screen:
        yield lambda shown: screen.update(shown, refresh=True)  # type: ignore[arg-type]


if __name__ == "__main__":
    sys.exit(main())
