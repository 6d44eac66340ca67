"""schemathesis against the OpenAPI page: whatever is sent, no 500, and answers are as the page says."""

from contextlib import suppress
from urllib.request import urlopen

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance

from tests.support.collector_server import collector


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("door")
    with collector(folder, str(folder / "messages")) as it:
        yield it


@pytest.mark.parametrize("mode", GenerationMode)
def test_no_request_makes_the_server_fail(server, mode):
    page = schemathesis.openapi.from_url(f"{server.url}/openapi.json")
    for operation in (found.ok() for found in page.get_all_operations()):
        @given(case=operation.as_strategy(generation_mode=mode))
        @settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck), database=None)
        def check(case):
            for key in (server.keys["live"], "wrong"):
                case.call_and_validate(headers={"Authorization": f"Bearer {key}"}, checks=[
                    not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance])

        with suppress(Unsatisfiable):  # there is no wrong way to ask for a page without parameters
            check()
    with urlopen(f"{server.url}/metrics", timeout=10) as answer:
        seen = answer.read().decode()
    assert 'status="401"' in seen and ("schema_violation" in seen or "unknown_event_type" in seen or 'status="400"' in seen), seen
