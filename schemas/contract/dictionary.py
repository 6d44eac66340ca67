"""`gamebeam contract docs`: a game's data dictionary as Markdown, from its contract, and from what an archive holds if one is given."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Protocol

from gamebeam.schemas.contract.contract import Contract, envelope_fields
from gamebeam.schemas.contract.feeds import feed_tables
from gamebeam.schemas.contract.fields import Field, FieldType
from gamebeam.schemas.contract.questions import questions
from gamebeam.schemas.contract.rollups import Rollup
from gamebeam.schemas.contract.yaml_models import UNITS
from gamebeam.schemas.tables import Table, tables

HEAD = ("| column | type | nullable | meaning | role | pii | examples |", "|---|---|---|---|---|---|---|")
ABOUT = {
    "dead_letter": "`reason` and `field` say what was wrong; `fingerprint` groups a thousand of them into one problem.",
    "ledger": "received = landed + duplicate + dead_lettered, in every row. Its view adds `missing`, events that clients counted and that "
              "never came, and `implausible`, numbers that a counter skipped, more in a row than `max_hole`.",
}
# Meanings of the pipeline's own columns whose name alone does not say enough.
MEANINGS = {
    "window_start": "Where the window begins.", "window_end": "Where it ends, itself not in it.", "hour": "Start of the hour.",
    "game": "The game.", "env": "live or test.", "platform": "Operating system or store.", "app_version": "The build.",
    "event_type": "The type; null where it could not be read.", "country": "Country of the player.", "player_id": "The player.",
    "received": "Messages that came in.", "landed": "Events that are in the archive.", "duplicate": "Further copies of an event.",
    "dead_lettered": "Messages that could not become events.", "late": "Of the landed, those that came late.",
    "table_rejected": "Of the landed, those that the hot table refused.", "events": "Events landed.",
    "first_time": "event_time of the first.", "last_time": "event_time of the last.",
    "piece_start": "event_time of its first event.", "piece_end": "event_time of its last event.",
    "seq_from": "First of the range.", "seq_to": "Last of the range, itself in it.", "revenue_micros": "Millionths of a USD.",
    "session_id": "The client's session.", "pane_index": "Number of the pane in its window.",
}


class Seen(Protocol):
    """What an archive holds of an event type. nulls: column -> share of its events."""

    @property
    def events(self) -> int: ...
    @property
    def first(self) -> datetime | None: ...
    @property
    def last(self) -> datetime | None: ...
    @property
    def nulls(self) -> Mapping[str, float]: ...


def dictionary(contract: Contract, seen: Mapping[str, Seen] | None = None) -> str:
    """Every table of a game: what its columns hold, what they mean, what is personal and what a role says."""
    all_tables = tables(contract)
    own = [all_tables[name] for name in contract.events]
    declared = {r.name: r for r in contract.rollups}
    built_in = [t for name, t in all_tables.items() if name not in contract.events and name not in declared]
    lines = [f"# Data dictionary: {contract.name}", "", *_about(contract), ""]
    lines += ["## Every event has", "", *_table(envelope_fields()), ""]
    lines += ["## Event types", "", "Each is a table: the columns above, then these. Its view shows each event once.", ""]
    for table in own:
        held = seen[table.name] if seen else None
        lines += [f"### {table.name}", "", table.doc, "", *_held(held), *_event(contract, table, held), ""]
    lines += ["## The pipeline's own tables", "", "Rows are added, never changed; the views show what holds.", ""]
    for table in built_in:
        about = f"{table.doc} {ABOUT.get(table.name, '')}".rstrip()
        lines += [f"### {table.name}", "", about, "", *_table(table.fields), ""]
    if declared:
        lines += ["## Rollups that the game declares", "", "A row per window and keys; late events are left out.", ""]
    for rollup in contract.rollups:
        lines += [f"### {rollup.name}", "", *_rollup(rollup), "", *_table(all_tables[rollup.name].fields), ""]
    lines += ["## Feeds", "", "CSV files that others send, and what of them could not be read.", ""]
    for table in feed_tables(contract).values():
        lines += [f"### {table.name}", "", table.doc, "", *_table(table.fields), ""]
    if asked := questions(contract):
        lines += ["## Questions", "", "`gamebeam query NAME` answers them.", ""]
        lines += [f"- `{q.name}`: {_cell(q.title)}. {_cell(q.doc)}".rstrip() for q in asked.values()]
    return "\n".join(lines).rstrip() + "\n"


def _held(held: Seen | None) -> list[str]:
    if held is None:
        return []
    if not held.first or not held.last:
        return ["Never seen.", ""]
    return [f"Seen {held.events:,} times, first {held.first:%Y-%m-%d %H:%M}, last {held.last:%Y-%m-%d %H:%M} UTC.", ""]


def _about(contract: Contract) -> list[str]:
    counted = f"per {contract.counter}" if contract.counter else "not at all, so loss is not measurable"
    sessions = f"a gap of {_duration(contract.session_gap_ms)}" if contract.session_gap_ms else "session_id"
    return [f"Contract {contract.fingerprint}. Generated by `gamebeam contract docs`: change the contract, not this page.", "",
            f"- Clients count their events {counted}.",
            f"- A session is told by {sessions}.",
            f"- An event is late when it arrives more than {_duration(contract.allowed_lateness_ms)} after it happened.",
            f"- Money is {contract.currency}; reports are by days in {contract.time_zone}. All times are stored in UTC.",
            f"- A message has at most {contract.max_message_bytes} bytes.",
            *([f"- A counter that skips more than {contract.max_hole} numbers at once has lost none of them: they are implausible."]
              if contract.counter else [])]


def _event(contract: Contract, table: Table, held: Seen | None = None) -> list[str]:
    kept = {f.name for f in envelope_fields()} | {"run_id"}
    fields = [f for f in table.fields if f.name not in kept]
    lines = _table(fields, held.nulls if held else None) if fields else ["No columns of its own."]
    dropped = [f for f in contract.events[table.name].fields if not f.stored]
    if dropped:
        lines += ["", "Never stored (pii: drop): " + ", ".join(f"`{f.name}`" for f in dropped) + "."]
    return lines


def _table(fields: Iterable[Field], nulls: Mapping[str, float] | None = None) -> list[str]:
    if nulls is None:
        return [*HEAD, *(row for f in fields for row in _rows(f, f.name))]
    rows = [(f.name if i == 0 else "", row) for f in fields for i, row in enumerate(_rows(f, f.name))]
    shares = {name: f"{100 * share:.1f} %" for name, share in nulls.items()}
    return [f"{HEAD[0]} null |", f"{HEAD[1]}---|", *(f"{row} {shares.get(name, '')} |" for name, row in rows)]


def _rows(f: Field, name: str) -> list[str]:
    """A row for a field, and one for each field inside it: affiliations[].org."""
    examples = ", ".join(_said(e) for e in f.examples[:3])
    sign = " (subtracted)" if f.factor < 0 else f" (times {f.factor})" if f.factor != 1 else ""
    role = ", ".join(f.roles) + sign if f.roles else ""
    meaning = (f.doc or MEANINGS.get(f.name, "")) + (f" One of {', '.join(f.type.symbols)}." if f.type.symbols else "")
    cells = [name, _type(f.type), "yes" if f.nullable else "no", _cell(meaning), role, f.pii or "", examples]
    row = f"| {' | '.join(cells)} |"
    inner = f.type.item if f.type.kind == "array" else f.type
    within = f"{name}[]" if f.type.kind == "array" else name
    return [row, *(r for g in (inner.fields if inner else ()) if g.stored for r in _rows(g, f"{within}.{g.name}"))]


def _type(t: FieldType) -> str:
    if t.kind == "array" and t.item:
        return f"array of {_type(t.item)}"
    if t.kind == "timestamp":
        return "timestamp (ms, UTC)"
    return t.kind


def _rollup(r: Rollup) -> list[str]:
    window = f"Windows of {_duration(r.window_ms)}"
    if r.period_ms != r.window_ms:
        window += f", a new one every {_duration(r.period_ms)}"
    of = ", ".join(f"`{e}`" for e in r.events) if r.events else "every event type"
    where = "".join(f", where {k} = {_said(v)}" for k, v in r.where)
    values = [f"- `{v.name}`: {v.kind}" + (f" of {v.field or 'role ' + str(v.role)}" if v.field or v.role else "")
              + "".join(f" where {k} = {_said(x)}" for k, x in v.where) for v in r.values]
    return [r.doc, "", f"{window}, over {of}{where}; keys: {', '.join(r.keys)}.", "", *values]


def _said(value: object) -> str:
    """A value as code, safe inside a cell."""
    return "`" + _cell(json.dumps(value, ensure_ascii=False)).replace("`", "'") + "`"


def _duration(ms: int) -> str:
    """3600000 -> 1 h."""
    unit, size = next((u, n) for u, n in reversed(UNITS.items()) if ms % n == 0 or u == "s")
    return f"{ms // size} {({'m': 'min'}).get(unit, unit)}"


def _cell(text: str) -> str:
    """Text that stays inside its cell of a Markdown table."""
    return " ".join(text.replace("|", "\\|").split())
