"""schemathesis against the game API's part of the OpenAPI page: whatever is sent, no 500, and answers are as the page says."""

from contextlib import suppress

import pytest
import redis
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance

from gamebeam.collector.game.api import GAMES
from gamebeam.collector.keys import add_key
from services.redis import redis_server
from tests.support.collector_server import collector

pytestmark = pytest.mark.engine
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.mark.parametrize("game", GAMES)
def test_no_request_makes_the_game_api_fail(tmp_path, game):
    to = str(tmp_path / "events" / "all")
    with redis_server(tmp_path / "redis") as url, \
         collector(tmp_path / "door", to, players=url, game_api={"game": game, "redis": url, "to": to}) as server:
        page = schemathesis.openapi.from_url(f"{server.url}/openapi.json").exclude(path=["/v1/events", "/healthz", "/metrics"])
        reader, statuses = add_key(server.folder / "keys.json", "starter", "live", read=True), set()
        for operation, mode in ((found.ok(), mode) for found in page.get_all_operations() for mode in GenerationMode):
            @given(case=operation.as_strategy(generation_mode=mode))
            @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck), database=None)
            def check(case):
                key = reader if case.operation.path.startswith("/v1/players/") else server.keys["live"]
                answer = case.call_and_validate(headers={"X-API-Key": key}, checks=CHECKS)
                statuses.add(answer.status_code)

            with suppress(Unsatisfiable):  # there is no wrong way to ask for a page without parameters
                check()
        assert {200, 400, 404} <= statuses and redis.Redis.from_url(url).dbsize() > 1
