"""The job on a real Flink cluster, over the Pub/Sub emulator, and what kills it: make chaos."""

import pytest
from google.cloud.pubsub_v1 import PublisherClient, SubscriberClient

from gamebeam.loadgen.send_pubsub import ARRIVAL
from gamebeam.sql.check import checks
from services import MissingTool
from services.pubsub import pubsub_emulator
from tests.support.flink_jobs import STARTER, Sending, killed_in_the_middle
from tests.support.reliability import record

pytestmark = [pytest.mark.engine, pytest.mark.chaos]
PROJECT = "projects/proj-local"
# Not the ledger: what was taken, but not yet acknowledged, is received again. Nor declared rollups: a day is played in minutes here, and
# a message that comes again seconds behind the others is late by hours.
ANSWERS = tuple(a for a in checks(STARTER) if a != "ledger" and not a.startswith("rollup_"))


@pytest.fixture(scope="module", autouse=True)
def emulator(tmp_path_factory):
    """Before the cluster, whose workers find it by the environment."""
    try:
        with pubsub_emulator(tmp_path_factory.mktemp("pubsub")) as address, pytest.MonkeyPatch.context() as environment:
            environment.setenv("PUBSUB_EMULATOR_HOST", address)
            yield
    except MissingTool as e:
        pytest.skip(str(e))


def over_pubsub(played, name):
    topic, path = f"{PROJECT}/topics/{name}", f"{PROJECT}/subscriptions/{name}"
    publisher, on_the_way = PublisherClient(), []
    publisher.create_topic(name=topic)
    with SubscriberClient() as subscriber:
        subscriber.create_subscription(name=path, topic=topic)
    sending = Sending(played, lambda arrival, payload: on_the_way.append(publisher.publish(topic, payload, **{ARRIVAL: str(arrival)})),
                      lambda: [sent.result(60) for sent in on_the_way])
    return sending, f"pubsub://{path}?timestamp_attribute={ARRIVAL}&idle=20s"


@pytest.mark.parametrize("what", ["task manager", "worker"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_kill_loses_nothing_and_shows_nothing_twice(flink, played, tmp_path, when, what):
    archive = tmp_path / f"{what}-{when}".replace(" ", "-")
    sending, source = over_pubsub(played, archive.name)
    seconds = killed_in_the_middle(flink, sending, source, archive, what, when, ANSWERS)
    assert record(("Pub/Sub", what, when, 1), archive, played, seconds, ANSWERS) == []
