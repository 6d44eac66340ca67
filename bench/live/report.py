"""docs/benchmarks/live.md from the measurements. No figure in it comes from anywhere else."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from statistics import median
from typing import Any

from services import flink_jars, kafka

AIM_A_SECOND, AIM_OVER_SPARK = 25_000, 2.0


@dataclass(frozen=True)
class Contender:
    title: str
    module: str  # of bench.live
    flags: tuple[str, ...]
    on_spark: bool = False


@dataclass
class Result:
    """runs: wall_s, cpu_s, rows; Gamebeam's also python_cpu_s, java_cpu_s and steps."""

    contender: Contender
    messages: int
    runs: list[dict[str, Any]] = field(default_factory=list)
    problem: str | None = None

    def median(self, name: str) -> float:
        return median(run[name] for run in self.runs)

    @property
    def speed(self) -> float:
        return self.messages / self.median("wall_s")


@dataclass(frozen=True)
class Setting:
    """What was measured, on what, when. spread: messages a second of the stream's own time."""

    machine: dict[str, str]
    day: date
    command: str
    messages: int
    mean_bytes: float
    spread: float
    load_after: str
    rate: float


def report(setting: Setting, results: Sequence[Result], latency: dict[str, Any]) -> str:
    return "\n\n".join([_head(setting), _table(results), _reading(results), "## What limits it\n\n" + _limits(results),
                        "## Latency\n\n" + _latency(setting, latency)]) + "\n"


def _head(s: Setting) -> str:
    m = s.machine
    versions = ", ".join(f"{name} {m[name]}" for name in ("python", "apache-beam", "pyspark", "java"))
    return f"""# Bench: live

Written by `{s.command}` on {s.day.isoformat()}; do not edit.

{s.messages:,} messages of the starter game lie in 4 partitions of a Kafka topic: canonical JSON of {s.mean_bytes:.0f} bytes on average,
with the generator's faults, as {s.spread:,.0f} messages a second leave them while nobody reads (1 % are hours late). Each contender reads
all of them and ends.
Machine: {m["cores"]} cores ({m["cpu"]}), {m["memory"]}, {m["system"]}; the broker shares it.
Load average before {m["load"]}, after {s.load_after}.
Versions: Kafka {kafka.VERSION}, Flink {flink_jars.VERSION} with Beam's runner {flink_jars.RUNNER}, {versions}."""


def _table(results: Sequence[Result]) -> str:
    lines = ["| contender | events/s (slowest to fastest run) | CPU s per million | Gamebeam's best over this one's | event rows written |",
             "|---|--:|--:|--:|--:|"]
    best = max((r.speed for r in results if r.runs and not r.contender.on_spark), default=None)
    for r in results:
        if not r.runs:
            lines.append(f"| {r.contender.title} | not measured: {r.problem} | | | |")
            continue
        speeds = sorted(r.messages / run["wall_s"] for run in r.runs)
        lines.append(f"| {r.contender.title} | {r.speed:,.0f} ({speeds[0]:,.0f}–{speeds[-1]:,.0f}) "
                     f"| {r.median('cpu_s') / r.messages * 1e6:,.1f} | {f'{best / r.speed:.2f}' if best else ''} "
                     f"| {r.runs[-1]['rows']['events']:,} |")
    return "\n".join(lines)


def _reading(results: Sequence[Result]) -> str:
    one, two, spark = _gamebeam(results, 1), _gamebeam(results, 2), next((r for r in results if r.contender.on_spark and r.runs), None)
    starts = ", ".join(f"{r.median('start_s'):.0f} s" for r in (one, two) if r)
    text = [f"Medians. Start-up is left out: Gamebeam's time runs from when the first reading task has its Python worker ({starts} after "
            "Flink's RUNNING; told to a second, and the second is counted) to Flink's FINISHED, with a tenth of a second of "
            "silence at the end; a job that ends by itself takes no checkpoint there. Spark's runs from the session to the end of its "
            "four queries. CPU is user + "
            "system of everything that a contender started, in that time; the broker's is in none."]
    best = max((r.speed for r in (one, two) if r), default=0.0)
    if best:
        text.append(f"Gamebeam's better speed is {best:,.0f} events/s (the aim, {AIM_A_SECOND:,}, is {_reached(best, AIM_A_SECOND)}).")
    if best and spark:
        ratio = best / spark.speed
        text.append(f"It is {ratio:.1f} times as fast as Spark (the aim, {AIM_OVER_SPARK:g}, is {_reached(ratio, AIM_OVER_SPARK)}).")
    if one and two:
        text.append(f"Parallelism 2 is {two.speed / one.speed:.2f} times as fast as 1.")
    text.append("The khan author's job checks no types, writes no dead letters, removes no duplicates and sums nothing; "
                "its four queries read the topic four times.")
    return "\n".join(text)


def _reached(value: float, aim: float) -> str:
    return "reached" if value >= aim else "not reached"


def _limits(results: Sequence[Result]) -> str:
    lines = ["| | Python CPU s | task managers' CPU s | step | elements | busy s | held back s | wall s |",
             "|---|--:|--:|---|--:|--:|--:|--:|"]
    for number in (1, 2):
        if r := _gamebeam(results, number):
            run = r.runs[-1]
            for step, m in run["steps"].items():
                lines.append(f"| parallelism {number} | {run['python_cpu_s']:.1f} | {run['java_cpu_s']:.1f} | {step} | {m['elements']:,} "
                             f"| {m['busy_s']:.1f} | {m['waiting_s']:.1f} | {run['wall_s']:.1f} |")
    return "\n".join([*lines, "", (
        "Of the last run. CPU here is a process's whole life, its start included. An element is a batch: what Read gives, and "
        "Deduplicate takes, for one shard and day of a bundle. Seconds of parallel tasks add up. Each task manager has one slot and one "
        "Python worker, whose one interpreter lock all steps share.")])


def _latency(setting: Setting, found: dict[str, Any]) -> str:
    if not found:
        return "Not measured in this run."
    landed, panes = found["landed_s"], found["panes_s"]
    return (f"At {setting.rate:,.0f} messages a second (parallelism 2, a task manager per slot, checkpoints every 10 s; "
            f"{found['messages']:,} messages, sent within {found['sent_s']:.0f} s),\n"
            f"from arrival to the file: {landed['p50']} s (p50), {landed['p95']} s (p95), "
            f"{landed['p99']} s (p99), exact, from the files;\nlate events are left out, whose files wait an hour. A file gathers a minute "
            f"of arrival: half a minute of it is the design's.\nFrom a one-minute window's end to its first on-time rows: "
            f"{panes.get('p50', '?')} s (p50), {panes.get('p95', '?')} s (p95); early rows come every ten seconds.")


def _gamebeam(results: Sequence[Result], parallelism: int) -> Result | None:
    return next((r for r in results if r.runs and f"--parallelism={parallelism}" in r.contender.flags), None)
