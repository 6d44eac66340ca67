"""The pages served live: over real HTTP, in a real browser, and only to this machine."""

import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from gamebeam.pipeline.cli.__main__ import main
from gamebeam.schemas.contract.contract import load_contract
from services import MissingTool, end, free_port
from services.chromium import tab
from tests.support.shop_archive import NASTY, shop_archive
from tests.support.written_archive import DAY, HOUR, WrittenArchive

pytestmark = pytest.mark.engine
get = httpx.Client(timeout=240).get


@contextmanager
def served(archive):
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "gamebeam", "serve", f"--archive={archive}", f"--port={port}"],
                               cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        url = f"http://127.0.0.1:{port}"
        until = time.monotonic() + 120
        while True:
            try:
                httpx.get(f"{url}/version", timeout=60)
                break
            except httpx.TransportError:
                assert process.poll() is None and time.monotonic() < until, process.stdout.read()
                time.sleep(0.1)
        yield url
    finally:
        end(process)


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    archive = shop_archive(tmp_path_factory.mktemp("served") / "archive")
    with served(archive) as url:
        yield url, archive


@pytest.fixture
def opened():
    try:
        with tab() as page:
            yield page
    except MissingTool as e:
        pytest.skip(str(e))


def test_the_page_is_drawn_and_made_anew_when_events_come(shop, opened):
    url, archive = shop
    opened.open(url)
    assert opened.page.locator(".chart svg").count() >= 3
    players = opened.page.locator("article[data-question=report_cards] dd").first
    assert players.inner_text() == "3"
    more = WrittenArchive.__new__(WrittenArchive)
    more.contract, more.root, more.files = load_contract("starter"), archive, 1000
    more.write("player_hours", {"hour": DAY + HOUR, "player_id": "dora", "events": 1, "first_time": DAY + HOUR, "last_time": DAY + HOUR})
    opened.page.wait_for_function("document.querySelector('article[data-question=report_cards] dd').innerText === '4'")
    assert opened.errors == [] and all(r.startswith((url, "data:")) for r in opened.requests)


def test_a_player_has_a_page_and_a_name_like_a_script_does_not_run_there(shop, opened):
    url, _ = shop
    opened.open(url)
    opened.page.locator("article[data-question=standings]").get_by_text(NASTY, exact=True).click()
    opened.page.wait_for_url(f"{url}/players/**")
    assert opened.page.locator("h1").inner_text() == NASTY
    cards = opened.page.locator("article[data-question=player] dl").inner_text()
    assert "9.99" in cards
    joined = opened.page.locator("article[data-question=player_guilds] td").all_text_contents()
    assert "joined guild" in joined and NASTY in joined
    assert opened.page.locator("article[data-question=player_rank] dd").first.inner_text() == "1"
    assert opened.page.locator("img").count() == 0 and opened.errors == []


def test_an_unknown_player_is_not_found_and_quotes_in_a_name_are_no_sql(shop):
    url, _ = shop
    assert get(f"{url}/players/nobody").status_code == 404
    assert get(f"{url}/players/{quote(chr(39) + ' OR 1=1 --')}").status_code == 404
    assert get(f"{url}/players/ann").status_code == 200


def test_other_hosts_names_are_refused_and_scripts_come_from_here_alone(shop):
    url, _ = shop
    assert get(url, headers={"Host": "evil.example"}).status_code == 400
    answer = get(f"{url}/players/ann")
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"] and "<script>alert" not in answer.text
    assert httpx.post(url).status_code == 405


def test_no_archive_is_one_line(tmp_path, capsys):
    assert main(["serve", f"--archive={tmp_path}/none", "--port=1"]) == 1
    assert capsys.readouterr().err.startswith(f"gamebeam serve: {tmp_path}/none: no such archive")
