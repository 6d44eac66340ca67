"""A contract of two event types, quick to open."""

import json

from gamebeam.schemas.contract.contract import parse_contract

FIELDS = {
    "purchase": [
        {"name": "product", "type": ["null", "string"]},
        {"name": "label", "type": ["null", "string"]},
        {"name": "bought_at", "type": ["null", {"type": "long", "logicalType": "timestamp-millis"}]},
        {"name": "price_usd", "type": "double", "role": ["revenue"]}],
    "match_end": [
        {"name": "outcome", "type": ["null", "string"]},
        {"name": "score", "type": "long", "role": ["score"]},
        {"name": "league", "type": ["null", "string"], "role": ["state"]}],
}
ROLLUPS = """
revenue_per_minute: {events: [purchase], keys: [platform], window: 1m, values: {revenue: {sum: {role: revenue}}}}
active_players: {window: 10m, every: 1m, values: {players: {distinct: player_id}, events: count}}
scores:
  events: [match_end]
  window: 1h
  values: {total: {sum: score}, best: {max: score}, worst: {min: score}, latest: {last: league}}
"""


def small_contract(**settings):
    settings = {"name": "small", "counter": "install"} | settings
    text = {"contract.yaml": json.dumps({k: v for k, v in settings.items() if v is not None}), "rollups.yaml": ROLLUPS}
    for name, fields in FIELDS.items():
        text[f"events/{name}.avsc"] = json.dumps({"type": "record", "name": name, "fields": fields})
    return parse_contract(text)
