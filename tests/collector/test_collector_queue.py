"""The disk queue, and the door while the broker is away. Away is here: a file stands where the sink's folder should be."""

import asyncio
import json
import subprocess
import sys
import threading
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pytest

from gamebeam.clients.python.gamebeam_client import Later, Transport
from gamebeam.collector import door as door_module
from gamebeam.collector.disk_queue import DiskQueue, QueueFull
from gamebeam.collector.door import Door
from gamebeam.collector.folder import FolderSink
from gamebeam.collector.open_sink import open_sink
from gamebeam.collector.sink import Message, SinkAway
from tests.support.collector_server import collector


def numbered(first, count, size=0):
    return [Message(b'{"n":%d,"x":"%b"}' % (n, b"x" * size), b"k") for n in range(first, first + count)]


def numbers(folder):
    return [json.loads(line)["n"] for f in sorted(folder.glob("*.jsonl"), key=lambda f: f.stat().st_mtime_ns) for line in f.open()]


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(door_module, "PATIENCE_S", (0.05, 0.1))


def test_what_is_appended_comes_back_in_order_and_once(tmp_path):
    async def story():
        queue = DiskQueue(str(tmp_path / "q"), 16)
        await asyncio.gather(*(queue.append("a", "t", numbered(n * 10, 10)) for n in range(20)))
        await queue.append("b", "other", numbered(999, 1))
        first = await queue.oldest("a", 150)
        await queue.delete("a", first[-1].number)
        rest = await queue.oldest("a", 150)
        assert [json.loads(w.message.payload)["n"] for w in first + rest] == list(range(200))
        assert await queue.lanes() == {"a": 50, "b": 1}
        await queue.close()

    asyncio.run(story())


def test_a_full_queue_takes_all_of_a_request_or_nothing(tmp_path):
    async def story():
        queue, taken = DiskQueue(str(tmp_path / "q"), 1), 0
        with pytest.raises(QueueFull):
            while True:
                await queue.append("a", "t", numbered(taken, 100, 1_000))
                taken += 100
        assert 0 < taken < 1_000 and await queue.lanes() == {"a": taken}
        few = await queue.oldest("a", taken)
        await queue.delete("a", few[-1].number)
        await queue.append("a", "t", numbered(0, 100, 1_000))  # its room is used again
        await queue.close()

    asyncio.run(story())
    assert (tmp_path / "q").stat().st_size <= 2**20


def test_a_large_request_that_does_not_fit_leaves_room_for_a_small_one_beside_it(tmp_path):
    async def story():
        queue = DiskQueue(str(tmp_path / "q"), 1)
        large, small = await asyncio.gather(queue.append("a", "t", numbered(0, 100, 50_000)), queue.append("a", "t", numbered(7, 1)),
                                            return_exceptions=True)
        assert isinstance(large, QueueFull) and small is None
        assert await queue.lanes() == {"a": 1}
        await queue.close()

    asyncio.run(story())


def test_while_the_broker_is_away_events_queue_and_then_all_go_in_order(tmp_path, quick):
    async def story():
        sink, topic = open_sink(str(tmp_path / "messages"))
        door = Door({"g": sink}, DiskQueue(str(tmp_path / "q"), 16))
        await door.send("g", topic, numbered(0, 10))
        (tmp_path / "messages").rename(tmp_path / "before")
        (tmp_path / "messages").touch()
        with pytest.raises(SinkAway):
            await sink.send(topic, numbered(0, 1))
        for n in range(10, 2_600, 10):
            await door.send("g", topic, numbered(n, 10))
        assert door.away == ["g"] and await door.queue.lanes() == {"g": 2_590}
        (tmp_path / "messages").unlink()
        while door.away:
            await door.send("g", topic, numbered(2_600 + int(time.monotonic()), 0))  # an empty request disturbs nothing
            await asyncio.sleep(0.05)
        await door.send("g", topic, numbered(2_600, 10))
        assert await door.queue.lanes() == {}
        await door.close()

    asyncio.run(story())
    assert numbers(tmp_path / "before") == list(range(10)) and numbers(tmp_path / "messages") == list(range(10, 2_610))


def test_what_an_earlier_life_left_goes_first_and_two_processes_do_not_send_it_twice(tmp_path, quick):
    async def story():
        left = DiskQueue(str(tmp_path / "q"), 16)
        await left.append("g", "messages", numbered(0, 500))
        await left.close()
        doors = [Door({"g": FolderSink(str(tmp_path))}, DiskQueue(str(tmp_path / "q"), 16)) for _ in range(2)]
        await asyncio.gather(*(door.start() for door in doors))
        while any(door.away for door in doors):
            await asyncio.sleep(0.05)
        for door in doors:
            await door.close()

    asyncio.run(story())
    assert numbers(tmp_path / "messages") == list(range(500))


def event(n):
    now = time.time_ns() // 1_000_000
    return json.dumps({"event_id": f"e{n}", "event_type": "login", "event_time": now, "install_id": f"i{n % 7}", "seq": n + 1}).encode()


def test_a_full_queue_is_503_with_retry_after_and_health_says_why(tmp_path):
    (tmp_path / "messages").touch()
    with collector(tmp_path, str(tmp_path / "messages"), queue_mb=1) as server:
        transport = Transport(server.url, server.keys["live"])
        with pytest.raises(Later, match="503") as refused:
            for n in range(0, 100_000, 500):
                transport.send([event(n + i) for i in range(500)])
        assert refused.value.seconds == 5
        assert server.health()["status"] == "behind" and server.health()["queued"]["starter"] == n


@pytest.mark.parametrize("away", [True, False])
def test_killed_under_load_it_has_every_event_that_it_said_it_has(tmp_path, away):
    """kill -9 three times while four clients send; away: nothing but the disk queue takes events until the end."""
    folder = tmp_path / "messages"
    if away:
        folder.touch()
    acknowledged, ended = set(), threading.Event()

    def send(server, client):
        transport, n = Transport(server.url, server.keys["live"]), client * 1_000_000
        while not ended.is_set():
            ids = range(n, n + 20)
            try:
                assert transport.send([event(i) for i in ids]) == {"accepted": 20, "refused": []}
                acknowledged.update(ids)
            except Later:
                time.sleep(0.05)
            n += 20

    with collector(tmp_path, str(folder), workers=2) as server, ThreadPoolExecutor(4) as pool:
        clients = [pool.submit(send, server, c) for c in range(4)]
        try:
            for _ in range(3):
                before = len(acknowledged)
                while len(acknowledged) < before + 400:
                    time.sleep(0.05)
                server.kill()
                server.start()
        finally:
            ended.set()
        for client in clients:
            client.result()
        if away:
            folder.unlink()
        until = time.monotonic() + 60
        while server.health()["status"] != "ok" and time.monotonic() < until:
            time.sleep(0.2)
        landed = {int(json.loads(line)["event_id"][1:]) for f in folder.glob("*.jsonl") for line in f.open()}
    assert len(acknowledged) >= 1_200 and not acknowledged - landed


def test_slow_and_half_open_connections_do_not_starve_others(tmp_path):
    """300 connections say nothing, or half a head, or half a body; a well-behaved client goes on at once."""
    import socket

    with collector(tmp_path, str(tmp_path / "messages"), body_seconds=3.0) as server:
        address = ("127.0.0.1", int(server.url.rsplit(":", 1)[1]))
        head = b"POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\nAuthorization: Bearer %b\r\n" % server.keys["live"].encode()
        open_ones = []
        for n in range(300):
            one = socket.create_connection(address, timeout=30)
            one.sendall((b"", head, head + b"\r\n[{", b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")[n % 4])
            open_ones.append(one)
        assert open_ones[3].recv(1_000).startswith(b"HTTP/1.1 200 ")
        open_ones[3].sendall(head)  # half a head after a whole request
        began = time.monotonic()
        for n in range(20):
            Transport(server.url, server.keys["live"]).send([event(n)])
        assert time.monotonic() - began < 10
        assert open_ones[2].recv(1_000).startswith(b"HTTP/1.1 408 ")  # and the slow ones are let go
        assert [open_ones[n].recv(1_000) for n in (0, 1, 3)] == [b"", b"", b""]
        for one in open_ones:
            one.close()


def test_a_settings_file_that_is_wrong_is_one_line(tmp_path):
    path = tmp_path / "collector.yaml"
    for text, says in (("games: {}", "games: none"), ("gamse: {}", "gamse"), ("games: {s: {contract: starter}}", "`to`"),
                       ("games: {s: {contract: starter, to: x}}\nlisten: 80", "listen"),
                       ("games: {s: {contract: nosuch, to: x}}\nkeys: /nowhere/keys.json", "/nowhere/keys.json")):
        path.write_text(text)
        command = [sys.executable, "-m", "gamebeam", "collect", "serve", f"--config={path}"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert done.returncode == 1 and says in done.stderr and len(done.stderr.splitlines()) == 1, done.stderr


def test_workers_add_up_their_metrics_and_a_signal_ends_them_after_what_is_under_way(tmp_path):
    with collector(tmp_path, str(tmp_path / "messages"), workers=2) as server, ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: Transport(server.url, server.keys["live"]).send([event(n)]), range(64)))
        text = urllib.request.urlopen(f"{server.url}/metrics", timeout=10).read().decode()
        assert 'gamebeam_collector_events_total{env="live",game="starter",outcome="accepted"} 64.0' in text
        last = pool.submit(Transport(server.url, server.keys["live"]).send, [event(n) for n in range(100, 600)])
        time.sleep(0.03)
        server.stop()
        try:
            taken = last.result()["accepted"]
        except Later:  # it came too late
            taken = 0
    assert sum(1 for f in (tmp_path / "messages").glob("*.jsonl") for _ in f.open()) == 64 + taken
