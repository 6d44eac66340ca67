"""The whole cloud on emulators: Pub/Sub, the job on Prism, BigQuery and GCS; what BigQuery answers is what the players know."""

import logging
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from apache_beam.internal.gcp import auth
from google.cloud.pubsub_v1 import PublisherClient, SubscriberClient
from small_contract import small_contract
from test_bigquery import InThread, differences_from_the_answers, in_bigquery, written

from engines import MissingTool, free_port
from engines.bigquery import bigquery_emulator
from engines.gcs import gcs_emulator
from engines.pubsub import pubsub_emulator
from loadgen.generate import generate
from loadgen.send_pubsub import send_pubsub
from pipeline.__main__ import main
from pipeline.live import run_live
from pipeline.options import JobOptions
from schemas.contract import load_contract
from sql.check import compare_answers, report

TOPIC, SUBSCRIPTION = "projects/proj-local/topics/events", "projects/proj-local/subscriptions/events"
AWAY_S = 60


@pytest.fixture
def cloud(tmp_path, monkeypatch):
    """lake: the bucket's folder. restart(seconds): ends BigQuery, and starts it again after that on the same data."""
    ports, folder, engines = (free_port(), free_port()), tmp_path / "bigquery", ExitStack()
    warehouse = ExitStack()

    def start():
        return warehouse.enter_context(bigquery_emulator(folder, "lab", ports)).environment

    def restart(seconds):
        warehouse.close()
        time.sleep(seconds)
        start()

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
        yield SimpleNamespace(lake=tmp_path / "gcs" / ".cloudstorage" / "lake", restart=restart)


def sent_to_the_topic(out):
    """A contract's folder, with what 40 of its players sent, and know, beside it."""
    folder = written(small_contract(), out / "small")
    yesterday = datetime.now(UTC) - timedelta(days=2)
    generate(load_contract(str(folder)), str(out), players=40, days=1, seed=11, format="avro", start=f"{yesterday:%F}")
    assert main(["tables", "apply", f"--contract={folder}", "--tables=bq://lab.game"]) == 0
    assert send_pubsub(str(out), TOPIC) > 500
    return folder


def run(folder, prism):
    source = f"pubsub://{SUBSCRIPTION}?until=idle&timestamp_attribute=arrival_time"
    return run_live(JobOptions([f"--source={source}", f"--contract={folder}", "--archive=gs://lake/game", "--tables=bq://lab.game",
                                "--runner=PrismRunner", f"--prism_location={prism}"]), print)


def require_every_figure(folder, out, lake):
    wrong, compared = differences_from_the_answers(folder, out, "game")
    assert wrong == [] and compared > 200
    archived = report(compare_answers(load_contract(str(folder)), str(lake / "game"), str(out / "answers")))
    assert archived.splitlines()[-1].endswith(": 0 differences")


@pytest.mark.engine
def test_every_figure_of_the_players_is_found_in_bigquery_and_on_gcs(cloud, prism, tmp_path):
    folder = sent_to_the_topic(tmp_path)
    assert run(folder, prism).state == "complete"
    require_every_figure(folder, tmp_path, cloud.lake)


@pytest.mark.chaos
def test_a_minute_without_bigquery_in_the_middle_loses_nothing_and_shows_nothing_twice(cloud, prism, tmp_path, caplog):
    folder, before = sent_to_the_topic(tmp_path), []

    def away():
        while not (rows := in_bigquery("SELECT COUNT(*) AS n FROM game_tables.purchase")[0]["n"]):
            time.sleep(0.1)
        before.append((rows, in_bigquery("SELECT COUNT(*) AS n FROM game_tables.ledger")[0]["n"]))
        cloud.restart(AWAY_S)
        return True

    with caplog.at_level(logging.WARNING, "gamebeam.tables"):
        outage = InThread(away)
        assert run(folder, prism).state == "complete"
    assert outage.result() and before[0][1] == 0  # no window had closed: that was the middle
    assert any("trying again" in line for line in caplog.messages), caplog.messages
    require_every_figure(folder, tmp_path, cloud.lake)
