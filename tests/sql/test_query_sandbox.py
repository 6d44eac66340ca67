"""A query reads the archive that is open, and nothing else of the machine or the network."""

import os
import shutil
from pathlib import Path

import duckdb
import pytest
from starlette.testclient import TestClient

from gamebeam.pipeline.cli.__main__ import main
from gamebeam.reports.report import report
from gamebeam.reports.serve import app
from gamebeam.schemas.contract.contract import PACKAGED, load_contract
from gamebeam.sql.check import compare_answers
from gamebeam.sql.engine import ask, open_archive
from gamebeam.sql.query import query
from gamebeam.sql.translate import SqlError
from tests.support.small_contract import small_contract
from tests.support.written_archive import DAY, WrittenArchive

SECRET = "the secret of another folder"
FUNCTIONS = ["read_csv", "read_csv_auto", "read_text", "read_blob", "read_json", "read_parquet", "parquet_scan", "parquet_metadata", "glob",
             "sniff_csv", "read_duckdb", "duckdb_settings", "duckdb_secrets", "pragma_version", "query", "query_table", "EXTERNAL_QUERY"]
NAMES = ["`{file}`", "'{file}'", "`x.csv`", "`https://example.org/x.parquet`", "`s3://bucket/x.parquet`", "`/etc/passwd`", "sqlite_master",
         "main.sqlite_master", "duckdb_settings", "duckdb_tables", "pg_class", "system.main.duckdb_settings", "information_schema.schemata",
         "system.information_schema.tables", "events_*", "@env"]
STATEMENTS = ["COPY purchase TO '{file}'", "COPY purchase FROM '{file}'", "ATTACH '{file}' AS other", "INSTALL httpfs", "LOAD httpfs",
              "PRAGMA database_list", "SET threads = 1", "RESET threads", "CALL pragma_version()", "EXPORT DATABASE '{file}'",
              "IMPORT DATABASE '{file}'", "CREATE TABLE t AS SELECT 1", "DROP VIEW purchase", "EXPLAIN SELECT 1", "USE main",
              "CREATE SECRET (TYPE s3)", "SELECT 1; COPY purchase TO '{file}'"]
HIDDEN = ["SELECT (SELECT COUNT(*) FROM read_text('{file}'))", "SELECT * FROM purchase, LATERAL read_text('{file}')",
          "SELECT * FROM purchase JOIN read_text('{file}') ON TRUE", "SELECT * FROM (read_text('{file}'))",
          "WITH a AS (SELECT * FROM read_text('{file}')) SELECT * FROM a", "SELECT 1 UNION ALL SELECT 2 FROM read_text('{file}')",
          "SELECT ARRAY(SELECT content FROM read_text('{file}'))", "FROM read_text('{file}') |> SELECT content",
          "SELECT 1 FROM purchase WHERE seq IN (SELECT size FROM read_blob('{file}'))", "SELECT * FROM (DESCRIBE purchase)",
          "SELECT current_setting('allowed_paths')", "SELECT getenv('HOME')", "SELECT getvariable('x')"]
SHADOWED = ["SELECT * FROM (WITH pg_class AS (SELECT 1) SELECT 1), pg_class",
            "WITH RECURSIVE pg_class AS ((SELECT relname FROM pg_class) UNION ALL (SELECT 'x' FROM pg_class)) SELECT * FROM pg_class",
            "WITH RECURSIVE pg_class AS (SELECT * FROM (SELECT relname FROM pg_class)) SELECT * FROM pg_class"]
UNDER_THE_VIEWS = ["SELECT * FROM tables.purchase", "SELECT * FROM `tables.purchase`", "SELECT * FROM TABLES.runs",
                   "SELECT * FROM archive.tables.runs", "SELECT (SELECT COUNT(*) FROM tables.ledger)", "SELECT * FROM tables.broken_views",
                   "SELECT * FROM tables.runs AS tables", "SELECT * FROM purchase JOIN tables.runs AS tables ON TRUE",
                   "SELECT * FROM purchase AS tables, tables.runs", "FROM tables.purchase |> SELECT event_id"]


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    written = WrittenArchive(small_contract(), tmp_path_factory.mktemp("archive"))
    written.event("purchase", "e1", DAY, price_usd=1.5)
    return written


@pytest.fixture(scope="module")
def con(archive):
    return open_archive(archive.contract, archive.root)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "secret.txt"
    path.write_text(SECRET)
    return path


@pytest.mark.parametrize("sql", [*(f"SELECT * FROM {name}('{{file}}')" for name in FUNCTIONS), *(f"SELECT * FROM {name}" for name in NAMES),
                                 *STATEMENTS, *HIDDEN, *SHADOWED, *UNDER_THE_VIEWS])
def test_a_query_that_reads_anything_but_the_archive_is_refused_on_one_line(con, file, sql):
    before = file.read_text()
    with pytest.raises(SqlError) as e:
        ask(con, sql.replace("{file}", str(file)), {"env": "live"})
    assert SECRET not in str(e.value) and len(str(e.value).split("\nline ")[0].splitlines()) == 1
    assert file.read_text() == before


def test_the_refusal_names_the_function_and_points_at_it(con):
    with pytest.raises(SqlError) as e:
        ask(con, "SELECT *\nFROM read_text('/etc/hostname')")
    assert str(e.value) == ("read_text(…): a query reads the archive's views, not functions and files; SHOW TABLES lists them\n"
                            "line 2: FROM read_text('/etc/hostname')\n             ^^^^^^^^^")


@pytest.mark.parametrize("sql", ["SELECT * FROM read_text('{file}')", "SELECT getenv('HOME')", "SELECT current_setting('allowed_paths')",
                                 "SELECT event_id FROM tables.purchase", "SELECT * FROM duckdb_settings"])
def test_a_query_that_runs_unexamined_functions_reads_nothing_else_either(con, file, sql):
    with pytest.raises(SqlError):
        ask(con, sql.replace("{file}", str(file)), unexamined=[])


def test_a_table_under_the_views_is_refused_with_what_to_query_instead(con):
    with pytest.raises(SqlError) as e:
        ask(con, "SELECT event_id FROM tables.purchase")
    assert str(e.value) == ("tables.purchase is not a view of the archive; SHOW TABLES lists what can be queried\n"
                            "line 1: SELECT event_id FROM tables.purchase\n" + " " * 29 + "^" * 15)


@pytest.mark.parametrize("sql", [
    *(f"SELECT * FROM {name}('{{file}}')" for name in ("read_csv", "read_text", "read_blob", "read_json", "glob", "parquet_metadata")),
    "SELECT * FROM '{file}'", "COPY (SELECT 1) TO '{file}'", "ATTACH '{file}' AS other", "INSTALL httpfs", "LOAD httpfs",
    "EXPORT DATABASE '{file}.d'", "SET enable_external_access = true", "SET allowed_paths = ['{file}']", "RESET lock_configuration",
    "SET allowed_directories = ['/']", "SET temp_directory = '/'"])
def test_duckdb_itself_refuses_where_a_text_would_slip_through(con, file, sql):
    with pytest.raises(duckdb.Error):
        con.execute(sql.replace("{file}", str(file)))
    assert file.read_text() == SECRET


def test_not_even_another_file_of_the_archives_folder_is_read(con, archive):
    manifest = next(Path(archive.root).glob("_runs/*.json"))
    with pytest.raises(duckdb.PermissionException):
        con.execute(f"SELECT * FROM read_text('{manifest}')")


@pytest.mark.parametrize("sql", [
    "SELECT COUNT(*) FROM main.purchase", "SELECT COUNT(*) FROM `main`.`purchase` AS p", "SELECT COUNT(*) FROM `main.purchase`",
    "WITH a AS (SELECT * FROM purchase), b AS (SELECT * FROM a) SELECT COUNT(*) FROM b",
    "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 3) SELECT COUNT(*) - 2 FROM n",
    "SELECT COUNT(*) FROM (purchase JOIN runs ON TRUE)", "SELECT COUNT(*) FROM purchase, UNNEST([7]) AS x",
    "FROM purchase |> AGGREGATE COUNT(*) AS n", "(SELECT COUNT(*) FROM purchase)"])
def test_every_way_to_name_a_view_still_answers(con, sql):
    assert ask(con, sql).rows == [(1,)]


@pytest.mark.parametrize("sql, says", [
    ("SELECT 1 FROM Purchase", "Purchase does not exist: names of views are case-sensitive; write purchase"),
    ("SELECT 1 FROM purchases", "purchases does not exist: did you mean purchase?"),
    ("SELECT 1 FROM zzz", "zzz does not exist: SHOW TABLES lists what can be queried")])
def test_a_name_that_is_not_a_view_is_pointed_at_with_what_to_write(con, sql, says):
    with pytest.raises(SqlError) as e:
        ask(con, sql)
    assert str(e.value).splitlines() == [says, f"line 1: {sql}", " " * 22 + "^" * len(sql.split()[-1])]


@pytest.fixture
def hostile(tmp_path):
    """A contract and an archive, to which a test adds a hostile file."""
    folder = tmp_path / "hostile"
    shutil.copytree(str(PACKAGED / "khan"), folder)
    archive = WrittenArchive(load_contract(str(folder)), tmp_path / "archive")
    return folder, archive.root


def test_a_view_of_a_contract_that_reads_a_file_is_refused_by_name(hostile, file, capsys):
    folder, archive = hostile
    (folder / "views").mkdir(exist_ok=True)
    (folder / "views/mine.sql").write_text(f"SELECT content FROM read_text('{file}')")
    contract = load_contract(str(folder))
    refused = "view mine: read_text(…): a query reads the archive's views"
    with pytest.raises(SqlError) as e:
        query(contract, archive, "SELECT * FROM mine")
    assert str(e.value).startswith(refused)
    assert "1" in query(contract, archive, "SELECT 1")  # the other views are as good as before
    assert all(SECRET not in Path(page).read_text() for page in report(contract, archive, str(folder / "out.html")))
    assert main(["query", f"--contract={folder}", f"--archive={archive}", "SELECT * FROM mine"]) == 1
    said = capsys.readouterr()
    assert refused in said.err and SECRET not in said.err + said.out


@pytest.mark.parametrize("text", ["SELECT * FROM duckdb_settings", "SELECT 1; COPY (SELECT 1) TO '/tmp/x'", "COPY runs TO '/tmp/x'",
                                  "SELECT * FROM {views}.nosuch", "SELECT nosuch FROM {views}.runs"])
def test_a_view_that_is_no_query_over_the_archive_is_named(hostile, text):
    folder, archive = hostile
    (folder / "views").mkdir(exist_ok=True)
    (folder / "views/mine.sql").write_text(text)
    con = open_archive(load_contract(str(folder)), archive)
    with pytest.raises(SqlError, match=r"^view mine: "):
        ask(con, "SELECT * FROM mine")


@pytest.mark.parametrize("sql, refused", [
    ("SELECT content FROM read_text('{file}')", "read_text(…): a query reads the archive's views"),
    ("SELECT COUNT(*) FROM tables.runs", "tables.runs is not a view of the archive")])
def test_a_question_of_a_contract_that_reads_more_than_views_is_refused_in_query_report_and_serve(hostile, file, capsys, sql, refused):
    folder, archive = hostile
    name = next((folder / "questions").glob("*.sql")).stem
    (folder / f"questions/{name}.sql").write_text(f"-- title: T\n-- chart: table\n{sql.replace('{file}', str(file))}")
    contract = load_contract(str(folder))
    assert main(["query", f"--contract={folder}", f"--archive={archive}", name]) == 1
    assert main(["report", f"--contract={folder}", f"--archive={archive}", f"--out={folder}/out.html"]) == 1
    said = capsys.readouterr()
    assert said.err.count(refused) == 2 and SECRET not in said.err + said.out and not (folder / "out.html").exists()
    page = TestClient(app(contract, archive), base_url="http://localhost").get("/")
    assert page.status_code == 500 and refused in page.text and SECRET not in page.text


@pytest.mark.parametrize("name", ["it's", 'say "x"', "a[1]", "a*b", "q?", "semi;colon", "br{a,b}ce", "back\\slash", "ünï", "http:", "--x"])
def test_an_archive_is_read_whatever_its_folder_is_called(tmp_path, name):
    archive = WrittenArchive(small_contract(), tmp_path / name)
    archive.event("purchase", "e1", DAY, price_usd=1.5)
    assert ask(open_archive(archive.contract, archive.root), "SELECT event_id FROM purchase").rows == [("e1",)]


@pytest.mark.parametrize("path", ["archive", "./archive", "up/../archive", "link"])
def test_an_archive_is_read_by_a_relative_path_and_through_a_link(tmp_path, monkeypatch, path):
    archive = WrittenArchive(small_contract(), tmp_path / "archive")
    archive.event("purchase", "e1", DAY, price_usd=1.5)
    (tmp_path / "up").mkdir()
    os.symlink(archive.root, tmp_path / "link")
    monkeypatch.chdir(tmp_path)
    assert ask(open_archive(archive.contract, path), "SELECT event_id FROM purchase").rows == [("e1",)]


def test_a_part_file_named_like_a_pattern_opens_no_other_file(tmp_path):
    archive = WrittenArchive(small_contract(), tmp_path)
    archive.run("r*")
    path = archive.event("purchase", "e1", DAY, price_usd=1.5, run_id="r*")
    for other in ("part-hidden.parquet", path.name.replace("*", "2"), f"{path.name}.tmp"):
        path.with_name(other).write_bytes(b"no Parquet")
    assert ask(open_archive(archive.contract, archive.root), "SELECT event_id FROM purchase").rows == [("e1",)]



def test_a_sort_larger_than_its_memory_spills_and_leaves_nothing_behind(archive, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    con = open_archive(archive.contract, archive.root, memory="20MB")
    con.execute("CREATE TABLE wide AS SELECT hash(i) AS h, repeat('x', 200) || i AS t FROM range(300000) AS r(i)")
    con.execute("SELECT COUNT(*) FROM (SELECT t, ROW_NUMBER() OVER (ORDER BY h, t) FROM wide)")
    assert con.fetchall() == [(300_000,)]
    spilled = con.execute("SELECT COUNT(*) FROM duckdb_temporary_files()").fetchall()
    assert spilled != [(0,)], "the table itself is larger than the memory"
    con.close()
    assert not list(tmp_path.iterdir())


def test_answers_of_a_check_are_read_outside_the_archive(tmp_path, archive):
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"nothing": [1]}), tmp_path / "nosuch.parquet")
    [difference] = compare_answers(archive.contract, archive.root, str(tmp_path)).differences
    assert difference.answer == "nosuch"
