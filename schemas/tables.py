"""Every table of a game, from its contract: one per event type, and the pipeline's own. Types as Arrow's."""

from dataclasses import dataclass
from functools import cache, cached_property

import pyarrow as pa

from gamebeam.schemas.contract.contract import Contract, dead_letter_fields, envelope_fields
from gamebeam.schemas.contract.fields import Field, FieldType
from gamebeam.schemas.contract.rollups import Rollup

ARROW = {"boolean": pa.bool_(), "long": pa.int64(), "double": pa.float64(), "string": pa.string(), "bytes": pa.binary(),
         "timestamp": pa.timestamp("ms", tz="UTC"), "date": pa.date32()}
STRING, LONG, TIMESTAMP = FieldType("string"), FieldType("long"), FieldType("timestamp")
PIECE = FieldType("record", fields=(
    Field("piece_start", TIMESTAMP, False), Field("piece_end", TIMESTAMP, False), Field("events", LONG, False),
    Field("revenue_micros", LONG, False), Field("session_id", STRING, True), Field("platform", STRING, True),
    Field("app_version", STRING, True), Field("country", STRING, True)))
SEQ_RANGE = FieldType("record", fields=(Field("seq_from", LONG, False), Field("seq_to", LONG, False)))
_AT = "event_time of that value."
_LAST_KNOWN = (Field("platform", STRING, True, "The last known in the hour."), Field("platform_at", TIMESTAMP, True, _AT),
               Field("app_version", STRING, True, "The last known in the hour."), Field("app_version_at", TIMESTAMP, True, _AT))
LEDGER_COUNTS = ("received", "landed", "duplicate", "dead_lettered", "late", "table_rejected")


@dataclass(frozen=True)
class Table:
    """A table's name, its columns, and the timestamp column whose day partitions it."""

    name: str
    doc: str
    fields: tuple[Field, ...]
    partition: str
    folder: str  # events or rollups: where its files lie in the archive

    @cached_property
    def arrow(self) -> pa.Schema:
        return pa.schema([pa.field(f.name, arrow_type(f.type), f.nullable) for f in self.fields])


def arrow_type(t: FieldType | None) -> pa.DataType:
    if t is None:
        raise TypeError("an array without an item type")
    if t.kind == "array":
        return pa.list_(arrow_type(t.item))
    if t.kind == "record":
        return pa.struct([pa.field(f.name, arrow_type(f.type), f.nullable) for f in t.fields if f.stored])
    return ARROW[t.kind]


@cache
def tables(contract: Contract) -> dict[str, Table]:
    """Table by name: event types first, then dead_letter, the built-in rollups and the declared ones."""
    own = [event_table(contract, name) for name in contract.events]
    dead = Table("dead_letter", "Messages that could not become events.", (_run_id(), *dead_letter_fields()), "arrival_time", "events")
    rollups = [ledger_table(), counter_hours_table(), player_hours_table(contract),
               *(declared_table(contract, r) for r in contract.rollups)]
    return {t.name: t for t in (*own, dead, *rollups)}


def event_table(contract: Contract, name: str) -> Table:
    event = contract.events[name]
    raw = (Field("raw_event", STRING, True, "The message itself, scrubbed of secrets."),) if contract.keep_raw else ()
    own = tuple(f for f in event.fields if f.stored)
    return Table(name, event.doc, (_run_id(), *envelope_fields(), *own, *raw), "event_time", "events")


def ledger_table() -> Table:
    keys = [Field("hour", TIMESTAMP, False, "Hour of event_time; of arrival_time where there is none.")]
    keys += [Field(n, STRING, True) for n in ("game", "env", "platform", "app_version", "event_type")]
    return _rollup("ledger", "What came in and what became of it.", [*keys, *(Field(n, LONG, False) for n in LEDGER_COUNTS)])


def counter_hours_table() -> Table:
    return _rollup("counter_hours", "Which of a counter's numbers came in, per hour.", [
        Field("hour", TIMESTAMP, False), Field("game", STRING, True), Field("env", STRING, True),
        Field("counter", STRING, False, "install_id, player_id or session_id, as the contract says."),
        *_LAST_KNOWN,
        Field("seq_ranges", FieldType("array", item=SEQ_RANGE), False, "Coalesced ranges of seq landed or readable in dead letters.")])


def player_hours_table(contract: Contract) -> Table:
    states = [g for f in contract.state_fields for g in (
        Field(f.name, f.type, True, f.doc), Field(f"{f.name}_at", TIMESTAMP, True, _AT))]
    return _rollup("player_hours", "What each player did, per hour.", [
        Field("hour", TIMESTAMP, False), Field("env", STRING, True), Field("player_id", STRING, False),
        Field("anonymous", FieldType("boolean"), True,
              "True where no player was known: player_id is then a session's id, or an installation's."),
        *_LAST_KNOWN,
        Field("country", STRING, True, "The last known in the hour."), Field("country_at", TIMESTAMP, True, _AT),
        Field("events", LONG, False),
        Field("revenue_micros", LONG, False, "Millionths of a USD."), Field("score_micros", LONG, False, "Millionths of a point."),
        Field("first_time", TIMESTAMP, False), Field("last_time", TIMESTAMP, False), *states,
        Field("pieces", FieldType("array", item=PIECE), False, "Stretches of activity, by session_id or gap.")])


def declared_table(contract: Contract, rollup: Rollup) -> Table:
    types = {f.name: f.type for f in envelope_fields()}
    own = [f for e in rollup.events or contract.events for f in contract.events[e].fields]
    types |= {f.name: f.type for f in sorted(own, key=lambda f: f.type.kind == "double")}  # a double in one type is one in the rollup
    fields = [Field(k, types[k], True) for k in rollup.keys]
    fields.append(Field("counted", LONG, False, "Events in the row: of the panes of a window, the one that counted most is the last."))
    for v in rollup.values:
        if v.kind == "count":
            fields.append(Field(v.name, LONG, False))
        elif v.kind == "sum":
            long = v.field is not None and types[v.field].kind == "long"
            fields.append(Field(v.name if long else f"{v.name}_micros", LONG, False))
            if v.field is not None and not long:
                fields.append(Field(v.name, LONG, True, "The sum in rows of before the field became a double; null since."))
        elif v.kind == "distinct":
            fields.append(Field(f"{v.name}_hashes", FieldType("array", item=LONG), False, "The smallest hashes of the values seen."))
        else:
            fields.append(Field(v.name, types[v.field or ""], True))
            if v.kind == "last":
                fields.append(Field(f"{v.name}_at", TIMESTAMP, True))
    fields.append(Field("declaration", STRING, True, "Fingerprint of the rollup's declaration; null in rows of before it was written."))
    return _rollup(rollup.name, rollup.doc, fields)


def _run_id() -> Field:
    return Field("run_id", STRING, False, "The run that wrote the row.")


def _rollup(name: str, doc: str, fields: list[Field]) -> Table:
    """Rows are never updated: a view takes, per run, window and keys, the row emitted last, then merges over runs."""
    head = (_run_id(), Field("generation", LONG, False, "0; higher where repair recomputed the window."),
            Field("window_start", TIMESTAMP, False), Field("window_end", TIMESTAMP, False))
    tail = (Field("pane_index", LONG, False), Field("pane_timing", STRING, False, "EARLY, ON_TIME or LATE."),
            Field("emitted_time", TIMESTAMP, False, "When the pane fired; later panes hold all of the earlier."))
    return Table(name, doc, (*head, *fields, *tail), "window_start", "rollups")
