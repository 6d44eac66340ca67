"""Games for the load generator's tests: a nested one that nobody has seen, and one whose plain messages carry no id."""

import gzip
import json
from pathlib import Path

import fastavro

from gamebeam.schemas.contract.contract import Contract, parse_contract


def _event(name: str, *fields: dict, weight: float = 1) -> str:
    return json.dumps({"type": "record", "name": name, "doc": name, "weight": weight, "fields": list(fields)})


LOOT = {"type": "array", "items": {"type": "record", "name": "item", "fields": [
    {"name": "item_name", "type": "string", "examples": ["Łuk", "rope"]},
    {"name": "found_at", "type": ["null", {"type": "long", "logicalType": "timestamp-millis"}]}]}}

NESTED = {
    "contract.yaml": "name: deepsea\ncounter: player\nsession_gap: 20m\ntime_zone: Asia/Kolkata\nmax_message_bytes: 9000\n",
    "wire.yaml": """
event_id: meta.id
event_type: what.*
event_time: meta.at
received_time: meta.got
arrival_time: meta.got
player_id: meta.who.player
seq: meta.n
platform: meta.os
env: meta.env
country: meta.who.country
constants: {app_version: "7"}
fields: what.*
case: camel
time_format: iso
numbers_as_strings: true
empty_is_null: true
json_strings: [what.diveEnd.loot]
paths: {password: meta.who.password, air: state.air}
renames: {depth_m: depthInMetres}
values: {calm: {"yes": true, "no": false}}
drop: [meta.who.token]
""",
    "events/dive_end.avsc": _event(
        "dive_end", {"name": "depth_m", "type": "long", "role": ["score"]}, {"name": "calm", "type": "boolean"},
        {"name": "loot", "type": LOOT}, {"name": "on_day", "type": {"type": "int", "logicalType": "date"}},
        {"name": "blob", "type": ["null", "bytes"]}, {"name": "air", "type": ["null", "double"], "examples": [0.5, 1], "role": "wealth"},
        {"name": "password", "type": ["null", "string"], "pii": "drop"}, weight=5),
    "events/buy_fins.avsc": _event(
        "buy_fins", {"name": "usd", "type": "double", "examples": [1.99, 3], "role": "revenue"},
        {"name": "size", "type": {"type": "enum", "name": "size", "symbols": ["s", "m", "l"]}}),
    "events/wave.avsc": _event("wave"),
    "rollups.yaml": """
dives:
  events: [dive_end]
  keys: [calm, on_day]
  window: 1h
  every: 20m
  values: {n: count, deep: {max: depth_m}, shallow: {min: depth_m}, metres: {sum: depth_m}, air: {last: air},
           divers: {distinct: player_id}, calm_ones: {count: {calm: true}}}
money:
  keys: [platform, country]
  window: 1d
  values: {usd: {sum: {role: revenue}}, again: {sum: seq}}
""",
}

WITHOUT_IDS = {
    "contract.yaml": "name: plain_hash\nmax_message_bytes: 2000\n",
    "wire.yaml": "event_id: hash\nevent_type: kind\nevent_time: at\ntime_format: s\narrival_time: got\nreceived_time: got\nplayer_id: who\n"
                 "strip_quotes: true\nsession_id: session\n",
    "events/jump.avsc": _event("jump", {"name": "height", "type": ["null", "long"], "examples": [1]}),
    "events/land.avsc": _event("land", {"name": "softly", "type": "boolean"}),
}


def nested() -> Contract:
    return parse_contract(NESTED)


def without_ids() -> Contract:
    return parse_contract(WITHOUT_IDS)


def payloads(out: Path) -> list[bytes]:
    """Every message in OUT/messages, in the order of the files."""
    found: list[bytes] = []
    for file in sorted((out / "messages").iterdir()):
        if file.suffix == ".avro":
            with file.open("rb") as f:
                found += [record["data"] for record in fastavro.reader(f)]
        else:
            data = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
            found += data.split(b"\n")[:-1]
    return found
