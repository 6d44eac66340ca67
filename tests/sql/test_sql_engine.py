"""Opening an archive, asking it, and what is said when that cannot be done."""

import csv
import io
import json
from pathlib import Path

import pytest

from gamebeam.sql.archive import ArchiveError
from gamebeam.sql.engine import Result, run
from gamebeam.sql.query import query
from gamebeam.sql.show import show
from gamebeam.sql.translate import SqlError
from tests.support.small_contract import small_contract
from tests.support.written_archive import DAY, WrittenArchive


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    written = WrittenArchive(small_contract(), tmp_path_factory.mktemp("it's an archive"))
    written.event("purchase", "e1", DAY + 678, price_usd=1.5, seq=3, product="gems, 100")
    return written


def test_an_archive_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ArchiveError, match=r"nowhere: no such archive"):
        run(small_contract(), str(tmp_path / "nowhere"), "SELECT 1")


def test_a_folder_without_runs_is_no_archive(tmp_path):
    with pytest.raises(ArchiveError, match="no runs in"):
        run(small_contract(), str(tmp_path), "SELECT 1")


def test_a_broken_manifest_is_named(tmp_path):
    written = WrittenArchive(small_contract(), tmp_path)
    Path(written.root, "_runs", "r2.json").write_text('{"run_id": "r2"')
    with pytest.raises(ArchiveError, match=r"r2\.json: not a run's manifest"):
        run(written.contract, written.root, "SELECT 1")


def test_runs_show_their_inputs_and_counts(tmp_path):
    written = WrittenArchive(small_contract(), tmp_path)
    written.run("r1", inputs=[{"name": "a.jsonl", "sha256": "ab", "bytes": 12}], rows={"purchase": 3})
    sql = "SELECT run_id, state, i.name, JSON_VALUE(row_counts, '$.purchase') AS n FROM runs, UNNEST(inputs) AS i"
    found = run(written.contract, written.root, sql)
    assert found == Result(["run_id", "state", "name", "n"], [("r1", "complete", "a.jsonl", "3")])


@pytest.mark.parametrize("sql, problem, pointed_at", [
    ("SELECT event_id,\n  pric\nFROM purchase", "pric", "pric"),
    ("SELECT event_id FROM purchase WHERE seq > 1 AND purchas.seq = 1", "purchas", "purchas.seq"),
    ("SELECT 1\nFROM nosuch AS purchase", "nosuch does not exist", "nosuch"),
    ("SELECT seq, NO_SUCH(seq) FROM purchase", "no_such does not exist", "NO_SUCH"),
    ("SELECT TIMESTAMP_DIFF(event_time, arrival_time, HOUR), evnt_time FROM purchase", "evnt_time", "evnt_time"),
    ("SELECT seq,\nFROM WHERE purchase", "syntax error", "WHERE"),
])
def test_an_error_shows_the_line_of_the_analysts_own_sql_with_a_caret(archive, sql, problem, pointed_at):
    with pytest.raises(SqlError) as e:
        run(archive.contract, archive.root, sql)
    first, line, caret = str(e.value).rsplit("\n", 2)
    assert problem in first
    assert line[caret.index("^"):].startswith(pointed_at)


@pytest.mark.parametrize("sql, problem", [
    ("DROP VIEW purchase", "only queries"),
    ("DELETE FROM purchase WHERE TRUE", "only queries"),
    ("SELECT 1 / 0", "division by zero"),
    ("SELECT 'abc", "not BigQuery SQL"),
])
def test_what_has_no_place_in_the_text_is_said_in_words(archive, sql, problem):
    with pytest.raises(SqlError, match=problem):
        run(archive.contract, archive.root, sql)


def test_numbers_are_numbers_and_moments_are_utc_in_every_format(archive):
    sql = "SELECT event_time, seq, price_usd, product, player_id FROM purchase"
    (row,) = json.loads(query(archive.contract, archive.root, sql, "json"))
    assert row == {"event_time": "2026-11-02 00:00:00.678", "seq": 3, "price_usd": 1.5, "product": "gems, 100", "player_id": None}
    head, line = csv.reader(io.StringIO(query(archive.contract, archive.root, sql, "csv")))
    assert head == list(row) and line == ["2026-11-02 00:00:00.678", "3", "1.5", "gems, 100", ""]
    table = query(archive.contract, archive.root, sql)
    assert "2026-11-02 00:00:00.678" in table and "1 row\n" in table


def test_a_table_cuts_nothing_however_wide():
    assert "x" * 500 in show(Result(["a", "b"], [("x" * 500, "y" * 500)]))


def test_bytes_and_nested_values_can_be_shown():
    result = Result(["a"], [(b"\xff\x00",), (b"abc",), ({"k": [b"abc", None]},), (float("nan"),)])
    assert [row["a"] for row in json.loads(show(result, "json"))] == ["/wA=", "abc", {"k": ["abc", None]}, "nan"]


def test_a_query_may_stand_in_a_file(archive, tmp_path):
    (tmp_path / "q.sql").write_text("-- how many\nSELECT COUNT(*) AS n FROM purchase;\n")
    assert json.loads(query(archive.contract, archive.root, str(tmp_path / "q.sql"), "json")) == [{"n": 1}]


@pytest.mark.parametrize("asked", ["nosuch.sql", "nosuch"])
def test_a_query_that_is_not_there_is_named(archive, asked):
    with pytest.raises(FileNotFoundError, match=asked):
        query(archive.contract, archive.root, asked)


def test_an_unknown_format_is_refused(archive):
    with pytest.raises(ValueError, match="table, csv, json"):
        query(archive.contract, archive.root, "SELECT 1", "xml")
