"""What make live shows: an archive's ledger, problems and newest panes, as views give them now."""

from typing import NamedTuple

from rich.console import Group, RenderableType
from rich.table import Table

from schemas.contract import Contract
from sql.archive import ArchiveError
from sql.engine import Result, ask, open_archive
from sql.show import plain

LEDGER = """SELECT SUM(received) AS received, SUM(landed) AS landed, SUM(late) AS late, SUM(duplicate) AS duplicate,
SUM(dead_lettered) AS dead_lettered, SUM(missing) AS missing FROM ledger"""
PROBLEMS = "SELECT reason, event_type, messages FROM dead_letter_problems ORDER BY messages DESC, reason LIMIT 3"
REVENUE = """SELECT FORMAT_TIMESTAMP('%H:%M', window_start) AS minute, ROUND(SUM(revenue), 2) AS usd, LOGICAL_AND(is_final) AS is_final
FROM revenue_per_minute WHERE env = 'live' GROUP BY window_start ORDER BY window_start DESC LIMIT 3"""
PLAYERS = """SELECT FORMAT_TIMESTAMP('%H:%M', window_end) AS until, SUM(players) AS players, LOGICAL_AND(is_final) AS is_final
FROM active_players WHERE env = 'live' GROUP BY window_end ORDER BY window_end DESC LIMIT 3"""


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
    return Look(dict(zip(counts.columns, counts.rows[0], strict=True)),
                {"problems": ask(con, PROBLEMS), "revenue per minute": ask(con, REVENUE), "players in ten minutes": ask(con, PLAYERS)})


def panel(seen: Look, sent: int, state: str) -> RenderableType:
    received = seen.ledger.get("received") or 0
    ledger = Table(title=f"ledger ({state})", title_justify="left")
    cells = {"sent": sent, "not yet in a closed window": sent - received, **seen.ledger}
    for name in cells:
        ledger.add_column(name, justify="right")
    ledger.add_row(*("not told yet" if n is None else f"{n:,}" for n in cells.values()))
    below = Table.grid(padding=(0, 3))
    below.add_row(*(_table(title, result) for title, result in seen.tables.items() if result.rows))
    return Group(ledger, below)


def _table(title: str, result: Result) -> Table:
    table = Table(title=title, title_justify="left")
    for name in result.columns:
        table.add_column(name)
    for row in result.rows:
        table.add_row(*("" if v is None else str(plain(v)) for v in row))
    return table
