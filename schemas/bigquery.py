"""A game's tables as BigQuery DDL: the text that `gamebeam tables plan` shows is the text that `apply` runs."""

import json
import re
from dataclasses import dataclass

from gamebeam.schemas.contract.contract import Contract
from gamebeam.schemas.contract.feeds import DEAD, feed_tables
from gamebeam.schemas.contract.fields import ContractError, Field, FieldType
from gamebeam.schemas.events import DEAD_LETTER
from gamebeam.schemas.tables import LONG, STRING, TIMESTAMP, tables

TYPES = {"boolean": "BOOL", "long": "INT64", "double": "FLOAT64", "string": "STRING", "bytes": "BYTES", "timestamp": "TIMESTAMP",
         "date": "DATE"}
EVENT_DAYS = 30  # the archive has the older ones
DEAD_LETTER_DAYS = 14  # they may hold what nobody meant to send
ROLLUP_DAYS = 760  # 25 months, or retention and first_seen would be wrong
CLUSTERED_BY = ("player_id", "fingerprint", "counter", "event_type", "env")  # the first of these that a table has
RUN_MANIFESTS = "run_manifests"
URI = re.compile(r"bq://((?:[a-z0-9.-]+:)?[a-z][a-z0-9-]*[a-z0-9])\.([A-Za-z0-9_]+)")


@dataclass(frozen=True)
class Target:
    """Where a game's tables and views are: views in `dataset`, tables in datasets beside it, for access of their own."""

    project: str
    dataset: str

    def dataset_of(self, table: str) -> str:
        return f"{self.dataset}_{'dead_letters' if table == DEAD_LETTER else 'tables'}"

    @property
    def datasets(self) -> dict[str, str]:
        """Description by dataset."""
        return {self.dataset: "Gamebeam: what analysts read.",
                self.dataset_of(""): "Gamebeam: the tables under the views; written by the job alone.",
                self.dataset_of(DEAD_LETTER): "Gamebeam: messages that could not become events; for those on call."}

    def table_id(self, table: str) -> str:
        return f"{self.project}.{self.dataset_of(table)}.{table}"

    def __str__(self) -> str:
        return f"bq://{self.project}.{self.dataset}"


@dataclass(frozen=True)
class WantedTable:
    """A table as the contract wants it. expiry_days: of its partitions, by day of the column `partition`."""

    name: str
    doc: str
    fields: tuple[Field, ...]
    partition: str | None
    expiry_days: int | None
    rollup: bool = False

    @property
    def clustering(self) -> tuple[str, ...]:
        names = {f.name for f in self.fields}
        return next(((name,) for name in CLUSTERED_BY if name in names), ())


def parse_target(uri: str) -> Target:
    match = URI.fullmatch(uri)
    if not match:
        raise ValueError(f"--tables={uri}: expected bq://project.dataset")
    return Target(match[1], match[2])


def wanted_tables(contract: Contract) -> dict[str, WantedTable]:
    """Every table by name: those of the archive, those of feeds, whose views would not be made without them, and the runs' manifests."""
    found = {RUN_MANIFESTS: WantedTable(RUN_MANIFESTS, "What each run said of itself: its last manifest counts.", RUN_FIELDS, None, None)}
    for t in tables(contract).values():
        days = DEAD_LETTER_DAYS if t.name == DEAD_LETTER else EVENT_DAYS if t.folder == "events" else ROLLUP_DAYS
        found[t.name] = WantedTable(t.name, t.doc, t.fields, t.partition, days, t.folder == "rollups")
    for t in feed_tables(contract).values():
        found[t.name] = WantedTable(t.name, t.doc, t.fields, t.partition, DEAD_LETTER_DAYS if t.name == DEAD else None)
    return found


def create_dataset(target: Target, name: str, game: str, location: str = "") -> str:
    place = f", location={literal(location)}" if location else ""
    return f"CREATE SCHEMA `{target.project}`.{name}\nOPTIONS(description={literal(target.datasets[name])}{place}, {listed(labels(game))})"


def create_table(target: Target, table: WantedTable, game: str) -> str:
    columns = ",\n".join(f"  {column(f)}" for f in table.fields)
    lines = [f"CREATE TABLE {quoted(target, table.name)} (\n{columns}\n)"]
    if table.partition:
        lines.append(f"PARTITION BY DATE(`{table.partition}`)")
    if table.clustering:
        lines.append(f"CLUSTER BY {', '.join(f'`{name}`' for name in table.clustering)}")
    return "\n".join([*lines, table_options(table, game)])


def table_options(table: WantedTable, game: str) -> str:
    expiry = f", partition_expiration_days={table.expiry_days}" if table.expiry_days else ""
    return f"OPTIONS(description={literal(table.doc)}{expiry}, {listed(table_labels(table, game))})"


def table_labels(table: WantedTable, game: str) -> dict[str, str]:
    """Expiry stands there once more, because the emulator keeps labels, and forgets expiry."""
    return labels(game) | ({"expiry_days": str(table.expiry_days)} if table.expiry_days else {})


def column(field: Field, new: bool = False) -> str:
    """A column of a CREATE TABLE; of an ADD COLUMN if new: the rows that are there have none."""
    required = "" if new or field.nullable or field.type.kind == "array" else " NOT NULL"
    options = f" OPTIONS(description={literal(field.doc)})" if field.doc else ""
    return f"`{field.name}` {bigquery_type(field.type)}{required}{options}"


def bigquery_type(t: FieldType) -> str:
    if t.kind == "array":
        if t.item is None or t.item.kind == "array":
            raise ContractError("events", None, "an array of arrays: BigQuery has none; put a record between them")
        return f"ARRAY<{bigquery_type(t.item)}>"
    if t.kind == "record":
        return f"STRUCT<{', '.join(f'`{f.name}` {bigquery_type(f.type)}' for f in t.fields if f.stored)}>"
    return TYPES[t.kind]


def quoted(target: Target, table: str) -> str:
    return f"`{target.project}`.{target.dataset_of(table)}.{table}"


def literal(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def labels(game: str) -> dict[str, str]:
    return {"managed_by": "gamebeam", "game": game}


def listed(labels: dict[str, str]) -> str:
    return f"labels=[{', '.join(f'({literal(k)}, {literal(v)})' for k, v in labels.items())}]"


def _array_of(**columns: FieldType) -> FieldType:
    return FieldType("array", item=FieldType("record", fields=tuple(Field(n, t, True) for n, t in columns.items())))


RUN_FIELDS = (
    Field("run_id", STRING, False), Field("state", STRING, False, "started, open or complete."),
    Field("mode", STRING, True, "batch, streaming, repair or replay."), Field("contract", STRING, True, "The contract's fingerprint."),
    Field("started", TIMESTAMP, True), Field("finished", TIMESTAMP, True),
    Field("inputs", _array_of(name=STRING, sha256=STRING, bytes=LONG), False, "The files that it read."),
    Field("supersedes", FieldType("array", item=STRING), False, "Runs that count no more once this one is complete."),
    Field("row_counts", STRING, True, "JSON of {table: rows}."),
    Field("generation", LONG, False, "Of its rollup rows."),
    Field("repairs", _array_of(run_id=STRING, arrived_before=TIMESTAMP), False, "Runs whose rollup rows it replaced."),
    Field("written_time", TIMESTAMP, False, "When the run said so."))
