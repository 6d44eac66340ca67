"""gamebeam report."""

import click

from gamebeam.pipeline.cli.options import ARCHIVE, AS_OF, ENV, READ_CONTRACT


@click.command("report")
@ARCHIVE
@READ_CONTRACT
@click.option("--out", default="report.html", show_default=True, help="The page to write; its folder must exist.")
@click.option("--also", default="", metavar="csv,pdf", show_default="the page alone",
              help="Write each figure as CSV, and the page as PDF, beside it.")
@AS_OF
@ENV
def command(archive: str, contract: str, out: str, also: str, as_of: str, env: str) -> None:
    """Draw a game's report as one HTML page that needs no network. Each figure is marked final or provisional."""
    from gamebeam.pipeline.archive_contract import contract_to_read
    from gamebeam.reports.report import report

    for path in report(contract_to_read(archive, contract), archive, out, also, as_of, env):
        print(path)
