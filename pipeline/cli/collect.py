"""gamebeam collect serve, key add, key list, key remove."""

import sys
from pathlib import Path

import click

KEYS = click.option("--keys", default="keys.json", show_default=True, metavar="FILE", type=Path,
                    help="File of API keys; it holds hashes only.")


@click.group("collect")
def command() -> None:
    """Run the front door, which takes events over HTTP, and manage its API keys."""


@command.command("serve")
@click.option("--config", required=True, metavar="FILE", help="YAML with games, keys, queue, listen and workers.")
def serve_door(config: str) -> None:
    """Serve until SIGTERM or Ctrl-C. Requests under way are answered."""
    from gamebeam.collector.serve import serve
    from gamebeam.pipeline.cli.listen import listen

    serve(config, lambda host, port: listen(host, port, f"change listen in {config}"))


@command.group("key")
def key() -> None:
    """Add, list and remove API keys. A running front door reads a changed file within a second."""


@key.command("add")
@KEYS
@click.option("--game", required=True, help="Name of the game in the front door's settings.")
@click.option("--env", required=True, help="Environment of every event that is posted with the key: live or test.")
@click.option("--rate", type=float, default=None, show_default="the settings' rate", help="Most events per second.")
@click.option("--backfill", is_flag=True, show_default="off",
              help="Events keep the received_time that they bring, for imports and simulations.")
@click.option("--read", is_flag=True, show_default="off", help="The key reads players (GET /v1/players/{id}) and posts no events.")
def add(keys: Path, game: str, env: str, rate: float | None, backfill: bool, read: bool) -> None:
    """Add a key and print it, once."""
    from gamebeam.collector.keys import add_key

    print(add_key(keys, game, env, rate, backfill, read))
    print(f"shown once: {keys} keeps only its hash", file=sys.stderr)


@key.command("list")
@KEYS
def list_all(keys: Path) -> None:
    """List the keys' ids, games, environments and rates."""
    from gamebeam.collector.keys import read_keys

    for one in read_keys(keys):
        rate = [f"{one.rate:g} events/s"] if one.rate else []
        marks = [name for name, on in (("backfill", one.backfill), ("read", one.read)) if on]
        print("\t".join([one.id, one.game, one.env, *rate, *marks]))


@key.command("remove")
@KEYS
@click.argument("key_id")
def remove(keys: Path, key_id: str) -> None:
    """Remove a key by its id."""
    from gamebeam.collector.keys import remove_key

    remove_key(keys, key_id)
