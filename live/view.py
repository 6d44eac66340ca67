"""What make live shows: an archive's ledger, problems and newest panes, as views give them now."""

from typing import NamedTuple

from rich.columns import Columns
from rich.console import Group, RenderableType
from rich.table import Table

from gamebeam.schemas.contract.contract import Contract
from gamebeam.sql.archive import ArchiveError
from gamebeam.sql.engine import Result, ask, open_archive
from gamebeam.sql.show import plain

LEDGER = """SELECT SUM(received) AS received, SUM(landed) AS landed, SUM(late) AS late, SUM(duplicate) AS duplicate,
SUM(dead_lettered) AS dead, SUM(missing) AS missing FROM ledger"""
PANELS = {
    "dead-letter problems": """SELECT reason, event_type, field, SUM(messages) AS messages
        FROM dead_letter_problems GROUP BY reason, event_type, field ORDER BY messages DESC, reason LIMIT 3""",
    "revenue per minute": """
        SELECT FORMAT_TIMESTAMP('%H:%M', window_start) AS minute, ROUND(SUM(revenue), 2) AS usd, LOGICAL_AND(is_final) AS final
        FROM revenue_per_minute WHERE env = 'live' GROUP BY window_start ORDER BY window_start DESC LIMIT 3""",
    "active players (10 min)": """
        SELECT FORMAT_TIMESTAMP('%H:%M', window_end) AS until, SUM(players) AS players, LOGICAL_AND(is_final) AS final
        FROM active_players WHERE env = 'live' AND window_end <= TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 1 MINUTE)
        GROUP BY window_end ORDER BY window_end DESC LIMIT 3""",
}


class Look(NamedTuple):
    """ledger: counts by name, None for what no window has told yet. Tables under their titles, the newest first."""

    ledger: dict[str, int | None]
    tables: dict[str, Result]


def look(contract: Contract, archive: str) -> Look:
    try:
        con = open_archive(contract, archive)
    except ArchiveError:  # the job has not begun to write
        return Look({}, {})
    counts = ask(con, LEDGER)
    return Look(dict(zip(counts.columns, counts.rows[0], strict=True)), {title: ask(con, sql) for title, sql in PANELS.items()})


def panel(seen: Look, sent: int, state: str) -> RenderableType:
    """80 columns and 24 lines hold it."""
    received = seen.ledger.get("received") or 0
    ledger = Table(title=f"ledger ({state}); open: in no window that has closed", title_justify="left")
    cells = {"sent": sent, "open": sent - received, **seen.ledger}
    for name in cells:
        ledger.add_column(name, justify="right")
    ledger.add_row(*("–" if n is None else f"{n:,}" for n in cells.values()))
    told = [_table(title, result) for title, result in seen.tables.items() if result.rows]
    return Group(ledger, *told[:1], Columns(told[1:], padding=(0, 3)))


def _table(title: str, result: Result) -> Table:
    table = Table(title=title, title_justify="left", min_width=len(title))
    for name in result.columns:
        table.add_column(name)
    for row in result.rows:
        table.add_row(*(_cell(value) for value in row))
    return table


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "not yet"
        case _:
            return str(plain(value))
