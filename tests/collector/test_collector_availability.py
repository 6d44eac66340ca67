"""One client cannot take the front door from the others: headers without end, keys for one use, keys added at the same moment."""

import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from gamebeam.collector.app import app
from gamebeam.collector.disk_queue import DiskQueue
from gamebeam.collector.keys import add_key, read_keys
from gamebeam.collector.serve import HEAD_BYTES, REQUEST_BYTES
from gamebeam.collector.settings import Game, Settings
from tests.support.collector_server import collector

SLACK = 8 << 20  # what the kernel's buffers on both ends may hold beside what the server read


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("door")
    with collector(folder, str(folder / "messages")) as running:
        yield running


def taken_of(server, head: bytes, piece: bytes, most: int) -> tuple[int, bytes]:
    """(bytes that the server took before it closed the connection, its answer); at most `most` bytes are sent."""
    host, port = server.url.removeprefix("http://").split(":")
    sent = 0
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        with suppress(ConnectionError):
            connection.sendall(head)
            while sent < most:
                sent += connection.send(piece)
        answer = b""
        with suppress(ConnectionError):
            answer = connection.recv(1000)
    return sent, answer


def memory_kb(server) -> int:
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS")))


@pytest.mark.parametrize("piece", [b"X-Some-Header: " + b"a" * 1000 + b"\r\n", b"a" * 1000], ids=["many headers", "one header"])
def test_headers_without_end_are_refused_and_take_no_memory(server, piece):
    before = memory_kb(server)
    for _ in range(4):
        sent, answer = taken_of(server, b"POST /v1/events HTTP/1.1\r\nHost: x\r\nX-One: ", piece, 64 << 20)
        assert sent < HEAD_BYTES + SLACK
        assert answer == b"" or b"431" in answer
    assert memory_kb(server) - before < 8 * 1024
    assert server.health()["status"] == "ok"


def test_trailers_without_end_are_refused_and_take_no_memory(server):
    before = memory_kb(server)
    head = (b"POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + server.keys["live"].encode()
            + b"\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n")
    sent, _ = taken_of(server, head, b"X-Trailer: " + b"a" * 1000 + b"\r\n", 256 << 20)
    assert sent < REQUEST_BYTES + SLACK
    assert memory_kb(server) - before < 32 * 1024
    assert server.health()["status"] == "ok"


def test_a_request_with_forty_kilobytes_of_headers_is_served(server):
    request = urllib.request.Request(f"{server.url}/healthz", headers={f"X-{n}": "a" * 4000 for n in range(10)})
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status == 200


def test_a_key_that_posts_events_reads_no_player_and_a_key_that_reads_posts_nothing(tmp_path):
    keys = tmp_path / "keys.json"
    post, read = add_key(keys, "starter", "live"), add_key(keys, "starter", "live", read=True)
    settings = Settings({"starter": Game("starter", str(tmp_path / "messages"))}, str(keys), str(tmp_path / "queue.sqlite"),
                        players="redis://127.0.0.1:1/0")
    with TestClient(app(settings)) as client:
        def player(key):
            return client.get("/v1/players/p-1", headers={"X-API-Key": key})

        def event(key):
            return client.post("/v1/events", content=b"{}", headers={"X-API-Key": key})

        assert (player(post).status_code, event(post).status_code) == (403, 202)
        assert "key add --read" in player(post).json()["error"]
        assert (player(read).status_code, event(read).status_code) == (503, 401)  # 503: it got as far as the store, which is away
        assert "without --read" in event(read).json()["error"]


def test_keys_that_are_added_at_the_same_moment_are_all_there(tmp_path):
    command = [sys.executable, "-m", "gamebeam", "collect", "key", "add", "--game=starter", "--env=live",
               f"--keys={tmp_path / 'keys.json'}"]
    adding = [subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for _ in range(8)]
    assert [process.wait() for process in adding] == [0] * 8
    assert len(read_keys(tmp_path / "keys.json")) == 8


def test_what_the_collector_writes_is_its_own_users_alone(tmp_path):
    before = os.umask(0)
    try:
        key = add_key(tmp_path / "keys.json", "starter", "live")
        games = {"starter": Game("starter", str(tmp_path / "messages"))}
        settings = Settings(games, str(tmp_path / "keys.json"), str(tmp_path / "q.sqlite"))
        with TestClient(app(settings)) as client:
            client.post("/v1/events", content=b'{"event_type": "login"}', headers={"X-API-Key": key})
            modes = {f.name: oct(f.stat().st_mode & 0o777) for f in tmp_path.rglob("*") if f.is_file()}
    finally:
        os.umask(before)
    assert {"keys.json", "q.sqlite", "q.sqlite-wal"} <= set(modes) and any(name.endswith(".jsonl") for name in modes)
    assert set(modes.values()) == {"0o600"}, modes


def test_an_older_queue_that_others_could_read_becomes_private(tmp_path):
    path = tmp_path / "queue.sqlite"
    path.touch(0o644)
    path.chmod(0o644)
    DiskQueue(str(path), 16)
    assert oct(path.stat().st_mode & 0o777) == "0o600"
