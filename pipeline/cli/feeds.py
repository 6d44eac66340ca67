"""gamebeam feeds run, watch."""

import sys

import click

from gamebeam.pipeline.cli.options import ARCHIVE
from gamebeam.schemas.contract.contract import Contract
from gamebeam.schemas.printable import printable_lines

CONTRACT = click.option("--contract", default="", metavar="NAME|FOLDER", show_default="the archive's own",
                        help="Contract whose feeds.yaml declares the feeds; needed for a new archive.")
DROP = click.option("--drop", required=True, metavar="FOLDER", help="Folder into which others drop CSV files.")
STILL = click.option("--still", default="30s", show_default=True, metavar="TIME",
                     help="Load a file once nothing was written to it for so long, such as 30s or 2m.")


@click.group("feeds")
def command() -> None:
    """Load CSV files, such as advertising costs, that others drop into a folder."""


@command.command("run")
@ARCHIVE
@CONTRACT
@DROP
@STILL
@click.option("--reprocess", is_flag=True, show_default="off", help="Load files that were loaded before once more, as of now.")
@click.option("--again", is_flag=True, hidden=True, show_default="off", help="Old name of --reprocess.")
def run_feeds(archive: str, contract: str, drop: str, still: str, reprocess: bool, again: bool) -> None:
    """Load the files that are there, once."""
    from gamebeam.feeds.drop import run

    if again:
        print("gamebeam feeds: --again is now called --reprocess; the old name is accepted in this version only", file=sys.stderr)
    settle_s = _settle_s(still)
    for line in run(_declared(archive, contract), archive, drop, settle_s, reprocess or again):
        print(printable_lines(line), flush=True)


@command.command("watch")
@ARCHIVE
@CONTRACT
@DROP
@STILL
def watch_feeds(archive: str, contract: str, drop: str, still: str) -> None:
    """Load files as they are dropped, until Ctrl-C. Files that were begun are finished."""
    from gamebeam.feeds.drop import watch
    from gamebeam.pipeline.watch import signals

    settle_s, declared = _settle_s(still), _declared(archive, contract)
    with signals() as came:
        for line in watch(declared, archive, drop, settle_s, stop=lambda: bool(came)):
            print(printable_lines(line), flush=True)


def _settle_s(still: str) -> float:
    from gamebeam.transforms.sources.uri import seconds

    return seconds("gamebeam feeds", "--still", still)


def _declared(archive: str, contract: str) -> Contract:
    """The archive's contract with these feeds, stored in the archive."""
    from gamebeam.archive.contract_file import accepted_contract, store_contract
    from gamebeam.feeds.drop import declared
    from gamebeam.pipeline.archive_contract import given_contract

    accepted = accepted_contract(archive, given_contract(contract))
    declared(accepted)
    store_contract(archive, accepted)
    return accepted
