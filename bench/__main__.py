"""python -m bench: every contender on the same messages, then docs/benchmarks/batch.md."""

import argparse
import shlex
import signal
import sys
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from bench.contenders import CONTENDERS
from bench.environment import machine, spark_python
from bench.messages import made
from bench.report import Setting, report
from bench.rounds import ROOT, measure, own_python

CACHE = ROOT / ".cache"
LARGE = (500_000, 2_000_000)


def main(argv: Sequence[str] | None = None) -> int:
    argv = list(sys.argv[1:] if argv is None else argv)
    args = _arguments(argv)
    if not Path("/proc/self/stat").exists():
        print("bench: needs Linux: CPU and memory are read from /proc", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # as an exception, so that the contender that runs is ended too
    cache, began, here = CACHE / "bench", time.monotonic(), machine()
    _tell(f"making about {args.messages:,} messages, if they are not there yet")
    messages = made(cache, args.messages, args.seed, args.faults)
    python = own_python(lambda: spark_python(CACHE / "bench-venv"))
    chosen = [c for c in CONTENDERS if not args.only or c.name in args.only]
    results = measure(chosen, messages, args.runs, cache, python, _tell)
    large = []
    for about in LARGE if args.large else ():
        _tell(f"Gamebeam alone at about {about:,} messages")
        large += measure(CONTENDERS[:1], made(cache, about, args.seed, args.faults), 1, cache, python, _tell)
    setting = Setting(here, date.today(), shlex.join(["python", "-m", "bench", *argv]), messages.count, messages.mean_bytes, args.faults)
    args.report.parent.mkdir(parents=True, exist_ok=True)
    args.report.write_text(report(setting, results, large))
    _tell(f"{args.report} written after {(time.monotonic() - began) / 60:.1f} minutes")
    return 1 if any(r.failed for r in [*results, *large]) else 0


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", allow_abbrev=False, description=__doc__)
    parser.add_argument("--messages", type=int, default=500_000, help="about how many to make (default: %(default)s)")
    parser.add_argument("--runs", type=int, default=3, help="rounds, of which the median is reported (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--faults", action=argparse.BooleanOptionalAction, default=True, help="the load generator's faults")
    parser.add_argument("--large", action="store_true", help="also Gamebeam alone at 0.5 and 2 million messages")
    parser.add_argument("--only", nargs="+", choices=[c.name for c in CONTENDERS], help="these contenders alone")
    parser.add_argument("--report", type=Path, default=ROOT / "docs" / "benchmarks" / "batch.md", help="where the table goes")
    args = parser.parse_args(argv)
    if min(args.messages, args.runs) < 1:
        parser.error("--messages and --runs are at least 1")
    return args


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
