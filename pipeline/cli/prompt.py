"""gamebeam query without SQL: a prompt with history, and completion of views, columns and questions."""

import os
import sys
from collections.abc import Iterable
from pathlib import Path

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import WordCompleter
from prompt_toolkit.document import Document
from prompt_toolkit.filters import Condition
from prompt_toolkit.history import FileHistory

from gamebeam.schemas.contract.contract import Contract
from gamebeam.schemas.contract.questions import questions, report_questions
from gamebeam.schemas.printable import printable_lines
from gamebeam.sql.engine import open_archive
from gamebeam.sql.query import query

KEYWORDS = ("SELECT", "FROM", "WHERE", "GROUP BY", "ORDER BY", "LIMIT", "JOIN", "USING", "COUNT(*)", "COUNT(DISTINCT ", "SUM(", "AVG(",
            "HAVING", "QUALIFY", "WITH", "DESCRIBE", "SHOW TABLES")


def prompt(contract: Contract, archive: str, form: str, as_of: str, env: str, memory: str) -> int:
    """Ask for statements and answer them, until Ctrl-D."""
    session: PromptSession[str] = PromptSession(
        history=FileHistory(str(history_file())), completer=WordCompleter(words(contract, archive), ignore_case=True),
        complete_while_typing=False, prompt_continuation="    ...> ",
        multiline=Condition(lambda: not is_whole(session.default_buffer.document)))
    print(f"{archive}: {contract.name}. A statement ends with ; and a question is its name. Tab completes, Ctrl-D leaves.")
    while True:
        try:
            text = session.prompt("gamebeam> ").strip()
        except KeyboardInterrupt:
            continue
        except EOFError:
            return 0
        if not text:
            continue
        try:
            print(query(contract, archive, text.rstrip("; \n"), form, as_of, env, memory), end="")
        except (ValueError, OSError) as e:
            print(printable_lines(str(e)), file=sys.stderr)
        except KeyboardInterrupt:
            print("interrupted", file=sys.stderr)


def is_whole(document: Document) -> bool:
    """Whether Enter runs what is typed, and begins no new line: nothing, a question's name, or a statement that ends with a semicolon."""
    text = document.text.strip()
    return text.endswith(";") or text.isidentifier() or not text


def words(contract: Contract, archive: str) -> list[str]:
    """What Tab completes: keywords, views, columns and questions."""
    con = open_archive(contract, archive)
    columns: Iterable[tuple[str, str]] = con.execute(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'main'").fetchall()
    return sorted({*KEYWORDS, *(name for pair in columns for name in pair), *questions(contract), *report_questions(contract)})


def history_file() -> Path:
    """Statements of earlier prompts, readable by the user alone."""
    folder = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "gamebeam"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder / "query_history"
