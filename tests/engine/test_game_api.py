"""The game API: the write-ups' requests have the write-ups' effects and events."""

import asyncio
import json
from pathlib import Path

import pytest
import redis

from gamebeam.schemas.contract.contract import load_contract
from gamebeam.schemas.events import DEAD_LETTER
from gamebeam.transforms.decode.decoder import Decoder
from services.redis import redis_server
from tests.support.game_server import CASES, Heard, play

pytestmark = pytest.mark.engine
ALL, BUY, SOCIAL = "placebo_all_events", "placebo_buy_events", "placebo_social_events"
AB = {"Host": "user1.comcast.com", "User-Agent": "ApacheBench/2.3", "Accept": "*/*", "Content-Type": "application/json"}
CURL = {"User-Agent": "curl/7.58.0", "Accept": "*/*"}
DIRK = {"userid": "987611", "userpwd": "blahdh", "name": "dirk", "wealth": "12345"}
MERLY = {"userid": "1234", "userpwd": "yahbadaba", "name": "merly", "wealth": "98712"}


@pytest.fixture
def url(redis_url):
    redis.Redis.from_url(redis_url).flushall()
    return redis_url


def written(game):
    """(topic, message) of the write-ups, as they stood on their brokers."""
    lines = map(json.loads, (CASES / game / "messages.jsonl").read_text().splitlines())
    return [(line["topic"], json.loads(line["data"])) for line in lines]


def comparable(message):
    """Without what differs from one day to the next, passwords (which we do not send) and the client's headers."""
    gone = {"id", "timestamp", "created", "player_created", "joined_ts", "user_pwd", "Content-Length", "Content-Type", "Host",
            "User-Agent", "Accept", "Accept-Encoding", "Connection"}
    if isinstance(message, dict):
        return {name: comparable(value) for name, value in message.items() if name not in gone}
    return [comparable(m) for m in message] if isinstance(message, list) else message


async def nothing(client, api):
    pass


async def placebo_story(client, api):
    """What the players of the write-up did, in its order."""
    await client.get("/", headers=CURL)
    await client.post("/create/user", headers=CURL, data=DIRK)
    await client.post("/create/user", headers=CURL, data=MERLY)
    await client.post("/login", headers=CURL, data={"userid": "987611", "userpwd": "blahdh"})
    await client.post("/buy/sword", headers=AB, json={"userid": "987611", "type": "cutlass", "cost": "5000"})
    await client.post("/buy/sword", headers=AB, json={"userid": "987611", "type": "longsword", "cost": "10000"})
    soldier = {"userid": "987611", "org": "soldiers", "cost": "9999", "level": "masterofarms"}
    await client.post("/join/guild", headers=AB, json=soldier)
    for _ in range(2):
        await client.post("/buy/spell", headers=AB, json={"userid": "1234", "type": "charm", "cost": "4999"})
    await client.post("/join/guild", headers=AB, json={"userid": "1234", "org": "magicians", "cost": "99", "level": "accolyte"})
    await client.post("/join/team", headers=AB, json={"userid": "1234", "org": "team BLAH", "level": "none", "cost": "0"})
    return (await client.get("/data/user", headers=CURL, params={"userid": "987611"})).json()["user"]


def test_placebos_requests_give_the_write_ups_profile_and_messages_but_for_passwords(url):
    heard = Heard()
    profile = play("placebo", url, placebo_story, heard)
    assert (profile["wealth"], profile["inventory"], profile["health"]) == (-2654.0, ["cutlass"], 100)
    assert [(a["org"], a["level"]) for a in profile["affiliations"]] == [("soldiers", "masterofarms")]
    for topic in (ALL, BUY, SOCIAL):
        expected = [comparable(message) for t, message in written("placebo") if t == topic]
        assert [comparable(message) for message in heard.of(topic)] == expected, topic


def test_every_event_lands_under_its_contract_and_its_copies_share_an_id(url):
    heard, decoder = Heard(), Decoder(load_contract("placebo"))
    play("placebo", url, placebo_story, heard)
    events = [decoder.decode(json.dumps(message).encode()) for _, message in heard.messages]
    assert [e.TYPE for e in events if e.TYPE == DEAD_LETTER] == []
    assert len(events) == 19 and len({e.event_id for e in events}) == 12
    assert all(message["Host"] == "user1.comcast.com" for message in heard.of(BUY))


def test_khans_requests_give_the_write_ups_messages(url):
    heard = Heard()

    async def story(client, api):
        for path in ("/purchase_a_sword?userid='user-0053'&n=6", "/purchase_a_potion?userid='user-0012'&n=7",
                     "/take_potion?userid='user-0012'", "/level_up?userid='user-0078'", "/purchase_a_shield?userid='user-0034'&n=2",
                     "/join_a_guild?userid='user-0053'&guild_name='Castle of Rock'",
                     "/join_a_guild?userid=001&guild_name=Knights of the Round Table", "/find_treasure?userid='user-0076'",
                     "/enemy_attack?userid='user-0046'", "/defeat_enemy?userid='user-0046'", "/"):
            last = await client.get(path)
            assert last.status_code == 200, last.text
        return (await client.get("/take_potion?userid=user-0012")).json()["user"]

    user = play("khan", url, story, heard)
    assert (user["potions"], user["health"]) == (5, 60)
    assert [comparable(m) for m in heard.of("events")][:-1] == [comparable(m) for _, m in written("khan")][:11]


def test_gamecos_requests_give_the_write_ups_messages(url):
    heard, expected = Heard(), [comparable(m) for _, m in written("gameco")]
    paths = {"purchase_weapon": "/purchase_a_weapon", "join_guild": "/join_a_guild", "enter_battle": "/enter_a_battle", "default": "/"}

    async def story(client, api):
        for message in expected:
            path, attributes = paths[message["event_type"]], message.get("attributes")
            reply = await (client.post(path, content=attributes) if attributes else client.get(path))
            assert reply.status_code == 200, reply.text

    play("gameco", url, story, heard)
    assert [comparable(m) for m in heard.of("events")] == expected


def test_what_would_be_a_dead_letter_is_refused_and_nothing_is_sent(url):
    heard = Heard()

    async def story(client, api):
        return await client.post("/purchase_a_weapon", json={"weapon_type": "sword", "gold_cost": "150"})

    reply = play("gameco", url, story, heard)
    assert reply.status_code == 400 and reply.json()["field"] == "gold_cost" and heard.messages == []


@pytest.mark.parametrize(("wealth", "cost", "bought"), [("1000.10", "10.01", 99), ("1000", "0.3", 100), ("0", "1", 0)])
def test_a_hundred_purchases_at_once_never_overspend_and_the_sum_is_exact(url, wealth, cost, bought):
    heard = Heard()

    async def story(client, api):
        await client.post("/create/user", data=DIRK | {"wealth": wealth})
        body = {"userid": "987611", "type": "cutlass", "cost": cost}
        replies = await asyncio.gather(*(client.post("/buy/sword", json=body) for _ in range(100)))
        return [r.json()["status"] for r in replies], (await client.get("/data/user?userid=987611")).json()["user"]

    statuses, profile = play("placebo", url, story, heard)
    assert statuses.count("approved_purchase") == bought == len(profile["inventory"])
    assert round(profile["wealth"] * 1e6) == round(float(wealth) * 1e6) - bought * round(float(cost) * 1e6)
    assert [m["status"] for m in heard.of(ALL) if "status" in m].count("approved_purchase") == bought
    before = [m["player_num_items"] for m in heard.of(ALL) if m.get("status") == "approved_purchase"]
    assert sorted(before) == list(range(bought)), "each saw the purchases before it"


def test_a_guild_may_put_a_player_into_debt_but_not_deeper_and_what_is_free_is_joined_all_the_same(url):
    async def story(client, api):
        await client.post("/create/user", data=DIRK | {"wealth": "10"})
        costs = ["11", "1", "0"]
        joins = [{"userid": "987611", "org": f"org {cost}", "cost": cost} for cost in costs]
        return [(await client.post("/join/guild", json=join)).json() for join in joins]

    replies = play("placebo", url, story)
    assert [r["status"] for r in replies] == ["approved_join", "denied_join", "approved_join"]
    assert replies[-1]["user"]["wealth"] == -1.0 and [a["org"] for a in replies[-1]["user"]["affiliations"]] == ["org 11", "org 0"]


def test_no_password_is_in_an_event_in_redis_or_in_an_answer(url, tmp_path):
    heard = Heard()

    async def story(client, api):
        secret = {"userid": "987611", "userpwd": "correct-horse-battery"}
        answers = [await client.post("/create/user", json=secret | {"name": "dirk"}), await client.post("/login", json=secret),
                   await client.post("/login", json=secret | {"userpwd": "wrong-horse"}), await client.get("/data/user?userid=987611")]
        assert [a.status_code for a in answers] == [201, 200, 401, 200]
        return "".join(a.text for a in answers)

    said = play("placebo", url, story, heard)
    store = redis.Redis.from_url(url)
    kept = b"".join(store.dump(key) for key in store.scan_iter())
    for found in (said, json.dumps(heard.messages), kept.decode("latin-1")):
        assert "horse" not in found
    assert b"$argon2id$" in store.get("gamebeam:{placebo}:password:987611")


def test_a_full_inventory_still_fits_into_a_message_and_no_more_is_sold(url):
    heard, decoder = Heard(), Decoder(load_contract("placebo"))

    async def story(client, api):
        await client.post("/create/user", data=DIRK)
        store = redis.Redis.from_url(url)
        store.rpush("gamebeam:{placebo}:items:987611", *['"' * 100] * 999)
        for n in range(100):
            await client.post("/join/team", json={"userid": "987611", "org": f"{n:03}" + '"' * 97, "level": '"' * 100})
        body = {"userid": "987611", "type": "saber", "cost": "1"}
        return [(await client.post("/buy/sword", json=body)).status_code for _ in range(2)]

    assert play("placebo", url, story, heard) == [200, 409]
    event = decoder.decode(json.dumps(heard.of(BUY)[0]).encode())
    assert event.TYPE == "buy_sword" and (len(event.inventory), len(event.affiliations)) == (1000, 100)


def test_a_session_that_is_shown_must_be_the_players(url):
    async def story(client, api):
        for user in (DIRK, MERLY):
            await client.post("/create/user", data=user)
        session = (await client.post("/login", data=DIRK)).json()["session"]
        return [(await client.get(f"/data/user?userid={player}", headers={"X-Session": token})).status_code
                for player, token in (("987611", session), ("1234", session), ("987611", "guessed"))]

    assert play("placebo", url, story) == [200, 401, 401]


@pytest.mark.parametrize(("method", "path", "body", "status", "says"), [
    ("POST", "/buy/sword", '{"userid": "nobody", "type": "saber", "cost": "1"}', 404, "no such player"),
    ("POST", "/create/user", '{"userid": "987611", "userpwd": "x", "name": "y"}', 409, "exists already"),
    ("POST", "/buy/sword", '{"userid": "987611", "cost": "1"}', 400, "type"),
    ("POST", "/buy/sword", '{"userid": "987611", "type": "saber", "cost": "-1"}', 400, "cost"),
    ("POST", "/buy/sword", '{"userid": "987611", "type": "saber", "cost": NaN}', 400, "cost"),
    ("POST", "/buy/sword", '{"userid": "987611", "type": "saber", "cost": "1e400"}', 400, "cost"),
    ("POST", "/buy/sword", '{"userid": "987611", "type": "\\ud800", "cost": "1"}', 400, "type"),
    ("POST", "/buy/sword", '{"userid": "987611",\n "type" saber}', 400, "line 2"),
    ("POST", "/buy/sword", "userid=\xff", 400, "UTF-8"),
    ("POST", "/buy/sword", "{" + " " * 70_000 + "}", 413, "65,536"),
    ("GET", "/buy/sword", "", 405, ""),
])
def test_a_bad_request_is_answered_with_what_is_wrong_and_sends_nothing(url, method, path, body, status, says):
    heard = Heard()

    async def story(client, api):
        await client.post("/create/user", data=DIRK)
        return await client.request(method, path, content=body.encode("latin-1"))

    reply = play("placebo", url, story, heard)
    assert reply.status_code == status and says in reply.text
    assert [m["event_type"] for m in heard.of(ALL)] == ["create_user"]


def test_events_wait_for_a_broker_that_is_away_and_for_a_server_that_died(url, monkeypatch):
    heard = Heard()
    heard.away = True
    play("placebo", url, placebo_story, heard)
    assert heard.messages == []  # its server is gone, with all entries read and none sent
    heard.away = False
    monkeypatch.setattr("gamebeam.collector.outbox.LEFT_BEHIND_MS", 0)

    play("placebo", url, nothing, heard)
    assert len(heard.of(ALL)) == 12 and len(heard.of(BUY)) == 4 and len(heard.of(SOCIAL)) == 3
    assert redis.Redis.from_url(url).xlen("gamebeam:{placebo}:outbox") == 0


def test_while_redis_is_away_the_answer_is_503_and_purchases_survive_its_kill(tmp_path):
    folder = Path(tmp_path / "redis")
    with redis_server(folder) as url:
        play("placebo", url, placebo_story)
        port = int(url.rsplit(":", 1)[1])

    async def look(client, api):
        return await client.get("/data/user?userid=987611")

    reply = play("placebo", url, look, relay=False)
    assert reply.status_code == 503 and reply.headers["Retry-After"]
    with redis_server(folder, port) as url:
        assert play("placebo", url, look).json()["user"]["wealth"] == -2654.0
