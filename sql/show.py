"""A result as a table for people, as CSV, as JSON or as JSON lines."""

import base64
import csv
import io
import json
import math
from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from gamebeam.schemas.printable import no_formula, printable
from gamebeam.sql.engine import Result

FORMATS = ("table", "csv", "json", "jsonl")


def show(result: Result, format: str = "table") -> str:
    """Return a result as text that ends with a line break.

    Clients' text is neutralised where a person's program would act on it: a control character is written as its escape in a table, and a
    text cell that a spreadsheet would run begins with an apostrophe in CSV. JSON, which programs read, is as it was sent.
    """
    if format == "table":
        return _table(result)
    if format == "csv":
        lines = [map(no_formula, result.columns), *(map(_csv_cell, row) for row in result.rows)]
        return "".join(map(_csv_line, lines))
    if format in ("json", "jsonl"):
        rows = [json.dumps(dict(zip(result.columns, map(plain, row), strict=True)), ensure_ascii=False) for row in result.rows]
        return "[" + ",\n ".join(rows) + "]\n" if format == "json" else "".join(f"{row}\n" for row in rows)
    raise ValueError(f"--format={format}: use one of {', '.join(FORMATS)}")


def plain(value: Any) -> Any:
    """A value as JSON has it: numbers stay numbers, moments are UTC without a zone, bytes are text where they can be."""
    match value:
        case datetime():
            return _moment(value)
        case date():
            return value.isoformat()
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case float() if not math.isfinite(value):
            return str(value)
        case bytes():
            try:
                return value.decode()
            except UnicodeDecodeError:
                return base64.b64encode(value).decode()
        case dict():
            return {key: plain(item) for key, item in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
        case None | bool() | int() | float() | str():
            return value
    return str(value)


def _moment(value: datetime) -> str:
    """2019-09-19 20:00:20.649; the fraction only where there is one."""
    if value.tzinfo:
        value = value.astimezone(UTC).replace(tzinfo=None)
    if not value.microsecond:
        return value.isoformat(" ", "seconds")
    return value.isoformat(" ", "microseconds" if value.microsecond % 1000 else "milliseconds")


def _cell(value: Any) -> str:
    shown = plain(value)
    if shown is None:
        return ""
    if isinstance(shown, bool):
        return str(shown).lower()
    return shown if isinstance(shown, str) else json.dumps(shown, ensure_ascii=False)


def _csv_cell(value: Any) -> str:
    return no_formula(_cell(value)) if isinstance(value, str | bytes) else _cell(value)


def _csv_line(cells: Iterable[str]) -> str:
    """Return one line: csv quotes a lone carriage return only where lines end with one."""
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerow(cells)
    return out.getvalue().removesuffix("\r\n") + "\n"


def _table(result: Result) -> str:
    table = Table()
    for i, name in enumerate(result.columns):
        numbers = any(isinstance(row[i], int | float | Decimal) and not isinstance(row[i], bool) for row in result.rows)
        table.add_column(Text(printable(name)), justify="right" if numbers else "left", no_wrap=True)
    for row in result.rows:
        table.add_row(*(Text("null", style="dim") if value is None else Text(printable(_cell(value))) for value in row))
    out = io.StringIO()
    Console(file=out, width=1_000_000, color_system=None).print(table)  # never cut: a cell is a fact
    return out.getvalue() + f"{len(result.rows):,} row{'' if len(result.rows) == 1 else 's'}\n"
