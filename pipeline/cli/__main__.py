"""gamebeam: find the command, and turn what goes wrong into one line on stderr and an exit code.

Exit codes: 0 done; 1 it failed, or two answers differ; 2 wrong usage; 3 a run in which no message landed; 130 interrupted.
"""

import os
import sys
from collections.abc import Sequence
from importlib import import_module

import click

import gamebeam
from gamebeam.schemas.printable import printable_lines

COMMANDS = {  # name -> what it does, as `gamebeam --help` prints it; each is a module of this package
    "run": "Read messages and write the archive: a batch run over files, or a stream.",
    "status": "Show an archive's runs, how fresh they are, and what came in.",
    "query": "Query an archive in BigQuery SQL.",
    "report": "Draw a game's report as one HTML page.",
    "serve": "Serve the report live, with a page per player.",
    "feeds": "Load CSV files that others drop into a folder.",
    "check": "Compare every figure of an archive with an answer sheet.",
    "views": "Print BigQuery SQL for external tables and views over the archive.",
    "cost": "Print what a query over one day reads, and costs on BigQuery.",
    "repair": "Recompute the rollups of some hours from the deduplicated archive.",
    "replay": "Decode dead letters again under the present contract.",
    "generate": "Generate players' messages, faults included, and the answer sheet.",
    "collect": "Run the front door, and manage its API keys.",
    "tables": "Plan, create and load BigQuery tables.",
    "contract": "Check, infer, document and compare contracts.",
    "demo": "Generate, run, check and query, on this machine.",
    "completion": "Print the completion script of a shell.",
}
EXTRAS = {  # a package that a command may miss -> the extra that brings it
    "altair": "reports", "jinja2": "reports", "vl_convert": "reports", "starlette": "reports", "uvicorn": "reports", "pycountry": "feeds",
    "confluent_kafka": "kafka", "mmh3": "kafka", "google": "gcp", "argon2": "collector", "httptools": "collector",
    "prometheus_client": "collector", "uvloop": "collector",
}


class Commands(click.Group):
    """The commands, each imported only when it is called or asked for help: importing Beam takes seconds."""

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command: click.Command = import_module(f"gamebeam.pipeline.cli.{name}").command
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            raise click.NoSuchCommand(args[0], possibilities=COMMANDS, ctx=ctx)
        return super().resolve_command(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.version_option(gamebeam.__version__, message="gamebeam %(version)s")
def root() -> None:
    """Account for every event of a game: from players' messages to an archive that answers BigQuery SQL."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: the arguments; by default those of the process.

    Returns:
        The exit code.
    """
    argv = list(sys.argv[1:] if argv is None else argv)
    name = f"gamebeam {argv[0]}" if argv and argv[0] in COMMANDS else "gamebeam"
    try:
        code = root.main(argv or ["--help"], prog_name="gamebeam", standalone_mode=False)
        sys.stdout.flush()  # here, where a closed pipe is caught
        return code if isinstance(code, int) else 0
    except click.ClickException as e:
        e.show()
        return e.exit_code
    except (KeyboardInterrupt, click.Abort):
        return 130
    except BrokenPipeError:  # the reader of our output has what it wanted
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except ImportError as e:
        extra = _extra(name, (e.name or "").split(".")[0])
        if not extra:
            raise
        return _failed(name, f"the package {e.name} is not installed: pip install 'gamebeam[{extra}]'")
    except (ValueError, OSError) as e:
        return _failed(name, _one_line(e))
    except Exception as e:
        if not type(e).__module__.startswith(("google.api_core", "google.auth")):
            raise
        return _failed(name, _one_line(e))


def _extra(command: str, package: str) -> str:
    """The extra that brings a missing package; empty where none does."""
    return "collector" if command == "gamebeam collect" and package in EXTRAS else EXTRAS.get(package, "")


def _failed(name: str, why: str) -> int:
    print(f"{name}: {printable_lines(why)}", file=sys.stderr)
    return 1


def _one_line(error: BaseException) -> str:
    if isinstance(error, OSError) and error.filename and error.strerror:
        return f"{error.filename}: {error.strerror}"
    return str(error)


if __name__ == "__main__":
    sys.exit(main())
