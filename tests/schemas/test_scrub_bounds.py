"""What scrubbing costs: bounded work, in proportion to the input, whatever was sent."""

import json
import re
import time

import pytest

from gamebeam.schemas.contract.contract import load_contract
from gamebeam.schemas.scrub import MOST_WORK, Scrubber, Unsearchable
from gamebeam.transforms.decode.scrub import scrubber

MB = 1_000_000
MOST_WALKS = 8  # the dearest of these inputs takes two
PIECES = [b"pass", b"compass:", b"compass ", b"c0mpass1:", b"%61", b"%2570", b"\\u0061", b"\\u005c", b"\\\\\\\\", b"//:a", b"//a:a@",
          b"pass=&", b"apass=b&", b"&", b'"pass":', b'{"a":', b"\x00", b"p a s s w o r ", b"x@//", b"a=%3D&", b"\xf6"]


def cost(work):
    """CPU seconds, the least of three."""
    costs = []
    for _ in range(3):
        began = time.process_time()
        work()
        costs.append(time.process_time() - began)
    return min(costs)


def walks(payload):
    """What scrubbing a payload costs, in walks over a megabyte, byte by byte, on this machine at this moment."""
    scrub = scrubber(load_contract("starter"))
    return cost(lambda: scrub.message(payload)) / cost(lambda: sum(1 for _ in re.finditer(rb"(?s:.)", bytes(MB))))


@pytest.mark.parametrize("piece", PIECES)
@pytest.mark.parametrize("around", [b"%b", b'{"a":"%b"}'], ids=["bytes", "string"])
def test_twice_the_input_costs_at_most_three_times_as_much_and_a_megabyte_little(piece, around):
    half, whole = (walks(around % (piece * (size // len(piece)))) for size in (MB // 2, MB))
    assert whole < 3 * max(half, 0.3) and whole < MOST_WALKS


@pytest.mark.parametrize("text", [
    "{" + ",".join(f'"compass{i}":1' for i in range(60_000)) + "}",
    '{"pass":1,"x":[' + ",".join("[]" for _ in range(300_000)) + "]}",
    '{"pass":1,"x":[' + ",".join('"a=bcd"' for _ in range(120_000)) + "]}",
    '{"pass":1,"x":[' + ",".join('{"a":{}}' for _ in range(110_000)) + "]}",
], ids=["keys that resemble", "arrays", "strings", "objects"])
def test_a_megabyte_of_json_costs_little(text):
    assert walks(text.encode()) < MOST_WALKS


def test_json_with_too_many_values_is_cut_at_the_secret_and_none_of_it_is_passed_on_unsearched():
    many = ["a=bcd"] * (MOST_WORK + 1)
    text = json.dumps({"first": 1, "password": "S3CRET", "x": many}).encode()
    scrub = Scrubber()
    assert scrub.message(text) == b'{"first": 1, "'
    with pytest.raises(Unsearchable):
        scrub.tree({"x": many})


def test_the_work_of_one_message_is_not_charged_to_the_next():
    scrub, message = Scrubber(), json.dumps({"token": 1, "x": ["a=bcd"] * (MOST_WORK // 2)}).encode()
    assert [b"token" in scrub.message(message) for _ in range(5)] == [False] * 5
