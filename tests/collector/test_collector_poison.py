"""What strangers send to the front door: one odd event is refused alone, and every row has the env of its sender's key."""

import json
import time

import pytest
from starlette.testclient import TestClient

from gamebeam.collector.accept import Acceptor
from gamebeam.collector.app import app
from gamebeam.collector.keys import Key, add_key
from gamebeam.collector.settings import Game, Settings
from gamebeam.schemas.contract.contract import load_contract
from gamebeam.schemas.events import DEAD_LETTER
from gamebeam.transforms.decode.decoder import Decoder
from gamebeam.transforms.decode.scrub import Scrubber
from gamebeam.transforms.decode.wire import Extractor
from tests.support.fuzzing import Fuzzer

STARTER, VICTORY, PLACEBO = (load_contract(name) for name in ("starter", "victory", "placebo"))
NOW = time.time_ns() // 1_000_000
LIVE, TEST = (Key(env, "", "starter", env) for env in ("live", "test"))


def event(event_id="e1", **more):
    return {"event_id": event_id, "event_type": "login", "event_time": NOW, "install_id": "i-1", "seq": 1, **more}


@pytest.fixture
def post(tmp_path):
    key = add_key(tmp_path / "keys.json", "starter", "live")
    server = app(Settings({"starter": Game("starter", f"{tmp_path}/messages")}, f"{tmp_path}/keys.json", f"{tmp_path}/queue.sqlite"))
    with TestClient(server, raise_server_exceptions=False) as client:
        yield lambda body: client.post("/v1/events", content=body, headers={"Authorization": f"Bearer {key}"})


def in_job(verdict, contract=STARTER):
    return Decoder(contract, b"key").decode(verdict.message.payload, NOW)


ODD = {"surrogate": b'"\\ud800"', "surrogates_end": b'"\\udc00x"', "deep": b"[" * 1_500 + b"]" * 1_500, "digits": b"9" * 5_000,
       "large": b"1e999", "not_a_number": b"NaN", "bytes": b'"\xff"'}


@pytest.mark.parametrize("body", ["array", "spread", "lines", "one_is_pretty"])
@pytest.mark.parametrize("odd", ODD)
def test_d9_of_a_hundred_events_the_other_99_are_accepted(odd, body, post):
    events = [json.dumps(event(f"e{n}")).encode() for n in range(100)]
    events[0] = events[0][:-1] + b',"x":' + ODD[odd] + b"}"
    if body == "one_is_pretty":
        events[1] = json.dumps(event("e1", tags=["a,b", {"c": "]"}]), indent=2).encode()
    whole = b"\n".join(events) if body == "lines" else b"[" + (b",\n" if body == "spread" else b",").join(events) + b"]"
    answer = post(whole)
    assert answer.status_code == 202 and answer.json()["accepted"] == 99
    assert [(r["index"], r["reason"]) for r in answer.json()["refused"]] == [(0, "malformed")]


@pytest.mark.parametrize("odd", ODD)
def test_d9_a_request_of_one_odd_event_is_answered_with_its_reason(odd, post):
    answer = post(json.dumps(event()).encode()[:-1] + b',"x":' + ODD[odd] + b"}")
    assert (answer.status_code, answer.json()["accepted"]) == (202, 0)
    assert answer.json()["refused"][0]["reason"] == "malformed"


@pytest.mark.parametrize("body, says", [(b'[{"a": 1}, {"b": }]', "byte 17"), (b'{"a": }', "first line"),
                                        (b'[{"a":"\\ud800"},]', "not JSON"),
                                        (b'[{"a":"\\ud800"}', "not JSON"), (b'[{"a":"\\ud800"}]]', "not JSON")])
def test_a_body_that_breaks_jsons_grammar_is_refused_whole_as_before(body, says, post):
    answer = post(body)
    assert (answer.status_code, says in answer.json()["error"]) == (400, True), answer.text


def test_d5_a_byte_order_mark_before_a_body_is_skipped(post):
    for body in (json.dumps([event()]), json.dumps(event()), json.dumps(event()) + "\n" + json.dumps(event("e2"))):
        assert post(b"\xef\xbb\xbf" + body.encode()).json()["refused"] == []


@pytest.mark.parametrize("tags", [["a", "b"], [], [1], [{"x": 1}], ["{", "]"]])
def test_d6_one_pretty_printed_event_is_one_event(tags, post):
    answer = post(json.dumps(event(tags=tags, deep={"a": [None, "x"]}), indent=2).encode())
    assert answer.json() == {"accepted": 1, "refused": []}


@pytest.mark.parametrize("told", ["2026-11-29 21:44:33.334870", "2026-11-29 21:44:33"])
def test_d7_a_clock_that_is_ahead_is_corrected_with_and_without_a_fraction(told):
    line = json.loads(PLACEBO.text["examples/pass.jsonl"].splitlines()[0])
    body = json.loads(line["data"])
    body["timestamp"] = told
    received = 1_796_060_673_000  # 2026-11-30 18:44:33
    verdict = Acceptor(PLACEBO, b"key").accept(json.dumps(body).encode(), Key("k", "", "placebo", "live"), received, ahead=3 * 3_600_000)
    assert verdict.reason is None
    corrected = Decoder(PLACEBO, b"key").decode(verdict.message.payload, received)
    untouched = Decoder(PLACEBO, b"key").decode(json.dumps(body).encode(), received)
    assert corrected.event_time == untouched.event_time - 3 * 3_600_000 and corrected.client_event_time == untouched.event_time


LONG = {"x": "y" * 70_000}
BAD = [b"{", b"nothing", b"[1]", b"17", b'"text"', b"{}", b'{"env":"li', b'{"password":"abc', b'{"password', b"\xff\xfe{\x00",
       json.dumps(event(env="other")).encode()[:-1],
       *(json.dumps(body).encode() for body in (event(seq=-1), event(env="live", seq=-1), event(env="live", event_type="zz"),
                                                event(**LONG), event(env="x", **LONG)))]


@pytest.mark.parametrize("key", [LIVE, TEST], ids=["live", "test"])
@pytest.mark.parametrize("bad", BAD, ids=range(len(BAD)))
def test_a_dead_letter_has_the_env_of_its_senders_key_as_an_event_has(bad, key):
    acceptor = Acceptor(STARTER)
    verdict = acceptor.accept(bad, key, NOW)
    dead = in_job(verdict)
    assert (dead.TYPE, dead.env, dead.reason) == (DEAD_LETTER, key.env, verdict.reason)
    assert b"\x1e" not in dead.payload and b"abc" not in dead.payload
    assert in_job(acceptor.accept(json.dumps(event(env="zz")).encode(), key, NOW)).env == key.env


@pytest.mark.parametrize("env", [None, "", 5, {"a": 1}, "live", "test", "zz"])
@pytest.mark.parametrize("key", [LIVE, TEST], ids=["live", "test"])
def test_whatever_a_message_says_its_env_is_the_keys(env, key):
    verdict = Acceptor(STARTER).accept(json.dumps(event(env=env)).encode(), key, NOW)
    item = in_job(verdict)
    assert (item.TYPE, item.env, verdict.reason) == ("login", key.env, None)


@pytest.mark.parametrize("body", [b'{"event":5}', b'{"event":{"generalInfo":"x"}}', b"[]", b"{", b'{"event":{"generalInfo":{"env":5}}}'])
def test_an_env_that_has_no_place_on_a_nested_wire_is_carried_all_the_same(body):
    key = Key("k", "", "victory", "test")
    dead = in_job(Acceptor(VICTORY).accept(body, key, NOW), VICTORY)
    assert (dead.TYPE, dead.env) == (DEAD_LETTER, "test")


def test_a_fault_of_our_own_at_the_door_is_that_messages_dead_letter(monkeypatch):
    extract = Extractor.extract
    monkeypatch.setattr(Extractor, "extract", lambda self, m: 1 / 0 if "boom" in m else extract(self, m))
    verdict = Acceptor(STARTER).accept(json.dumps(event(boom=1)).encode(), TEST, NOW)
    assert (verdict.reason, verdict.detail) == ("schema_violation", "ZeroDivisionError while the message was decoded")
    monkeypatch.setattr(Acceptor, "_edited", lambda *_, **__: 1 / 0)
    verdict = Acceptor(STARTER).accept(json.dumps(event(env="zz")).encode(), TEST, NOW)
    landed = in_job(verdict)
    assert (verdict.reason, landed.TYPE, landed.env) == (None, "login", "test")


def test_a_message_that_the_door_could_not_scrub_is_not_sent_on(monkeypatch):
    def raising(*_):
        raise RecursionError

    with monkeypatch.context() as patch:
        for name in ("message", "broken"):
            patch.setattr(Scrubber, name, raising)
        verdict = Acceptor(STARTER).accept(json.dumps(event(password="hunter2")).encode(), LIVE, NOW)
    assert b"hunter2" not in verdict.message.payload and b"not kept" in verdict.message.payload
    assert (verdict.reason, in_job(verdict).reason) == ("malformed", "malformed")


def test_a_client_cannot_forge_the_env_that_the_door_appends():
    forged = json.dumps(event()).encode() + b'\x1e{"env":"live"}'
    assert in_job(Acceptor(STARTER).accept(forged, TEST, NOW)).env == "test"
    assert in_job(Acceptor(load_contract("khan")).accept(b'{"a":1}\x1e{"env":"zz"}', LIVE, NOW), load_contract("khan")).env == "live"


def test_a_backfills_times_are_judged_by_the_hour_of_the_request():
    acceptor = Acceptor(STARTER)
    acceptor.decoder.started = 0
    backfill = Key("b", "", "starter", "live", backfill=True)
    assert acceptor.accept(json.dumps(event(received_time=NOW)).encode(), backfill, NOW).reason is None


@pytest.mark.parametrize("game", ["starter", "victory", "placebo", "khan", "gameco"])
def test_the_door_and_the_job_say_the_same_of_every_fuzzed_message(game):
    contract = load_contract(game)
    acceptor, decoder = Acceptor(contract, b"key"), Decoder(contract, b"key")
    keys = [Key(env, "", game, env) for env in (("live", "test") if "env" in contract.wire.envelope else ("live",))]
    for n, payload in enumerate(Fuzzer(contract, 9).messages(2_000)):
        key = keys[n % len(keys)]
        verdict = acceptor.accept(payload, key, NOW, ahead=n % 3 * 3_600_000)
        item = decoder.decode(verdict.message.payload, NOW)
        assert (item.reason, item.field) == (verdict.reason, verdict.field) if item.TYPE == DEAD_LETTER else verdict.reason is None
        assert item.env == key.env
    assert acceptor.decoder.faults.take() == {} and decoder.faults.take() == {}


@pytest.mark.parametrize("game", ["starter", "victory", "placebo", "khan", "gameco"])
def test_events_of_one_clean_request_are_accepted_as_if_each_had_come_alone(game):
    contract = load_contract(game)
    together, alone = Acceptor(contract, b"key"), Acceptor(contract, b"key")
    fuzzed = [payload for payload in Fuzzer(contract, 10).messages(4_000) if not together.may_tell(payload)]
    fuzzed[7::50] = [payload + b'\x1e{"env":"zz"}' for payload in fuzzed[7::50]]
    keys = [Key("k", "", game, env) for env in (("live", "test") if "env" in contract.wire.envelope else ("live",))]
    for n in range(0, len(fuzzed), 100):
        pieces, key = fuzzed[n:n + 100], keys[n // 100 % len(keys)]
        assert together.accept_all(pieces, key, NOW, 0, clean=True) == [alone.accept(p, key, NOW, clean=True) for p in pieces]
    assert len(fuzzed) > 300
