"""gamebeam demo."""

import logging
from pathlib import Path

import click


@click.command("demo")
@click.option("--out", default="demo", show_default=True, metavar="FOLDER", type=Path, help="Folder for messages, archive and report.")
@click.option("--players", default=2000, show_default=True, help="How many players play.")
def command(out: Path, players: int) -> int:
    """Generate two days of a game with everything going wrong on the way, run the job, query, and compare with the answer sheet."""
    logging.getLogger().setLevel(logging.CRITICAL)  # an error of a bundle comes back as the run's own
    from gamebeam.pipeline.demo import demo

    return demo(out, players)
