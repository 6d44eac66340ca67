"""The inverse of wire.yaml: what is sent stands where the wire says, in the form that it says."""

import json
from collections import Counter

import pytest

from gamebeam.loadgen.broken import reader
from gamebeam.loadgen.client_event import Sent
from gamebeam.loadgen.encode import encoder, time_on_wire, type_on_wire
from gamebeam.loadgen.faults import NO_FAULTS
from gamebeam.loadgen.generate import generate
from gamebeam.schemas.contract.contract import Contract, load_contract, parse_contract
from tests.support.loadgen_games import nested, payloads, without_ids


def sent(event_type: str, **own) -> Sent:
    return Sent(event_id="e-1", event_type=event_type, event_time=1_793_494_914_660, player_id="p-7", session_id="s-1", install_id="i-1",
                seq=12, env="live", platform="ios", app_version="1.5.0", country=None, own=own, secret="hunter2-7")


def encoded(contract: Contract, event: Sent) -> dict:
    return json.loads(encoder(contract)(event, 1_793_494_915_185))


def test_a_nested_wire_is_inverted_piece_by_piece():
    dive = sent("dive_end", depth_m=40, calm=True, loot=[{"item_name": "Łuk", "found_at": 1_000}], on_day="2026-11-01", blob=b"\x00\xff",
                air=0.5, password="hunter2-7")
    message = encoded(nested(), dive)
    assert message["meta"]["got"] == "2026-11-01T01:01:55.185Z" and message["meta"]["at"] == "2026-11-01T01:01:54.660Z"
    assert (message["meta"]["n"], message["meta"]["who"]["player"], message["meta"]["id"]) == ("12", "p-7", "e-1")
    assert message["meta"]["who"]["country"] == ""  # empty is null
    end = message["what"]["diveEnd"]
    assert (end["depthInMetres"], end["calm"], end["onDay"], end["blob"]) == ("40", "yes", "2026-11-01", "AP8=")
    assert json.loads(end["loot"]) == [{"itemName": "Łuk", "foundAt": "1970-01-01T00:00:01.000Z"}]
    assert message["state"]["air"] == 0.5 and message["meta"]["who"]["password"] == "hunter2-7"
    assert "app_version" not in json.dumps(message)  # a constant of the contract is not sent


def test_canonical_messages_are_flat_and_begin_with_the_received_time():
    starter = load_contract("starter")
    payload = encoder(starter)(sent("login", method=None), 1_793_494_915_185)
    message = json.loads(payload)
    assert next(iter(message.items())) == ("received_time", 1_793_494_915_185)
    assert message["event_type"] == "login" and message["method"] is None and message["seq"] == 12


def test_khan_quotes_the_player_and_renames_the_type():
    message = encoded(load_contract("khan"), sent("default_event", description="hello"))
    assert (message["userid"], message["event_type"]) == ("'p-7'", "default")


def test_gameco_holds_attributes_in_a_string_and_leaves_them_out_where_all_are_null():
    gameco = load_contract("gameco")
    own = {"weapon_type": "bow", "damage_level": 30, "weapon_range": 5, "gold_cost": 90}
    message = encoded(gameco, sent("purchase_weapon", **own))
    assert json.loads(message["attributes"]) == {"weapon_type": "bow", "damage_level": 30, "range": 5, "gold_cost": 90}
    assert "attributes" not in encoded(gameco, sent("purchase_weapon", **dict.fromkeys(own)))


@pytest.mark.parametrize(("time_format", "expected"), [
    ("ms", 1_793_494_914_660), ("s", 1_793_494_914), ("iso", "2026-11-01T01:01:54.660Z"),
    ("%Y-%m-%d %H:%M:%S.%f", "2026-11-01 01:01:54.660000"), ("%d.%m.%Y %H:%M:%S", "01.11.2026 01:01:54")])
def test_times_take_the_wires_format(time_format, expected):
    assert time_on_wire(1_793_494_914_660, time_format) == expected


def test_an_events_type_is_spelt_as_the_wire_spells_it():
    assert type_on_wire(load_contract("victory").wire, "play_shot") == "playShot"
    assert type_on_wire(load_contract("starter").wire, "level_up") == "level_up"


@pytest.mark.parametrize(("fault", "field", "check"), [
    ("unknown_type", None, lambda m: m["event_type"] == "zz_teleport"),
    ("missing_field", "event_id", lambda m: "event_id" not in m),
    ("missing_field", "error", lambda m: "error" not in m),
    ("wrong_type", "error", lambda m: m["error"] == [1]),
    ("extra_field", None, lambda m: "zz_ab_group" in m),
    ("oversized", None, lambda m: len(json.dumps(m)) > load_contract("starter").max_message_bytes)])
def test_a_fault_shows_in_the_message(fault, field, check):
    event = sent("crash", error="NullReference", stack_hash=None, fatal=True)
    event.fault, event.fault_field = fault, field
    assert check(encoded(load_contract("starter"), event))


def test_cut_at_any_byte_the_reader_knows_only_values_that_are_whole():
    contract = nested()
    event = sent("wave")
    whole = encoder(contract)(event, 1_793_494_915_185)
    read = reader(contract)
    complete = read(whole)
    assert complete == {"app_version": "7", "event_time": event.event_time, "arrival_time": 1_793_494_915_185, "env": "live",
                        "platform": "ios", "player_id": "p-7", "seq": 12}
    known = [len(read(whole[:at])) for at in range(len(whole))]
    assert known == sorted(known) and known[0] == 2 and known[-1] == len(complete)
    for at in range(len(whole)):
        for name, value in read(whole[:at]).items():
            assert complete[name] == value


def test_a_number_counts_only_with_what_ends_it():
    read = reader(load_contract("starter"))
    assert "seq" not in read(b'{"seq":12') and read(b'{"seq":12,')["seq"] == 12 and read(b'{"seq" : 12 }')["seq"] == 12
    assert read(b'{"seq":0,')["seq"] == 0 and "seq" not in read(b'{"seq":-1,') and "seq" not in read(b'{"seq":"12",')
    assert read(b'{"env":"li\xffve",')["env"] == "live"  # a message without an env counts as live


def test_types_of_a_studios_own_are_drawn_by_weight_and_filled_by_type(tmp_path):
    kinds = ["boolean", "int", "double", "string", "bytes", {"type": "array", "items": "long"}]
    fields = [{"name": f"f{i}", "type": t} for i, t in enumerate(kinds)]
    own = parse_contract({"contract.yaml": "name: studio\n",
                          "events/often.avsc": json.dumps({"type": "record", "name": "often", "weight": 9, "fields": fields}),
                          "events/seldom.avsc": json.dumps({"type": "record", "name": "seldom", "weight": 1, "fields": []})})
    generate(own, str(tmp_path), players=40, faults={k: 0.0 for k in ("truncated", "not_utf8")})
    messages = [json.loads(p) for p in payloads(tmp_path)]
    types = Counter(m["event_type"] for m in messages)
    assert types["often"] > 5 * types["seldom"] > 0
    assert {type(m["f0"]) for m in messages if "f0" in m and m["event_type"] == "often"} >= {bool}


def test_of_two_equal_messages_without_any_id_only_one_is_sent(tmp_path):
    generate(without_ids(), str(tmp_path), players=30, faults=NO_FAULTS)
    sent_messages = payloads(tmp_path)
    assert len(sent_messages) == len(set(sent_messages))
