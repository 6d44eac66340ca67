"""One poison message among a thousand: the other 999 land, in batch, on Prism, and through the front door."""

import json
import logging
import time

import pytest
from starlette.testclient import TestClient

from gamebeam.collector.app import app
from gamebeam.collector.keys import add_key
from gamebeam.collector.settings import Game, Settings
from gamebeam.schemas.contract.contract import load_contract
from gamebeam.schemas.events import DEAD_LETTER
from gamebeam.transforms.decode.decoder import Decoder
from gamebeam.transforms.decode.scrub import Scrubber
from gamebeam.transforms.decode.wire import Extractor
from tests.support.streams import Sent, in_order, rows, run_files, run_stream

STARTER = load_contract("starter")
NOW = time.time_ns() // 1_000_000
DEEP = b'{"event_id":"poison","event_type":"login","event_time":%d,"install_id":"i","env":"test","x":%b}' % (NOW, b"[" * 500 + b"]" * 500)
FAULTY = b'{"event_id":"poison","event_type":"login","event_time":%d,"install_id":"i","env":"test","boom":1}' % NOW
OUTCOMES = {"deep": (DEEP, "malformed", "nested deeper than 100 levels"), "faulty": (FAULTY, "schema_violation", "ZeroDivisionError")}


def event(n):
    return json.dumps({"event_id": f"e{n}", "event_type": "login", "event_time": NOW, "install_id": f"i{n}", "seq": 1}).encode()


def thousand(poison):
    return [event(n) if n != 500 else poison for n in range(1_000)]


@pytest.fixture
def faulty_extractor(monkeypatch):
    """A fault of our own that no input is known to raise."""
    extract = Extractor.extract

    def raising(self, message):
        return 1 / 0 if "boom" in message else extract(self, message)

    monkeypatch.setattr(Extractor, "extract", raising)


def engines(prism):
    return {"runner": "PrismRunner", "flags": ["--environment_type=LOOPBACK", f"--prism_location={prism}"]}


def assert_the_others_landed(archive, reason, detail):
    assert rows(STARTER, archive, "SELECT COUNT(DISTINCT event_id), COUNT(*) FROM events") == [(999, 999)]
    assert rows(STARTER, archive, "SELECT SUM(received), SUM(landed), SUM(dead_lettered) FROM ledger") == [(1_000, 999, 1)]
    ((found, said),) = rows(STARTER, archive, "SELECT reason, detail FROM tables.dead_letter")
    assert found == reason and detail in said


@pytest.mark.parametrize("poison", OUTCOMES)
def test_d1_in_batch_one_poison_message_among_a_thousand_is_one_dead_letter(poison, tmp_path, faulty_extractor):
    payload, reason, detail = OUTCOMES[poison]
    run_files(STARTER, str(tmp_path), [[Sent(NOW, p) for p in thousand(payload)]])
    assert_the_others_landed(str(tmp_path), reason, detail)


@pytest.mark.engine
@pytest.mark.parametrize("poison", OUTCOMES)
def test_d1_on_prism_one_poison_message_among_a_thousand_is_one_dead_letter(poison, tmp_path, prism, faulty_extractor):
    payload, reason, detail = OUTCOMES[poison]
    run_stream(STARTER, str(tmp_path), in_order([[Sent(NOW, p) for p in thousand(payload)]]), **engines(prism))
    assert_the_others_landed(str(tmp_path), reason, detail)


@pytest.mark.parametrize("lines", [False, True], ids=["array", "lines"])
@pytest.mark.parametrize("poison", OUTCOMES)
def test_d1_through_the_front_door_one_poison_message_among_a_thousand_is_refused_alone(poison, lines, tmp_path, faulty_extractor):
    payload, reason, detail = OUTCOMES[poison]
    key = add_key(tmp_path / "keys.json", "starter", "live")
    server = app(Settings({"starter": Game("starter", f"{tmp_path}/messages")}, f"{tmp_path}/keys.json", f"{tmp_path}/queue.sqlite"))
    events, refused = thousand(payload), []
    with TestClient(server, raise_server_exceptions=False) as client:
        for some in (events[:500], events[500:]):
            body = b"\n".join(some) if lines else b"[" + b",\n".join(some) + b"]"
            answer = client.post("/v1/events", content=body, headers={"Authorization": f"Bearer {key}"})
            assert answer.status_code == 202
            refused += answer.json()["refused"]
    ((found),) = refused
    assert (found["index"], found["reason"]) == (0, reason) and detail in found["detail"]
    sent = [line for f in (tmp_path / "messages").glob("*.jsonl") for line in f.read_bytes().splitlines()]
    run_files(STARTER, f"{tmp_path}/archive", [[Sent(NOW, p) for p in sent]])
    assert_the_others_landed(f"{tmp_path}/archive", reason, detail)
    assert rows(STARTER, f"{tmp_path}/archive", "SELECT env, SUM(received) FROM ledger GROUP BY env") == [("live", 1_000)]


def test_a_faults_dead_letter_keeps_its_payload_and_its_env_and_names_the_exception(faulty_extractor):
    dead = Decoder(STARTER).decode(FAULTY, NOW)
    assert (dead.TYPE, dead.reason, dead.field) == (DEAD_LETTER, "schema_violation", None)
    assert dead.detail == "ZeroDivisionError while the message was decoded"


def test_a_fault_on_the_typed_path_is_caught_too():
    decoder = Decoder(STARTER)
    typed = decoder.typed

    def raising(payload):
        if b"e1" in payload:
            raise LookupError("a fault of the typed path")
        return typed(payload)

    decoder.typed = raising
    items = decoder.decode_all([event(0), event(1), event(2)], [NOW] * 3, None, "s", None)
    assert [item.event_id for item in items] == ["e0", "e1", "e2"]  # the general path decodes it


def test_a_message_that_could_not_be_scrubbed_leaves_only_its_length_and_hash(monkeypatch):
    def raising(*_):
        raise RecursionError

    for name in ("message", "broken", "tree"):
        monkeypatch.setattr(Scrubber, name, raising)
    secret = b'{"event_type":"login","password":"hunter2"}'
    dead = Decoder(STARTER).decode(secret, NOW)
    assert b"hunter2" not in dead.payload and b"password" not in dead.payload
    assert json.loads(dead.payload).startswith(f"not kept, since it could not be scrubbed: {len(secret)} bytes, BLAKE2b-128 ")
    assert (dead.env, dead.arrival_time, dead.detail) == ("live", NOW, "RecursionError while the message was decoded")


def test_memory_that_runs_out_is_no_dead_letter(monkeypatch):
    def raising(*_):
        raise MemoryError

    monkeypatch.setattr(Extractor, "extract", raising)
    with pytest.raises(MemoryError):
        Decoder(STARTER).decode(FAULTY, NOW)


def test_faults_are_counted_by_class_and_logged_at_most_once_a_minute_without_values(faulty_extractor, caplog):
    decoder = Decoder(STARTER)
    with caplog.at_level(logging.ERROR):
        for _ in range(5):
            decoder.decode(FAULTY, NOW)
    assert decoder.faults.take() == {"ZeroDivisionError": 5} and decoder.faults.take() == {}
    (line,) = [record.getMessage() for record in caplog.records]
    assert line.startswith("ZeroDivisionError at test_poison.py:") and "poison" not in line.split(":", 1)[1]


def test_a_contract_that_needs_a_key_and_has_none_stops_the_launch_and_makes_no_dead_letter(tmp_path):
    import apache_beam as beam

    from gamebeam.pipeline.build import Job, build
    from gamebeam.schemas.contract.contract import parse_contract

    text = dict(STARTER.text)
    login = json.loads(text["events/login.avsc"])
    login["fields"].append({"name": "email", "type": ["null", "string"], "pii": "hash"})
    contract = parse_contract(text | {"events/login.avsc": json.dumps(login)})
    with pytest.raises(ValueError, match="pii=hash, but no key"):
        build(beam.Pipeline() | beam.Create([]), Job(contract, str(tmp_path), "run"))
