"""docs/cli.md, from the commands: python -m gamebeam.pipeline.cli.documentation > docs/cli.md"""

from collections.abc import Iterator
from inspect import cleandoc

import click

from gamebeam.pipeline.cli.__main__ import root

HEAD = """# Command line

This page is generated from the commands: `python -m gamebeam.pipeline.cli.documentation > docs/cli.md`.

Exit codes: 0 done; 1 it failed, or two answers differ; 2 wrong usage; 3 a run in which every message was dead-lettered; 130 interrupted.

Completion: `eval "$(gamebeam completion bash)"`, or `zsh`; for fish `gamebeam completion fish | source`."""


def page() -> str:
    """Return the page as Markdown."""
    return "\n\n".join([HEAD, *(_section(ctx) for ctx in commands() if not isinstance(ctx.command, click.Group))]) + "\n"


def commands(ctx: click.Context | None = None) -> Iterator[click.Context]:
    """Every command and group, each with the path that leads to it."""
    ctx = ctx or click.Context(root, info_name="gamebeam", **root.context_settings)
    yield ctx
    if isinstance(ctx.command, click.Group):
        for name in ctx.command.list_commands(ctx):
            found = ctx.command.get_command(ctx, name)
            assert found is not None
            yield from commands(click.Context(found, parent=ctx, info_name=name, **found.context_settings))


def _section(ctx: click.Context) -> str:
    lines = [f"## {ctx.command_path}", f"`{' '.join([ctx.command_path, *ctx.command.collect_usage_pieces(ctx)])}`",
             cleandoc(ctx.command.help or "")]
    rows = [_row(ctx, p) for p in ctx.command.params if isinstance(p, click.Option) and not p.hidden]
    if rows:
        lines.append("\n".join(["| option | meaning | default |", "|---|---|---|", *rows]))
    return "\n\n".join(lines)


def _row(ctx: click.Context, option: click.Option) -> str:
    default = "required" if option.required else default_of(ctx, option)
    value = "" if option.is_flag else f"={option.make_metavar(ctx)}"
    return "| " + " | ".join(text.replace("|", "\\|") for text in (f"`{option.opts[0]}{value}`", option.help or "", default)) + " |"


def default_of(ctx: click.Context, option: click.Option) -> str:
    """What an option is where it is not given, as its help says it; empty where it says nothing."""
    if isinstance(option.show_default, str):
        return option.show_default
    return str(option.get_default(ctx)) if option.show_default else ""


if __name__ == "__main__":
    print(page(), end="")
