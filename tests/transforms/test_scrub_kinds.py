"""Kinds of messages in which secrets were found on disk, one by one."""

import json

import pytest

from gamebeam.schemas.contract.contract import load_contract
from gamebeam.schemas.events import DEAD_LETTER
from gamebeam.schemas.scrub import Scrubber
from gamebeam.transforms.decode.decoder import Decoder
from tests.support.secret_messages import NESTED_EVENT, nested_contract

S, AT = "Q7HUNTERXYZ", 1_790_000_001_000
KEY = b"key"
HEAD = {"event_id": "e-1", "event_type": "crash", "event_time": AT, "player_id": "p-1", "install_id": "i-1", "seq": 4}


def decode(message, contract=None, key=KEY):
    payload = message if isinstance(message, bytes) else json.dumps(message).encode()
    return Decoder(contract or load_contract("starter"), key).decode(payload, AT)


def test_equal_keys_hide_nothing_and_are_kept():
    item = decode(b'{"event_type":"zz","x":{"password":"%b"},"x":1,"x":2}' % S.encode())
    assert item.payload == b'{"event_type":"zz","x":{},"x":1,"x":2}'


def test_columns_of_a_dead_letter_are_scrubbed():
    url = f"https://h.example/?token={S}"
    item = decode(HEAD | {"event_type": url, "player_id": url, "session_id": url, "env": url, "app_version": url})
    assert item.TYPE == DEAD_LETTER and S not in repr(item)
    assert item.player_id == item.app_version == "https://h.example/?token="


@pytest.mark.parametrize("where", ["whole", "truncated"])
def test_seq_and_ids_are_known_though_the_payload_is_cut(where):
    text = json.dumps({"event_type": "crash", "pass word": S} | HEAD)[: None if where == "whole" else -5].encode()
    item = decode(text if where == "truncated" else text + b"\xff")
    assert (item.seq, item.player_id, item.install_id, item.event_type) == (4 if where == "whole" else None, "p-1", "i-1", "crash")
    assert item.payload == b'{"event_type": "crash", "'


def test_ids_inside_a_secrets_value_are_not_read():
    item = decode(b'{"event_type":"crash","password":{"player_id":"%b","seq":3' % S.encode())
    assert item.player_id is None and item.seq is None and item.event_type == "crash"


def test_broken_messages_that_are_equal_up_to_the_secret_are_not_one():
    cut = [decode(b'{"event_type":"crash","pass":"%b","seq":%d,"x' % (S.encode(), n)) for n in (1, 2, 2)]
    assert cut[0].payload == cut[1].payload and cut[0].dead_id != cut[1].dead_id == cut[2].dead_id


def test_lines_behind_a_secrets_name_are_not_kept_until_an_event_follows():
    event = json.dumps(HEAD).encode()
    lines = [b"{", b'"event_type": "crash",', b'"password":', b'{"a":', f'"{S}"'.encode(), b"}", b"}", event, b'"left": 1']
    items = Decoder(load_contract("starter"), KEY).decode_all(lines, [AT] * len(lines), None, "s", None)
    kept = [None if b"not kept" in (getattr(i, "payload", b"") or b"") else i for i in items]
    assert [k is None for k in kept] == [False] * 3 + [True] * 4 + [False] * 2
    assert S not in repr(items)


def test_pii_inside_records_and_arrays_is_dropped_and_hashed():
    event = decode(NESTED_EVENT | {
        "event_time": AT, "profile": {"street": S, "phone_number": S, "age": 3}, "friends": [{"surname": S, "contact_mail": S}],
        "other": {"email": S, "real_name": S}}, nested_contract(keep_raw=True))
    assert event.TYPE == "signup" and S not in repr(event)
    assert event.profile.phone_number == event.friends[0].contact_mail == Decoder(nested_contract(), KEY).scrub.hash(S)
    assert event.profile.age == 3
    assert json.loads(event.additional_properties) == {"other": {"email": event.profile.phone_number}}


@pytest.mark.parametrize("value", [17, [S], {"a": S}, 1.5, True])
def test_a_hashed_field_of_another_type_is_a_dead_letter_without_the_value(value):
    item = decode(NESTED_EVENT | {"event_time": AT, "email": value}, nested_contract())
    assert (item.TYPE, item.reason, item.field) == (DEAD_LETTER, "schema_violation", "email")
    (held,) = json.loads(item.payload)["email"]
    assert held.startswith("h1:") and len(held) == 67
    again = decode(item.payload, nested_contract())
    assert (again.reason, again.field, again.payload) == ("schema_violation", "email", item.payload)


def test_a_field_that_one_type_drops_and_another_stores_is_stored_there_and_in_no_dead_letter():
    greet = NESTED_EVENT | {"event_type": "greet", "event_time": AT, "real_name": "Ann", "plan": None}
    assert decode(greet, nested_contract()).real_name == "Ann"
    for wrong in ({"seq": "x"}, {"event_type": "zz"}):
        assert b"Ann" not in decode(greet | wrong, nested_contract()).payload


def test_a_field_that_the_contract_stores_is_kept_under_its_name():
    event = decode({**HEAD, "error": "compass: nil"})
    assert event.TYPE == "crash" and event.error == "compass: nil"


@pytest.mark.parametrize("text, clean", [
    (f"GET https://h.example/x?token={S}&level=3", "GET https://h.example/x?token=&level=3"),
    (f"redis://player:{S}@db:6379", "redis://db:6379"), (f"Authorization: Bearer {S}", "Authorization:"),
    (f"p%61ssword={S}&x=1", "p&x=1"), ("pass the ball", "pass the ball"), ("battle pass: 3", "battle pass: 3"),
    ("see http://localhost:8080", "see http://localhost:8080"), ("12:30 compass=north", "12:30 compass=north")])
def test_text_loses_its_secrets_and_nothing_else(text, clean):
    assert Scrubber().text(text) == clean


def test_what_is_dropped_is_counted_once_per_name():
    decoder = Decoder(load_contract("starter"), KEY)
    decoder.decode(json.dumps(HEAD | {"userPwd": S, "tokens_spent": 3, "a": {"Token": S}}).encode(), AT)
    decoder.decode(json.dumps(HEAD | {"event_type": "zz", "token": S}).encode(), AT)
    assert decoder.scrub.take_counts() == {"pwd": 1, "token": 2}
    assert decoder.scrub.take_counts() == {}
