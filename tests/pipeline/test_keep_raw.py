"""What the typed archive cannot give back, as docs/operations.md lists it, and that keep_raw can."""

import json

import pytest

from gamebeam.schemas.events import DEAD_LETTER
from gamebeam.transforms.decode.decoder import Decoder
from tests.support.small_contract import small_contract

AT = 1_793_577_600_000
HEAD = f'"event_id": "e1", "event_type": "purchase", "event_time": {AT}'
PLAIN = f'{{{HEAD}, "price_usd": 1.5, "product": "A", "colour": "red"}}'


def landed(text, **settings):
    item = Decoder(small_contract(**settings), None).decode(text.encode(), AT, "", "s", 0)
    assert item.TYPE != DEAD_LETTER, item.detail
    return item


@pytest.mark.parametrize("other", [
    f'{{"product": "A", "price_usd": 1.5, "colour": "red", {HEAD}}}',
    f'{{{HEAD},"price_usd":1.5,   "product":"A","colour":"red"}}',
    f'{{{HEAD}, "price_usd": 1.5, "product": "\\u0041", "colour": "\\u0072ed"}}',
    f'{{{HEAD}, "price_usd": 15e-1, "product": "A", "colour": "red"}}',
    f'{{{HEAD}, "price_usd": 1.5000000000000000000001, "product": "A", "colour": "red"}}',
    f'{{{HEAD}, "price_usd": 9, "price_usd": 1.5, "product": "A", "colour": "red"}}',
    f'{{{HEAD}, "price_usd": 1.5, "product": "A", "colour": "red", "password": "hunter2"}}',
], ids=["order of keys", "white space", "escapes", "a number's spelling", "digits beyond a double's", "equal keys", "secrets"])
def test_two_messages_that_differ_only_so_are_one_row_and_the_raw_message_tells_them_apart(other):
    assert landed(other) == landed(PLAIN)
    raw = landed(other, keep_raw=True).raw_event
    assert raw != landed(PLAIN, keep_raw=True).raw_event or "password" in other
    assert "hunter2" not in raw and json.loads(raw)["event_id"] == "e1"
