"""A secret reaches no disk: not from whole messages, not from broken ones, not from JSON held in a string."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamebeam.schemas.contract.contract import load_contract
from gamebeam.schemas.events import pack
from gamebeam.schemas.scrub import Scrubber
from gamebeam.transforms.decode.decoder import Decoder
from gamebeam.transforms.decode.scrub import scrubber

SECRET = "hunter2-xyzzy"
PLACEBO = Decoder(load_contract("placebo"))
STARTER = scrubber(load_contract("starter"))
LOGIN = json.dumps({"id": "781f9c58", "timestamp": "2020-11-22 22:00:03.391456", "event_type": "login", "user_id": "987611",
                    "user_pwd": SECRET, "Host": "localhost:5000"}).encode()
ACCOUNT = json.dumps({"id": "795b929e", "timestamp": "2020-11-22 22:00:01.757456", "event_type": "create_user", "user_id": "1",
                      "meta": {"user_id": "1", "user_pwd": SECRET, "wealth": 1, "inventory": [], "affiliations": [],
                               "posted": json.dumps({"userpwd": SECRET, "k": [json.dumps({"Password": SECRET})]}),
                               "form": f"userid=1&userpwd={SECRET}"}}).encode()


def written(payload: bytes) -> str:
    """Everything that decode hands on to be written."""
    item = PLACEBO.decode(payload, 1_606_082_403_391)
    fields = {name: getattr(item, name) for name in item.__struct_fields__}
    return repr(fields) + repr(pack([item], []))


@pytest.mark.parametrize("payload", [LOGIN, ACCOUNT, LOGIN.replace(b"login", b"teleport"), b"{" + LOGIN, LOGIN[:-1], LOGIN + b"\xff",
                                     LOGIN.replace(b'"timestamp"', b'"no"'), b"\xff" + ACCOUNT, ACCOUNT[:-2], b'[' + LOGIN + b']'])
def test_a_password_is_in_nothing_that_is_written(payload):
    assert SECRET not in written(payload)


@given(st.sampled_from([LOGIN, ACCOUNT]), st.data())
def test_a_message_cut_anywhere_gives_no_part_of_the_password(message, data):
    at = data.draw(st.integers(0, len(message)))
    assert "xyzz" not in written(message[:at])


NOISE = [b"", b"\xff", b'"', b"\\", b"x", b" ", b"{", b"}", b",", b":", b"=", b"\n", b"\x00"]


@pytest.mark.parametrize("noise", NOISE)
@pytest.mark.parametrize("message", [LOGIN, ACCOUNT], ids=["login", "account"])
@pytest.mark.parametrize("replaced", [0, 1])
def test_a_stray_or_missing_byte_outside_the_secrets_name_hides_nothing(message, noise, replaced):
    names = [(i, i + len(word)) for word in (b"user_pwd", b"userpwd=", b"userpwd", b"Password", SECRET.encode())
             for i in range(len(message)) if message.startswith(word, i)]
    places = [at for at in range(len(message)) if not any(start - replaced < at < end for start, end in names)]
    assert [at for at in places if SECRET in written(message[:at] + noise + message[at + replaced:])] == []


def test_escaped_names_are_read_as_they_are_meant():
    broken = b'{"user\\u005fpwd": "' + SECRET.encode() + b'", "a": 1'
    assert SECRET.encode() not in STARTER.broken(broken)


def test_a_message_without_secrets_keeps_its_bytes():
    payload = b'{"event_type": "zzz",  "a" : 1}'
    assert STARTER.message(payload) is payload
    assert STARTER.broken(payload[:-1]) == payload[:-1]


def test_a_keyed_hash_joins_and_is_not_hashed_twice():
    keyed = Scrubber(hashed=frozenset({"email"}), key=b"k")
    once, changed = keyed.tree({"email": "a@b.c"})
    assert changed and once["email"].startswith("h1:") and "a@b" not in once["email"]
    assert keyed.tree(once) == (once, False)
    assert keyed.tree({"email": "h1:a@b.c"})[0]["email"] != "h1:a@b.c"  # only the form of a hash is one
    assert keyed.broken(b'{"email": "a@b.c", "x": ') == b'{"'


@pytest.mark.parametrize("piece", [b"x", b"\\", b'"', b'":', b'{"pass":', b'\\"a', b'\\"pass\\":\\"a', b"pass=x&", b"=", b'"a" '])
def test_a_hostile_message_takes_time_in_proportion_to_its_length(piece):
    def seconds(size: int) -> float:
        began = time.perf_counter()
        STARTER.broken(b'{"a":' + piece * (size // len(piece)))
        return time.perf_counter() - began

    seconds(2_000)
    assert seconds(160_000) < 40 * max(seconds(16_000), 0.005)  # ten times as long; quadratic would be a hundred
