"""gamebeam tables: long -> double and fields inside records, planned from what BigQuery's table has."""

from google.cloud import bigquery

from gamebeam.schemas.bigquery import WantedTable, parse_target, wanted_tables
from gamebeam.transforms.sinks.bigquery.grow_records import GrownRecords, grow_records, grown_records
from gamebeam.transforms.sinks.bigquery.plan_tables import plan_tables
from tests.schemas.test_additive_changes import OLD, WIDER, contract

TARGET = parse_target("bq://lab.small")


class Tables:
    """BigQuery's tables as they were made from a contract, and what tables.update is called with."""

    def __init__(self, made_from):
        self.tables = {TARGET.table_id(t.name): table(t) for t in wanted_tables(made_from).values()}
        self.updated = []

    def get_dataset(self, name):
        return name

    def get_table(self, table_id):
        return self.tables[table_id]

    def update_table(self, changed, fields):
        self.updated.append((changed, fields))


def field(f):
    kind = f.type.item if f.type.kind == "array" else f.type
    names = {"long": "INTEGER", "double": "FLOAT", "boolean": "BOOLEAN", "record": "RECORD"}
    mode = "REPEATED" if f.type.kind == "array" else "NULLABLE" if f.nullable else "REQUIRED"
    return bigquery.SchemaField.from_api_repr({
        "name": f.name, "type": names.get(kind.kind, kind.kind.upper()), "mode": mode, "description": f.doc,
        "fields": [field(inside).to_api_repr() for inside in kind.fields]})


def table(wanted: WantedTable):
    made = bigquery.Table(TARGET.table_id(wanted.name), [field(f) for f in wanted.fields])
    made.description = wanted.doc
    if wanted.partition:
        made.time_partitioning = bigquery.TimePartitioning(field=wanted.partition)
    made.clustering_fields = list(wanted.clustering) or None
    made._properties["id"] = TARGET.table_id(wanted.name).replace(".", ":", 1)
    made.labels = {"managed_by": "gamebeam", "game": "small"} | ({"expiry_days": str(wanted.expiry_days)} if wanted.expiry_days else {})
    return made


def test_c3_a_long_that_became_a_double_is_widened_wherever_it_is_held():
    statements = [s for s in plan_tables(Tables(OLD), TARGET, contract("double"), []) if isinstance(s, str)]
    assert "ALTER TABLE `lab`.small_tables.match_end ALTER COLUMN `score` SET DATA TYPE FLOAT64" in statements
    assert "ALTER TABLE `lab`.small_tables.player_hours ALTER COLUMN `rank` SET DATA TYPE FLOAT64" in statements
    assert any("small_tables.scores\n" in s and "ADD COLUMN `total_micros` INT64" in s for s in statements)
    assert "ALTER TABLE `lab`.small_tables.scores ALTER COLUMN `total` DROP NOT NULL" in statements


def test_c9_a_field_inside_a_record_is_added_by_the_tables_api_as_the_last_one():
    client = Tables(OLD)
    [grown] = [s for s in plan_tables(client, TARGET, WIDER, []) if isinstance(s, GrownRecords)]
    assert str(grown) == "-- tables.update: fields inside items, bag of lab.small_tables.match_end"
    grow_records(client, grown)
    [(changed, fields)] = client.updated
    inside = {f.name: [(i.name, i.mode) for i in f.fields] for f in changed.schema if f.fields}
    assert fields == ["schema"] and inside["items"] == [("kind", "REQUIRED"), ("n", "REQUIRED"), ("color", "NULLABLE")] == inside["bag"]
    assert not list(grown_records(changed, wanted_tables(WIDER)["match_end"]))


def test_a_table_that_is_as_the_contract_wants_it_needs_nothing():
    assert plan_tables(Tables(WIDER), TARGET, WIDER, []) == []
