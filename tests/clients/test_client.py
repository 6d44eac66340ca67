"""The reference client against a real collector, the transcripts of clients/README.md, and the runner that tests clients."""

import json
import subprocess
import sys
import threading

import pytest

from gamebeam.clients.__main__ import main as check
from gamebeam.clients.check_client import check_client
from gamebeam.clients.python.gamebeam_client import Client
from gamebeam.clients.transcripts import play, transcripts
from tests.support.collector_server import collector


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("door")
    with collector(folder, str(folder / "messages")) as it:
        yield it


def sent(server):
    return [json.loads(line) for f in (server.folder / "messages").glob("*.jsonl") for line in f.open()]


def client(server, folder, **settings):
    return Client(server.url, server.keys["live"], str(folder), app_version="1.4.1", every_s=0.1, **settings)


def test_the_transcripts_hold_against_this_collector(server):
    assert len(transcripts()) == 5
    assert [line.split(": ")[-1] for line in play(server.url, server.keys["live"])] == ["ok"] * 5


def test_the_runner_says_where_a_server_differs(server, capsys):
    assert check(["server", f"--to={server.url}", "--key=wrong"]) == 1
    assert "status 401, expected 202" in capsys.readouterr().out


def test_numbers_go_on_without_a_hole_over_restarts_and_everything_arrives_once(server, tmp_path):
    for _ in range(3):
        it = client(server, tmp_path)
        it.player_id = "p-7"
        it.start_session()
        for level in range(250):
            it.track("level_start", level=level)
        assert it.close()
    mine = [e for e in sent(server) if e["install_id"] == it.install_id]
    assert sorted(e["seq"] for e in mine) == list(range(1, 751)) and len({e["event_id"] for e in mine}) == 750
    assert {(e["app_version"], e["player_id"]) for e in mine} == {("1.4.1", "p-7")} and len({e["session_id"] for e in mine}) == 3
    assert it.refused == [] and it.dropped == 0


def test_what_waits_while_the_collector_is_away_is_on_disk_and_comes_later(server, tmp_path):
    away = Client("http://127.0.0.1:9", server.keys["live"], str(tmp_path), every_s=0.05)
    for level in range(30):
        away.track("level_start", level=level)
    assert not away.close(0.2)
    back = client(server, tmp_path)
    assert back.close()
    assert sorted(e["seq"] for e in sent(server) if e["install_id"] == away_id(back)) == list(range(1, 31))


def away_id(it):
    return it._store.install_id


def test_over_the_cap_the_oldest_go_and_the_gap_in_the_numbers_says_so(server, tmp_path):
    away = Client("http://127.0.0.1:9", server.keys["live"], str(tmp_path), cap_bytes=20_000)
    for level in range(500):
        away.track("level_start", level=level)
    away.close(0)
    back = client(server, tmp_path)
    install = back.install_id
    assert back.close()
    numbers = sorted(e["seq"] for e in sent(server) if e["install_id"] == install)
    assert numbers == list(range(numbers[0], 501)) and 50 < len(numbers) < 200


def test_without_consent_nothing_is_stored_or_sent_and_what_was_is_forgotten(server, tmp_path):
    it = Client("http://127.0.0.1:9", server.keys["live"], str(tmp_path / "c"), consent=False)
    assert it.track("login") is None and not (tmp_path / "c").exists()
    it.set_consent(True)
    assert it.track("login") and any((tmp_path / "c").iterdir())
    before = it.install_id
    it.set_consent(False)
    assert it.track("login") is None and not any((tmp_path / "c").iterdir())
    it.set_consent(True)
    assert it.install_id != before and it.close(0)


def test_many_threads_may_track_at_once(server, tmp_path):
    it = client(server, tmp_path)
    threads = [threading.Thread(target=lambda: [it.track("level_start", level=n) for n in range(50)]) for _ in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    install = it.install_id
    assert it.close()
    assert sorted(e["seq"] for e in sent(server) if e["install_id"] == install) == list(range(1, 401))


def test_one_event_that_is_too_large_for_any_request_is_given_up_alone(server, tmp_path):
    it = client(server, tmp_path)
    for level in range(5):
        it.track("level_start", level=level, note="x" * (2_000_000 if level == 2 else 1))
    install = it.install_id
    assert it.close() and it.dropped == 1
    assert sorted(e["seq"] for e in sent(server) if e["install_id"] == install) == [1, 2, 4, 5]


def test_the_reference_client_keeps_every_rule():
    assert check_client([sys.executable, "-m", "gamebeam.clients.python.example"]) == []


BAD_CLIENT = """
import json, os, time, urllib.request
events = [{"event_id": str(n), "event_type": "login", "event_time": 1, "install_id": os.urandom(4).hex(), "seq": n} for n in range(250)]
for event in events[:3]:
    request = urllib.request.Request(os.environ["GAMEBEAM_URL"] + "/v1/events", json.dumps([event]).encode())
    try: urllib.request.urlopen(request)
    except OSError: pass
"""


def test_a_client_that_breaks_the_rules_is_told_which(tmp_path):
    problems = check_client([sys.executable, "-c", BAD_CLIENT])
    assert {p.split(":")[0] for p in problems} >= {"rule 1", "rule 2", "rule 4", "rule 5", "rule 6"}, problems


def test_the_client_needs_the_standard_library_alone(tmp_path):
    """Copied out of here, in an interpreter that sees no packages."""
    import shutil
    from pathlib import Path

    import gamebeam.clients.python.gamebeam_client as package

    shutil.copytree(Path(package.__file__).parent, tmp_path / "gamebeam_client")
    code = "import gamebeam_client; gamebeam_client.Client('http://127.0.0.1:9', 'k', 'x', consent=False)"
    subprocess.run([sys.executable, "-S", "-E", "-c", code], cwd=tmp_path, check=True, timeout=60)
