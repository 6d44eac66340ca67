"""Contracts: a broken one says what and where, the packaged ones load and keep the word of their examples."""

import json

import pytest

from gamebeam.schemas.contract.contract import PACKAGED, load_contract, parse_contract
from gamebeam.schemas.contract.fields import ContractError
from gamebeam.schemas.tables import tables
from gamebeam.transforms.decode.decoder import REASONS, Decoder
from gamebeam.transforms.decode.examples import check_examples

GAMES = ("starter", "victory", "placebo", "gameco", "khan")
LEVEL_UP = {"type": "record", "name": "level_up", "fields": [{"name": "player_level", "type": "long"}]}
WIRE = "event_id: id\nevent_type: type\nevent_time: ts\n"


def small(**changes):
    """A small contract's files, with changes by file; None leaves a file out."""
    files = {"contract.yaml": "name: small", "events/level_up.avsc": json.dumps(LEVEL_UP)} | changes
    return {name: text for name, text in files.items() if text is not None}


def with_field(**field):
    return with_record(fields=[{"name": "player_level", "type": "long"} | field])


def with_record(**changes):
    return {"events/level_up.avsc": json.dumps(LEVEL_UP | changes)}


def with_rollup(text):
    return {"rollups.yaml": f"levels: {{{text}}}"}


@pytest.mark.parametrize("files, file, field, says", [
    ({"contract.yaml": None}, "contract.yaml", None, "missing"),
    ({"contract.yaml": "name: [small"}, "contract.yaml", None, "not YAML"),
    ({"contract.yaml": "- small"}, "contract.yaml", None, "mapping"),
    ({"contract.yaml": "title: nameless"}, "contract.yaml", "name", "missing"),
    ({"contract.yaml": "name: My Game!"}, "contract.yaml", "name", "a-z"),
    ({"contract.yaml": "name: small\ncolour: red"}, "contract.yaml", "colour", "unknown"),
    ({"contract.yaml": "name: small\ncounter: device"}, "contract.yaml", "counter", "player, install or session"),
    ({"contract.yaml": "name: small\nsession_gap: half an hour"}, "contract.yaml", "session_gap", "duration"),
    ({"contract.yaml": "name: small\nallowed_lateness: 0m"}, "contract.yaml", "allowed_lateness", "duration"),
    ({"contract.yaml": "name: small\nmax_message_bytes: big"}, "contract.yaml", "max_message_bytes", "bytes"),
    ({"contract.yaml": "name: small\nkeep_raw: sometimes"}, "contract.yaml", "keep_raw", "true or false"),
    ({"contract.yaml": "name: small\ntime_zone: Mars/Base"}, "contract.yaml", "time_zone", "Europe/Berlin"),
    ({"events/level_up.avsc": None}, "events", None, "no event types"),
    ({"events/level_up.avsc": "{"}, "events/level_up.avsc", None, "not JSON"),
    ({"events/level_up.avsc": "[]"}, "events/level_up.avsc", None, "expected an Avro record"),
    ({"events/level_down.avsc": json.dumps(LEVEL_UP)}, "events/level_down.avsc", "name", "level_up"),
    ({"events/ledger.avsc": json.dumps(LEVEL_UP | {"name": "ledger"})}, "events/ledger.avsc", "ledger", "built-in view"),
    ({"events/select.avsc": json.dumps(LEVEL_UP | {"name": "select"})}, "events/select.avsc", "select", "reserved by BigQuery"),
    ({"events/Level_Up.avsc": json.dumps(LEVEL_UP | {"name": "Level_Up"})}, "events/Level_Up.avsc", "Level_Up", "snake_case"),
    (with_record(weight="often"), "events/level_up.avsc", "weight", "number"),
    (with_record(fields="player_level"), "events/level_up.avsc", "fields", "a list"),
    (with_record(fields=["player_level"]), "events/level_up.avsc", None, "needs a name"),
    (with_record(fields=LEVEL_UP["fields"] * 2), "events/level_up.avsc", "player_level", "two"),
    (with_field(name="playerLevel"), "events/level_up.avsc", "playerLevel", "snake_case"),
    (with_field(name="range"), "events/level_up.avsc", "range", "reserved by BigQuery"),
    (with_field(name="seq"), "events/level_up.avsc", "seq", "field of the envelope"),
    (with_field(name="sessions", role=["state"]), "events/level_up.avsc", "sessions", "players"),
    (with_field(type="number"), "events/level_up.avsc", "player_level", "not supported"),
    (with_field(type=["null", "long", "string"]), "events/level_up.avsc", "player_level", "union"),
    (with_field(type=["null", "null"]), "events/level_up.avsc", "player_level", "union"),
    (with_field(type={"type": "array"}), "events/level_up.avsc", "player_level", "not supported"),
    (with_field(type={"type": "enum", "name": "outcome"}), "events/level_up.avsc", "player_level", "lists its values"),
    (with_field(default=1), "events/level_up.avsc", "player_level", "default"),
    (with_field(examples=5), "events/level_up.avsc", "player_level", "examples"),
    (with_field(factor=0.5), "events/level_up.avsc", "player_level", "factor"),
    (with_field(pii="maybe"), "events/level_up.avsc", "player_level", "pii"),
    (with_field(pii=["drop"]), "events/level_up.avsc", "player_level", "pii"),
    (with_field(pii="hash"), "events/level_up.avsc", "player_level", "needs a string"),
    (with_field(role=["boss"]), "events/level_up.avsc", "player_level", "role"),
    (with_field(role=["left"]), "events/level_up.avsc", "player_level", "role left"),
    (with_field(role=5), "events/level_up.avsc", "player_level", "role"),
    (with_field(type="string", role=["revenue"]), "events/level_up.avsc", "player_level", "needs a number"),
    ({"wire.yaml": "- event_id"}, "wire.yaml", None, "mapping"),
    ({"wire.yaml": "event_id: id\nevent_type: type"}, "wire.yaml", "event_time", "where it is"),
    ({"wire.yaml": WIRE + "player_id: 5"}, "wire.yaml", "player_id", "path"),
    ({"wire.yaml": WIRE + "spelling: camel"}, "wire.yaml", "spelling", "unknown"),
    ({"wire.yaml": WIRE + "case: kebab"}, "wire.yaml", "case", "camel"),
    ({"wire.yaml": WIRE + "time_format: millis"}, "wire.yaml", "time_format", "iso"),
    ({"wire.yaml": WIRE + "empty_is_null: 'no'"}, "wire.yaml", "empty_is_null", "true or false"),
    ({"wire.yaml": WIRE + "json_strings: attributes"}, "wire.yaml", "json_strings", "list"),
    ({"wire.yaml": WIRE + "paths: [player_level]"}, "wire.yaml", "paths", "mapping"),
    ({"wire.yaml": WIRE + "paths: {level: states.level}"}, "wire.yaml", "paths.level", "no event type"),
    ({"wire.yaml": WIRE + "renames: {level: lvl}"}, "wire.yaml", "renames.level", "no event type"),
    ({"wire.yaml": WIRE + "values: {player_level: 5}"}, "wire.yaml", "values.player_level", "mapping of values"),
    ({"wire.yaml": WIRE + "types: {up: level_upp}"}, "wire.yaml", "types.up", "level_upp"),
    ({"wire.yaml": WIRE + "constants: {realm: eu}"}, "wire.yaml", "constants.realm", "envelope"),
    ({"wire.yaml": WIRE + "when: event"}, "wire.yaml", "when", "unknown"),
    ({"wire.yaml": WIRE + "shapes: [event]"}, "wire.yaml", "shapes[0]", "mapping"),
    ({"wire.yaml": WIRE + "shapes: [{when: event, rank: first}]"}, "wire.yaml", "shapes[0].rank", "whole number"),
    (with_rollup("values: {n: count}"), "rollups.yaml", "levels.window", "missing: expected a duration"),
    (with_rollup("window: 5m, every: 2m, values: {n: count}"), "rollups.yaml", "levels.every", "whole number"),
    (with_rollup("window: 1h, early: true, values: {n: count}"), "rollups.yaml", "levels.early", "at most 10m.*; leave early out"),
    (with_rollup("window: 1m, early: 'no', values: {n: count}"), "rollups.yaml", "levels.early", "true or false"),
    (with_rollup("window: 1m, keys: platform, values: {n: count}"), "rollups.yaml", "levels.keys", "list"),
    (with_rollup("window: 1m, where: won, values: {n: count}"), "rollups.yaml", "levels.where", "mapping"),
    (with_rollup("window: 1m, values: {n: {median: player_level}}"), "rollups.yaml", "levels.values.n.median", "known are count"),
    (with_rollup("window: 1m, values: {n: {count: player_level}}"), "rollups.yaml", "levels.values.n.count", "a mapping of fields"),
    (with_rollup("window: 1m, values: {n: {sum: player_id}}"), "rollups.yaml", "levels.values.n", "no number"),
    (with_rollup("window: 1m, values: {n: {sum: {role: money}}}"), "rollups.yaml", "levels.values.n.sum.role", "revenue"),
    (with_rollup("window: 1m, values: {window_start: count}"), "rollups.yaml", "levels.values.window_start", "already"),
    (with_rollup("window: 1m, events: [login], values: {n: count}"), "rollups.yaml", "levels.events", "login"),
    (with_rollup("window: 1m, keys: [realm], values: {n: count}"), "rollups.yaml", "levels.realm", "no field"),
    ({"rollups.yaml": "level_up: {window: 1m, values: {n: count}}"}, "rollups.yaml", "level_up", "twice"),
])
def test_a_broken_contract_names_its_file_and_field(files, file, field, says):
    with pytest.raises(ContractError, match=says) as raised:
        parse_contract(small(**files), "mygame")
    assert raised.value.file == f"mygame/{file}"
    assert raised.value.field == field
    assert str(raised.value).startswith(f"mygame/{file}: ")


def test_a_game_that_is_nowhere_is_refused_with_the_names_that_are_there():
    with pytest.raises(ContractError, match=r"victory") as raised:
        load_contract("chess")
    assert raised.value.file == "chess"


@pytest.mark.parametrize("game", GAMES)
def test_a_packaged_game_loads_and_every_table_has_columns_that_differ(game):
    contract = load_contract(game)
    assert contract.name == game
    for table in tables(contract).values():
        assert len(set(table.arrow.names)) == len(table.arrow.names), table.name


def test_every_packaged_game_is_tested_here():
    assert sorted(GAMES) == sorted(p.name for p in PACKAGED.iterdir() if p.is_dir())


@pytest.mark.parametrize("game", GAMES)
def test_a_packaged_game_keeps_the_word_of_its_examples(game):
    assert check_examples(load_contract(game)) == []


@pytest.mark.parametrize("game", GAMES)
def test_the_examples_show_every_event_type(game):
    contract = load_contract(game)
    decoder = Decoder(contract)
    payloads = [json.loads(line)["data"].encode() for line in contract.text["examples/pass.jsonl"].splitlines()]
    assert {decoder.decode(payload).TYPE for payload in payloads} == set(contract.events)


@pytest.mark.parametrize("game, impossible", [
    ("starter", set()), ("victory", set()), ("placebo", set()),
    ("gameco", {"timestamp_out_of_range"}), ("khan", {"timestamp_out_of_range"}),  # their time is the broker's own
])
def test_the_examples_show_every_reason(game, impossible):
    lines = [json.loads(line) for line in load_contract(game).text["examples/fail.jsonl"].splitlines()]
    assert {line["reason"] for line in lines} == set(REASONS) - impossible


NO_LEVEL = '{"event_id": "e", "event_type": "level_up", "event_time": 1790000000000}'


@pytest.mark.parametrize("line, file, says", [
    ({"data": NO_LEVEL}, "pass", "schema_violation at player_level"),
    ({"data": NO_LEVEL[:-1] + ', "player_level": 2}', "reason": "malformed", "field": None}, "fail", "landed as level_up"),
    ({"data": "{", "reason": "too_large", "field": None}, "fail", "must be too_large, but is malformed"),
    ({"data": "{}", "reason": "unknown_event_type", "field": "event_type"}, "fail", "must be unknown_event_type at event_type"),
    ({"data": "{", "reason": "broken"}, "fail", "reason is one of"),
    ({"payload": "{"}, "pass", "data_base64"),
    ({"data": "{}", "publish_time": "noon"}, "pass", "ISO 8601"),
])
def test_an_example_that_does_not_hold_is_told_with_its_line(line, file, says):
    problems = check_examples(parse_contract(small(**{f"examples/{file}.jsonl": "\n" + json.dumps(line)})))
    assert len(problems) == 1
    assert problems[0].startswith(f"examples/{file}.jsonl:2: ")
    assert says in problems[0]


def test_an_example_in_an_avsc_file_must_fit_its_field():
    problems = check_examples(parse_contract(small(**with_field(examples=[3, "three"]))))
    assert len(problems) == 1
    assert problems[0].startswith("events/level_up.avsc: player_level: example 'three'")
