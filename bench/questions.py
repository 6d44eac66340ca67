"""python -m bench.questions: every packaged game's questions on DuckDB over millions of events, then docs/benchmarks/questions.md."""

import argparse
import shlex
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from statistics import median

import duckdb
from sqlglot import exp

from bench.copies import Archive, copied
from bench.environment import machine
from bench.rounds import ROOT
from gamebeam.loadgen.generate import generate
from gamebeam.pipeline.cli.__main__ import main as gamebeam
from gamebeam.schemas.contract.contract import PACKAGED, Contract, load_contract
from gamebeam.schemas.contract.questions import questions
from gamebeam.sql.engine import Result, ask, open_archive
from gamebeam.sql.query import parameters
from gamebeam.sql.translate import parse

GAMES = sorted(folder.name for folder in PACKAGED.iterdir() if folder.is_dir())
BASE_PLAYERS, AIM_S, ROUNDS = 704, 2.0, 3
CACHE = ROOT / ".cache" / "bench" / "questions"


@dataclass(frozen=True)
class Timed:
    """A question's wall times in seconds, opening not included; and with the views that it names kept as tables, if that was tried."""

    name: str
    rows: int
    seconds: tuple[float, ...]
    views: tuple[str, ...]
    kept_s: float | None = None
    keeping_s: float | None = None


@dataclass(frozen=True)
class Measured:
    """One game's questions over its archive, and the seconds that opening it took."""

    game: str
    archive: Archive
    opening_s: float
    timed: tuple[Timed, ...]


def main(argv: Sequence[str] | None = None) -> int:
    argv = list(sys.argv[1:] if argv is None else argv)
    parser = argparse.ArgumentParser(prog="python -m bench.questions", allow_abbrev=False, description=__doc__)
    parser.add_argument("--events", type=int, default=5_000_000, help="at least so many (default: %(default)s)")
    parser.add_argument("--days", type=int, default=30, help="that they are spread over (default: %(default)s)")
    parser.add_argument("--report", type=Path, default=ROOT / "docs" / "benchmarks" / "questions.md", help="where the table goes")
    parser.add_argument("--game", action="append", choices=GAMES, help="only this one; may be given several times (default: all)")
    args = parser.parse_args(argv)
    if args.events < 1 or args.days < 2:
        parser.error("--events is at least 1, --days at least 2")
    here, archives = machine(), {}
    for contract in map(load_contract, args.game or GAMES):
        cache = CACHE / contract.fingerprint[:12]  # what an older contract's job wrote has other columns
        archives[contract] = copied(contract, base(contract, cache), cache, args.events, args.days)
    measured = [measure(contract, archive) for contract, archive in archives.items()]
    args.report.write_text(report(measured, here, shlex.join(["python", "-m", "bench.questions", *argv])))
    print(f"{args.report} written", file=sys.stderr)
    return 0


def base(contract: Contract, cache: Path) -> Path:
    """An archive of real generated events, made by the job; the same each time."""
    root, played = cache / "base", cache / "played"
    if not (root / "ready").exists():
        shutil.rmtree(cache, ignore_errors=True)  # what an interrupted run left
        generate(contract, str(played), players=BASE_PLAYERS, days=2, seed=1)
        if gamebeam(["run", f"--contract={contract.name}", f"--source={played}/messages/*", f"--archive={root}"]):
            raise SystemExit(f"bench: the job that makes {contract.name}'s archive failed")
        shutil.rmtree(played)
        (root / "ready").touch()
    return root


def measure(contract: Contract, archive: Archive) -> Measured:
    """Each question's seconds; the first answer warms up."""
    began = time.perf_counter()
    con = open_archive(contract, str(archive.root))
    opening = time.perf_counter() - began
    given, found = parameters(con, contract), []
    for question in questions(contract).values():
        def asked(sql: str = question.sql) -> Result:
            return ask(con, sql, given)

        views = _views(con, question.sql)
        timed = Timed(question.name, len(asked().rows), _seconds(asked), views)
        if median(timed.seconds) > AIM_S:
            began = time.perf_counter()
            for view in views:
                con.execute(f"CREATE TEMP TABLE {view} AS SELECT * FROM main.{view}")  # found before the view of that name
            keeping = time.perf_counter() - began
            timed = replace(timed, keeping_s=keeping, kept_s=median(_seconds(asked)))
            for view in views:
                con.execute(f"DROP TABLE temp.{view}")
        found.append(timed)
        print(f"{contract.name:<10}{question.name:<24}{median(timed.seconds):>8.2f} s", file=sys.stderr)
    con.close()
    return Measured(contract.name, archive, opening, tuple(found))


def _seconds(ask_it: Callable[[], Result]) -> tuple[float, ...]:
    found = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        ask_it()
        found.append(time.perf_counter() - began)
    return tuple(found)


def _views(con: duckdb.DuckDBPyConnection, sql: str) -> tuple[str, ...]:
    """What the question reads by name."""
    known = {name for (name,) in con.execute("SELECT view_name FROM duckdb_views() WHERE schema_name = 'main' AND NOT internal").fetchall()}
    return tuple(sorted(known & {table.name for table in parse(sql).find_all(exp.Table)}))


def report(measured: Sequence[Measured], here: dict[str, str], command: str) -> str:
    archives = [f"| {m.game} | {m.archive.events:,} | {m.archive.days} | {m.archive.copies:,} | {m.archive.files:,} | {m.opening_s:.1f} |"
                for m in measured]
    lines = [f"| {m.game} | {t.name} | {median(t.seconds):.2f} ({min(t.seconds):.2f}–{max(t.seconds):.2f}) | {t.rows:,} | "
             f"{', '.join(t.views)} |" for m in measured for t in m.timed]
    help_ = [f"* {m.game}'s **{t.name}**: with {', '.join(t.views)} kept as tables it takes {t.kept_s:.2f} s; making them takes "
             f"{t.keeping_s:.1f} s." for m in measured for t in m.timed if t.kept_s is not None]
    return "\n".join([
        "# Bench: the questions", "", f"Written by `{command}` on {date.today().isoformat()}; do not edit.", "",
        "Each game's archive is many copies of one that the job wrote of generated messages, each with players of its own and days "
        "shifted; Parquet files are one per table, day and hour as the job writes them. Rollups without players are not copied on top "
        "of each other: no question here reads them.",
        f"Machine: {here['cores']} cores ({here['cpu']}), {here['memory']}; DuckDB {here['duckdb']}; load average before {here['load']}.",
        f"An archive is opened once; a question's time is the median of {ROUNDS} after one to warm up.", "",
        "| game | events | days | copies | Parquet files | opening, seconds |", "|---|--:|--:|--:|--:|--:|", *archives, "",
        "| game | question | seconds (fastest to slowest) | rows | views |", "|---|---|--:|--:|---|", *lines, "",
        f"## Over {AIM_S:g} s", "", *(help_ or [f"None of {len(lines)}."]), ""])


if __name__ == "__main__":
    sys.exit(main())
