"""The pages of the write-ups' games: every question of theirs stands there, once, with what the players counted, and is drawn."""

import re
from collections import Counter

import pyarrow.parquet as pq
import pytest

from gamebeam.loadgen.generate import generate
from gamebeam.reports.layout import built_in_questions, page_layout
from gamebeam.reports.page import html
from gamebeam.reports.report import page_of
from gamebeam.schemas.contract.contract import load_contract
from gamebeam.schemas.contract.questions import questions
from gamebeam.sql.engine import open_archive
from services import MissingTool
from services.chromium import tab
from tests.pipeline.test_run import run

GAMES = ("gameco", "khan", "placebo", "victory")
FIRST = {"khan": ["Player Standings", "Player Purchases", "Guild Membership"], "gameco": ["Battles won"]}
UNCOUNTED = {"row_counts"}  # of the archive itself: the players know nothing of it


@pytest.fixture(scope="module", params=GAMES)
def page(request, tmp_path_factory):
    """(game, its page of 40 generated players, their answers' folder)"""
    out, contract = tmp_path_factory.mktemp(request.param), load_contract(request.param)
    generate(contract, str(out), players=40, days=2, seed=3)
    run(f"{out}/messages/*", out / "archive", contract=request.param)
    return request.param, page_of(open_archive(contract, str(out / "archive")), contract), out


@pytest.mark.parametrize("game", [*GAMES, "starter"])
def test_every_question_of_a_game_is_in_one_section_of_its_own_layout(game):
    contract = load_contract(game)
    placed = Counter(q.name for section in page_layout(contract).sections for q in section.questions)
    assert set(placed.values()) == {1} and placed.keys() >= questions(contract).keys() | built_in_questions().keys()
    assert "report.yaml" in contract.text


def test_the_page_holds_as_many_answers_as_the_players_counted(page):
    game, made, out = page
    figures = {f.question.name: f for _, section in made.sections for f in section}
    for name in questions(load_contract(game)).keys() - UNCOUNTED:
        answers = pq.read_table(out / "answers" / f"question_{name}.parquet")
        assert len(figures[name].rows) == answers.num_rows > 0, name
        assert f'data-question="{name}"' in html(made)


def test_the_reports_come_first_and_say_as_of_when(page):
    game, made, _ = page
    titles = [f.title for f in made.sections[0][1]]
    for title, wanted in zip(titles, FIRST.get(game, []), strict=False):
        assert re.fullmatch(rf"{wanted}(, as of \d{{4}}-\d\d-\d\d \d\d:\d\d UTC)?", title)
        assert ("as of" in title) == (game == "khan")


@pytest.mark.engine
def test_every_chart_of_the_page_is_drawn_and_the_console_is_silent(page, tmp_path):
    path = tmp_path / "page.html"
    path.write_text(html(page[1]))
    try:
        with tab() as opened:
            opened.open(path.as_uri())
            for chart in opened.page.locator(".chart").all():
                assert chart.locator("svg path").count() > 0 and chart.bounding_box()["height"] > 50
            assert opened.errors == [] and [u for u in opened.requests if not u.startswith(("file:", "data:", "blob:"))] == []
    except MissingTool as e:
        pytest.skip(str(e))
