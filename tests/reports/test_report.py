"""What stands on a page and in the files beside it, and what a report refuses."""

import csv
import dataclasses
from datetime import UTC, date, datetime

import pytest

from gamebeam.pipeline.cli.__main__ import main
from gamebeam.reports.charts import chart
from gamebeam.reports.figures import Settled, figure_of, written
from gamebeam.reports.layout import page_layout
from gamebeam.reports.report import report
from gamebeam.schemas.contract.contract import load_contract
from gamebeam.schemas.contract.fields import ContractError
from gamebeam.schemas.contract.questions import parse_question
from gamebeam.sql.engine import Result
from tests.support.shop_archive import NASTY, shop_archive
from tests.support.written_archive import WrittenArchive

OPEN = Settled(date(2026, 11, 3), datetime(2026, 11, 5, tzinfo=UTC))


def drawn(head, columns, *rows, days=OPEN):
    question = parse_question("q", f"-- title: T\n{head}\nSELECT 1", "questions/q.sql")
    return figure_of(question, Result(columns, list(rows)), days, "T")


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    return shop_archive(tmp_path_factory.mktemp("shop") / "archive")


def test_csv_beside_the_page_has_every_row_and_its_status(archive, tmp_path):
    paths = report(load_contract("starter"), archive, str(tmp_path / "page.html"), also="csv")
    assert paths[0].name == "page.html" and {p.suffix for p in paths[1:]} == {".csv"}
    with (tmp_path / "page" / "standings.csv").open() as f:
        rows = list(csv.DictReader(f))
    assert [(r["player_id"], r["player_level"], r["status"]) for r in rows] == [
        (NASTY, "5", "provisional"), ("bob", "4", "provisional"), ("ann", "3", "provisional")]


def test_the_command_prints_what_it_wrote_and_refuses_in_one_line(archive, tmp_path, capsys):
    assert main(["report", f"--archive={archive}", f"--out={tmp_path}/r.html"]) == 0
    assert capsys.readouterr().out == f"{tmp_path}/r.html\n"
    assert main(["report", f"--archive={archive}", f"--out={tmp_path}/r.html", "--also=docx"]) == 1
    assert capsys.readouterr().err == "gamebeam report: --also=docx: csv and pdf are written beside the page, or --also=csv,pdf\n"


@pytest.mark.parametrize("game", ["starter", "khan", "gameco", "placebo", "victory"])
def test_every_game_has_a_page_even_before_its_first_event(game, tmp_path):
    contract = load_contract(game)
    archive = WrittenArchive(contract, tmp_path / "archive").root
    [path] = report(contract, archive, str(tmp_path / "report.html"))
    text = path.read_text()
    assert "Nothing yet." in text
    for section in page_layout(contract).sections:
        for question in section.questions:
            assert f'data-question="{question.name}"' in text


def test_days_are_final_or_provisional_row_by_row():
    f = drawn("-- chart: bar x=day y=n", ["day", "n"], (date(2026, 11, 2), 1), (date(2026, 11, 3), 2))
    assert (f.final, f.status) == ((True, False), "provisional")
    assert [r["status"] for r in chart(f)["data"]["values"]] == ["final", "provisional"]
    assert drawn("", ["n"], (1,)).status == "provisional"  # over all days
    assert drawn("", ["n"], (1,), days=Settled(None, None)).status == "final"


def test_a_question_that_knows_better_says_is_final_itself():
    f = drawn("", ["cohort", "is_final"], (date(2026, 11, 9), True), (date(2026, 11, 1), False))
    assert f.columns == ("cohort",) and f.final == (True, False)


def test_a_cohorts_nth_day_is_final_once_that_day_is():
    f = drawn("", ["cohort", "day"], (date(2026, 11, 1), 1), (date(2026, 11, 1), 2))
    assert f.final == (True, False)


def test_several_figures_in_one_chart_and_intervals_are_drawn():
    carried = chart(drawn("-- key: day\n-- chart: line x=day y=dau,wau", ["day", "dau", "wau"], (date(2026, 11, 2), 1, 5)))
    assert [(r["figure"], r["value"]) for r in carried["data"]["values"]] == [("dau", 1), ("wau", 5)]
    carried = chart(drawn("-- key: e\n-- chart: bar x=e y=rate low=a high=b", ["e", "rate", "a", "b"], ("Zeus", 0.5, 0.4, 0.6)))
    assert carried["layer"][1]["encoding"]["y"]["field"] == "a" and carried["layer"][1]["encoding"]["y2"]["field"] == "b"


def test_maxima_are_marked_but_not_of_keys_nor_where_all_are_equal():
    f = drawn("-- key: level", ["level", "n", "same"], (9, 3, 1), (2, 3, 1), (1, 2, 1))
    assert f.highest == {(0, 1), (1, 1)}
    assert drawn("-- chart: table highest=no", ["n"], (3,), (2,)).highest == frozenset()


@pytest.mark.parametrize("value, column, format, text", [
    (1234567, "n", "", "1,234,567"), (0.256, "share", "%", "25.6 %"), (-3.5, "usd", "$", "-$3.50"), (None, "usd", "$", "–"),
    (None, "missing_share", "%", "not measurable"), (["1.4.0", "1.5.0"], "v", "", "1.4.0, 1.5.0"), (True, "b", "", "yes"),
    (float("nan"), "x", "", "nan"), (datetime(2026, 11, 2, 3, 4, tzinfo=UTC), "at", "", "2026-11-02 03:04")])
def test_values_are_written_for_people(value, column, format, text):
    assert written(value, column, format) == text


def test_a_chart_of_a_column_that_is_not_there_names_the_file_and_what_is_there():
    with pytest.raises(ContractError, match=r"questions/q\.sql.*chart.*y=m: the answer has day, n"):
        chart(drawn("-- chart: bar x=day y=m", ["day", "n"], (date(2026, 11, 2), 1)))


@pytest.mark.parametrize("text, told", [
    ("sections:\n- title: A\n  questions: [nope]", "neither questions/nope.sql nor reports/nope.sql is there"),
    ("pages: 1", "pages: unknown; known are"),
    ("sections:\n- questions: []", "sections[0].title: missing: expected a headline"),
    ("sections: [A]", "expected title: … and questions:")])
def test_a_slip_in_report_yaml_is_told_with_its_file(text, told):
    contract = load_contract("starter")
    with pytest.raises(ContractError, match=r"report\.yaml") as e:
        page_layout(dataclasses.replace(contract, text=contract.text | {"report.yaml": text}))
    assert told in str(e.value)
