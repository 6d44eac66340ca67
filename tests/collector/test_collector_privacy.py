"""What the contract marks pii=drop, and what looks like a secret, goes no further than the door's memory."""

import json
import logging
import time

import pytest
from starlette.testclient import TestClient

from gamebeam.collector.app import app
from gamebeam.collector.keys import add_key
from gamebeam.collector.settings import Game, Settings
from gamebeam.schemas.contract.contract import load_contract
from gamebeam.transforms.decode.decoder import Decoder

SECRET = "hunter2-of-alice"
WHEN = time.strftime("%Y-%m-%d %H:%M:%S.000000", time.gmtime())


def buy(**more):
    return {"id": "b-1", "type": "sword", "timestamp": WHEN, "event_type": "create_user", "user_id": "7",
            "meta": {"user_id": "7", "user_name": SECRET, "user_pwd": SECRET}, "user_pwd": SECRET} | more


BODIES = {
    "an event": json.dumps([buy()]),
    "escaped": json.dumps([buy()]).replace("user_pwd", "user\\u005fpwd").replace("user_name", "user\\u005fname"),
    "an unknown type": json.dumps([buy(event_type="zz", token=SECRET)]),
    "a wrong field": json.dumps([buy(timestamp=17)]),
    "lines, one broken": json.dumps(buy()) + "\n" + json.dumps(buy())[:-3],
    "JSON in a string": json.dumps([buy(note=json.dumps({"password": SECRET}))]),
    "not ASCII": json.dumps([buy(city="Köln")], ensure_ascii=False),
}


@pytest.mark.parametrize("away", [False, True])
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_no_secret_reaches_the_sink_the_queue_the_log_or_the_answer(tmp_path, caplog, body, away):
    caplog.set_level(logging.DEBUG)
    key = add_key(tmp_path / "keys.json", "placebo", "live")
    if away:
        (tmp_path / "messages").touch()
    settings = Settings({"placebo": Game("placebo", str(tmp_path / "messages"))}, str(tmp_path / "keys.json"), str(tmp_path / "q"))
    with TestClient(app(settings)) as client:
        answer = client.post("/v1/events", content=body.encode(), headers={"Authorization": f"Bearer {key}"})
        seen = answer.content + client.get("/metrics").content + caplog.text.encode()
        on_disk = b"".join(f.read_bytes() for f in tmp_path.rglob("*") if f.is_file())
    assert answer.status_code == 202 and b"b-1" in on_disk
    assert SECRET.encode() not in on_disk + seen


def test_a_wire_of_its_own_is_understood_and_its_clock_corrected(tmp_path):
    key = add_key(tmp_path / "keys.json", "victory", "live")
    contract = load_contract("victory")
    line = json.loads(contract.text["examples/pass.jsonl"].splitlines()[0])
    message = json.loads(line["data"])
    general = message["event"]["generalInfo"]
    now = time.time_ns() // 1_000_000
    general["eventTimestamp"] = str(now + 7_200_000)
    settings = Settings({"victory": Game("victory", str(tmp_path / "messages"))}, str(tmp_path / "keys.json"), str(tmp_path / "q"))
    with TestClient(app(settings)) as client:
        answer = client.post("/v1/events", json=[message], headers={"Authorization": f"Bearer {key}", "X-Sent-At": str(now + 7_200_000)})
    assert answer.json() == {"accepted": 1, "refused": []}
    (sent,) = next((tmp_path / "messages").glob("*.jsonl")).read_bytes().splitlines()
    event = Decoder(contract, b"key").decode(sent, now)
    assert (event.event_time, event.client_event_time) == (now, now + 7_200_000)
    assert now - 1_000 < event.received_time < now + 60_000 and event.env == "live"
