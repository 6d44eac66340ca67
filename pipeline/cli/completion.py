"""gamebeam completion."""

import click
from click.shell_completion import get_completion_class

SHELLS = ("bash", "zsh", "fish")


@click.command("completion")
@click.argument("shell", type=click.Choice(SHELLS))
def command(shell: str) -> None:
    """Print the completion script of a shell. For bash: eval "$(gamebeam completion bash)"."""
    from gamebeam.pipeline.cli.__main__ import root

    found = get_completion_class(shell)
    assert found is not None
    print(found(root, {}, "gamebeam", "_GAMEBEAM_COMPLETE").source())
