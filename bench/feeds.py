"""python -m bench.feeds: 999 CSV files that differ in one row, dropped together, beside the write-up that did so; see docs/benchmarks."""

import argparse
import dataclasses
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from bench.environment import machine
from bench.rounds import ROOT
from gamebeam.archive.contract_file import claim_archive
from gamebeam.feeds.drop import run
from gamebeam.schemas.contract.contract import Contract, load_contract
from gamebeam.sql.engine import ask, open_archive

STUDENT = ROOT / "tests" / "cases" / "student"
WRITE_UP_S = 10.90  # for 999 files, to Parquet alone: https://github.com/amyth-singh/justplay-events-pipeline-development


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.feeds", allow_abbrev=False, description=__doc__)
    parser.add_argument("--files", type=int, default=999, help="how many copies (default: %(default)s)")
    parser.add_argument("--report", type=Path, default=ROOT / "docs" / "benchmarks" / "feeds.md", help="where the figures go")
    args = parser.parse_args(sys.argv[1:] if argv is None else argv)
    here = machine()
    with tempfile.TemporaryDirectory() as folder:
        seconds, rows = measure(Path(folder), args.files)
    args.report.write_text(report(here, args.files, rows, seconds))
    print(f"{args.files} files, {rows:,} rows: {seconds:.2f} s; {args.report} written", file=sys.stderr)
    return 0


def student_contract() -> Contract:
    """A contract that takes the write-up's students: its two schemas as they are, and its five questions."""
    contract = load_contract("starter")
    text = {name: body for name, body in contract.text.items() if not name.startswith(("questions/", "reports/", "report.", "views/"))}
    text["feeds.yaml"] = (STUDENT / "feeds.yaml").read_text()
    text |= {f"feeds/{p.name}": p.read_text() for p in STUDENT.glob("schema*.yaml")}
    text |= {f"questions/{p.name}": p.read_text() for p in (STUDENT / "questions").glob("*.sql")}
    return dataclasses.replace(contract, text=text)


def measure(folder: Path, files: int) -> tuple[float, int]:
    """(seconds from the first look at the folder to the last file in done/, rows that are then in the table)."""
    contract, drop, archive = student_contract(), folder / "drop", str(folder / "archive")
    drop.mkdir()
    head, first, *others = (STUDENT / "student-mat.csv").read_text().splitlines()
    cells = first.split(";")
    cells[29] = "{}"  # absences: no two files are the same
    for n in range(files):
        (drop / f"student-{n:04d}.csv").write_text("\n".join([head, ";".join(cells).format(n), *others]) + "\n")
    claim_archive(archive, contract)
    began = time.perf_counter()
    lines = list(run(contract, archive, str(drop), settle_s=0))
    seconds = time.perf_counter() - began
    if bad := [line for line in lines if "395 rows into students" not in line]:
        raise SystemExit(f"bench: {bad[0]}")
    [(rows,)] = ask(open_archive(contract, archive), "SELECT COUNT(*) FROM students").rows
    return seconds, rows


def report(here: dict[str, str], files: int, rows: int, seconds: float) -> str:
    return "\n".join([
        "# Bench: CSV files", "", f"Written by `python -m bench.feeds` on {date.today().isoformat()}; do not edit.", "",
        f"{files} copies of the write-up's 395 students that differ in a row, in one `gamebeam feeds run`: checked value by value, landed "
        f"as Parquet, counted by a manifest each, moved to done/; afterwards {rows:,} rows are in the table.",
        f"Machine: {here['cores']} cores ({here['cpu']}), {here['memory']}; load average before {here['load']}.", "",
        "| | seconds | a file |", "|---|--:|--:|", f"| `gamebeam feeds run` | {seconds:.2f} | {seconds / files:.4f} |",
        f"| the write-up, to Parquet, on its machine (999 files) | {WRITE_UP_S:.2f} | {WRITE_UP_S / 999:.4f} |", ""])


if __name__ == "__main__":
    sys.exit(main())
