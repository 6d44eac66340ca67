"""make live: players who send while you watch, the job over it, its views as panes arrive; then the check against the answer sheet."""

import argparse
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console, RenderableType
from rich.live import Live

from gamebeam.loadgen.steady import SteadyLoad
from gamebeam.pipeline.watch import signals
from gamebeam.schemas.contract.contract import load_contract
from gamebeam.sql.check import compare_answers, report
from gamebeam.transforms.sources.uri import seconds
from live.job import GAME, FlinkJob, LiveError, PrismJob, on_flink, on_prism
from live.source import Inbox, folder, kafka
from live.view import look, panel

SOURCES, ENGINES = {"folder": folder, "kafka": kafka}, {"prism": on_prism, "flink": on_flink}
UNTIL_CTRL_C_S = 24 * 3_600
LOOK_S = 5.0  # a look costs up to a second of a core
FOR_FLINK = "On Flink a followed folder has no end, and its last windows do not close: SOURCE=kafka."


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="make live", description=__doc__, allow_abbrev=False)
    parser.add_argument("--source", choices=SOURCES, help="where players send to (default: folder; on Flink kafka)")
    parser.add_argument("--engine", choices=ENGINES, default="prism", help="what the job runs on (default: %(default)s)")
    parser.add_argument("--rate", type=float, default=200.0, help="messages a second (default: %(default)s)")
    parser.add_argument("--for", dest="duration", default="", help="such as 2m; until Ctrl-C where it is left out")
    parser.add_argument("--out", type=Path, default=Path(".cache/live"), help="replaced (default: %(default)s)")
    args = parser.parse_args(argv)
    try:
        return live(args.out.resolve(), args.source, args.engine, args.rate, args.duration, Console())
    except KeyboardInterrupt:  # nothing runs yet
        print("make live: ended before anybody played", file=sys.stderr)
        return 130
    except (OSError, ValueError, subprocess.CalledProcessError) as e:
        print(f"make live: {str(e).removeprefix('make live: ')}", file=sys.stderr)
        return 1


def live(out: Path, source: str | None, engine: str, rate: float, duration: str, console: Console) -> int:
    """0 once every figure is as the answer sheet says."""
    contract, archive = load_contract(GAME), str(out / "archive")
    asked = seconds("make live", "--for", duration) if duration else UNTIL_CTRL_C_S
    if engine == "flink" and source != "kafka":
        if source:
            raise LiveError(FOR_FLINK)
        console.print(FOR_FLINK, highlight=False)
        source = "kafka"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    console.print("starting; the first time builds or fetches engines, which takes minutes …", highlight=False)
    with signals() as came:
        with SOURCES[source or "folder"](out) as inbox, ENGINES[engine](inbox, archive, out, came) as job:
            until = f"for {duration}" if duration else "until Ctrl-C"
            console.print(f"{inbox.name}, {rate:g} messages a second, {until}.\n{job.about}", highlight=False)
            load = SteadyLoad(contract, rate=rate, seconds=asked, stop=lambda: bool(came) or job.process.poll() is not None)
            _play(load, inbox, job, out, lambda state: panel(look(contract, archive), load.messages, state), console)
        comparison = compare_answers(contract, archive, f"{out}/answers")
    console.print(f"{report(comparison).splitlines()[-1]}; the archive is {archive}", highlight=False)
    return 1 if comparison.differences else 0


def _play(load: SteadyLoad, inbox: Inbox, job: PrismJob | FlinkJob, out: Path, seen: Callable[[str], RenderableType],
          console: Console) -> None:
    """Until the load has ended and every window is closed. seen: what the archive tells, under the state that it is in."""
    sending = Sending(load, inbox)
    with _shown(console) as show:
        sending.start()
        while sending.is_alive():
            show(seen("playing"))
            sending.join(LOOK_S)
        if sending.failed or job.process.poll() is not None:
            raise LiveError(sending.failed or f"the job ended: {(out / 'job.log').read_text()[-1_000:]}")
        load.write_answers(out / "answers")
        show(seen("windows close"))
        job.close_windows(load.messages)
        show(seen("over"))


class Sending(threading.Thread):
    """The load on its way."""

    def __init__(self, load: SteadyLoad, inbox: Inbox):
        super().__init__(daemon=True)
        self.load, self.inbox, self.failed = load, inbox, ""

    def run(self) -> None:
        try:
            self.inbox.take(self.load)
        except Exception as e:  # a thread's own goes nowhere else
            self.failed = f"sending: {e}"


@contextmanager
def _shown(console: Console) -> Iterator[Callable[[RenderableType], None]]:
    """In place where a person watches, one below the other elsewhere."""
    if not console.is_terminal:
        yield lambda shown: console.print(shown)
        return
    with Live(console=console, auto_refresh=False) as screen:
        yield lambda shown: screen.update(shown, refresh=True)


if __name__ == "__main__":
    signal.signal(signal.SIGHUP, lambda *_: sys.exit(129))  # a terminal that is closed: what runs is ended on the way out
    sys.exit(main())
