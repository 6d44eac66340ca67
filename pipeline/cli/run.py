"""gamebeam run."""

import argparse
import logging
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from types import FrameType

import click

from gamebeam.pipeline.job_flags import FLAGS, JobFlag
from gamebeam.schemas.printable import printable_lines

HELP = """Read messages and write the archive.

Files are read once, in a batch run that ends. kafka://…, pubsub://… and --follow are read without end. Running the same command again
is safe: files that a complete run has read are skipped. Exits 3 if every message of a batch run was dead-lettered.

Beam's own flags pass through: --runner=PrismRunner for a stream on one machine, --runner=FlinkRunner, --runner=DataflowRunner, and what
those take. Without --runner a batch run uses all cores of this machine."""


def _option(flag: JobFlag) -> click.Option:
    if flag.is_switch:
        return click.Option([f"--{flag.name}", flag.attribute], is_flag=True, show_default="off", help=f"{flag.help}.")
    return click.Option([f"--{flag.name}", flag.attribute], metavar="TEXT", show_default="none", help=f"{flag.help}.")


class Run(click.Command):
    """Explain the job's flags, and hand all that are given, Beam's among them, to Beam's own parser."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not {"-h", "--help"}.isdisjoint(args):
            return super().parse_args(ctx, ["--help"])
        ctx.args = list(args)
        return ctx.args


@click.pass_context
def _run(ctx: click.Context) -> int:
    return run_job(ctx.args)


command = Run("run", callback=_run, params=[_option(flag) for flag in FLAGS], help=HELP, add_help_option=True,
              context_settings={"ignore_unknown_options": True, "allow_extra_args": True})


def run_job(argv: Sequence[str]) -> int:
    """Run the job with the flags as they were given.

    Returns:
        0; 3 if every message of a batch run was dead-lettered.
    """
    logging.getLogger().setLevel(logging.CRITICAL)  # an error of a bundle comes back as the run's own
    _say(_intent(argv))  # first, since importing Beam takes seconds
    for old, new in ((f.old_name, f.name) for f in FLAGS if f.old_name):
        if any(word.split("=")[0] == f"--{old}" for word in argv) and not any(w.startswith("--template_location") for w in argv):
            _say(f"--{old} is now called --{new}; the old name is accepted in this version only")
    from apache_beam.options.pipeline_options import GoogleCloudOptions, StandardOptions

    from gamebeam.pipeline.options import JobOptions
    from gamebeam.transforms.sources.uri import Files, parse_source

    options = JobOptions(list(argv))
    launched = options.view_as(GoogleCloudOptions).template_location  # a launcher adds flags of its own; the metadata checked ours
    if not launched and (unknown := sorted(unknown_flags(argv))):
        raise ValueError(f"unknown flag {unknown[0]}; gamebeam run --help lists them, and a glob stands in quotes")
    if options.source and (options.follow or not isinstance(parse_source(options.source), Files)):
        from gamebeam.pipeline.stream import run_live

        run = run_live(options, say=lambda line: print(printable_lines(line), file=sys.stderr, flush=True))
        print(f"run {run.run_id}: {run.state}")
        return 0
    if options.view_as(StandardOptions).runner == "DirectRunner":
        _say("--runner=DirectRunner means FnApiRunner here, on all cores")
    return _run_files(options)


def _run_files(options: "JobOptions") -> int:  # type: ignore[name-defined]  # noqa: F821  # importing it imports Beam
    from gamebeam.pipeline.bar import bar
    from gamebeam.pipeline.batch import run_batch

    try:
        with _interrupts() as came, bar("reading") as show:
            outcome = run_batch(options, show)
    except (KeyboardInterrupt, ValueError):  # Beam turns an interrupt inside a step into an error of that step
        if not came:
            raise
        _say("interrupted: views show nothing of this run; give the same command again to start it anew")
        return 130
    for line in outcome.lines():
        print(printable_lines(line))
    if outcome.nothing_landed:
        _say(outcome.nothing_landed)
        return 3
    return 0


@contextmanager
def _interrupts() -> Iterator[list[int]]:
    """Remember Ctrl-C, and interrupt as ever. Only the main thread may ask for it."""
    came: list[int] = []

    def interrupt(number: int, frame: FrameType | None) -> None:
        came.append(number)
        signal.default_int_handler(number, frame)

    if threading.current_thread() is not threading.main_thread():
        yield came
        return
    before = signal.signal(signal.SIGINT, interrupt)
    try:
        yield came
    finally:
        signal.signal(signal.SIGINT, before)


def _intent(argv: Sequence[str]) -> str:
    """What this command is about to do. Only the part of a URI that may be shown: what follows the ? may hold a password."""
    given = dict(word[2:].split("=", 1) for word in argv if word.startswith("--") and "=" in word)
    given |= {a[2:]: b for a, b in pairwise(argv) if a.startswith("--") and "=" not in a and not b.startswith("--")}
    source, archive = (given.get(name, "").split("?")[0] if "://" in given.get(name, "") else given.get(name, "")
                       for name in ("source", "archive"))
    return f"reading {source}, writing archive {archive}" if source and archive else "starting"


def _say(line: str) -> None:
    print(f"gamebeam run: {printable_lines(line)}", file=sys.stderr, flush=True)


def unknown_flags(argv: Sequence[str]) -> set[str]:
    """Return arguments that neither the job nor Beam knows."""
    from apache_beam.options.pipeline_options import PipelineOptions

    from gamebeam.pipeline.options import JobOptions  # noqa: F401, one of them
    from gamebeam.pipeline.runners.flink import FlinkFlags  # noqa: F401, one of them

    parser = argparse.ArgumentParser(prog="gamebeam run", allow_abbrev=False)
    for cls in PipelineOptions.__subclasses__():
        cls._add_argparse_args(parser)  # type: ignore[arg-type]  # Beam's own parser ignores unknown keywords
    return set(parser.parse_known_args(list(argv))[1])
