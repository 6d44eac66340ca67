"""POST /v1/events: what is taken, what is refused, and what reaches the sink."""

import gzip
import json
import time
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from gamebeam.collector.app import app
from gamebeam.collector.keys import add_key, read_keys, remove_key
from gamebeam.collector.settings import Game, Settings
from gamebeam.schemas.contract.contract import load_contract
from gamebeam.schemas.dates import HOUR_MS
from gamebeam.schemas.events import DEAD_LETTER
from gamebeam.transforms.decode.decoder import Decoder
from tests.support.streams import Sent, in_order, rows, run_files, run_stream

STARTER = load_contract("starter")
NOW = time.time_ns() // 1_000_000


def event(event_id="e1", event_type="login", **more):
    return {"event_id": event_id, "event_type": event_type, "event_time": NOW, "install_id": "i-1", "seq": 1, **more}


class Door:
    """A collector in this process, over a folder."""

    def __init__(self, folder: Path, **settings):
        self.folder, self.keys_file = folder, folder / "keys.json"
        self.key, self.test_key = (add_key(self.keys_file, "starter", env) for env in ("live", "test"))
        games = settings.pop("games", {"starter": Game("starter", str(folder / "messages"))})
        self.app = app(Settings(games, str(self.keys_file), str(folder / "queue.sqlite"), **settings))

    def __enter__(self):
        self.client = TestClient(self.app, raise_server_exceptions=False).__enter__()
        return self

    def __exit__(self, *error):
        self.client.__exit__(*error)

    def post(self, body, key=None, **headers):
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post("/v1/events", content=content, headers={"Authorization": f"Bearer {key or self.key}", **names})

    def sent(self):
        """What reached the sink: payloads in order."""
        return [line for f in sorted((self.folder / "messages").glob("*.jsonl")) for line in f.read_bytes().splitlines()]


@pytest.fixture
def door(tmp_path):
    with Door(tmp_path) as it:
        yield it


def test_an_accepted_event_reaches_the_sink_with_the_time_it_was_received(door):
    before = time.time_ns() // 1_000_000
    answer = door.post([event()])
    assert (answer.status_code, answer.json()) == (202, {"accepted": 1, "refused": []})
    (sent,) = map(json.loads, door.sent())
    assert before <= sent.pop("received_time") <= time.time_ns() // 1_000_000 and sent == event()


def test_an_array_and_lines_gzip_or_not_are_the_same(door):
    events = [event(f"e{i}") for i in range(3)]
    lines = "\n".join(map(json.dumps, events)).encode()
    for body in (json.dumps(events).encode(), json.dumps(events, indent=2).encode(), lines, lines + b"\r\n\n"):
        assert door.post(body).json()["accepted"] == 3
        assert door.post(gzip.compress(body), content_encoding="gzip").json()["accepted"] == 3
    assert door.post(json.dumps(events[0], indent=2).encode()).json()["accepted"] == 1
    assert [json.loads(p)["event_id"] for p in door.sent()] == ["e0", "e1", "e2"] * 8 + ["e0"]


def test_one_bad_event_among_500_is_refused_and_the_others_are_accepted(door):
    events = [event(f"e{i}") for i in range(500)]
    events[77]["seq"] = "seven"
    answer = door.post(events).json()
    assert answer["accepted"] == 499
    (refused,) = answer["refused"]
    assert (refused["index"], refused["reason"], refused["field"]) == (77, "schema_violation", "seq")
    assert len(door.sent()) == 500  # the refused one too: the job makes it a dead letter


BAD = [
    event(event_type="zz_teleport"),
    event(event_time="soon"),
    event(event_time=2_208_988_800_000),
    event(event_time=NOW - 40 * 86_400_000),
    {k: v for k, v in event().items() if k != "event_id"},
    event(event_id=""),
    {},
    [1],
    "text",
    17,
    event(zz_blob="x" * STARTER.max_message_bytes),
]


@pytest.mark.parametrize("bad", BAD, ids=["unknown_type", "no_time", "2040", "40_days_old", "no_id", "empty_id", "empty", "list",
                                          "text", "number", "too_large"])
def test_a_refusal_says_what_the_job_will_say_of_the_message_that_is_sent_on(door, bad):
    answer = door.post([bad]).json()
    (sent,) = door.sent()
    dead = Decoder(STARTER).decode(sent, time.time_ns() // 1_000_000)
    assert dead.TYPE == DEAD_LETTER
    (refused,) = answer["refused"]
    assert (refused["reason"], refused["field"]) == (dead.reason, dead.field)


def test_a_broken_line_is_refused_alone(door):
    good = json.dumps(event()).encode()
    answer = door.post(good + b'\n{"event_id": "cut of\n' + good + b'\n{"event_id": "\xff"}').json()
    assert answer["accepted"] == 2
    assert [(r["index"], r["reason"]) for r in answer["refused"]] == [(1, "malformed"), (3, "malformed")]


def test_lines_of_which_the_first_is_an_array_are_lines(door):
    good = json.dumps(event()).encode()
    answer = door.post(b"[1]\n" + good + b"\n" + good).json()
    assert (answer["accepted"], [(r["index"], r["reason"]) for r in answer["refused"]]) == (2, [(0, "malformed")])


@pytest.mark.parametrize(("body", "status", "says"), [
    (b"hello", 400, "not JSON, on the first line"),
    (b'[{"a": 1}, {"b": }]', 400, "byte 17"),
    (b"", 400, "no events"),
    (b"[]", 400, "no events"),
    (b"[" * 100_000, 400, "not JSON"),
    (json.dumps([{}] * 501).encode(), 413, "501 events; at most 500"),
    (b"{}\n" * 501, 413, "501 events"),
    (b'["' + b"x" * 1_000_000 + b'"]', 413, "1,000,000 bytes"),
])
def test_what_cannot_be_taken_at_all_gets_a_status_and_one_line(door, body, status, says):
    answer = door.post(body)
    assert (answer.status_code, says in answer.json()["error"]) == (status, True), answer.text
    assert door.sent() == []


def test_a_zip_bomb_is_too_large_and_costs_no_memory(door):
    import tracemalloc

    bomb = gzip.compress(b" " * 200_000_000, 9)
    tracemalloc.start()
    answer = door.post(bomb, content_encoding="gzip")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (answer.status_code, "once unzipped" in answer.json()["error"]) == (413, True)
    assert peak < 20_000_000


@pytest.mark.parametrize("body", [b"no gzip", gzip.compress(b"[{}]")[:-5], gzip.compress(b"[{}]") + b"more"], ids=["none", "cut", "more"])
def test_broken_gzip_is_400_and_another_encoding_415(door, body):
    assert door.post(body, content_encoding="gzip").status_code == 400
    assert door.post(body, content_encoding="br").status_code == 415
    assert door.sent() == []


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic abc"}, {"X-API-Key": ""},
                                     {"Authorization": "Bearer "}, {"Authorization": "Bearer \xff".encode("latin-1")}])
def test_nothing_is_written_without_a_valid_key(door, headers):
    answer = door.client.post("/v1/events", json=[event()], headers=headers)
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert not (door.folder / "messages").exists()


def test_keys_are_rotated_without_a_restart_and_only_hashes_are_at_rest(door):
    assert door.key not in door.keys_file.read_text()
    old = read_keys(door.keys_file)[0].id
    new = add_key(door.keys_file, "starter", "live")
    door.app.state.keys.looked = 0  # a second later
    assert {door.post([event()], key).status_code for key in (door.key, new)} == {202}
    remove_key(door.keys_file, old)
    door.app.state.keys.looked = 0
    assert [door.post([event()], key).status_code for key in (door.key, new)] == [401, 202]


def test_a_keys_file_that_breaks_leaves_the_keys_as_they_were(door):
    door.keys_file.write_text("{")
    door.app.state.keys.looked = 0
    assert door.post([event()]).status_code == 202


def test_the_key_says_the_env_whatever_the_event_says(door):
    door.post([event("a"), event("b", env="test"), event("c", env="live")])
    door.post([event("d"), event("e", env="test"), event("f", env="live")], door.test_key)
    envs = {e.event_id: e.env for e in (Decoder(STARTER).decode(p, NOW) for p in door.sent())}
    assert envs == dict.fromkeys("abc", "live") | dict.fromkeys("def", "test")


def test_a_wrong_clock_is_corrected_and_what_it_said_is_kept(door):
    hours = 5 * 3_600_000
    door.post([event(event_time=NOW + hours)], x_sent_at=str(time.time_ns() // 1_000_000 + hours + 400))
    door.post([event(event_time=NOW)], x_sent_at=str(time.time_ns() // 1_000_000 - 400))
    corrected, untouched = (Decoder(STARTER).decode(p, NOW) for p in door.sent())
    assert (corrected.event_time, corrected.client_event_time) == (NOW, NOW + hours)
    assert (untouched.event_time, untouched.client_event_time) == (NOW, None)


def test_sent_again_after_a_slow_network_an_event_gets_the_same_time_again(door):
    ahead = 5 * 3_600_000
    for delay in (0, 9_000, 25_000):
        door.post([event(event_time=NOW + ahead)], x_sent_at=str(time.time_ns() // 1_000_000 + ahead - delay))
    assert {json.loads(p)["event_time"] for p in door.sent()} == {NOW}


def test_sent_again_and_corrected_over_an_hours_border_an_event_lands_once(door, tmp_path):
    """The second try took 45 s longer on its way, so its correction is a minute less, and its hour another."""
    hour, ahead = NOW // HOUR_MS * HOUR_MS, 5 * HOUR_MS
    told = hour + ahead - 30_000
    for delay in (0, 45_000):
        door.post([event(event_time=told)], x_sent_at=str(time.time_ns() // 1_000_000 + ahead - delay))
    tries = [Decoder(STARTER).decode(p, NOW) for p in door.sent()]
    assert [t.event_time for t in tries] == [hour - 30_000, hour + 30_000] and {t.client_event_time for t in tries} == {told}
    steps = [[Sent(NOW + n, payload)] for n, payload in enumerate(door.sent())]
    run_files(STARTER, f"{tmp_path}/files", steps)
    run_stream(STARTER, f"{tmp_path}/stream", in_order(steps))
    for archive in ("files", "stream"):
        assert rows(STARTER, f"{tmp_path}/{archive}", "SELECT SUM(landed), SUM(duplicate) FROM ledger") == [(1, 1)]


def test_a_client_cannot_say_when_it_was_received_unless_its_key_may_backfill(door):
    past = NOW - 3_600_000
    door.post([event(received_time=past)])
    assert json.loads(door.sent()[0])["received_time"] >= NOW
    backfill = add_key(door.keys_file, "starter", "live", backfill=True)
    door.app.state.keys.looked = 0
    door.post([event("old", received_time=past)], backfill)
    assert json.loads(door.sent()[-1])["received_time"] == past


def test_a_key_over_its_rate_is_told_when_to_come_again(tmp_path):
    with Door(tmp_path, rate=100.0) as door:
        statuses = [door.post([event()] * 250).status_code for _ in range(3)]
        answer = door.post([event()] * 250)
        assert statuses == [202, 202, 429] and answer.status_code == 429
        assert 1 <= int(answer.headers["Retry-After"]) <= 3
        assert door.post([event()], door.test_key).status_code == 202  # another key's bucket
        assert len(door.sent()) == 501


def test_no_header_of_the_caller_and_no_address_reaches_a_disk(tmp_path):
    with Door(tmp_path) as door:
        door.post([event()], x_forwarded_for="203.0.113.7", user_agent="telling/1.0", forwarded="for=203.0.113.7")
        metrics = door.client.get("/metrics").text
    on_disk = b"".join(f.read_bytes() for f in tmp_path.rglob("*") if f.is_file())
    assert b"203.0.113.7" not in on_disk and b"telling" not in on_disk and "203.0" not in metrics


def test_metrics_count_what_was_removed_by_the_name_of_the_secret(door):
    door.post([event(password="hunter2"), event("e2", note="x?token=abc")])
    door.post([event("e3")])
    text = door.client.get("/metrics").text
    assert 'gamebeam_collector_removed_values_total{game="starter",name="password"} 1.0' in text
    assert 'gamebeam_collector_removed_values_total{game="starter",name="token"} 1.0' in text


def test_health_and_metrics_tell_of_what_was_taken(door):
    door.post([event(), event(event_type="zz")])
    door.post(b"no", "wrong")
    assert door.client.get("/healthz").json() == {"status": "ok", "behind": [], "queued": {}}
    text = door.client.get("/metrics").text
    assert 'gamebeam_collector_events_total{env="live",game="starter",outcome="accepted"} 1.0' in text
    assert 'outcome="unknown_event_type"} 1.0' in text and 'refused_requests_total{status="401"} 1.0' in text


def test_the_openapi_page_names_every_route(door):
    spec = door.client.get("/openapi.json").json()
    assert set(spec["paths"]) == {"/v1/events", "/healthz", "/metrics"}
    assert "openapi.json" in door.client.get("/docs").text
