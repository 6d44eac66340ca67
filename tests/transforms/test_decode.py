"""Every message becomes exactly one event or one dead letter, with the reason, and nothing is cast in silence."""

import json

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gamebeam.schemas.contract.contract import dead_letter_fields, envelope_fields, load_contract
from gamebeam.schemas.events import COMPUTED, DEAD_LETTER, EVENT_ID, PYTHON, SEQ, DeadLetter, Envelope, event_classes
from gamebeam.transforms.decode.decoder import REASONS, Decoder

STARTER = load_contract("starter")
DECODER = Decoder(STARTER)
NOW = 1_790_000_000_000
PURCHASE = {"received_time": NOW, "event_id": "e1", "event_type": "purchase", "event_time": NOW - 1_000, "player_id": "p1",
            "install_id": "i1", "session_id": "s1", "seq": 3, "env": "live", "platform": "ios", "app_version": "1.0",
            "country": "DE", "product": "gems", "price": 4.99, "currency": "EUR", "price_usd": 5.5}
JSON_VALUES = st.recursive(st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
                           lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
                           max_leaves=6)


def decode(message: dict | bytes, **kwargs):
    return DECODER.decode(message if isinstance(message, bytes) else json.dumps(message).encode(), **kwargs)


def test_a_canonical_message_becomes_an_event_with_numbers_as_numbers():
    event = decode(PURCHASE)
    assert (event.TYPE, event.event_id, event.seq, event.price_usd, event.game, event.late) == ("purchase", "e1", 3, 5.5, "starter", False)
    assert event.arrival_time == NOW


def test_the_brokers_arrival_time_wins_over_the_messages_own():
    assert decode(PURCHASE, arrival_time=NOW + 5).arrival_time == NOW + 5


def test_an_event_that_arrives_after_the_allowed_lateness_is_late_and_lands():
    event = decode(PURCHASE | {"event_time": NOW - STARTER.allowed_lateness_ms - 1})
    assert event.TYPE == "purchase" and event.late
    assert not decode(PURCHASE | {"event_time": NOW - STARTER.allowed_lateness_ms}).late


def test_an_unknown_field_is_kept_and_one_that_looks_like_a_secret_is_not():
    event = decode(PURCHASE | {"shiny": [1, 2], "userPwd": "hunter2", "meta": {"auth_token": "hunter2", "k": 1}})
    assert json.loads(event.additional_properties) == {"shiny": [1, 2], "meta": {"k": 1}}


@pytest.mark.parametrize(("change", "field"), [
    ({"price": "4.99"}, "price"), ({"price": True}, "price"), ({"seq": 1.5}, "seq"), ({"seq": True}, "seq"), ({"seq": -1}, "seq"),
    ({"seq": 2**53 + 1}, "seq"), ({"event_time": "yesterday"}, "event_time"), ({"event_id": ""}, "event_id"),
    ({"event_id": None}, "event_id"), ({"product": None}, "product"), ({"shared": "yes"}, "shared"), ({"player_id": 7}, "player_id"),
    ({"event_time": 10**17}, "event_time"), ({"price_usd": 1e300}, "price_usd"), ({"price_usd": -1.1e9}, "price_usd"),
])
def test_a_value_of_another_type_is_a_schema_violation_that_names_its_field(change, field):
    dead = decode(PURCHASE | change)
    assert (dead.TYPE, dead.reason, dead.field) == (DEAD_LETTER, "schema_violation", field)


@pytest.mark.parametrize("field", ["event_id", "event_time", "product", "price", "currency", "price_usd"])
def test_a_required_field_is_never_filled_in(field):
    dead = decode({k: v for k, v in PURCHASE.items() if k != field})
    assert (dead.reason, dead.field, dead.detail) == ("schema_violation", field, "required, and missing")


def test_a_null_is_a_null_and_an_absent_nullable_field_too():
    event = decode({k: v for k, v in PURCHASE.items() if k != "country"} | {"offer_id": None})
    assert event.offer_id is None and event.country is None


@pytest.mark.parametrize(("payload", "reason"), [
    (b"", "malformed"), (b"[1]", "malformed"), (b"null", "malformed"), (b'{"a":NaN}', "malformed"), (b"{\xff}", "malformed"),
    (b"[" * 50_000, "malformed"), (b'{"a":"' + b"x" * 70_000 + b'"}', "too_large"), (b"{}", "unknown_event_type"),
    (b'{"event_type":7}', "unknown_event_type"), (b'{"event_type":"teleport"}', "unknown_event_type"),
])
def test_what_is_no_event_says_why(payload, reason):
    assert decode(payload).reason == reason


def test_clocks_that_cannot_be_right_are_dead_letters_with_the_hour_of_arrival():
    for event_time in (2_200_000_000_000, NOW - 31 * 86_400_000):
        dead = decode(PURCHASE | {"event_time": event_time})
        assert (dead.reason, dead.event_time, dead.arrival_time, dead.seq) == ("timestamp_out_of_range", None, NOW, 3)


def test_a_cut_message_tells_only_values_whose_end_is_there():
    whole = json.dumps({k: PURCHASE[k] for k in ("received_time", "app_version", "player_id", "seq", "event_type", "product")}).encode()
    assert decode(whole[: whole.index(b'"seq"') + 8]).seq is None  # "seq": 3  but no comma after it: it may have been 35
    cut = decode(whole[: whole.index(b'"product"')])
    assert (cut.seq, cut.player_id, cut.event_type, cut.arrival_time) == (3, "p1", "purchase", NOW)
    assert decode(whole[: whole.index(b"purchase") + 4]).event_type is None


def test_a_dead_letters_id_is_not_the_events_id_and_equal_bytes_have_equal_ids():
    bad = PURCHASE | {"price": "x"}
    first, second, other = decode(bad), decode(bad), decode(bad | {"price": "y"})
    assert first.dead_id == second.dead_id != other.dead_id and first.dead_id != "e1"
    assert first.fingerprint == other.fingerprint


@pytest.mark.parametrize("broken", [False, True])
def test_a_dead_letter_that_was_sent_again_and_stamped_later_is_the_same(broken):
    first, again = (json.dumps(PURCHASE | {"price": "x", "received_time": NOW + n}).encode() + b"}" * broken for n in (0, 5_000))
    assert first != again and decode(first).reason == ("malformed" if broken else "schema_violation")
    assert decode(first).dead_id == decode(again).dead_id != decode(again.replace(b'"x"', b'"y"')).dead_id


@given(st.binary(max_size=200) | JSON_VALUES.map(lambda v: json.dumps(v).encode())
       | st.dictionaries(st.sampled_from([*PURCHASE, "extra", "user_pwd"]), JSON_VALUES).map(lambda v: json.dumps(v).encode()))
def test_no_input_raises_and_every_input_becomes_one_event_or_one_dead_letter(payload):
    item = decode(payload)
    assert item.TYPE in STARTER.events or (item.TYPE == DEAD_LETTER and item.reason in REASONS)


@given(st.dictionaries(st.sampled_from([*PURCHASE, "extra"]), JSON_VALUES | st.integers(NOW - 10**10, NOW + 10**9), max_size=4),
       st.sets(st.sampled_from(sorted(PURCHASE)), max_size=2), st.none() | st.integers(NOW - 10**9, NOW + 10**9))
@settings(max_examples=300)
def test_the_typed_path_gives_what_the_general_one_gives(changes, left_out, arrival):
    payload = json.dumps({k: v for k, v in (PURCHASE | changes).items() if k not in left_out}).encode()
    fast = DECODER.decode(payload, arrival, "m1", "f", 5)
    slow = DECODER.decode_generally(payload, arrival, "m1", "f", 5)
    assert fast == slow


@given(st.integers(0, 400), st.binary(max_size=6))
def test_a_message_broken_anywhere_is_one_item_and_keeps_its_bytes(at, noise):
    payload = json.dumps(PURCHASE).encode()
    broken = payload[:at] + noise + payload[at:]
    item = decode(broken)
    assert item.TYPE == "purchase" or item.payload == broken


@pytest.mark.parametrize("cls, described, narrower", [
    (Envelope, envelope_fields(), {"event_id": EVENT_ID, "seq": SEQ}), (DeadLetter, dead_letter_fields(), {})])
def test_a_static_class_has_the_fields_and_types_of_its_avsc(cls, described, narrower):
    computed = set(COMPUTED) | {"event_type"} if cls is Envelope else set()
    declared = {f.name: narrower.get(f.name, PYTHON[f.type.kind]) for f in described if f.name not in computed}
    nullable = {f.name for f in described if f.nullable}
    assert {f.name: f.type for f in msgspec.structs.fields(cls)} == {n: t | None if n in nullable else t for n, t in declared.items()}
    assert all(issubclass(c, Envelope) for c in event_classes(STARTER).values())
