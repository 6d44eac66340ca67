"""Notifications from a run to a Kafka topic: each once, though the job runs again and the server dies on the way."""

import asyncio
import json
import time

import pytest
import redis
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic
from redis.asyncio import Redis

from gamebeam.collector.kafka_sent import payloads_since
from gamebeam.collector.notify import Notify
from gamebeam.collector.open_sink import open_sink
from gamebeam.collector.outbox import Outbox
from gamebeam.collector.sink import SinkAway
from gamebeam.loadgen.generate import generate
from gamebeam.pipeline.batch import run_batch
from gamebeam.pipeline.options import JobOptions
from gamebeam.schemas.contract.contract import load_contract
from gamebeam.transforms.sinks.player_store.notifications import Due
from gamebeam.transforms.sinks.player_store.store import PlayerStore
from gamebeam.transforms.sources.uri import parse_source
from services import MissingTool, free_port
from services.kafka import kafka_broker
from services.redis import redis_server
from tests.support.collector_server import collector

pytestmark = pytest.mark.engine
STARTER = load_contract("starter")


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    try:
        broker = kafka_broker(tmp_path_factory.mktemp("kafka"))
        address = broker.__enter__()
    except MissingTool as e:
        pytest.skip(str(e))
    yield address
    broker.__exit__(None, None, None)


def topic(servers, name):
    admin = AdminClient({"bootstrap.servers": servers, "log_level": 0})
    admin.create_topics([NewTopic(name, 2)])[name].result()
    return f"kafka://{servers}/{name}"


def everything(servers, name):
    consumer = Consumer({"bootstrap.servers": servers, "group.id": "test", "log_level": 0})
    ends = [consumer.get_watermark_offsets(TopicPartition(name, n), timeout=10)[1] for n in (0, 1)]
    consumer.assign([TopicPartition(name, n, 0) for n in (0, 1)])
    found = []
    while len(found) < sum(ends):
        found += [json.loads(m.value()) for m in consumer.consume(1000, timeout=5)]
    consumer.close()
    return found


def expected(folder, now_ms):
    """{notification_id} by the rules of the starter game, from the messages themselves."""
    messages = [json.loads(line) for path in folder.iterdir() for line in path.read_text().splitlines()]
    known = [m for m in messages if m.get("player_id") is not None]
    ids = {f"first_purchase/{m['env']}/{m['player_id']}" for m in known if m["event_type"] == "purchase"}
    ids |= {f"level_10/{m['env']}/{m['player_id']}" for m in known if m["event_type"] == "level_up" and m["player_level"] >= 10}
    seen = {}
    for m in known:
        seen[m["env"], m["player_id"]] = max(m["event_time"], seen.get((m["env"], m["player_id"]), 0))
    return ids | {f"come_back/{env}/{player}" for (env, player), at in seen.items() if at <= now_ms - 7 * 86_400_000}


def test_each_player_is_told_once_though_the_job_runs_twice_and_the_server_is_killed_on_the_way(servers, tmp_path):
    to, played = topic(servers, "player_notifications"), tmp_path / "played"
    faults = dict.fromkeys(("truncated", "not_utf8", "unknown_type", "wrong_type", "missing_field", "clock", "oversized"), 0.0)
    generate(STARTER, str(played), players=150, days=1, seed=4, files=2, faults=faults, format="jsonl", start="2026-10-01")
    with redis_server(tmp_path / "redis") as players, \
         collector(tmp_path / "collector", f"{tmp_path}/events/t", players=players, notify={"contract": "starter", "to": to}) as server:
        for _ in range(2):
            options = JobOptions(["--contract=starter", f"--source={played}/messages/*", f"--archive={tmp_path}/a",
                                  f"--players={players}", "--again"])
            run_batch(options)
            server.kill()
            server.start()
        PlayerStore(players, "starter", STARTER.notifications).tell_absent(time.time_ns() // 1_000_000)
        server.kill()
        server.start()
        stream, until = PlayerStore(players, "starter").stream, time.monotonic() + 120
        while redis.Redis.from_url(players).xlen(stream) and time.monotonic() < until:
            time.sleep(0.5)
    wanted = expected(played / "messages", time.time_ns() // 1_000_000)
    assert len({i.split("/")[0] for i in wanted}) >= 2 and len(wanted) > 150
    assert sorted(m["notification_id"] for m in everything(servers, "player_notifications")) == sorted(wanted)


class Dying:
    """A real sink, and a server that dies once the broker has taken everything, before it can note so."""

    def __init__(self, sink):
        self.sink = sink

    async def send(self, topic, messages):
        await self.sink.send(topic, messages)
        raise SinkAway("killed")


def test_what_a_dead_server_had_sent_is_not_sent_again(servers, tmp_path, monkeypatch):
    monkeypatch.setattr("gamebeam.collector.outbox.LEFT_BEHIND_MS", 0)
    to = topic(servers, "sent")

    async def relay(url, end):
        notify = Notify({"contract": "starter", "to": to}, url, 10)
        sink, store = open_sink(to)[0], Redis.from_url(url)
        outbox = Outbox(store, notify.store.stream, lambda message, _: [("sent", message)], notify.sent())
        await outbox.join()
        try:
            while await outbox.relay_once(end(sink)):
                pass
        finally:
            await sink.close()
            await store.aclose()

    with redis_server(tmp_path / "redis") as url:
        store = PlayerStore(url, "starter", STARTER.notifications)
        store.tell(Due(STARTER.notifications[0], "live", f"p{n}") for n in range(100))
        with pytest.raises(SinkAway):
            asyncio.run(relay(url, Dying))
        store.tell(Due(STARTER.notifications[0], "live", f"p{n}") for n in range(50, 150))
        asyncio.run(relay(url, lambda sink: sink))
    assert sorted(m["player_id"] for m in everything(servers, "sent")) == sorted(f"p{n}" for n in range(150))


def test_a_broker_that_cannot_tell_what_it_has_is_away(servers):
    with pytest.raises(SinkAway):
        payloads_since(parse_source(f"kafka://127.0.0.1:{free_port()}/sent"), "sent", 0, 1)
