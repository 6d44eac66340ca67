"""From a client to the archive: generator → HTTP → collector → a real Kafka → the job on Prism."""

import json
import threading
import time
from contextlib import ExitStack

import pytest
from confluent_kafka import Consumer, TopicPartition

from gamebeam.clients.python.gamebeam_client import Later, Transport
from gamebeam.loadgen.generate import generate
from gamebeam.loadgen.http import send_http
from gamebeam.schemas.contract.contract import load_contract
from gamebeam.sql.check import compare_answers, report
from gamebeam.sql.engine import ask, open_archive
from services import free_port
from tests.engine.test_live_kafka import end_by_signal, equals_the_answers, live_job, wait_until
from tests.support.brokers import kafka, topic
from tests.support.collector_server import collector
from tests.support.streams import Sent, run_files

STARTER = load_contract("starter")
NETWORK = {"truncated": 0.0, "not_utf8": 0.0}  # TCP and HTTP keep bytes whole; all other faults are on


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    with kafka(tmp_path_factory.mktemp("kafka")) as address:
        yield address


def in_topic(servers, name, partitions=1):
    """[(the broker's time in ms, payload)] of the whole topic."""
    consumer = Consumer({"bootstrap.servers": servers, "group.id": "look", "enable.partition.eof": True, "log_level": 0})
    consumer.assign([TopicPartition(name, n, 0) for n in range(partitions)])
    found, ends = [], 0
    while ends < partitions:
        for message in consumer.consume(10_000, 5):
            ends += message.error() is not None
            if message.error() is None:
                found.append(Sent(message.timestamp()[1], message.value()))
    consumer.close()
    return found


def read_by_the_job(servers, name, partitions, archive):
    """The topic as the job reads it, in the order of arrival, on the runner that needs no other process."""
    messages = sorted(in_topic(servers, name, partitions), key=lambda sent: sent.arrival)
    run_files(STARTER, archive, [messages[at : at + 2_000] for at in range(0, len(messages), 2_000)])
    return messages


def event(n):
    now = time.time_ns() // 1_000_000
    return json.dumps({"event_id": f"e{n}", "event_type": "login", "event_time": now, "install_id": f"i{n % 7}", "seq": n + 1}).encode()


@pytest.fixture(scope="module")
def played(servers, tmp_path_factory):
    """100 players and every fault that a network can have, through the collector into a topic -> (their folder, what was made)."""
    folder = tmp_path_factory.mktemp("http")
    topic(servers, "http", 4)
    made = generate(STARTER, str(folder / "played"), players=100, days=2, seed=11, format="jsonl", faults=NETWORK)
    with collector(folder / "door", f"kafka://{servers}/http", backfill=True) as server:
        assert send_http(STARTER, str(folder / "played"), server.url, server.keys) == made.messages
    return folder / "played", made


@pytest.mark.engine
def test_what_players_send_over_http_is_what_the_answer_sheet_says(servers, played, tmp_path):
    """Missing is what the simulated network dropped; what the collector refused is a dead letter with the same reason."""
    folder, made = played
    archive = str(tmp_path / "archive")
    assert made.lost > 50 and len(read_by_the_job(servers, "http", 4, archive)) == made.messages
    assert "0 differences" in report(compare_answers(STARTER, archive, f"{folder}/answers")).splitlines()[-1]


@pytest.mark.engine
@pytest.mark.chaos  # Prism's windows need more than minutes on a machine that is busy with other things
def test_the_same_live_on_prism(servers, played, tmp_path):
    folder, archive = played[0], str(tmp_path / "archive")
    with live_job(f"kafka://{servers}/http?group=http", archive) as job:
        wait_until(lambda: equals_the_answers(archive, folder), 300)
        assert "0 differences" in report(compare_answers(STARTER, archive, f"{folder}/answers")).splitlines()[-1]
        end_by_signal(job)
    assert equals_the_answers(archive, folder)


@pytest.mark.engine
def test_with_nothing_lost_nothing_is_missing_behind_the_door(servers, tmp_path):
    topic(servers, "lossless", 2)
    folder, archive = str(tmp_path / "played"), str(tmp_path / "archive")
    generate(STARTER, folder, players=20, days=1, seed=12, format="jsonl", faults=NETWORK | {"lost": 0.0})
    with collector(tmp_path / "door", f"kafka://{servers}/lossless", backfill=True) as server:
        send_http(STARTER, folder, server.url, server.keys)
    read_by_the_job(servers, "lossless", 2, archive)
    ((missing, landed),) = ask(open_archive(STARTER, archive), "SELECT SUM(missing), SUM(landed) FROM ledger").rows
    assert (missing or 0) == 0 and landed > 300


def send_until(ended, server, client, acknowledged):
    transport, n = Transport(server.url, server.keys["live"]), client * 1_000_000
    while not ended.is_set():
        try:
            assert transport.send([event(i) for i in range(n, n + 20)]) == {"accepted": 20, "refused": []}
            acknowledged.update(range(n, n + 20))
        except Later:
            time.sleep(0.05)
        n += 20


def under_load(server, acknowledged, story):
    """story() while three clients send."""
    ended = threading.Event()
    clients = [threading.Thread(target=send_until, args=(ended, server, c, acknowledged)) for c in range(3)]
    try:
        for client in clients:
            client.start()
        story()
    finally:
        ended.set()
        for client in clients:
            client.join()


def more(acknowledged, count):
    before = len(acknowledged)
    assert wait_until(lambda: len(acknowledged) >= before + count, 120)


@pytest.mark.engine
def test_killed_under_load_every_202_is_at_the_broker(servers, tmp_path):
    topic(servers, "killed", 2)
    acknowledged = set()
    with collector(tmp_path, f"kafka://{servers}/killed") as server:
        def story():
            for _ in range(2):
                more(acknowledged, 500)
                server.kill()
                server.start()
            more(acknowledged, 500)

        under_load(server, acknowledged, story)
        assert wait_until(lambda: server.health()["status"] == "ok")
        landed = {int(json.loads(sent.payload)["event_id"][1:]) for sent in in_topic(servers, "killed", 2)}
    assert len(acknowledged) >= 1_500 and not acknowledged - landed


@pytest.mark.engine
@pytest.mark.parametrize("away_s", [0, pytest.param(60, marks=pytest.mark.chaos)])
def test_a_broker_that_goes_away_under_load_costs_no_202_and_gets_what_waited_in_order(tmp_path, away_s):
    port, acknowledged = free_port(), set()
    with ExitStack() as ending:
        broker = ending.enter_context(ExitStack())
        servers = broker.enter_context(kafka(tmp_path / "kafka", port))
        topic(servers, "away")
        server = ending.enter_context(collector(tmp_path, f"kafka://{servers}/away", broker_seconds=2.0))

        def story():
            more(acknowledged, 500)
            broker.close()
            time.sleep(away_s)
            more(acknowledged, 2_000)
            assert server.health()["status"] == "behind"
            broker.enter_context(kafka(tmp_path / "kafka", port))
            assert wait_until(lambda: server.health()["status"] == "ok", 120)
            more(acknowledged, 500)

        under_load(server, acknowledged, story)
        sent = [int(json.loads(sent.payload)["event_id"][1:]) for sent in in_topic(servers, "away")]
    assert not acknowledged - set(sent)
    for client in range(3):
        first = list(dict.fromkeys(n for n in sent if n // 1_000_000 == client and n in acknowledged))
        assert first == sorted(first)
