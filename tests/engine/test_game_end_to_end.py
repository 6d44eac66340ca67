"""Players → game API → folder or Kafka → job → views and Redis: every approved purchase is in the answer, and no password anywhere."""

import random
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import httpx
import pytest
import redis
from confluent_kafka.admin import AdminClient, NewTopic

from gamebeam.collector.game.placebo import TOPICS
from gamebeam.collector.keys import add_key
from gamebeam.schemas.contract.contract import load_contract
from gamebeam.sql.engine import ask, open_archive
from services import MissingTool
from services.kafka import kafka_broker
from services.redis import redis_server
from tests.support.collector_server import collector

pytestmark = pytest.mark.engine
PLACEBO = load_contract("placebo")
PLAYERS = [f"{n:04d}" for n in range(12)]
PASSWORD = "correct-horse-{}"


@contextmanager
def kafka(folder):
    """A broker with the game's topics."""
    with kafka_broker(folder) as address:
        admin = AdminClient({"bootstrap.servers": address, "log_level": 0})
        for created in admin.create_topics([NewTopic(name, 2) for name in TOPICS]).values():
            created.result()
        yield address


def play(url, player, turns, seed):
    """(purchases approved, purchases whose answer never came) of one player at random."""
    chance, approved, unanswered = random.Random(f"{player}{seed}"), 0, 0
    with httpx.Client(base_url=url, timeout=30) as client:
        for _ in range(turns):
            kind, cost = chance.choice(["sword", "spell"]), f"{chance.randrange(1, 400) / 4}"
            try:
                answer = client.post(f"/buy/{kind}", json={"userid": player, "type": chance.choice(["saber", "charm"]), "cost": cost})
                approved += answer.json()["status"] == "approved_purchase"
                client.post("/join/guild", json={"userid": player, "org": chance.choice(["soldiers", "magicians"]), "cost": "1"})
            except httpx.HTTPError:
                unanswered += 1
                break
    return approved, unanswered


def all_play(url, turns, seed):
    with ThreadPoolExecutor(6) as pool:
        results = list(pool.map(lambda player: play(url, player, turns, seed), PLAYERS))
    return sum(a for a, _ in results), sum(u for _, u in results)


def wait_for_empty(store):
    until = time.monotonic() + 120
    while store.xlen("gamebeam:{placebo}:outbox") and time.monotonic() < until:
        time.sleep(0.2)
    assert store.xlen("gamebeam:{placebo}:outbox") == 0


def run_job(tmp_path, source, players, *flags):
    command = [sys.executable, "-m", "gamebeam", "run", "--contract=placebo", f"--source={source}", f"--archive={tmp_path}/archive",
               f"--players={players}", *flags]
    done = subprocess.run(command, capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("broker", ["folder", "kafka"])
def test_every_purchase_that_was_approved_is_in_the_answer_though_the_server_is_killed(tmp_path, broker, request):
    with ExitStack() as ending:
        players = ending.enter_context(redis_server(tmp_path / "redis"))
        store, flags = redis.Redis.from_url(players), ()
        to, source = f"{tmp_path}/events/{TOPICS[0]}", f"{tmp_path}/events/*/*.jsonl"
        if broker == "kafka":
            flags = ("--runner=PrismRunner", f"--prism_location={request.getfixturevalue('prism')}")
            try:
                servers = ending.enter_context(kafka(tmp_path / "kafka"))
            except MissingTool as e:
                pytest.skip(str(e))
            to, source = f"kafka://{servers}/{TOPICS[0]}", f"kafka://{servers}/{','.join(TOPICS)}?start=earliest&until=idle"
        settings = {"games": {"placebo": {"contract": "placebo", "to": to}}, "players": players,
                    "game_api": {"game": "placebo", "redis": players, "to": to}}
        server = ending.enter_context(collector(tmp_path / "collector", to, **settings))
        with httpx.Client(base_url=server.url, timeout=30) as client:
            for player in PLAYERS:
                account = {"userid": player, "userpwd": PASSWORD.format(player), "name": "x", "wealth": "5000"}
                assert client.post("/create/user", data=account).status_code == 201
                assert client.post("/login", data=account).status_code == 200
            with ThreadPoolExecutor(1) as pool:
                playing = pool.submit(all_play, server.url, 300, 1)
                time.sleep(1)
                server.kill()
                before, unanswered = playing.result()
            server.start()
            after, none = all_play(server.url, 6, 2)
            wait_for_empty(store)
            owned = sum(len(client.get(f"/data/user?userid={p}").json()["user"]["inventory"]) for p in PLAYERS)
            wait_for_empty(store)
            run_job(tmp_path, source, players, *flags)
            key = add_key(tmp_path / "collector" / "keys.json", "placebo", "live", read=True)
            states = {p: client.get(f"/v1/players/{p}", headers={"X-API-Key": key}) for p in PLAYERS}
            assert client.get(f"/v1/players/{PLAYERS[0]}").status_code == 401
            wealth = {p: client.get(f"/data/user?userid={p}").json()["user"]["wealth"] for p in PLAYERS}
    assert none == 0 and after > 0 and unanswered > 0 and before + after <= owned <= before + after + unanswered
    con = open_archive(PLACEBO, f"{tmp_path}/archive")
    assert ask(con, "SELECT SUM(bought) FROM items_asked_for").rows == [(owned,)]
    assert ask(con, "SELECT COUNT(*) FROM dead_letters").rows == [(0,)]
    assert {p: s.json()["values"]["wealth"]["value"] for p, s in states.items()} == wealth
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) > 20 and [path for path in files if b"correct-horse" in path.read_bytes()] == []

