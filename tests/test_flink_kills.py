"""Every kill, before and after the first checkpoint, three times each: make chaos."""

import pytest

from tests.flink_jobs import killed_in_the_middle
from tests.reliability import record

pytestmark = [pytest.mark.engine, pytest.mark.chaos]


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("what", ["task manager", "worker", "submitter"])
def test_a_kill_costs_nothing(servers, flink, played, tmp_path, what, when, n):
    archive = tmp_path / f"{what}-{when}-{n}".replace(" ", "-")
    seconds = killed_in_the_middle(servers, flink, played, archive, what, when)
    assert record(("Kafka", what, when, n), archive, played, seconds) == []
