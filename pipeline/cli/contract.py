"""gamebeam contract check, infer, docs, diff."""

import sys
from pathlib import Path

import click

PATH = click.argument("contract", metavar="NAME|FOLDER")


@click.group("contract")
def command() -> None:
    """Check, infer, document and compare contracts: the folders that say what a game's events are."""


@command.command("check")
@PATH
def check(contract: str) -> int:
    """Load a contract, and check its examples, views and questions. Exits 1 on any problem."""
    from gamebeam.schemas.contract.contract import load_contract
    from gamebeam.sql.check_sql import check_sql
    from gamebeam.transforms.decode.examples import check_examples

    loaded = load_contract(contract)
    problems = [*check_examples(loaded), *check_sql(loaded)]
    for problem in problems:
        print(f"{contract}: {problem}", file=sys.stderr)
    if not problems:
        print(f"{loaded.name}: {len(loaded.events)} event types, {len(loaded.rollups)} rollups, examples and SQL hold")
    return 1 if problems else 0


@command.command("infer")
@click.argument("sample", type=Path, metavar="SAMPLE.jsonl")
@click.option("--out", required=True, type=Path, metavar="FOLDER", help="New folder for the contract.")
def infer_contract(sample: Path, out: Path) -> None:
    """Write a first contract from real messages, one a line, and report what was guessed and why."""
    from gamebeam.schemas.inference.infer import infer

    print(infer(sample, out))


@command.command("docs")
@click.argument("contract", metavar="[NAME|FOLDER]", default="")
@click.option("--archive", default="", metavar="FOLDER", show_default="none",
              help="Archive whose contract is documented, with what its columns hold.")
def docs(contract: str, archive: str) -> None:
    """Print the data dictionary of a contract (by default starter's), or of an archive."""
    from gamebeam.pipeline.archive_contract import contract_to_read
    from gamebeam.schemas.contract.contract import load_contract
    from gamebeam.schemas.contract.dictionary import dictionary
    from gamebeam.sql.engine import open_archive
    from gamebeam.sql.seen import seen

    if not archive:
        print(dictionary(load_contract(contract or "starter"), None))
        return
    found = contract_to_read(archive, contract)
    print(dictionary(found, seen(open_archive(found, archive), found)))


@command.command("diff")
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
def diff(old: str, new: str) -> int:
    """Print what a change of a contract adds and breaks. Exits 1 if data written under OLD could not be read under NEW."""
    from gamebeam.schemas.contract.contract import load_contract
    from gamebeam.schemas.contract.evolution import difference

    lines, breaking = difference(load_contract(old), load_contract(new))
    print("\n".join(lines))
    return 1 if breaking else 0
