"""Every kill, before and after the first checkpoint, three times each: make chaos."""

import pytest

from tests.support.flink_jobs import killed_in_the_middle, over_kafka
from tests.support.reliability import record

pytestmark = [pytest.mark.engine, pytest.mark.chaos]


@pytest.mark.parametrize("what", ["task manager", "worker", "submitter"])
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("n", [1, 2, 3])
def test_a_kill_costs_nothing(servers, flink, played, tmp_path, n, when, what):
    archive = tmp_path / f"{what}-{when}-{n}".replace(" ", "-")
    sending, source = over_kafka(servers, played, archive.name)
    seconds = killed_in_the_middle(flink, sending, source, archive, what, when)
    assert record(("Kafka", what, when, n), archive, played, seconds) == []
