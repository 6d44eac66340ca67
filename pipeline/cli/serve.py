"""gamebeam serve."""

import sys

import click

from gamebeam.pipeline.cli.options import ARCHIVE, ENV, READ_CONTRACT


@click.command("serve")
@ARCHIVE
@READ_CONTRACT
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on. Nobody is asked for a password.")
@click.option("--port", default=8000, show_default=True, help="Port to listen on.")
@ENV
def command(archive: str, contract: str, host: str, port: int, env: str) -> None:
    """Serve the report live over an archive, with a page per player, until Ctrl-C."""
    from gamebeam.pipeline.archive_contract import contract_to_read
    from gamebeam.pipeline.cli.listen import listen
    from gamebeam.reports.serve import is_loopback, serve
    from gamebeam.sql.archive import read_runs

    given = contract_to_read(archive, contract)
    read_runs(archive)  # or nothing would be served
    if not is_loopback(host):
        print(f"gamebeam serve: {host} is not loopback, and nobody is asked for a password", file=sys.stderr)
    serve(given, archive, listen(host, port, "give another --port"), host, env)
