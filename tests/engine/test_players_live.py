"""Players over HTTP, through the collector, Kafka and the job on Prism, into archive and Redis: nothing differs from what they did."""

import subprocess
import sys

import pytest

from gamebeam.loadgen.generate import generate
from gamebeam.loadgen.http import send_http
from gamebeam.sql.check import compare_answers, report
from gamebeam.sql.engine import ask, open_archive
from gamebeam.transforms.sinks.player_store.store import PlayerStore
from services.redis import redis_server
from tests.engine.test_collector_kafka import NETWORK, STARTER
from tests.engine.test_players import last_values_of_files
from tests.support.brokers import topic
from tests.support.collector_server import collector


@pytest.mark.engine
@pytest.mark.parametrize("players", [20, pytest.param(2_000, marks=pytest.mark.chaos)])
def test_what_players_did_is_what_the_archive_and_redis_say_though_the_network_had_every_fault(servers, prism, tmp_path, players):
    played, archive, name = str(tmp_path / "played"), str(tmp_path / "archive"), f"players{players}"
    made = generate(STARTER, played, players=players, days=1, seed=21, format="jsonl", faults=NETWORK)
    topic(servers, name, 4)
    with redis_server(tmp_path / "redis") as redis:
        with collector(tmp_path / "door", f"kafka://{servers}/{name}", backfill=True) as server:
            assert send_http(STARTER, played, server.url, server.keys) == made.messages
        done = subprocess.run([sys.executable, "-m", "gamebeam", "run", "--contract=starter", f"--source=kafka://{servers}/{name}?start=earliest&until=idle",
                               f"--archive={archive}", f"--players={redis}", "--runner=PrismRunner", f"--prism_location={prism}"],
                              capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        store, truth = PlayerStore(redis, STARTER.name), last_values_of_files(tmp_path / "played" / "messages")
        known = {key: {n: v["value"] for n, v in store.read(*key).items() if n != "last_seen"} for key in truth}
    assert "0 differences" in report(compare_answers(STARTER, archive, f"{played}/answers")).splitlines()[-1]
    ((missing,),) = ask(open_archive(STARTER, archive), "SELECT SUM(missing) FROM ledger").rows
    assert made.lost > 0 and 0 < missing <= made.lost  # what a counter lost after its last arrival nobody can know
    assert len(truth) > players / 2 and known == truth
