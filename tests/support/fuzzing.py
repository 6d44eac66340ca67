"""Messages that no client should send: a contract's own examples, changed as JSON and as bytes. The same seed gives the same bytes."""

import json
import random
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import msgspec

from gamebeam.schemas.contract.contract import Contract

NUMBERS = [b"0", b"-0", b"-1", b"1.5", b"1e3", b"1e999", b"-1e999", b"1e-999", b"NaN", b"Infinity", b"-Infinity", b"9" * 19, b"9" * 30,
           b"9" * 101, b"9" * 400, b"9" * 5_000, b"0." + b"3" * 400, b"1" + b"0" * 99, b"1.7976931348623157e308", b"01", b"1_000", b"+1",
           b"9007199254740993", b"18446744073709551616", b"1790000000000", b"1790000000", b"1790000000000000", b"-62135596800001"]
TEXTS = [b'""', b'" "', b'"\\u0000"', b'"\\ud800"', b'"\\udc00x"', b'"\\ud83d\\ude00"', b'"\xed\xa0\x80"', b'"\xff"', b'"caf\xe9"',
         "\"٣\"".encode(), '"レベル"'.encode(), b'"1e999"', b'"NaN"', b'"inf"', b'"' + b"9" * 5_000 + b'"', b'"' + b"x" * 3_000 + b'"',
         b'"0x10"', b'"1_0"', b'"true"', b'"2024-01-01 00:00:00 UTC"', b'"2024-01-01 00:00:00+00"', b'"9999-12-31T23:59:59-23:59"',
         b'"0001-01-01T00:00:00+23:59"', b'"{\\"a\\":[1,{\\"b\\":2}]}"', b'"[[[["', b'"\'quoted\'"', b'"password=hunter2&x=1"',
         b'"' + b'{\\"a\\":' * 300 + b'"']
DEPTHS = [3, 90, 101, 300, 500, 1_000, 5_000]
KEYS = ["", " ", "a.b", "event", "event.generalInfo.env", "env", "seq", "event_id", "\u202e", "ключ", "password", "__class__", "x" * 300,
        "event_time", "received_time", "arrival_time", "\ue000late", "user_pwd", "meta", "attributes", "status"]
VALUES: list[Any] = [None, True, False, 0, -1, 3, 2**53 + 1, 2**64, 10**30, 1.5, 1e308, "", "x", "live", "test", [], {}, [[]], [None, {}],
                     {"a": {"b": [1, "2"]}}, ["a", 1, None], {"": ""}, {"password": "hunter2"}, [{"token": "t"}] * 3]
MARK = "\ue777mark\ue777"


class Fuzzer:
    """Endless messages for one contract."""

    def __init__(self, contract: Contract, seed: int):
        self.rng = random.Random(f"{contract.name} {seed}")
        lines = [json.loads(line) for kind in ("pass", "fail") for line in contract.text.get(f"examples/{kind}.jsonl", "").splitlines()]
        self.examples = [line["data"].encode() for line in lines if len(line.get("data", "x" * 10_000)) < 10_000 and "repeat" not in line]
        self.objects = [body for body in map(_object, self.examples) if body]

    def messages(self, count: int) -> Iterator[bytes]:
        return (self.message() for _ in range(count))

    def message(self) -> bytes:
        rng = self.rng
        if rng.random() < 0.05:
            return rng.choice(self.examples)
        payload = self._changed() if rng.random() < 0.8 else rng.choice(self.examples)
        while rng.random() < 0.3:
            payload = rng.choice(BYTES)(payload, rng)
        return payload

    def _changed(self) -> bytes:
        """An example with some of its values replaced, some of them by bytes that no JSON library would write."""
        rng = self.rng
        body = json.loads(rng.choice(self.objects))
        raw = []
        for _ in range(rng.choice((1, 1, 1, 2, 4))):
            holder = rng.choice(list(_holders(body)))
            keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
            action = rng.random()
            if keys and action < 0.15:
                del holder[rng.choice(keys)]
                continue
            if isinstance(holder, list):
                at: Any = rng.choice(keys) if keys else None
                if at is None:
                    holder.append(None)
                    at = 0
            else:
                at = rng.choice(keys) if keys and action < 0.7 else rng.choice(KEYS)
            if rng.random() < 0.5:
                holder[at] = deepcopy(rng.choice(VALUES))
            else:
                holder[at] = f"{MARK}{len(raw)}{MARK}"
                raw.append(self._raw())
        text = json.dumps(body, ensure_ascii=rng.random() < 0.5, indent=rng.choice((None, None, None, 1))).encode(errors="replace")
        for i, value in enumerate(raw):
            for mark in (json.dumps(f"{MARK}{i}{MARK}").encode(), f'"{MARK}{i}{MARK}"'.encode()):
                text = text.replace(mark, value)
        return text

    def _raw(self) -> bytes:
        rng = self.rng
        kind = rng.random()
        if kind < 0.45:
            return rng.choice(NUMBERS)
        if kind < 0.85:
            return rng.choice(TEXTS)
        depth = rng.choice(DEPTHS)
        if rng.random() < 0.5:
            return b"[" * depth + b"]" * depth
        return b'{"a":' * depth + rng.choice((b"1", b"[]", b'"x"', b"")) + b"}" * depth


def _object(payload: bytes) -> bytes | None:
    try:
        return payload if isinstance(msgspec.json.decode(payload), dict) else None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _holders(value: Any) -> Iterator[Any]:
    """Every object and array of a message, itself first."""
    if isinstance(value, dict | list):
        yield value
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _holders(inner)


def _at(payload: bytes, rng: random.Random) -> int:
    return rng.randrange(len(payload) + 1)


def _duplicate_key(payload: bytes, rng: random.Random) -> bytes:
    key = rng.choice((b"env", b"seq", b"event_id", b"event_type", b"event_time", b"event", b"meta"))
    return payload.rstrip()[:-1] + b',"%b":%b}' % (key, rng.choice(NUMBERS + TEXTS))


BYTES = [
    lambda p, rng: p[: _at(p, rng)],
    lambda p, rng: p[_at(p, rng):],
    lambda p, rng: p[: (at := _at(p, rng))] + rng.randbytes(rng.choice((1, 2, 8))) + p[at:],
    lambda p, rng: p[: (at := _at(p, rng))] + bytes([rng.choice(b'"\\{}[]:,\x00\x1e\xff0')]) + p[at + 1:],
    lambda p, rng: p[: (at := _at(p, rng))] + b"[" * rng.choice(DEPTHS) + p[at:],
    lambda p, rng: b"\xef\xbb\xbf" + p,
    lambda p, rng: p.decode(errors="replace").encode("utf-16"),
    lambda p, rng: p.decode(errors="replace").encode("latin-1", errors="replace"),
    lambda p, rng: p + p,
    lambda p, rng: b"[" + p + b"]",
    lambda p, rng: p + b'\x1e{"env":"test"}',
    lambda p, rng: b" " * rng.randrange(200) + p,
    lambda p, rng: p.replace(b":", b" : ").replace(b",", b" ,\t"),
    lambda p, rng: rng.randbytes(rng.randrange(60)),
    lambda p, rng: json.dumps(p.decode(errors="replace")).encode(),
    _duplicate_key,
]
