"""What an archive really holds of each event type: when it was seen, and how often each column is null."""

from dataclasses import dataclass
from datetime import datetime

import duckdb

from gamebeam.schemas.contract.contract import Contract
from gamebeam.schemas.tables import tables
from gamebeam.sql.engine import ask


@dataclass(frozen=True)
class Seen:
    """nulls: column -> share of the events, 0 to 1, in which it is null."""

    events: int
    first: datetime | None
    last: datetime | None
    nulls: dict[str, float]


def seen(con: duckdb.DuckDBPyConnection, contract: Contract) -> dict[str, Seen]:
    """By event type; an event counts once."""
    found = {}
    for name in contract.events:
        columns = [f.name for f in tables(contract)[name].fields if f.name != "run_id"]
        nulls = ", ".join(f"COUNTIF(`{c}` IS NULL) AS `{c}`" for c in columns)
        [(events, first, last, *counts)] = ask(con, f"SELECT COUNT(*), MIN(event_time), MAX(event_time), {nulls} FROM `{name}`").rows
        found[name] = Seen(events, first, last, {c: n / events for c, n in zip(columns, counts, strict=True)} if events else {})
    return found
