"""Jobs run inside the test process and tune its collector; engines are fetched on first use."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from gamebeam.pipeline.runners.lifetime import end_children_with_this_process
from gamebeam.pipeline.runners.prism import keep_bundles_whole
from gamebeam.transforms.gc_tuning import collect_as_before
from gamebeam.transforms.sources.source_lifecycle import DRAIN, PAUSE, RESTING
from services import MissingTool
from services.bigquery import bigquery_emulator, emulator_binary
from services.flink import flink_cluster
from services.kafka import kafka_jars
from services.prism import prism_binary
from services.redis import redis_server
from tests.support.flink_jobs import Played

end_children_with_this_process()  # brokers, engines and jobs, of the controller and of each worker

# No test here depends on the machine's speed, or on who else uses it.
settings.register_profile("gamebeam", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("gamebeam")


def pytest_collection_modifyitems(items):
    """Who asks for BigQuery's emulator is marked so: pytest -m cloud. Flink's tests take longest, and begin first."""
    items.sort(key=lambda item: "flink" not in item.fixturenames)
    for item in items:
        if {"bigquery", "cloud"} & set(item.fixturenames):
            item.add_marker(pytest.mark.cloud)


@pytest.fixture(autouse=True)
def nothing_drains():
    """Every test begins with sources that run: the flags are the process's."""
    for flag in (PAUSE, DRAIN, RESTING):
        flag.clear()


@pytest.fixture(scope="session")
def prism() -> Path:
    """The binary of Beam's engine for one machine."""
    keep_bundles_whole()
    try:
        return prism_binary()
    except MissingTool as e:
        pytest.skip(str(e))


@pytest.fixture(scope="session")
def kafka_and_prism(prism):
    """For tests of commands that start both themselves."""
    try:
        kafka_jars()
    except MissingTool as e:
        pytest.skip(str(e))


@pytest.fixture(scope="session")
def servers(tmp_path_factory):
    """The address of a Kafka broker, one for all tests."""
    from tests.support.brokers import kafka

    with kafka(tmp_path_factory.mktemp("kafka")) as address:
        yield address


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory):
    """Of a Redis, one for all tests: each begins with flushall()."""
    with redis_server(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture(scope="module")
def bigquery(tmp_path_factory):
    """A BigQuery emulator of project `lab`, to which the clients of this process go."""
    try:
        emulator_binary()
    except MissingTool as e:
        pytest.skip(str(e))
    with bigquery_emulator(tmp_path_factory.mktemp("bigquery"), "lab") as running, pytest.MonkeyPatch.context() as patch:
        for name, value in running.environment.items():
            patch.setenv(name, value)
        yield running


@pytest.fixture(scope="module")
def flink(tmp_path_factory):
    """A Flink cluster with two slots, ended with the module: four processes beside everything else."""
    try:
        with flink_cluster(tmp_path_factory.mktemp("flink")) as cluster:
            yield cluster
    except MissingTool as e:
        pytest.skip(str(e))


@pytest.fixture(scope="session")
def played(tmp_path_factory):
    return Played(tmp_path_factory.mktemp("played"), players=60, seed=3)


def pytest_sessionfinish():
    collect_as_before()  # DuckDB complains at exit of what stays frozen
