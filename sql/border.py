"""The archive as BigQuery reads it: external tables over its files, and where a view's hot days end and the archive's begin."""

from datetime import date

from gamebeam.schemas.bigquery import bigquery_type
from gamebeam.schemas.contract.contract import Contract
from gamebeam.schemas.tables import Table, tables
from gamebeam.sql.views import view_sql

HOT_DAYS = 28  # event tables expire after 30 days: the 29th is there for certain, and one more is slack


def first_hot_day(days: int = HOT_DAYS, since: str | None = None) -> str:
    """The border, in SQL. since: the day from which the hot tables are whole, YYYY-MM-DD, where they are younger than that."""
    rolling = f"DATE_SUB(CURRENT_DATE(), INTERVAL {days} DAY)"
    return f"GREATEST({rolling}, DATE '{date.fromisoformat(since)}')" if since else rolling


def border_script(contract: Contract, dataset: str, archive: str, since: str | None = None) -> str:
    """Statements for `bq query`: the archive's tables in <dataset>_archive, and the event views over both in <dataset>."""
    if not archive.startswith("gs://"):
        raise ValueError(f"--archive={archive}: BigQuery reads gs://bucket/folder")
    if dataset.count(".") != 1:
        raise ValueError(f"--dataset={dataset}: expected project.dataset")
    views = view_sql(contract, f"`{dataset}_tables`", f"`{dataset}`", f"`{dataset}_archive`", first_hot_day(since=since))
    made = [external_table(table, f"`{dataset}_archive`", archive) for table in tables(contract).values() if table.folder == "events"]
    made += [f"CREATE OR REPLACE VIEW `{dataset}`.{name} AS\n{views[name]}" for name in (*contract.events, "events")]
    return "".join(f"{statement};\n\n" for statement in made)


def external_table(table: Table, dataset: str, archive: str) -> str:
    """Columns by name with the contract's types: files of any age serve. Asked for itself, it wants a filter on the day."""
    columns = ",\n  ".join(f"`{f.name}` {bigquery_type(f.type)}" for f in table.fields)
    root = f"{archive.rstrip('/')}/{table.folder}/{table.name}"
    return (f"CREATE OR REPLACE EXTERNAL TABLE {dataset}.{table.name} (\n  {columns}\n)\n"
            f"WITH PARTITION COLUMNS (`date` DATE, `hour` STRING)\n"
            f"OPTIONS (format = 'PARQUET', enable_list_inference = TRUE, uris = ['{root}/*.parquet'],\n"
            f"  hive_partition_uri_prefix = '{root}', require_hive_partition_filter = TRUE)")
