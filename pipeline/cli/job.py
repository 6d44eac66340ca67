"""gamebeam run, status, repair, replay: the job, and what mends its archive."""

import argparse
import logging
import sys
from typing import Any

from gamebeam.pipeline.bar import bar
from gamebeam.pipeline.cli.flags import Flags
from gamebeam.schemas.printable import printable_lines


def run_command(argv: list[str]) -> int:
    logging.getLogger().setLevel(logging.CRITICAL)  # an error of a bundle comes back as the run's own
    from apache_beam.options.pipeline_options import GoogleCloudOptions, StandardOptions

    from gamebeam.pipeline.batch import run_batch
    from gamebeam.pipeline.options import JobOptions
    from gamebeam.transforms.sources.uri import Files, parse_source

    options = JobOptions(argv)
    launched = options.view_as(GoogleCloudOptions).template_location  # a launcher adds flags of its own; the metadata checked ours
    if not launched and (unknown := sorted(_unknown_flags(argv))):
        raise ValueError(f"unknown flag {unknown[0]}; gamebeam run --help lists them, and a glob stands in quotes")
    if options.source and (options.follow or not isinstance(parse_source(options.source), Files)):
        from gamebeam.pipeline.stream import run_live

        run = run_live(options, say=lambda line: print(printable_lines(line), file=sys.stderr, flush=True))
        print(f"run {run.run_id}: {run.state}")
        return 0
    if options.view_as(StandardOptions).runner == "DirectRunner":
        print("--runner=DirectRunner means FnApiRunner here, on all cores", file=sys.stderr)
    with bar("reading") as show:
        outcome = run_batch(options, show)
    for line in outcome.lines():
        print(printable_lines(line))
    if outcome.nothing_landed:
        print(f"gamebeam run: {printable_lines(outcome.nothing_landed)}", file=sys.stderr)
        return 3
    return 0


def _unknown_flags(argv: list[str]) -> set[str]:
    from apache_beam.options.pipeline_options import PipelineOptions

    from gamebeam.pipeline.runners.flink import FlinkFlags  # noqa: F401, one of them

    parser: Any = argparse.ArgumentParser(prog="gamebeam run", allow_abbrev=False)
    for cls in PipelineOptions.__subclasses__():
        cls._add_argparse_args(parser)
    return set(parser.parse_known_args(argv)[1])


def status_command(argv: list[str]) -> int:
    from gamebeam.pipeline.archive_contract import contract_to_read
    from gamebeam.sql.status import status

    args = Flags("status").add(("--contract", ""), ("--archive", None)).parse(argv)
    print(status(contract_to_read(args.archive, args.contract), args.archive), end="")
    return 0


def repair_command(argv: list[str]) -> int:
    from gamebeam.pipeline.archive_contract import given_contract
    from gamebeam.pipeline.repair import hour, repair

    args = Flags("repair").add(
        ("--contract", ""), ("--archive", None), ("--from", None), ("--to", None), ("--ended", "")).parse(argv)
    run = repair(args.archive, given_contract(args.contract), hour(getattr(args, "from")), hour(args.to), args.ended)
    print(f"run {run.run_id}: generation {run.generation} of {sum(run.rows.values()):,} rollup rows, in place of those of "
          f"{len(run.repairs)} runs")
    return 0


def replay_command(argv: list[str]) -> int:
    from gamebeam.pipeline.archive_contract import given_contract
    from gamebeam.pipeline.options import Config, pii_key
    from gamebeam.pipeline.replay import replay

    flags = Flags("replay").add(("--contract", ""), ("--archive", None), ("--fingerprint", None), ("--config", ""))
    flags.parser.add_argument("--dry-run", action="store_true", help="only say what would land")
    args = flags.parse(argv)
    key = pii_key(Config.load(args.config or None))
    outcome = replay(args.archive, given_contract(args.contract), args.fingerprint, dry_run=args.dry_run, pii_key=key)
    for line in outcome.lines():
        print(printable_lines(line))
    return 0
