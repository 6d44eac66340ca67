"""gamebeam replay."""

import click

from gamebeam.pipeline.cli.options import ARCHIVE, READ_CONTRACT
from gamebeam.schemas.printable import printable_lines


@click.command("replay")
@ARCHIVE
@READ_CONTRACT
@click.option("--fingerprint", required=True, help="The problem to replay: column fingerprint of the view dead_letter_problems.")
@click.option("--config", default="", metavar="FILE", show_default="none", help="The job's --config, where the contract hashes a field.")
@click.option("--dry-run", is_flag=True, show_default="off", help="Only print what would land.")
def command(archive: str, contract: str, fingerprint: str, config: str, dry_run: bool) -> None:
    """Decode the dead letters of one problem again under the present contract, and land those that are events now."""
    from gamebeam.pipeline.archive_contract import given_contract
    from gamebeam.pipeline.options import Config, pii_key
    from gamebeam.pipeline.replay import replay

    key = pii_key(Config.load(config or None))
    for line in replay(archive, given_contract(contract), fingerprint, dry_run=dry_run, pii_key=key).lines():
        print(printable_lines(line))
