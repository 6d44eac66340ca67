"""SHOW TABLES, DESCRIBE and INFORMATION_SCHEMA answer for the views of an archive, in BigQuery's names and types."""

import json
import re

import duckdb
import pytest

from gamebeam.schemas.contract.contract import PACKAGED, load_contract
from gamebeam.schemas.contract.feeds import feed_tables
from gamebeam.sql.engine import ask, open_archive
from gamebeam.sql.information_schema import bigquery_name
from gamebeam.sql.query import query
from gamebeam.sql.translate import SqlError
from gamebeam.sql.views import view_sql
from tests.support.small_contract import small_contract
from tests.support.written_archive import WrittenArchive


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    return WrittenArchive(small_contract(), tmp_path_factory.mktemp("archive"))


@pytest.fixture(scope="module")
def con(archive):
    return open_archive(archive.contract, archive.root)


@pytest.mark.parametrize("sql", ["SHOW TABLES", "show tables;", "SELECT table_name FROM INFORMATION_SCHEMA.TABLES ORDER BY 1",
                                 "SELECT t.table_name FROM `main`.INFORMATION_SCHEMA.TABLES AS t ORDER BY 1",
                                 "SELECT TABLES.table_name FROM mygame.information_schema.tables ORDER BY 1"])
def test_every_view_is_listed_and_no_table_under_them(archive, con, sql):
    found = ask(con, sql)
    assert found.columns == ["table_name"]
    assert [name for (name,) in found.rows] == sorted(view_sql(archive.contract))
    assert "feed_dead_letters" in feed_tables(archive.contract) and ("feed_dead_letters",) in found.rows


def test_tables_have_bigquerys_columns(con):
    found = ask(con, "SELECT * FROM INFORMATION_SCHEMA.TABLES WHERE table_name = 'purchase'")
    assert found.columns == ["table_catalog", "table_schema", "table_name", "table_type"]
    assert found.rows == [("archive", "main", "purchase", "VIEW")]


def test_columns_have_bigquerys_types_and_positions_from_one(con):
    found = ask(con, "SELECT * FROM main.INFORMATION_SCHEMA.COLUMNS WHERE table_name IN ('purchase', 'runs') ORDER BY 3, 5")
    assert found.columns == ["table_catalog", "table_schema", "table_name", "column_name", "ordinal_position", "is_nullable", "data_type"]
    types = {(view, column): (nullable, type_) for _, _, view, column, _, nullable, type_ in found.rows}
    assert types["runs", "inputs"] == ("NO", "ARRAY<STRUCT<name STRING, sha256 STRING, bytes INT64>>")
    assert [types["purchase", c][1] for c in ("event_time", "event_date", "price_usd", "seq", "late", "product")] == [
        "TIMESTAMP", "DATE", "FLOAT64", "INT64", "BOOL", "STRING"]
    positions = [position for _, _, view, _, position, _, _ in found.rows if view == "runs"]
    assert positions == list(range(1, len(positions) + 1))


@pytest.mark.parametrize("sql", ["DESCRIBE purchase", "desc `purchase`;", "DESCRIBE main.purchase"])
def test_describe_gives_the_columns_in_order(con, sql):
    found = ask(con, sql)
    assert found.columns == ["column_name", "data_type", "is_nullable"] and found.rows[0] == ("event_id", "STRING", "YES")
    assert [name for name, *_ in found.rows] == ask(con, "SELECT * FROM purchase").columns


def test_describe_of_what_is_not_there_says_so(con):
    with pytest.raises(SqlError) as e:
        ask(con, "DESCRIBE purchas")
    assert str(e.value) == "purchas does not exist: did you mean purchase?\nline 1: DESCRIBE purchas\n                 ^^^^^^^"


@pytest.mark.parametrize("sql", ["SELECT * FROM INFORMATION_SCHEMA.VIEWS", "SELECT * FROM p.d.INFORMATION_SCHEMA.TABLES",
                                 "SELECT * FROM `region-eu`.INFORMATION_SCHEMA.JOBS"])
def test_other_views_of_information_schema_are_refused_with_those_that_answer(con, sql):
    with pytest.raises(SqlError, match=r"an archive answers INFORMATION_SCHEMA\.COLUMNS and INFORMATION_SCHEMA\.TABLES"):
        ask(con, sql)


@pytest.mark.parametrize("dataset", ["system", "temp", "information_schema", "pg_catalog", "tables", "memory"])
def test_a_dataset_named_like_something_of_the_engine_shows_nothing_of_the_engine(archive, dataset):
    con = open_archive(archive.contract, archive.root)
    try:
        rows = ask(con, f"SELECT DISTINCT table_schema FROM {dataset}.INFORMATION_SCHEMA.TABLES").rows
    except SqlError:
        return
    assert rows == [("main",)]


def test_they_join_with_each_other_and_show_in_every_format(archive):
    sql = ("SELECT table_name, COUNT(*) AS n FROM INFORMATION_SCHEMA.TABLES JOIN INFORMATION_SCHEMA.COLUMNS USING (table_name) "
           "WHERE table_name = 'runs' GROUP BY 1")
    assert json.loads(query(archive.contract, archive.root, sql, "json")) == [{"table_name": "runs", "n": 8}]


@pytest.mark.parametrize("duckdbs, bigquerys", [
    ("DECIMAL(38, 9)", "NUMERIC"), ("DECIMAL(38, 10)", "BIGNUMERIC"), ("DECIMAL(38, 0)", "BIGNUMERIC"), ("HUGEINT", "INT64"),
    ("TIMESTAMP", "DATETIME"), ("TIMESTAMP WITH TIME ZONE", "TIMESTAMP"), ("TIME", "TIME"), ("JSON", "JSON"), ("JSON[]", "ARRAY<JSON>"),
    ("BLOB", "BYTES"), ("STRUCT(a STRUCT(b VARCHAR[]))", "STRUCT<a STRUCT<b ARRAY<STRING>>>")])
def test_types_are_named_as_bigquery_names_them(duckdbs, bigquerys):
    assert bigquery_name(duckdb.dtype(duckdbs)) == bigquerys


@pytest.mark.parametrize("game", sorted(p.name for p in PACKAGED.iterdir() if p.is_dir()))
def test_every_packaged_game_opens_and_each_of_its_columns_has_a_bigquery_type(game, tmp_path):
    archive = WrittenArchive(load_contract(game), tmp_path)
    types = {name for (name,) in ask(open_archive(archive.contract, archive.root), "SELECT data_type FROM INFORMATION_SCHEMA.COLUMNS").rows}
    assert set(re.findall(r"\b[A-Z]+[0-9]*\b", " ".join(types))) <= {
        "STRING", "INT64", "FLOAT64", "BOOL", "BYTES", "DATE", "TIMESTAMP", "NUMERIC", "ARRAY", "STRUCT"}
