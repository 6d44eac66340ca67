"""`contract infer`: whatever the messages look like, the contract it writes loads and lands the sample it was made from."""

import json
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gamebeam.schemas.contract.contract import load_contract
from gamebeam.schemas.inference.infer import infer
from gamebeam.schemas.inference.times import time_format
from gamebeam.transforms.decode.decoder import Decoder
from gamebeam.transforms.decode.examples import check_examples

CASES = Path(__file__).parents[1] / "cases"
NOW = 1_790_000_000_000
NOON = 1_789_992_000_000  # of the same day


def write(folder, lines):
    sample = folder / "sample.jsonl"
    sample.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines))
    return sample


def inferred(folder, messages):
    """(contract, what infer said, the decoded sample): made from these messages, and every example holds."""
    said = infer(write(folder, messages), folder / "mygame")
    contract = load_contract(str(folder / "mygame"))
    assert check_examples(contract) == []
    return contract, said, decoded(contract, [json.dumps(m) for m in messages if isinstance(m, dict)])


def decoded(contract, payloads):
    decoder = Decoder(contract)
    events = [decoder.decode(payload.encode()) for payload in payloads]
    assert [(e.reason, e.field, e.detail) for e in events if e.TYPE == "dead_letter"] == []
    return events


def types(contract, event_type):
    """Field -> its type, with ? where it may be null."""
    return {f.name: f"{f.type}{'?' if f.nullable else ''}" for f in contract.events[event_type].fields}


def flat(n=4, **fields):
    return [{"event_type": "login", "event_id": f"e-{i}", "ts": NOW + i, "user_id": f"u-{i % 2}"} | fields for i in range(n)]


NESTED = [
    {"header": {"msgId": f"m-{i}", "sentAt": "x", "clientTime": f"2026-09-21T12:00:0{i}Z", "eventName": name},
     "who": {"playerId": f"p-{i % 2}", "session": {"id": f"s-{i % 3}"}, "device": {"id": f"d-{i % 2}", "os": "ios", "country": "DE"}},
     "app": {"version": "1.2.0"}, "body": body}
    for i, (name, body) in enumerate([
        ("LevelUp", {"newLevel": 2, "tookSeconds": 31, "badges": ["fast"]}),
        ("LevelUp", {"newLevel": 3, "tookSeconds": 12.5}),
        ("LevelUp", {"newLevel": 4, "tookSeconds": None}),
        ("itemBought", {"item": {"name": "cutlass", "price": 5}, "paidWith": [{"coin": "gold", "amount": 5}, {"coin": "gems"}]}),
        ("itemBought", {"item": {"name": "bow", "price": 7}, "paidWith": [{"coin": "gold", "amount": 7}]}),
    ])
]


def test_nested_messages_in_camel_case_become_typed_tables(tmp_path):
    contract, said, events = inferred(tmp_path, NESTED)
    wire = contract.wire
    assert wire.envelope == {
        "event_id": "header.msgId", "event_type": "header.eventName", "event_time": "header.clientTime", "player_id": "who.playerId",
        "session_id": "who.session.id", "install_id": "who.device.id", "platform": "who.device.os", "app_version": "app.version",
        "country": "who.device.country"}
    assert (wire.time_format, wire.case) == ("iso", "camel")
    assert types(contract, "level_up") == {
        "new_level": "long", "took_seconds": "double?", "badges": "array of string?", "sent_at": "string"}
    assert types(contract, "item_bought") == {
        "name": "string", "price": "long", "paid_with": "array of record", "sent_at": "string"}
    assert [e.TYPE for e in events] == ["level_up"] * 3 + ["item_bought"] * 2
    assert [e.event_time for e in events[:2]] == [NOON, NOON + 1000]
    assert (events[0].new_level, events[0].took_seconds, events[3].name, events[3].paid_with[1].amount) == (2, 31.0, "cutlass", None)
    assert [e.additional_properties for e in events] == [None] * 5
    assert "took_seconds" not in said and "header.eventName: named like a type" in said


def test_a_type_that_is_the_key_itself_is_found_by_the_keys_that_change(tmp_path):
    messages = [{"event": {"info": {"eventId": f"e-{i}", "eventTimestamp": str(NOW + i), "userId": "u-1", "seqNum": str(i + 1)},
                           name: {"matchId": "m-1", "score": str(i), "where": {"x": 0.5}}}}
                for i, name in enumerate(["playStart", "playEnd"] * 2)]
    contract, said, events = inferred(tmp_path, messages)
    assert (contract.wire.envelope["event_type"], contract.wire.fields, contract.counter) == ("event.*", "event.*", "player")
    assert [e.TYPE for e in events] == ["play_start", "play_end"] * 2
    assert [(e.score, e.seq, e.where_value.x) for e in events] == [(i, i + 1, 0.5) for i in range(4)]
    assert "2 different" in said and "numbers_as_strings" in said


def test_the_one_message_of_victory_is_enough_for_a_first_contract(tmp_path):
    [payload] = (CASES / "victory/sample_event.json").read_text().splitlines()
    contract, said, [shot] = inferred(tmp_path, [json.loads(payload)])
    assert (contract.name, shot.TYPE, shot.event_time, shot.seq) == ("victory", "play_shot", 1568923220649, 11)
    assert (shot.arrival_time, shot.ball_x, shot.env, contract.counter) == (1568923242826, 0.85813725, "test", "session")
    assert all(f.nullable for f in contract.events["play_shot"].fields)  # one message says nothing about what is always there
    assert "check it" in said and "user_name" in said


@pytest.mark.parametrize("game", ["placebo", "gameco", "khan"])
def test_messages_that_stood_on_a_broker_are_unwrapped_and_land(tmp_path, game):
    said = infer(CASES / game / "messages.jsonl", tmp_path / "mygame")
    contract = load_contract(str(tmp_path / "mygame"))
    lines = [json.loads(line) for line in (CASES / game / "messages.jsonl").read_text().splitlines()]
    decoded(contract, [line["data"] for line in lines])
    assert contract.wire.envelope["event_time"] == "arrival" and contract.wire.envelope["event_id"] == "hash"
    assert "taken out of lines" in said and "the broker's time stands in" in said
    assert check_examples(contract) == []


def test_json_inside_a_string_and_quotes_are_opened(tmp_path):
    infer(CASES / "gameco/messages.jsonl", tmp_path / "gameco")
    gameco = load_contract(str(tmp_path / "gameco"))
    assert (gameco.wire.json_strings, gameco.wire.fields) == (("attributes",), "attributes")
    assert types(gameco, "purchase_weapon")["damage_level"] == "long?"  # GET requests have none
    infer(CASES / "khan/messages.jsonl", tmp_path / "khan")
    assert load_contract(str(tmp_path / "khan")).wire.strip_quotes


def test_a_password_is_in_no_file_that_infer_writes(tmp_path):
    messages = flat(user_pwd="blahdeblah", meta={"userpwd": "blahdeblah", "level": 1}, form="name=dirk&password=blahdeblah",
                    inside='{"apiToken": "blahdeblah", "page": 3}', token=["blahdeblah"])
    contract, said, _ = inferred(tmp_path, messages)
    written = "".join(p.read_text() for p in tmp_path.glob("mygame/**/*") if p.is_file())
    assert "blahdeblah" not in written + said
    dropped = {f.name for f in contract.events["login"].fields if f.pii == "drop"}
    assert dropped == {"user_pwd", "userpwd", "api_token", "token"}
    assert "meta.userpwd" in said


@pytest.mark.parametrize("values, becomes", [
    ([1, 2, 3], "long"), ([1, 2.5, 3], "double"), ([1, None, 3], "long?"), (["a", "b", "c"], "string"),
    ([True, False, True], "boolean"), ([["a"], [], ["b"]], "array of string"), ([[1, 2.5], [3], [4]], "array of double"),
    ([[{"x": 1}], [{"x": 2, "y": "b"}], []], "array of record"), (["1", "2", "30"], "long"), (["1", "2.5", "30"], "double"),
    ([1, "2", 3], "long"), (["007", "1", "2"], "string"), (["", "5", "6"], "long?"), (["", "a", "b"], "string?"),
    ([2**63, 1, 2], None), ([1, "a", 2], None), ([True, 1, 2], None), ([[], [], []], None),
    ([[1, "a"], [2], [3]], None), ([[[1]], [[2]], [[3]]], None), ([None, None, None], None),
])
def test_the_type_of_a_field_is_what_its_values_allow(tmp_path, values, becomes):
    messages = [m | {"thing": v} for m, v in zip(flat(3), values, strict=True)]
    contract, said, events = inferred(tmp_path, messages)
    assert types(contract, "login").get("thing") == becomes
    if becomes is None:
        kept = [json.loads(e.additional_properties or "{}").get("thing") for e in events]
        assert [k for k, v in zip(kept, values, strict=True) if v is not None] == [v for v in values if v is not None]
        assert "thing: " in said


@pytest.mark.parametrize("spelled, told", [
    (NOW, "ms"), (str(NOW), "ms"), (NOW // 1000, "s"), (NOW / 1000 + 0.25, "s"), ("2026-09-21T14:13:20Z", "iso"),
    ("2026-09-21T14:13:20.250+00:00", "iso"), ("2026-09-21 14:13:20.000001", "%Y-%m-%d %H:%M:%S.%f"),
    ("2026-09-21 14:13:20", "%Y-%m-%d %H:%M:%S.%f"), ("21/09/2026 14:13:20", "%d/%m/%Y %H:%M:%S.%f"),
])
def test_a_time_is_read_as_it_is_spelled(tmp_path, spelled, told):
    contract, _, events = inferred(tmp_path, [m | {"ts": spelled, "installed_at": spelled} for m in flat(3)])
    assert contract.wire.time_format == told
    assert {e.event_time // 1000 for e in events} == {NOW // 1000}
    assert {e.installed_at for e in events} == {events[0].event_time}  # other times in the same spelling are times too


@pytest.mark.parametrize("value", [1, 12345, "soon", True, "2026-09-21", NOW * 1000, None])
def test_what_is_no_time_is_not_taken_for_one(value):
    assert time_format([value]) is None


def test_messages_without_id_and_time_get_a_hash_and_the_brokers_time(tmp_path):
    contract, said, events = inferred(tmp_path, [{"type": "login", "level": i} for i in range(3)])
    assert contract.wire.envelope == {"event_id": "hash", "event_type": "type", "event_time": "arrival"}
    assert len({e.event_id for e in events}) == 3
    assert "no message carries an id" in said and "no message says when it happened" in said


def test_an_id_that_repeats_or_is_missing_somewhere_is_no_event_id(tmp_path):
    contract, said, _ = inferred(tmp_path, [{"type": "login", "event_id": "same", "n": i} for i in range(4)])
    assert contract.wire.envelope["event_id"] == "hash" and "repeats" in said
    shutil.rmtree(tmp_path / "mygame")
    contract, said, _ = inferred(tmp_path, [{"type": "login", "event_id": f"e-{i}"} for i in range(4)] + [{"type": "login"}])
    assert contract.wire.envelope["event_id"] == "hash" and "event_id is in only 4 of 5 messages" in said


def test_integer_ids_are_kept_as_text(tmp_path):
    contract, _, events = inferred(tmp_path, [{"id": i, "event": "login", "time": NOW, "user": {"id": 17}} for i in range(1, 4)])
    assert contract.wire.ids_as_numbers
    assert [(e.event_id, e.player_id) for e in events] == [("1", "17"), ("2", "17"), ("3", "17")]


@pytest.mark.parametrize("whose, rows", [
    ("session", [("u", "i", f"s{i // 3}", i % 3 + 1) for i in range(9)]),
    ("install", [("u", f"i{i // 3}", f"s{i // 2}", i % 3 + 1) for i in range(9)]),
    ("player", [(f"u{i % 2}", None, f"s{i // 2}", i // 2 + 1) for i in range(8)]),
])
def test_a_counter_belongs_to_whoever_it_starts_again_with(tmp_path, whose, rows):
    messages = [m | {"user_id": u, "session_id": s, "seq": n} | ({"install_id": i} if i else {})
                for m, (u, i, s, n) in zip(flat(len(rows)), rows, strict=True)]
    contract, _, events = inferred(tmp_path, messages)
    assert contract.counter == whose
    assert [e.seq for e in events] == [n for *_, n in rows]


def test_c13_a_counter_that_starts_at_zero_is_a_counter(tmp_path):
    contract, said, events = inferred(tmp_path, [m | {"seq_num": i} for i, m in enumerate(flat())])
    assert contract.counter and contract.wire.envelope["seq"] == "seq_num" and "from 0" in said
    assert [e.seq for e in events] == [0, 1, 2, 3]


def test_a_number_below_zero_is_no_counter(tmp_path):
    contract, said, _ = inferred(tmp_path, [m | {"seq_num": i - 1} for i, m in enumerate(flat())])
    assert contract.counter is None and types(contract, "login")["seq_num"] == "long"
    assert "does not count from 0 or 1" in said


def test_a_servers_time_stands_in_for_the_broker_in_plain_files(tmp_path):
    contract, _, events = inferred(tmp_path, [m | {"server_time": m["ts"] + 250} for m in flat()])
    assert contract.wire.arrival_time == "server_time"
    assert [e.arrival_time - e.event_time for e in events] == [250] * 4


def test_a_servers_time_that_is_far_away_is_not_used_as_arrival(tmp_path):
    contract, said, _ = inferred(tmp_path, [m | {"server_time": m["ts"] - 5 * 86_400_000} for m in flat()])
    assert contract.wire.arrival_time is None and "days away" in said


def test_a_name_that_tables_cannot_have_is_changed_and_the_wire_told(tmp_path):
    messages = flat(order=1, Group="a", seq="x", late=True, **{"User-Agent": "curl", "2nd": 5, "größe": 7, "a.b": 8})
    contract, _, events = inferred(tmp_path, [*messages, {**messages[0], "event_type": "SELECT", "event_id": "e-9"}])
    assert set(contract.events) == {"login", "select_event"}
    assert set(types(contract, "login")) == {
        "order_value", "group_value", "seq_value", "late_value", "user_agent", "field_2nd", "gr_e", "b"}
    assert (events[0].order_value, events[0].user_agent, events[0].field_2nd, events[0].gr_e, events[0].b) == (1, "curl", 5, 7, 8)
    assert [e.additional_properties for e in events] == [None] * 5


def test_one_name_in_two_places_becomes_two_columns(tmp_path):
    contract, _, events = inferred(tmp_path, flat(item={"name": "bow"}, shop={"name": "market", "owner": {"name": "Kim"}}))
    assert set(types(contract, "login")) == {"name", "shop_name", "owner_name"}
    assert (events[0].name, events[0].shop_name, events[0].owner_name) == ("bow", "market", "Kim")


def test_what_is_an_object_here_and_a_number_there_is_a_column_only_for_what_stands_inside(tmp_path):
    contract, said, events = inferred(tmp_path, [*flat(2, thing={"size": 1}), {**flat(1)[0], "event_id": "e-9", "thing": 5}])
    assert types(contract, "login") == {"size": "long?"}
    assert [(e.size, e.additional_properties) for e in events] == [(1, None), (1, None), (None, '{"thing":5}')]
    assert "thing: holds an object here and something else there" in said


def test_an_object_whose_keys_are_data_stays_whole(tmp_path):
    contract, said, events = inferred(tmp_path, [m | {"stock": {f"item_{i}_{k}": k for k in range(3)}} for i, m in enumerate(flat(30))])
    assert types(contract, "login") == {}
    assert json.loads(events[0].additional_properties)["stock"] == {"item_0_0": 0, "item_0_1": 1, "item_0_2": 2}
    assert "stock: " in said


def test_broken_lines_are_counted_and_skipped_with_their_numbers(tmp_path):
    _, said, _ = inferred(tmp_path, [*flat(2), '{"event_type": "log', "[1, 2]", *flat(1)])
    assert "3 messages read" in said
    assert "2 lines skipped: line 3 (not JSON), line 4 (not a JSON object)" in said


def test_a_folder_that_holds_something_is_never_written_into(tmp_path):
    (tmp_path / "mygame").mkdir()
    (tmp_path / "mygame/notes.txt").write_text("mine")
    with pytest.raises(FileExistsError, match=r"mygame.*not empty"):
        infer(write(tmp_path, flat()), tmp_path / "mygame")
    assert [p.name for p in (tmp_path / "mygame").iterdir()] == ["notes.txt"]


@pytest.mark.parametrize("lines, says", [
    ([], "empty"), (["nothing", "here"], "none of its 2 lines is a JSON object"),
    ([{"level": 1}, {"level": 2}], "cannot tell the event's type"),
])
def test_a_sample_that_teaches_nothing_is_refused_and_nothing_is_written(tmp_path, lines, says):
    with pytest.raises(ValueError, match=says) as raised:
        infer(write(tmp_path, lines), tmp_path / "mygame")
    assert "sample.jsonl" in str(raised.value)
    assert not (tmp_path / "mygame").exists()


def test_a_sample_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nowhere\.jsonl"):
        infer(tmp_path / "nowhere.jsonl", tmp_path / "mygame")


NAMES = st.sampled_from(["id", "name", "Level", "playerLevel", "level", "range", "user_pwd", "ts", "at", "seq", "user", "meta", "2x",
                         "a-b", "é", "x"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["", "a", "'q'", "12", "1.50", "007", "2026-09-21T14:13:20Z", "2026-09-21 14:13:20", '{"k": 1}', '{"k"',
                       "default", str(NOW)]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=8)
MESSAGES = st.lists(st.tuples(st.sampled_from(["login", "levelUp", "select"]), st.dictionaries(NAMES, VALUES, max_size=6)),
                    min_size=1, max_size=8)


@pytest.mark.parametrize("shape", [
    lambda i, kind, fields: {"event_type": kind} | (fields if i % 2 else {"payload": fields}),
    lambda i, kind, fields: {"event": {"info": {"eventId": f"e{i}"}, kind: fields}},
], ids=["type as a value", "type as the key"])
@settings(max_examples=100)
@given(drawn=MESSAGES)
def test_whatever_the_messages_hold_the_inferred_contract_lands_every_one(tmp_path_factory, shape, drawn):
    folder = tmp_path_factory.mktemp("infer")
    inferred(folder, [shape(i, kind, fields) for i, (kind, fields) in enumerate(drawn)])
    shutil.rmtree(folder)
