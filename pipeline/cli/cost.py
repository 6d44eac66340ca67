"""gamebeam cost."""

import click

from gamebeam.pipeline.cli.options import ARCHIVE, READ_CONTRACT


@click.command("cost")
@ARCHIVE
@READ_CONTRACT
@click.option("--date", required=True, metavar="DATE", help="The day, such as 2026-11-02.")
@click.option("--format", "form", default="table", show_default=True, type=click.Choice(["table", "csv", "json", "jsonl"]),
              help="Form of the output.")
def command(archive: str, contract: str, date: str, form: str) -> None:
    """Print what a query over one day of the archive reads, and what that costs on BigQuery."""
    from gamebeam.pipeline.archive_contract import contract_to_read
    from gamebeam.sql.scanned import cost_of_a_day

    print(cost_of_a_day(contract_to_read(archive, contract), archive, date, form), end="")
