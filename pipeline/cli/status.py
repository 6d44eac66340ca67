"""gamebeam status."""

import click

from gamebeam.pipeline.cli.options import ARCHIVE, READ_CONTRACT


@click.command("status")
@ARCHIVE
@READ_CONTRACT
def command(archive: str, contract: str) -> None:
    """Show an archive's runs, how fresh they are, what came in, and files that could not be read."""
    from gamebeam.pipeline.archive_contract import contract_to_read
    from gamebeam.sql.status import status

    print(status(contract_to_read(archive, contract), archive), end="")
