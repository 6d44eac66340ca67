"""gamebeam repair."""

import click

from gamebeam.pipeline.cli.options import ARCHIVE, READ_CONTRACT


@click.command("repair")
@ARCHIVE
@READ_CONTRACT
@click.option("--from", "start", required=True, metavar="HOUR", help="First hour to recompute, such as 2026-11-02T07 (UTC).")
@click.option("--to", "end", required=True, metavar="HOUR", help="First hour that is left out.")
@click.option("--ended", default="", metavar="RUN[,RUN]", show_default="none",
              help="Open runs that will never go on: they become complete.")
def command(archive: str, contract: str, start: str, end: str, ended: str) -> None:
    """Recompute the rollups of some hours from the deduplicated archive. It may be given again."""
    from gamebeam.pipeline.archive_contract import given_contract
    from gamebeam.pipeline.repair import hour, repair

    run = repair(archive, given_contract(contract), hour(start), hour(end), ended)
    print(f"run {run.run_id}: generation {run.generation} of {sum(run.rows.values()):,} rollup rows, in place of those of "
               f"{len(run.repairs)} runs")
