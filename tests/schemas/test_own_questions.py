"""A studio's own questions and views: files in its contract's folder."""

import json
import shutil

import pytest

from gamebeam.schemas.contract.contract import PACKAGED, load_contract
from gamebeam.schemas.contract.fields import ContractError
from gamebeam.schemas.contract.questions import own_views, questions
from gamebeam.sql.query import query
from gamebeam.sql.translate import SqlError
from tests.support.written_archive import DAY, WrittenArchive

TITLED = "-- title: Logins\n-- doc: How many,\n-- doc: by method?\n-- key: method\n-- chart: bar x=method y=n\n"


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "mygame"
    shutil.copytree(str(PACKAGED / "starter"), folder, ignore=shutil.ignore_patterns("questions", "views"))
    (folder / "questions").mkdir()
    (folder / "views").mkdir()
    return folder


def test_a_question_is_found_in_the_folder_and_reads_the_folders_views(folder, tmp_path):
    (folder / "views/a_reads_b.sql").write_text("SELECT method FROM {views}.b_logins")
    (folder / "views/b_logins.sql").write_text("SELECT method FROM {views}.login;\n")
    (folder / "views/login.sql").write_text("SELECT *, UPPER(method) AS loud FROM {base}")
    (folder / "questions/logins.sql").write_text(TITLED + "SELECT method, COUNT(*) AS n FROM a_reads_b GROUP BY method")
    contract = load_contract(str(folder))
    archive = WrittenArchive(contract, tmp_path / "archive")
    archive.event("login", "e1", DAY, method="email")
    archive.event("login", "e2", DAY + 1, method="email")
    assert json.loads(query(contract, archive.root, "logins", "json")) == [{"method": "email", "n": 2}]
    assert query(contract, archive.root, "logins").startswith("Logins\n")
    assert json.loads(query(contract, archive.root, "SELECT loud FROM login LIMIT 1", "json")) == [{"loud": "EMAIL"}]
    [question] = questions(contract).values()
    assert (question.doc, question.key) == ("How many, by method?", ("method",))
    assert (question.chart.kind, question.chart.options) == ("bar", {"x": "method", "y": "n"})


def test_what_people_ask_is_no_part_of_what_events_are(folder):
    before = load_contract(str(folder)).fingerprint
    (folder / "questions/logins.sql").write_text(TITLED + "SELECT 1 AS n")
    (folder / "views/mine.sql").write_text("SELECT 1 AS n")
    assert load_contract(str(folder)).fingerprint == before


@pytest.mark.parametrize(("file", "text", "says"), [
    ("questions/q.sql", "SELECT 1", "questions/q.sql: title: missing: begin with a line -- title: …"),
    ("questions/q.sql", "-- title: Q\n\n", "questions/q.sql: no SQL after its head"),
    ("questions/q.sql", "-- title: Q\n-- colour: red\nSELECT 1", "questions/q.sql: colour: unknown"),
    ("questions/q.sql", "-- title: Q\n-- chart: spiral x=a\nSELECT 1", "questions/q.sql: chart: expected one of bar"),
    ("views/ledger.sql", "SELECT 1 AS n", "views/ledger.sql: ledger: is a view already: read it as {base}"),
    ("views/mine.sql", "SELECT * FROM {base}", "views/mine.sql: {base}: there is no view mine to stand in for"),
    ("views/Mine.sql", "SELECT 1 AS n", "views/Mine.sql: names of views are snake_case"),
])
def test_a_file_that_cannot_be_is_named_with_what_to_do(folder, file, text, says):
    (folder / file).write_text(text)
    with pytest.raises(ContractError) as e:
        load_contract(str(folder))
    assert says in str(e.value)


def test_views_that_read_each_other_in_a_circle_are_named(folder):
    (folder / "views/one.sql").write_text("SELECT n FROM {views}.two")
    (folder / "views/two.sql").write_text("SELECT n FROM {views}.one")
    with pytest.raises(ContractError, match="read each other in a circle"):
        own_views(load_contract(str(folder)))


def test_an_unknown_question_lists_those_that_are_there(tmp_path):
    archive = WrittenArchive(load_contract("khan"), tmp_path / "archive")
    with pytest.raises(FileNotFoundError, match=r"who_won: neither SQL, nor a file.sql, nor a question of khan \(.*player_standings"):
        query(archive.contract, archive.root, "who_won")


def test_a_parameter_that_nobody_knows_is_pointed_at(tmp_path):
    archive = WrittenArchive(load_contract("khan"), tmp_path / "archive")
    with pytest.raises(SqlError, match=r"@asof: no such parameter; known are @as_of, @env, @time_zone\nline 1: SELECT @asof"):
        query(archive.contract, archive.root, "SELECT @asof AS t")
    assert json.loads(query(archive.contract, archive.root, "SELECT @env AS e, @time_zone AS z", "json")) == [{"e": "live", "z": "UTC"}]
