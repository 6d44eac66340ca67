"""Fields inside records of BigQuery's tables, which only a call of the tables API can add."""

from collections.abc import Iterable
from typing import NamedTuple

from google.cloud import bigquery

from gamebeam.schemas.bigquery import WantedTable, bigquery_type
from gamebeam.schemas.contract.fields import Field, FieldType


class GrownRecords(NamedTuple):
    """Records of a table that get fields, or fields in them that may be null from now on: a call of the tables API, because BigQuery's
    DDL has no statement for either.
    """

    table_id: str
    columns: tuple[Field, ...]

    def __str__(self) -> str:
        return f"-- tables.update: fields inside {', '.join(f.name for f in self.columns)} of {self.table_id}"


def grown_records(there: bigquery.Table, table: WantedTable) -> Iterable[GrownRecords]:
    """What `grow_records` has to do so that the table's records have all that the contract has inside them."""
    columns = {f.name: f for f in there.schema}
    grown = tuple(f for f in table.fields if f.name in columns and _grown_field(columns[f.name], f.type) != columns[f.name])
    if grown:
        yield GrownRecords(there.full_table_id.replace(":", "."), grown)


def grow_records(client: bigquery.Client, grown: GrownRecords) -> None:
    table, wanted = client.get_table(grown.table_id), {f.name: f for f in grown.columns}
    table.schema = [_grown_field(f, wanted[f.name].type) if f.name in wanted else f for f in table.schema]
    client.update_table(table, ["schema"])


def _grown_field(there: bigquery.SchemaField, wanted: FieldType) -> bigquery.SchemaField:
    """The field with all that the contract has inside it; what is new comes last, as BigQuery wants it."""
    inside = (wanted.item or wanted).fields if wanted.kind in ("array", "record") else ()
    known, now = {f.name: f for f in there.fields}, {f.name: f for f in inside if f.stored}
    fields = [_relaxed(_grown_field(f, now[f.name].type), now[f.name]) if f.name in now else f for f in there.fields]
    fields += [_schema_field(f) for f in now.values() if f.name not in known]
    return bigquery.SchemaField.from_api_repr(there.to_api_repr() | ({"fields": [f.to_api_repr() for f in fields]} if fields else {}))


def _relaxed(there: bigquery.SchemaField, wanted: Field) -> bigquery.SchemaField:
    relaxed = there.mode == "REQUIRED" and wanted.nullable
    return bigquery.SchemaField.from_api_repr(there.to_api_repr() | ({"mode": "NULLABLE"} if relaxed else {}))


def _schema_field(field: Field) -> bigquery.SchemaField:
    """A new field inside a record. Its kind is the field's, or its items' where it is repeated."""
    repeated = field.type.kind == "array"
    kind = field.type.item if repeated and field.type.item else field.type
    inside = [_schema_field(f) for f in kind.fields if f.stored]
    return bigquery.SchemaField.from_api_repr({
        "name": field.name, "type": "RECORD" if inside else bigquery_type(kind), "mode": "REPEATED" if repeated else "NULLABLE",
        "description": field.doc, "fields": [f.to_api_repr() for f in inside]})
