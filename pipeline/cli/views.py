"""gamebeam views."""

import click

from gamebeam.pipeline.cli.options import ARCHIVE, READ_CONTRACT


@click.command("views")
@ARCHIVE
@READ_CONTRACT
@click.option("--dataset", required=True, metavar="PROJECT.DATASET", help="BigQuery dataset of the views.")
@click.option("--since", default="", metavar="DATE", show_default="the hot tables' expiry",
              help="First day that event views read from the hot tables; older days come from the archive.")
def command(archive: str, contract: str, dataset: str, since: str) -> None:
    """Print BigQuery SQL: the archive as external tables, and event views over hot tables and archive."""
    from gamebeam.pipeline.archive_contract import contract_to_read
    from gamebeam.sql.border import border_script

    print(border_script(contract_to_read(archive, contract), dataset, archive, since or None), end="")
