"""docs/benchmarks/batch.md from the measurements. No figure in it comes from anywhere else."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median

from bench.contenders import Contender
from bench.rounds import Result

AIMS = {"spark_author": 4.0, "spark_expert": 1.5}  # how many times as fast as these Gamebeam wants to be


@dataclass(frozen=True)
class Setting:
    """What was measured, on what, when."""

    machine: dict[str, str]
    day: date
    command: str
    messages: int
    mean_bytes: float
    faults: bool


def report(setting: Setting, results: Sequence[Result], large: Sequence[Result] = ()) -> str:
    sections = [_head(setting), table(results), _reading(results), _what_each_does([r.contender for r in results]),
                "## What holds it back\n\n" + held_back(results, int(setting.machine["cores"])), _large(large)]
    return "\n\n".join(sections) + "\n"


def _head(s: Setting) -> str:
    m = s.machine
    return f"""# Bench

Written by `{s.command}` on {s.day.isoformat()}; do not edit.

{s.messages:,} messages of the starter game, canonical JSON lines of {s.mean_bytes:.0f} bytes on average.
The load generator's faults (broken, repeated, late, lost and the rest) are {"on" if s.faults else "off"}.
Machine: {m["cores"]} cores ({m["cpu"]}), {m["memory"]}, {m["system"]}; load average before the first run {m["load"]}.
Versions: {", ".join(f"{name} {m[name]}" for name in ("python", "apache-beam", "pyarrow", "duckdb", "pyspark", "java"))}."""


def table(results: Sequence[Result]) -> str:
    lines = ["| contender | events/s (slowest to fastest run) | Gamebeam's speed over this one's | CPU s per million events | cores busy "
             "| peak memory, MB | event rows written |",
             "|---|--:|--:|--:|--:|--:|--:|"]
    gamebeam = _of(results, "gamebeam_job")
    for r in results:
        if not r.runs:
            lines.append(f"| {r.contender.title} | not measured: {r.problem} | | | | | |")
            continue
        speeds = sorted(r.messages / run.wall_s for run in r.runs)
        ratio = speed_ratio(gamebeam, r)
        cells = (r.contender.title, f"{median(speeds):,.0f} ({speeds[0]:,.0f}–{speeds[-1]:,.0f})", "" if ratio is None else f"{ratio:.2f}",
                 f"{cpu_per_million(r):.1f}", f"{_cores_busy(r):.2f}", f"{median(run.peak_mb for run in r.runs):,.0f}",
                 f"{r.runs[-1].rows['events']:,}")
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _reading(results: Sequence[Result]) -> str:
    rounds = max((len(r.runs) for r in results), default=0)
    text = (f"Medians over {rounds} interleaved rounds (of the ratio: the rounds' own ratios). events/s is messages read by wall time of "
            "the job; imports, and for Spark the making of its session, are left out. CPU is user + system of the process and everything "
            "it started; peak memory is the resident memory of all of them at one time, start-up included. All may use all cores.")
    gamebeam = _of(results, "gamebeam_job")
    if gamebeam:
        rows = gamebeam.runs[-1].rows
        text += (f"\nGamebeam also wrote {rows['dead_letters']:,} dead letters and {rows['rollups']:,} rows of ledger, counters, player "
                 "hours and declared rollups; the messages that are then still missing were second copies, and are counted in the ledger.")
    for r in results:
        if r.runs and r.problem:
            text += f"\n{r.contender.title}: only {len(r.runs)} runs, then {r.problem}."
    return text


def _what_each_does(contenders: Sequence[Contender]) -> str:
    return "## What each does\n\n" + "\n".join(f"* **{c.title}.** Does: {c.does}. Does not: {c.does_not}." for c in contenders)


def held_back(results: Sequence[Result], cores: int) -> str:
    """Sentences about Gamebeam's place among the others; one whose figures are not there is left out."""
    gamebeam = _of(results, "gamebeam_job")
    if gamebeam is None:
        return "Not measured."
    own, busy = cpu_per_million(gamebeam), _cores_busy(gamebeam)
    said = [f"Gamebeam kept {busy:.2f} of {cores} cores busy" + (
        ": Beam's local runner works in one Python process, so the other cores idle." if busy < 1.2 < cores else ".")]
    for name, aim in AIMS.items():
        other = _of(results, name)
        if other and (ratio := speed_ratio(gamebeam, other)):
            said.append(f"Beside “{other.contender.title}” it is {ratio:.1f} times as fast (the aim, {aim:g}, is "
                        f"{'' if ratio >= aim else 'not '}reached) and takes {own:.1f} CPU seconds per million events, "
                        f"where that takes {cpu_per_million(other):.1f}.")
    plain, ceiling = _of(results, "beam_parquet"), _of(results, "duckdb_ceiling")
    if plain:
        said.append("Beam's own sink behind a plain tag, without any of the job's checks, deduplication and rollups, takes "
                    f"{cpu_per_million(plain):.1f}.")
    if ceiling:
        said.append(f"DuckDB, which makes no Python object per event, takes {cpu_per_million(ceiling):.1f}. Gamebeam's "
                    f"{own / cpu_per_million(ceiling):.1f} times that is the price of the rest of the job, of Python objects, and of a "
                    "runner that copies and groups them.")
    return " ".join(said)


def _large(results: Sequence[Result]) -> str:
    head = "## Larger inputs\n\n"
    if not results:
        return head + "Not measured in this run; `python -m bench --large` adds Gamebeam alone at 0.5 and 2 million messages."
    lines = ["| messages | wall, s | events/s | peak memory, MB |", "|--:|--:|--:|--:|"]
    for r in results:
        if r.runs:
            run = r.runs[0]
            lines.append(f"| {r.messages:,} | {run.wall_s:.1f} | {r.messages / run.wall_s:,.0f} | {run.peak_mb:,.0f} |")
        else:
            lines.append(f"| {r.messages:,} | not measured: {r.problem} | | |")
    return head + "Gamebeam alone, one run each.\n\n" + "\n".join(lines)


def cpu_per_million(result: Result) -> float:
    return median(run.cpu_s for run in result.runs) / result.messages * 1e6


def speed_ratio(gamebeam: Result | None, other: Result) -> float | None:
    """Median over the rounds of other's wall time by Gamebeam's."""
    rounds = zip(gamebeam.runs, other.runs, strict=False) if gamebeam else ()
    ratios = [theirs.wall_s / ours.wall_s for ours, theirs in rounds]
    return median(ratios) if ratios else None


def _cores_busy(result: Result) -> float:
    return median(run.cpu_s / run.wall_s for run in result.runs)


def _of(results: Sequence[Result], name: str) -> Result | None:
    return next((r for r in results if r.contender.name == name and r.runs), None)

