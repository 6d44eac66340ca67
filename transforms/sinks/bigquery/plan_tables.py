"""What has to be done to a BigQuery project so that its tables are the contract's: statements of DDL, or a refusal with the difference."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from google.api_core.exceptions import NotFound
from google.cloud import bigquery

from gamebeam.schemas.bigquery import (
    Target,
    WantedTable,
    bigquery_type,
    column,
    create_dataset,
    create_table,
    literal,
    quoted,
    table_labels,
    table_options,
    wanted_tables,
)
from gamebeam.schemas.contract.contract import Contract
from gamebeam.schemas.contract.fields import FieldType
from gamebeam.schemas.dates import DAY_MS
from gamebeam.transforms.sinks.bigquery.grow_records import GrownRecords, grow_records, grown_records

STANDARD = {"INTEGER": "INT64", "FLOAT": "FLOAT64", "BOOLEAN": "BOOL"}
RECORDS = ("RECORD", "STRUCT")
WIDENED = ("INT64", "FLOAT64")


class TablesRefused(ValueError):
    """Tables that are other than the contract's in a way that no new column mends: one line per difference."""


def plan_tables(client: bigquery.Client, target: Target, contract: Contract, views: Iterable[tuple[str, str, str, str]], location: str = "",
                ) -> list[str | GrownRecords]:
    """Statements in the order in which they run; none where all is as it should be. Only adds: new tables, nullable columns, nullable
    fields inside records, INT64 -> FLOAT64, descriptions, expiry. views: (dataset, name, ddl, label) each.
    """
    statements: list[str | GrownRecords] = []
    refused: list[str] = []
    for name in target.datasets:
        if _found(client.get_dataset, f"{target.project}.{name}") is None:
            statements.append(create_dataset(target, name, contract.name, location))
    for table in wanted_tables(contract).values():
        there = _found(client.get_table, target.table_id(table.name))
        if there is None:
            statements.append(create_table(target, table, contract.name))
            continue
        refused += [f"{target.table_id(table.name)}: {why}" for why in _differences(there, table)]
        statements += [*_alterations(there, target, table, contract.name), *grown_records(there, table)]
    if refused:
        raise TablesRefused("these tables cannot become the contract's, only columns and fields that may be null can be added:\n"
                            + "\n".join(refused))
    for dataset, name, ddl, label in views:
        there = _found(client.get_table, f"{target.project}.{dataset}.{name}")
        if there is None or there.labels.get("sql") != label:
            statements.append(ddl)
    return statements


def apply_tables(client: bigquery.Client, statements: Iterable[str | GrownRecords], location: str = "") -> None:
    for statement in statements:
        if isinstance(statement, str):
            client.query(statement, location=location or None).result()
        else:
            grow_records(client, statement)


def missing_tables(client: bigquery.Client, target: Target, contract: Contract) -> list[str]:
    """Tables that the job would write and that are not there. Looks only where tables lie: the job may not read the views' dataset."""
    wanted = wanted_tables(contract)
    there = {t.full_table_id.replace(":", ".") for name in {target.dataset_of(table) for table in wanted}
             for t in _found(lambda name=name: list(client.list_tables(f"{target.project}.{name}"))) or ()}
    return [table_id for name in wanted if (table_id := target.table_id(name)) not in there]


Found = TypeVar("Found")


def _found(get: Callable[..., Found], *of: str) -> Found | None:
    try:
        return get(*of)
    except NotFound:
        return None


def _differences(there: bigquery.Table, table: WantedTable) -> Iterable[str]:
    columns = {f.name: f for f in there.schema}
    for f in table.fields:
        found = columns.pop(f.name, None)
        required = not (f.nullable or f.type.kind == "array" or table.rollup)  # a rollup's older rows may lack what it now counts
        if found is None:
            if required:
                yield f"{f.name} is new and required: make it nullable"
        elif why := _misfit(f.name, found, f.type):
            yield why
        elif found.mode == "NULLABLE" and required:
            yield f"{f.name} may be null, and in the contract it is required"
    for name in columns:
        yield f"{name} is not in the contract"
    by = there.time_partitioning and (there.time_partitioning.field, there.time_partitioning.type_)
    if by != ((table.partition, "DAY") if table.partition else None):
        yield f"it is partitioned by {by}, not by day of {table.partition}"
    if tuple(there.clustering_fields or ()) != table.clustering:
        yield f"it is clustered by {there.clustering_fields}, not by {table.clustering[0] if table.clustering else None}"


def _misfit(at: str, there: bigquery.SchemaField, wanted: FieldType) -> str:
    """Why a column cannot become what is wanted; empty where it is, or can by what BigQuery adds and widens."""
    kind = wanted.item if wanted.kind == "array" and wanted.item else wanted
    if (there.mode == "REPEATED") != (wanted.kind == "array") or (there.field_type in RECORDS) != (kind.kind == "record"):
        return f"{at} is {type_of(there)}, and in the contract {bigquery_type(wanted)}"
    if kind.kind != "record":
        pair = STANDARD.get(there.field_type, there.field_type), bigquery_type(kind)
        return "" if pair[0] == pair[1] or pair == WIDENED else f"{at} is {type_of(there)}, and in the contract {bigquery_type(wanted)}"
    known, now = {f.name: f for f in there.fields}, {f.name: f for f in kind.fields if f.stored}
    if gone := [name for name in known if name not in now]:
        return f"{at}.{gone[0]} is not in the contract"
    if required := [name for name, f in now.items() if name not in known and not f.nullable and f.type.kind != "array"]:
        return f"{at}.{required[0]} is new and required: make it nullable"
    return next((why for name, f in now.items() if name in known and (why := _misfit(f"{at}.{name}", known[name], f.type))), "")


def _widened_type(there: bigquery.SchemaField, wanted: FieldType) -> str:
    """The type that is there, with INT64 as FLOAT64 where the contract has a double; as SET DATA TYPE wants it, no field more."""
    kind = wanted.item if wanted.kind == "array" and wanted.item else wanted
    if there.field_type in RECORDS:
        now = {f.name: f.type for f in kind.fields}
        text = f"STRUCT<{', '.join(f'`{f.name}` {_widened_type(f, now[f.name])}' for f in there.fields)}>"
    else:
        text = bigquery_type(kind)
    return f"ARRAY<{text}>" if there.mode == "REPEATED" else text


def _alterations(there: bigquery.Table, target: Target, table: WantedTable, game: str) -> Iterable[str]:
    columns, alter = {f.name: f for f in there.schema}, f"ALTER TABLE {quoted(target, table.name)}"
    if new := [f"ADD COLUMN {column(f, new=True)}" for f in table.fields if f.name not in columns]:
        yield f"{alter}\n" + ",\n".join(f"  {c}" for c in new)
    for f in table.fields:
        found = columns.get(f.name)
        if found is not None and (wider := _widened_type(found, f.type)) != type_of(found):
            yield f"{alter} ALTER COLUMN `{f.name}` SET DATA TYPE {wider}"
        if found is not None and found.mode == "REQUIRED" and f.nullable:
            yield f"{alter} ALTER COLUMN `{f.name}` DROP NOT NULL"
        if found is not None and (found.description or "") != f.doc:
            yield f"{alter} ALTER COLUMN `{f.name}` SET OPTIONS(description={literal(f.doc)})"
    expiry = there.time_partitioning and there.time_partitioning.expiration_ms
    wanted = table.expiry_days and table.expiry_days * DAY_MS
    marked = table_labels(table, game)
    if (there.description or "") != table.doc or expiry not in (None, wanted) or not marked.items() <= there.labels.items():
        yield f"{alter} SET {table_options(table, game)}"


def type_of(field: bigquery.SchemaField) -> str:
    kind = STANDARD.get(field.field_type, field.field_type)
    if kind in RECORDS:
        kind = f"STRUCT<{', '.join(f'`{f.name}` {type_of(f)}' for f in field.fields)}>"
    return f"ARRAY<{kind}>" if field.mode == "REPEATED" else kind
