"""gamebeam check."""

import click

from gamebeam.pipeline.cli.options import ARCHIVE, READ_CONTRACT
from gamebeam.schemas.printable import printable_lines


@click.command("check")
@ARCHIVE
@READ_CONTRACT
@click.option("--answers", required=True, metavar="FOLDER", help="Answer sheet that `gamebeam generate` wrote.")
def command(archive: str, contract: str, answers: str) -> int:
    """Compare every figure of an archive with an answer sheet. Exits 1 on any difference."""
    from gamebeam.pipeline.archive_contract import contract_to_read
    from gamebeam.sql.check import compare_answers, report

    comparison = compare_answers(contract_to_read(archive, contract), archive, answers)
    print(printable_lines(report(comparison)), end="")
    return 1 if comparison.differences else 0
