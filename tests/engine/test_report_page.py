"""The page in a real browser: drawn, silent, alone, and nobody's name runs in it."""

import json
import shutil

import pytest
from pypdf import PdfReader

from gamebeam.reports.pdf import NAMES
from gamebeam.reports.report import report
from gamebeam.schemas.contract.contract import load_contract
from services import CACHE, MissingTool
from services.chromium import tab
from tests.support.shop_archive import NASTY, shop_archive

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    """The page of the shop's archive, opened; its picture stays in .cache/report.png for people."""
    folder = tmp_path_factory.mktemp("page")
    [path] = report(load_contract("starter"), shop_archive(folder / "archive"), str(folder / "report.html"))
    try:
        with tab() as page:
            page.open(path.as_uri())
            page.page.screenshot(path=CACHE / "report.png", full_page=True)
            yield page
    except MissingTool as e:
        pytest.skip(str(e))


def figure(opened, question):
    return opened.page.locator(f"article[data-question={question}]")


def test_every_chart_is_drawn_with_its_marks_and_the_console_is_silent(opened):
    charts = opened.page.locator(".chart").all()
    assert len(charts) >= 3
    for chart in charts:
        assert chart.locator("svg .mark-rect path, svg .mark-group path").count() > 0
        assert chart.bounding_box()["height"] > 50
    assert opened.errors == []


def test_the_page_asks_nobody_for_anything(opened):
    assert [url for url in opened.requests if not url.startswith(("file:", "data:", "blob:"))] == []


def test_a_player_named_like_a_script_is_shown_and_not_run(opened):
    assert opened.page.locator("img").count() == 0
    standings = figure(opened, "standings")
    assert standings.get_by_text(NASTY, exact=True).count() == 1
    drawn = figure(opened, "guild_membership").locator(".chart svg text").all_text_contents()
    assert any(text.startswith("<script>alert(") for text in drawn)
    sample = opened.page.locator("article[data-question=problems] td.long, article[data-question=problems] td").all_text_contents()
    assert NASTY in sample


def test_what_a_bar_shows_when_pointed_at_is_text_too(opened):
    bar = figure(opened, "guild_membership").locator(".chart svg .mark-rect path").first
    bar.hover()
    tip = opened.page.locator("#vg-tooltip-element")
    tip.wait_for()
    assert "members" in tip.inner_text() and tip.locator("script, img").count() == 0
    assert opened.errors == []


def test_the_figures_are_those_of_the_three_players(opened):
    cards = dict(zip(figure(opened, "report_cards").locator("dt").all_text_contents(),
                     figure(opened, "report_cards").locator("dd").all_text_contents(), strict=True))
    assert cards["players"] == "3" and cards["revenue usd"] == "$15.97"
    carried = figure(opened, "retention").locator("script[data-chart]").text_content()
    rows = json.loads(carried)["data"]["values"]
    assert {r["day"]: round(r["share"], 3) for r in rows} == {0: 1.0, 1: 0.333, 2: 0.333}


def test_every_figure_says_whether_it_is_final(opened):
    for badge in opened.page.locator("article h3").all():
        assert badge.locator("b.final, b.provisional").count() == 1 or "Nothing yet" in badge.locator("..").inner_text()
    carried = json.loads(figure(opened, "retention").locator("script[data-chart]").text_content())
    assert {r["day"]: r["status"] for r in carried["data"]["values"]} == {0: "final", 1: "final", 2: "provisional"}


def test_the_highest_of_each_column_stands_out(opened):
    assert figure(opened, "player_purchases").locator("td.highest").all_text_contents() == ["$9.99", "$9.99"]


def test_the_page_printed_has_its_figures_and_its_charts(tmp_path):
    folder = tmp_path / "a"
    if not any(map(shutil.which, NAMES)):
        pytest.skip("chromium is not on this machine: it prints the page")
    written = report(load_contract("starter"), shop_archive(folder), str(tmp_path / "report.html"), also="csv,pdf")
    assert written[-1] == tmp_path / "report.pdf" and any(p.suffix == ".csv" for p in written)
    text = " ".join("\n".join(page.extract_text() for page in PdfReader(written[-1]).pages).split())
    assert "Starter, for its designers" in text and "$15.97" in text and NASTY in text
    assert "dau wau mau" in text and "0% 20% 40% 60% 80% 100%" in text  # a legend and an axis, which only scripts draw


def test_where_nothing_prints_the_refusal_says_what_would(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ValueError, match="--also=pdf: Chromium prints it, and none of chromium"):
        report(load_contract("starter"), str(tmp_path), str(tmp_path / "report.html"), also="pdf")
    assert not (tmp_path / "report.html").exists()
