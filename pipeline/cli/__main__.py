"""gamebeam: a thin door. Each command calls one function of one room; what goes wrong is one line on stderr and an exit code."""

import sys
from collections.abc import Callable, Sequence
from importlib import import_module

from gamebeam.schemas.printable import printable_lines

COMMANDS: dict[str, tuple[str, str]] = {  # name -> (module of pipeline.commands, what it does)
    "run": ("job", "read messages, write the archive (batch over files, or live from kafka://…, pubsub://… or with --follow)"),
    "status": ("job", "an archive's runs, how fresh they are, what came in and what became of it"),
    "query": ("ask", "ask the archive in BigQuery SQL, on DuckDB"),
    "report": ("ask", "one HTML page about a game: its questions drawn, each figure marked provisional or final"),
    "serve": ("ask", "the report live over the archive, with a page per player"),
    "feeds": ("ask", "run or watch: load the CSV files that others drop into a folder"),
    "check": ("ask", "compare every figure of an archive with an answer sheet; exit 1 on any difference"),
    "views": ("ask", "BigQuery SQL: the archive as external tables, and event views over hot tables and archive"),
    "cost": ("ask", "what a query over one day of the archive reads, and costs on BigQuery"),
    "repair": ("job", "recompute the rollups of some hours from the deduplicated archive"),
    "replay": ("job", "decode dead letters again under the present contract, and land those that are events now"),
    "generate": ("play", "players who play, the faults on the way, and the answer sheet"),
    "collect": ("play", "the front door: serve --config=collector.yaml, or key add, list and remove"),
    "tables": ("contract", "plan, apply or load: BigQuery's tables and views, from the contract"),
    "contract": ("contract", "check, infer, docs or diff: a game's contract"),
    "demo": ("play", "generate, run, check and ask, on this machine"),
}


def main(argv: Sequence[str] | None = None) -> int:
    argv = list(sys.argv[1:] if argv is None else argv)
    if not argv or argv[0] in ("-h", "--help") or argv[0] not in COMMANDS:
        print("usage: gamebeam COMMAND …\n\n" + "\n".join(f"  {name:<10} {what}" for name, (_, what) in COMMANDS.items()), file=sys.stderr)
        return 0 if argv and argv[0] in ("-h", "--help") else 2
    try:
        module = import_module(f"gamebeam.pipeline.cli.{COMMANDS[argv[0]][0]}")
        command: Callable[[list[str]], int] = getattr(module, f"{argv[0]}_command")
        return command(argv[1:])
    except (ValueError, OSError) as e:
        print(f"gamebeam {argv[0]}: {_one_line(e)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except Exception as e:
        if not type(e).__module__.startswith(("google.api_core", "google.auth")):
            raise
        print(f"gamebeam {argv[0]}: {_one_line(e)}", file=sys.stderr)
        return 1


def _one_line(error: BaseException) -> str:
    if isinstance(error, OSError) and error.filename and error.strerror:
        return printable_lines(f"{error.filename}: {error.strerror}")
    return printable_lines(str(error))


if __name__ == "__main__":
    sys.exit(main())
