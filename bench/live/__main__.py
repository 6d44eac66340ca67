"""python -m bench.live: Gamebeam on Flink and the khan author's Spark over one Kafka topic, then docs/benchmarks/live.md."""

import argparse
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from bench.environment import PINS, MissingTool, machine, spark_python
from bench.live.report import Contender, Result, Setting, report
from bench.rounds import ROOT, measured, rows_written
from gamebeam.loadgen.live import deliver
from gamebeam.loadgen.outgoing import Outgoing
from gamebeam.loadgen.steady import SteadyLoad
from gamebeam.schemas.contract.contract import load_contract
from services import CACHE
from services.kafka import kafka_broker
from services.maven import maven_jars

TOPIC, RATE = "backlog", 2_000.0
SPARK_PINS = ("pyspark==4.0.0", *PINS[1:])  # its Kafka source of a later version is not in every mirror
LONGEST_S = 1_800
CONTENDERS = (
    Contender("Gamebeam on Flink, parallelism 1", "gamebeam_flink", ("--parallelism=1",)),
    Contender("Gamebeam on Flink, parallelism 2", "gamebeam_flink", ("--parallelism=2",)),
    Contender("Spark, as the khan write-up's author ran it", "spark_author", (), on_spark=True))


def main(argv: Sequence[str] | None = None) -> int:
    argv = list(sys.argv[1:] if argv is None else argv)
    args = _arguments(argv)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    here, began = machine() | {"pyspark": SPARK_PINS[0].partition("==")[2]}, time.monotonic()
    with tempfile.TemporaryDirectory() as folder, kafka_broker(Path(folder) / "kafka") as servers:
        _tell(f"{args.messages:,} messages into Kafka")
        messages, size = _fill(servers, args.messages)
        results = [Result(c, messages) for c in CONTENDERS if not args.only or c.module in args.only]
        for number in range(1, args.runs + 1):
            for result in results:
                _measure(result, number, ["--servers", servers, "--topic", TOPIC], Path(folder))
        latency: dict[str, Any] = {}
        if args.seconds:
            _tell(f"latency at {args.rate:,.0f} messages a second for {args.seconds:,.0f} s")
            latency = _run(sys.executable, "latency", ["--servers", servers, "--topic", "steady", f"--rate={args.rate}",
                                                       f"--seconds={args.seconds}"], Path(folder), {})
    setting = Setting(here, date.today(), shlex.join(["python", "-m", "bench.live", *argv]), messages, size / messages, RATE,
                      f"{os.getloadavg()[0]:.1f}", args.rate)
    args.report.write_text(report(setting, results, latency))
    _tell(f"{args.report} written after {(time.monotonic() - began) / 60:.1f} minutes")
    return 1 if any(r.problem for r in results) else 0


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.live", allow_abbrev=False, description=__doc__)
    parser.add_argument("--messages", type=int, default=500_000, help="already in Kafka (default: %(default)s)")
    parser.add_argument("--runs", type=int, default=3, help="rounds, of which the median is reported (default: %(default)s)")
    parser.add_argument("--rate", type=float, default=2_000.0, help="messages a second of the latency's run (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=180.0, help="of the latency's run; 0 leaves it out (default: %(default)s)")
    parser.add_argument("--only", nargs="+", choices=sorted({c.module for c in CONTENDERS}), help="these contenders alone")
    parser.add_argument("--report", type=Path, default=ROOT / "docs" / "benchmarks" / "live.md", help="where the tables go")
    return parser.parse_args(argv)


def _fill(servers: str, about: int) -> tuple[int, int]:
    """(messages, their bytes): what RATE messages a second leave behind while nobody reads, up to now."""
    seconds, size = about / RATE, 0
    load = SteadyLoad(load_contract("starter"), rate=RATE, seconds=seconds, launch=round((time.time() - seconds) * 1_000))

    def at_once() -> Iterator[Outgoing]:
        nonlocal size
        for message in load:
            size += len(message.payload)
            yield message._replace(due=0.0)

    return deliver(at_once(), load.total, servers, TOPIC, {}), size


def _measure(result: Result, number: int, arguments: list[str], folder: Path) -> None:
    """One run more, unless it has a problem already."""
    if result.problem:
        return
    try:
        python, environment = sys.executable, {}
        if result.contender.on_spark:
            python = str(spark_python(CACHE / "bench-live-venv", SPARK_PINS))
            environment = {"SPARK_KAFKA_JARS": str(maven_jars("spark_kafka.pom.xml", "spark_kafka.sha256", CACHE / "spark-kafka-4.0.0"))}
        measured = _run(python, result.contender.module, [*arguments, *result.contender.flags], folder, environment)
    except (MissingTool, OSError, RuntimeError) as e:
        result.problem = str(e)
        _tell(f"round {number}: {result.contender.title}: {e}")
        return
    result.runs.append(measured)
    _tell(f"round {number}: {result.contender.title}: {measured}")


def _run(python: str, module: str, arguments: list[str], folder: Path, environment: dict[str, str]) -> dict[str, Any]:
    out, log = folder / "out", CACHE / f"bench-live-{module}.log"
    shutil.rmtree(out, ignore_errors=True)
    with log.open("w+") as printed, tempfile.TemporaryDirectory() as scratch:
        process = subprocess.Popen([python, "-m", f"bench.live.{module}", f"--out={out}", *arguments], cwd=scratch, start_new_session=True,
                                   stdout=printed, stderr=printed, env=os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": scratch,
                                                                                     "SPARK_LOCAL_DIRS": scratch, **environment})
        try:
            process.wait(LONGEST_S)
        except subprocess.TimeoutExpired:
            raise RuntimeError(f"not done within {LONGEST_S // 60} minutes; see {os.path.relpath(log)}") from None
        finally:
            if process.poll() is None:
                process.terminate()  # it ends what it started
                try:
                    process.wait(30)
                except subprocess.TimeoutExpired:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()
        took = measured(process, printed, log)
    return {**took, "rows": rows_written(out)}


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
