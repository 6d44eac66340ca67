"""gamebeam query: a statement, a file or one of the game's questions by name, over an archive."""

import io
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import duckdb
import pyarrow.parquet as pq

from gamebeam.schemas.contract.contract import Contract
from gamebeam.schemas.contract.questions import Question, questions, report_questions
from gamebeam.sql.compare import Comparison, ask_bigquery, compare
from gamebeam.sql.engine import Result, ask, ask_arrow, open_archive
from gamebeam.sql.show import FORMATS, show

if TYPE_CHECKING:
    from google.cloud.bigquery import Client


def query(contract: Contract, archive: str, text_or_file: str, format: str = "table", as_of: str = "", env: str = "live",
          memory: str = "", unexamined: list[str] | None = None) -> str:
    """The answer as text. text_or_file is BigQuery SQL, a file.sql, or the NAME of one of the game's questions.

    as_of: a date (what came until its end, in the contract's time zone) or a moment (what came before it); "" is everything.
    memory: as open_archive has it. unexamined: as ask has it.
    """
    if format not in FORMATS:
        raise ValueError(f"--format={format}: use one of {', '.join(FORMATS)}")
    asked = find(contract, text_or_file)
    sql = asked if isinstance(asked, str) else asked.sql
    con = open_archive(contract, archive, memory)
    values = parameters(con, contract, as_of, env) if "@" in sql else {}
    shown = show(ask(con, sql, values, unexamined), format)
    return f"{titled(asked, values)}\n{shown}" if isinstance(asked, Question) and format == "table" else shown


def query_parquet(contract: Contract, archive: str, text_or_file: str, as_of: str = "", env: str = "live", memory: str = "",
                  unexamined: list[str] | None = None) -> bytes:
    """Return the answer as a Parquet file, with the columns' own types. Arguments are those of `query`."""
    asked = find(contract, text_or_file)
    sql = asked if isinstance(asked, str) else asked.sql
    con = open_archive(contract, archive, memory)
    file = io.BytesIO()
    pq.write_table(ask_arrow(con, sql, parameters(con, contract, as_of, env) if "@" in sql else {}, unexamined), file)
    return file.getvalue()


def against_bigquery(contract: Contract, archive: str, text_or_file: str, client: "Client", dataset: str, as_of: str = "",
                     env: str = "live", memory: str = "", unexamined: list[str] | None = None) -> Comparison:
    """Answer one query over an archive and over the dataset `project.dataset`, by the same text, and compare the answers.

    unexamined: as ask has it.
    """
    asked = find(contract, text_or_file)
    sql = asked if isinstance(asked, str) else asked.sql
    con = open_archive(contract, archive, memory)
    values = parameters(con, contract, as_of, env) if "@" in sql else {}
    return compare(sql, ask(con, sql, values, unexamined), ask_bigquery(client, dataset, sql, values))


def answer(con: duckdb.DuckDBPyConnection, contract: Contract, question: Question, as_of: str = "", env: str = "live") -> Result:
    """One question over an opened archive."""
    return ask(con, question.sql, parameters(con, contract, as_of, env))


def titled(question: Question, values: Mapping[str, Any]) -> str:
    """Player Standings, as of 2026-11-03 04:00 UTC. values: as `parameters` gives them."""
    return question.title + (f", as of {values['as_of'].astimezone(UTC):%Y-%m-%d %H:%M} UTC" if question.has_date else "")


def parameters(con: duckdb.DuckDBPyConnection, contract: Contract, as_of: str = "", env: str = "live") -> dict[str, Any]:
    """What @names of a question stand for."""
    return {"as_of": _moment(as_of, contract.time_zone) if as_of else _end(con), "env": env, "time_zone": contract.time_zone}


def find(contract: Contract, text_or_file: str) -> str | Question:
    """SQL text as it is, or the question of that name."""
    if text_or_file.endswith(".sql"):
        if not Path(text_or_file).is_file():
            raise FileNotFoundError(f"{text_or_file}: no such file")
        return Path(text_or_file).read_text()
    if not re.fullmatch(r"\w+", text_or_file):
        return text_or_file
    known = {**report_questions(contract), **questions(contract)}
    if text_or_file not in known:
        raise FileNotFoundError(f"{text_or_file}: neither SQL, nor a file.sql, nor a question of {contract.name} "
                                f"({', '.join(known) or 'it has none'})")
    return known[text_or_file]


def _moment(text: str, time_zone: str) -> datetime:
    zone = ZoneInfo(time_zone)
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            return datetime.combine(date.fromisoformat(text) + timedelta(days=1), time(), zone)
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"--as-of={text}: expected a date such as 2026-11-02, or a moment such as 2026-11-02T18:00") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def _end(con: duckdb.DuckDBPyConnection) -> datetime:
    """The end of the last hour in which an event landed."""
    con.execute("SELECT MAX(hour) FROM ledger WHERE landed > 0")
    [last] = con.fetchone() or [None]
    latest = datetime.max.replace(tzinfo=UTC) - timedelta(hours=1)  # of what a clock may have said
    return min(last or datetime.fromtimestamp(0, UTC), latest) + timedelta(hours=1)
