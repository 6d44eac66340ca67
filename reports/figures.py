"""A question's answer as it stands on a page: every row with whether it is final, and how each value is written."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import duckdb

from gamebeam.schemas.contract.questions import Question
from gamebeam.sql.engine import Result, ask
from gamebeam.sql.query import titled
from gamebeam.sql.show import plain
from gamebeam.sql.translate import SqlError

Value = Any
NUMBER = (int, float, Decimal)
ENDINGS = {"_share": "%", "_rate": "%", "_usd": "$"}
STATUS = {True: "final", False: "provisional"}


@dataclass(frozen=True)
class Settled:
    """Days before `provisional_from` are final; None: all of them are. The last of them will be final at `until`."""

    provisional_from: date | None
    until: datetime | None

    def is_final(self, day: date | None = None) -> bool:
        """Of a day; of a figure over all days without one."""
        return self.provisional_from is None or (day is not None and day < self.provisional_from)


@dataclass(frozen=True)
class Figure:
    question: Question
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]
    final: tuple[bool, ...]  # of each row
    highest: frozenset[tuple[int, int]]  # (row, column) of each figure's maximum

    @property
    def status(self) -> str:
        return "empty" if not self.rows else STATUS[all(self.final)]

    @property
    def mixed(self) -> bool:
        """Whether the rows must tell for themselves."""
        return len(set(self.final)) > 1

    @property
    def kind(self) -> str:
        return self.question.chart.kind if self.question.chart else "table"

    @property
    def options(self) -> dict[str, str]:
        return self.question.chart.options if self.question.chart else {}


def settled(con: duckdb.DuckDBPyConnection, env: str) -> Settled:
    result = ask(con, "SELECT MIN(day), MAX(final_at) FROM data_status WHERE event_type IS NULL AND NOT is_final AND env = @env",
                 {"env": env})
    first, until = result.rows[0]
    return Settled(first, until)


def figure(con: duckdb.DuckDBPyConnection, question: Question, values: Mapping[str, object], days: Settled) -> Figure:
    """Asks. values: of the question's @names; in an error the question says its name."""
    try:
        result = ask(con, question.sql, values)
    except SqlError as e:
        raise ValueError(f"question {question.name}: {e}") from None
    return figure_of(question, result, days, titled(question, values))


def figure_of(question: Question, result: Result, days: Settled, title: str) -> Figure:
    """A row is final as its column is_final says, else as its day is, which may be the nth of a cohort; without any, once every day is."""
    columns = result.columns
    if "is_final" in columns:
        at = columns.index("is_final")
        final = tuple(bool(row[at]) for row in result.rows)
        columns = columns[:at] + columns[at + 1:]
        rows = tuple(row[:at] + row[at + 1:] for row in result.rows)
    else:
        rows = tuple(result.rows)
        final = tuple(days.is_final(_day(dict(zip(columns, row, strict=True)))) for row in rows)
    return Figure(question, title, tuple(columns), rows, final, _highest(question, columns, rows))


def _day(row: Mapping[str, Value]) -> date | None:
    day, cohort = row.get("day"), row.get("cohort")
    if isinstance(day, int) and isinstance(cohort, date):
        return cohort + timedelta(days=min(day, (date.max - cohort).days))
    return day if isinstance(day, date) else None


def _highest(question: Question, columns: list[str], rows: tuple[tuple[Value, ...], ...]) -> frozenset[tuple[int, int]]:
    """Every row that holds the maximum of a column of numbers that is no key; none where all are equal, or highest=no."""
    found: set[tuple[int, int]] = set()
    if question.chart and question.chart.options.get("highest") == "no":
        return frozenset()
    for c, name in enumerate(columns):
        numbers = [row[c] for row in rows if is_number(row[c])]
        if name in question.key or len(set(numbers)) < 2:
            continue
        top = max(numbers)
        found |= {(r, c) for r, row in enumerate(rows) if is_number(row[c]) and row[c] == top}
    return frozenset(found)


def is_number(value: Value) -> bool:
    return isinstance(value, NUMBER) and not isinstance(value, bool) and value == value  # no NaN


def format_of(column: str) -> str:
    """Shares and money are told by their names."""
    return next((f for ending, f in ENDINGS.items() if f"_{column}".endswith(ending)), "")


def written(value: Value, column: str = "", format: str = "") -> str:
    """A value for people. format: % for shares, $ for USD."""
    if value is None:
        return "not measurable" if column.startswith("missing") else "–"
    if is_number(value):
        if format == "%":
            return f"{100 * value:.1f} %"
        if format == "$":
            return f"{'-' if value < 0 else ''}${abs(value):,.2f}"
        return f"{value:,}" if value == int(value) else f"{value:,.2f}" if abs(value) >= 1 else f"{value:.3g}"
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(str(plain(v)) for v in value)
    return str(plain(value))


def label(column: str) -> str:
    """total_attack -> total attack."""
    return column.replace("_", " ")
