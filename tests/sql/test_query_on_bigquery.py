"""gamebeam query --engine=bigquery: the same text on both engines, and where the answers differ."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from gamebeam.loadgen.generate import generate
from gamebeam.pipeline.cli.__main__ import main
from gamebeam.schemas.contract.contract import load_contract
from gamebeam.sql.compare import compare
from gamebeam.sql.engine import Result
from gamebeam.transforms.sinks.bigquery.client import rest_client

TARGET = "bq://lab.khan"
NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


def both(ours, theirs, sql="SELECT a FROM t"):
    columns = list("abcdef")[:len((ours or theirs)[0])]
    return compare(sql, Result(columns, ours), Result(columns, theirs))


@pytest.mark.parametrize("a, b", [
    (1.0, 1.0 + 1e-12), (float("nan"), float("nan")), (float("inf"), float("inf")), (3, Decimal(3)), (None, None), (b"a", b"a"),
    (NOON, NOON.astimezone(timezone(timedelta(hours=5)))), ([{"x": 1.0}], [{"x": 1.0 + 1e-12}]), (date(2026, 1, 1), date(2026, 1, 1))])
def test_values_of_two_engines_that_mean_the_same_are_equal(a, b):
    assert both([(a,)], [(b,)]) == (True, "equal: 1 row\n")


@pytest.mark.parametrize("a, b", [
    (1.0, 1.0 + 1e-6), (1, True), (1, None), (0.0, 1e-300), (Decimal("0.4"), Decimal("0.4000001")), ("1", 1),
    (NOON, NOON + timedelta(microseconds=1)),
    ([1, 2], [2, 1]), ({"x": 1}, {"y": 1}), ([1], None)])
def test_values_that_differ_are_shown_one_above_the_other(a, b):
    found = both([(a, "same")], [(b, "same")])
    assert not found.equal and found.text.startswith("1 rows of DuckDB's 1 and 1 of BigQuery's 1 differ:\n")
    lines = [line for line in found.text.splitlines() if "same" in line]
    assert [line.split()[1] for line in lines] == ["duckdb", "bigquery"]


def test_order_matters_only_where_the_query_orders():
    ours, theirs = [(1,), (2,)], [(2,), (1,)]
    assert both(ours, theirs).equal
    assert both(ours, theirs, "SELECT ARRAY_AGG(a ORDER BY a)[OFFSET(0)] FROM t GROUP BY b").equal
    found = both(ours, theirs, "SELECT a FROM t ORDER BY a")
    assert not found.equal and "the rows are equal, but not their order, from row 1 on" in found.text


def test_a_row_that_comes_twice_is_not_a_row_that_comes_once():
    assert not both([(1,), (1,), (2,)], [(1,), (2,), (2,)]).equal
    assert not both([(1,), (1,)], [(1,)]).equal


def test_columns_of_other_names_are_told_before_rows_are_looked_at():
    found = compare("SELECT 1", Result(["f0_"], [(1,)]), Result(["one"], [(1,)]))
    assert found == (False, "the columns differ:\n  duckdb    f0_\n  bigquery  one\n")


def test_each_row_stands_above_the_one_that_has_most_in_common():
    found = both([("x", 1, 1), ("y", 2, 2)], [("y", 2, 3), ("x", 1, 2)])
    lines = [line.split()[1:7:2] for line in found.text.splitlines() if "duckdb" in line or "bigquery" in line]
    assert [line[:2] for line in lines] == [["duckdb", "x"], ["bigquery", "x"], ["duckdb", "y"], ["bigquery", "y"]]


def test_a_thousand_differences_are_shortened_and_counted():
    found = both([(n,) for n in range(1000)], [(n,) for n in range(1000, 2000)])
    assert "1,000 rows of DuckDB's 1,000" in found.text and found.text.count("duckdb") == 20


@pytest.mark.parametrize("flags, says", [
    (["--engine=bigquery"], "expected bq://project.dataset"), (["--engine=spark"], "--engine=spark: use duckdb, or bigquery with --tables"),
    (["--tables=bq://lab.khan"], "use duckdb, or bigquery with --tables=bq://project.dataset")])
def test_flags_that_do_not_belong_together_are_refused(flags, says, capsys):
    assert main(["query", "--contract=khan", "--archive=nowhere", *flags, "SELECT 1"]) == 1
    assert says in capsys.readouterr().err


@pytest.fixture(scope="module")
def loaded(bigquery, tmp_path_factory):
    """The flags of an archive of khan whose rows are also in the dataset of TARGET."""
    out = tmp_path_factory.mktemp("khan")
    generate(load_contract("khan"), str(out), players=4, days=2, seed=11, start=f"{datetime.now(UTC) - timedelta(days=4):%F}")
    where = ["--contract=khan", f"--archive={out}/archive"]
    assert main(["run", *where, f"--source={out}/messages/*"]) == 0
    assert main(["tables", "apply", "--contract=khan", f"--tables={TARGET}"]) == 0
    assert main(["tables", "load", *where, f"--tables={TARGET}"]) == 0
    return where


@pytest.mark.engine
@pytest.mark.parametrize("sql", [
    "player_standings", "SELECT * EXCEPT (missing) FROM ledger", "SELECT run_id, inputs FROM runs",
    "SELECT COUNT(*) AS n FROM events WHERE env = @env AND event_time < @as_of",
    "SELECT event_id, event_time, payload FROM events ORDER BY event_id LIMIT 50"])
def test_a_query_and_a_question_answer_alike_on_both(loaded, capsys, sql):
    capsys.readouterr()
    code = main(["query", *loaded, "--engine=bigquery", f"--tables={TARGET}", sql])
    assert (code, capsys.readouterr().out[:7]) == (0, "equal: ")


@pytest.mark.engine
def test_rows_that_one_engine_alone_has_are_shown_and_the_exit_code_says_so(loaded, capsys):
    sql = "SELECT event_type, COUNT(*) AS n FROM events GROUP BY event_type"
    rest_client("lab").query("DELETE FROM `lab`.khan_tables.player_hours WHERE TRUE").result()
    capsys.readouterr()
    assert main(["query", *loaded, "--engine=bigquery", f"--tables={TARGET}", sql]) == 0
    capsys.readouterr()
    assert main(["query", *loaded, "--engine=bigquery", f"--tables={TARGET}", "SELECT COUNT(*) AS players FROM players"]) == 1
    said = capsys.readouterr().out
    assert "1 rows of DuckDB's 1 and 1 of BigQuery's 1 differ:" in said and "bigquery" in said


@pytest.mark.engine
@pytest.mark.parametrize("sql, says", [("SHOW TABLES", "answered on DuckDB alone"),
                                       ("SELECT * FROM read_text('/etc/hostname')", "read_text(…)"),
                                       ("SELECT * FROM nosuch", "nosuch does not exist")])
def test_what_the_laptop_refuses_is_not_sent(loaded, capsys, sql, says):
    assert main(["query", *loaded, "--engine=bigquery", f"--tables={TARGET}", sql]) == 1
    assert says in capsys.readouterr().err
