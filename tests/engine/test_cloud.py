"""The whole cloud on emulators: Pub/Sub, the job on Prism, BigQuery and GCS; what BigQuery answers is what the players know."""

import logging
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from apache_beam.internal.gcp import auth
from google.cloud.pubsub_v1 import PublisherClient, SubscriberClient

from gamebeam.loadgen.generate import generate
from gamebeam.loadgen.send_pubsub import send_pubsub
from gamebeam.pipeline.cli.__main__ import main
from gamebeam.pipeline.options import JobOptions
from gamebeam.pipeline.stream import run_live
from gamebeam.schemas.contract.contract import load_contract
from gamebeam.sql.check import compare_answers, report
from services import MissingTool, free_port
from services.bigquery import bigquery_emulator
from services.gcs import gcs_emulator
from services.pubsub import pubsub_emulator
from tests.engine.test_bigquery import InThread, differences_from_the_answers, in_bigquery, written
from tests.support.small_contract import small_contract

TOPIC, SUBSCRIPTION = "projects/proj-local/topics/events", "projects/proj-local/subscriptions/events"
AWAY_S = 60


@pytest.fixture
def cloud(tmp_path, monkeypatch):
    """lake: the bucket's folder. end() and start(): BigQuery goes, and comes again with the same data."""
    ports, folder, engines = (free_port(), free_port()), tmp_path / "bigquery", ExitStack()
    warehouse = ExitStack()

    def start():
        return warehouse.enter_context(bigquery_emulator(folder, "lab", ports)).environment

    with engines, warehouse:
        try:
            environment = start() | {"PUBSUB_EMULATOR_HOST": engines.enter_context(pubsub_emulator(tmp_path / "pubsub")),
                                     "STORAGE_EMULATOR_HOST": engines.enter_context(gcs_emulator(tmp_path / "gcs", "lake"))}
        except MissingTool as e:
            pytest.skip(str(e))
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(auth._Credentials, "_credentials_init", True)  # or Beam looks for some for 20 s
        with SubscriberClient() as subscriber:
            PublisherClient().create_topic(name=TOPIC)
            subscriber.create_subscription(name=SUBSCRIPTION, topic=TOPIC)
        yield SimpleNamespace(lake=tmp_path / "gcs" / ".cloudstorage" / "lake", end=warehouse.close, start=start)


def played(out):
    """A contract's folder, its tables made, with what 40 of its players sent, and know, beside it: two files, one after the other."""
    folder = written(small_contract(), out / "small")
    yesterday = datetime.now(UTC) - timedelta(days=2)
    generate(load_contract(str(folder)), str(out), players=40, days=1, seed=11, files=2, format="avro", start=f"{yesterday:%F}")
    assert main(["tables", "apply", f"--contract={folder}", "--tables=bq://lab.game"]) == 0
    return folder


def run(folder, prism, idle="3s"):
    source = f"pubsub://{SUBSCRIPTION}?until=idle&idle={idle}&timestamp_attribute=arrival_time"
    return run_live(JobOptions([f"--source={source}", f"--contract={folder}", "--archive=gs://lake/game", "--tables=bq://lab.game",
                                "--runner=PrismRunner", f"--prism_location={prism}"]), print)


def require_every_figure(folder, out, lake):
    wrong, compared = differences_from_the_answers(folder, out, "game")
    assert wrong == [] and compared > 200
    archived = report(compare_answers(load_contract(str(folder)), str(lake / "game"), str(out / "answers")))
    assert archived.splitlines()[-1].endswith(": 0 differences")


@pytest.mark.engine
def test_every_figure_of_the_players_is_found_in_bigquery_and_on_gcs(cloud, prism, tmp_path):
    folder = played(tmp_path)
    assert send_pubsub(str(tmp_path), TOPIC) > 500
    assert run(folder, prism).state == "complete"
    require_every_figure(folder, tmp_path, cloud.lake)


@pytest.mark.chaos
def test_a_minute_without_bigquery_in_the_middle_loses_nothing_and_shows_nothing_twice(cloud, prism, tmp_path, caplog):
    folder, later = played(tmp_path), tmp_path / "later"
    (later / "messages").mkdir(parents=True)
    (tmp_path / "messages" / "part-001.avro").rename(later / "messages" / "part-001.avro")
    assert send_pubsub(str(tmp_path), TOPIC) > 200

    def away():
        """Once something of the first half is in BigQuery it goes; the second half comes meanwhile."""
        while not in_bigquery("SELECT COUNT(*) AS n FROM game_tables.purchase")[0]["n"]:
            time.sleep(0.1)
        cloud.end()
        sent = send_pubsub(str(later), TOPIC)
        time.sleep(AWAY_S)
        cloud.start()
        return sent

    with caplog.at_level(logging.WARNING, "gamebeam.tables"):
        outage = InThread(away)
        assert run(folder, prism, idle=f"{AWAY_S + 30}s").state == "complete"  # the second half is no second job's
    assert outage.result() > 200
    waited = {line.split(": ")[0] for line in caplog.messages if "trying again" in line}
    assert waited, caplog.messages  # which, is chance: a bundle that waits for one table has not come to the others
    require_every_figure(folder, tmp_path, cloud.lake)
