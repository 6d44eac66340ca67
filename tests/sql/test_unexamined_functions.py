"""A function that is not in the list of examined ones is refused, or runs with a warning where the analyst asks for that."""

import shutil

import pytest

from gamebeam.pipeline.cli.__main__ import main
from gamebeam.schemas.contract.contract import PACKAGED, load_contract
from tests.support.written_archive import DAY, WrittenArchive


@pytest.fixture
def game(tmp_path):
    """A folder of a contract, and flags that query an archive of it."""
    folder = tmp_path / "starter"
    shutil.copytree(str(PACKAGED / "starter"), folder)
    (folder / "views").mkdir(exist_ok=True)
    archive = WrittenArchive(load_contract(str(folder)), tmp_path / "archive")
    archive.event("session_start", "e1", DAY)
    return folder, [f"--contract={folder}", f"--archive={archive.root}"]


@pytest.mark.parametrize("sql, name, hint", [
    ("SELECT LEVENSHTEIN(event_id, 'e2') FROM events", "LEVENSHTEIN", "docs/sql_functions.md"),
    ("SELECT ARRAY_FILTER([1, 2], e -> e > 1)", "ARRAY_FILTER", "write a subquery over the array"),
    ("SELECT UPPERR(event_id) FROM events", "UPPERR", "did you mean UPPER?")])
def test_an_unexamined_function_is_refused_on_one_line_with_a_hint_and_exit_code_1(game, capsys, sql, name, hint):
    assert main(["query", *game[1], sql]) == 1
    said = capsys.readouterr()
    first, *place = said.err.splitlines()
    assert first.startswith(f"gamebeam query: {name} is not in the list of examined functions: ") and hint in first
    assert place[0] == f"line 1: {sql}" and place[1].strip() == "^" * len(name) and not said.out


def test_unchecked_runs_it_with_a_warning_beside_the_answer(game, capsys):
    assert main(["query", *game[1], "--unchecked", "--format=csv", "SELECT LEVENSHTEIN(event_id, 'e2') AS n FROM events"]) == 0
    said = capsys.readouterr()
    assert said.out.split() == ["n", "1"]
    assert said.err == "gamebeam query: not in the list of examined functions, so BigQuery may answer otherwise: LEVENSHTEIN\n"


def test_unchecked_warns_of_nothing_where_every_function_is_examined(game, capsys):
    assert main(["query", *game[1], "--unchecked", "SELECT UPPER(event_id) FROM events"]) == 0
    assert not capsys.readouterr().err


def test_a_view_of_a_contract_that_calls_one_is_named_by_the_check_and_by_a_query_of_it(game, capsys):
    folder, flags = game
    (folder / "views/mine.sql").write_text("SELECT LEVENSHTEIN(event_id, 'e2') AS n FROM {views}.events")
    assert main(["query", *flags, "--unchecked", "SELECT n FROM mine"]) == 1
    assert "view mine: LEVENSHTEIN is not in the list of examined functions" in capsys.readouterr().err
    assert main(["contract", "check", str(folder)]) == 1
    assert "views/mine.sql: LEVENSHTEIN is not in the list of examined functions" in "".join(capsys.readouterr())
