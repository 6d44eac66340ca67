"""Scrubber: takes secrets out of messages, before anything of a message is written."""

import hashlib
import hmac
import json
import re
import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import msgspec
import numpy as np

from gamebeam.schemas.find_secrets import SecretFinder
from gamebeam.schemas.secret_names import SecretNames, secret_names, squashed

HASHED = re.compile(r"h1:[0-9a-f]{64}")  # a keyed hash: what is scrubbed again is not hashed again
MOST_DEEP = 210  # levels of objects, arrays and strings within strings
LARGEST = 4_000_000  # bytes of a message that is parsed; a larger one is cut
MOST_WORK = 40_000  # objects, arrays and strings searched in one message: bounds the time
RESEMBLES = 20  # how much more the search of a key is that resembles a secret's name
JSON_BEGINS = re.compile(r"[\ufeff\s\[]*[{\"]")
MARKS = ("=", ":", '"', "%", "\\", ">")  # text without one of these assigns nothing to a name
KEEP, DROP, HASH = "keep", "drop", "hash"
NOWHERE: Mapping[str, object] = {}


Places = Mapping[str, object]  # key of a message -> DROP, HASH, or the places inside what the contract keeps there


class Unsearchable(ValueError):
    """JSON with more levels or more values than are searched."""


class Pairs:
    """A JSON object in which a key occurs more than once."""

    def __init__(self, pairs: list[tuple[str, object]]):
        self.pairs = pairs

    @staticmethod
    def of(pairs: list[tuple[str, object]]) -> object:
        found = dict(pairs)
        return found if len(found) == len(pairs) else Pairs(pairs)


class _Work(threading.local):
    """Work left for the message at hand: the front door searches in two threads."""

    left = MOST_WORK


SEARCHED = (str, list, dict, Pairs)


@dataclass(frozen=True)
class Scrubber:
    """Removes secrets: what a contract marks as pii, what has the name of a secret, and what text assigns to such a name.

    declared: keys that the contract stores, kept whatever they are called. dropped, hashed: keys that the contract marks as pii, in
    letters and digits only; without a key, hashing is left to the job. hidden: what stands for a secret's value; None removes the
    key, too. counts: what was removed, by the entry of secrets.yaml or the contract's field.
    """

    declared: frozenset[str] = frozenset()
    dropped: frozenset[str] = frozenset()
    hashed: frozenset[str] = frozenset()
    key: bytes | None = field(default=None, repr=False)
    hidden: str | None = None
    names: SecretNames = field(default_factory=secret_names)
    counts: Counter[str] = field(default_factory=Counter, compare=False)

    def hash(self, value: str) -> str:
        """HMAC-SHA-256 under the studio's key: joins still work, the value is gone."""
        if HASHED.fullmatch(value):
            return value
        if self.key is None:
            raise ValueError("the contract has pii=hash, but no key: set pii_key_file in --config, or GAMEBEAM_PII_KEY_FILE")
        return "h1:" + hmac.new(self.key, value.encode(errors="surrogatepass"), hashlib.sha256).hexdigest()

    def may_tell(self, payload: bytes) -> bool:
        """Whether bytes may hold something to remove. A quick search: most messages hold no name of a secret, nor an escaped letter."""
        return self.find.may_hold(payload)

    def quiet(self, payloads: list[bytes]) -> bool:
        """Whether no string of these JSON messages assigns or escapes anything: only their keys could be names of secrets."""
        joined = b"\n".join(payloads)
        if any(mark in joined for mark in (b"=", b"\\", b"%", b"@", b">")):
            return False
        text = np.frombuffer(b'"' + joined, np.uint8)
        return bool((text[np.flatnonzero(text == ord(":")) - 1] == ord('"')).all())

    def message(self, payload: bytes, places: Places = NOWHERE) -> bytes:
        """A message without secrets: the same bytes where it holds none. Bytes that are no JSON are cut at the first secret's name."""
        if not self.may_tell(payload):
            return payload
        try:
            if len(payload) <= LARGEST:
                self._work.left = MOST_WORK
                return self._json(payload, places, 0)
        except (ValueError, RecursionError):
            pass
        return self.broken(payload)

    def broken(self, payload: bytes) -> bytes:
        """Bytes that are no JSON, up to the first name of a secret."""
        found = self.find.first(payload)
        if found is None:
            return payload
        self.counts[found.entry] += 1
        return payload[: found.at]

    def tree(self, value: object, places: Places = NOWHERE) -> tuple[Any, bool]:
        """Parsed JSON without its secrets, and whether anything changed. Raises Unsearchable."""
        self._work.left = MOST_WORK
        clean = self._value(value, places, 0)
        return clean, clean is not value

    def text(self, value: str) -> str:
        """A string without the secrets in it: JSON, a URL, a form, a header."""
        self._work.left = MOST_WORK
        return self._text(value, NOWHERE, 0)

    def take_counts(self) -> dict[str, int]:
        """The counts since the last call."""
        taken = dict(self.counts)
        self.counts.clear()
        return taken

    @cached_property
    def find(self) -> SecretFinder:
        return SecretFinder(self.names, self.declared, self.dropped | self.hashed)

    def rule(self, name: str) -> tuple[str, str]:
        """(KEEP, DROP or HASH, why) for what has this key, wherever it is."""
        known = self._rules.get(name)
        if known is None:
            if not self.find.may_be_in(name):
                return KEEP, ""
            self._spend(RESEMBLES, 0)
            if len(self._rules) > 10_000:
                self._rules.clear()
            known = self._rules[name] = self._rule(name)
        return known

    @cached_property
    def _rules(self) -> dict[str, tuple[str, str]]:
        return {}

    def _rule(self, name: str) -> tuple[str, str]:
        letters = squashed(name) if len(name) < 1_000 else ""
        if letters in self.dropped:
            return DROP, letters
        if letters in self.hashed:
            return HASH, letters
        if name in self.declared:
            return KEEP, ""
        entry = self.names.entry(name)
        if entry is None and self.find.in_text(name.encode(errors="surrogatepass")) is not None:
            entry = "url"
        return (DROP, entry) if entry else (KEEP, "")

    def _json(self, text: bytes | str, places: Places, depth: int) -> bytes:
        """Raises ValueError for what is no JSON."""
        payload = text.encode(errors="surrogatepass") if isinstance(text, str) else text
        value = json.loads(payload.decode(errors="surrogatepass"), object_pairs_hook=Pairs.of, parse_int=_raw, parse_float=_raw,
                           parse_constant=_no_number)
        clean = self._value(value, places, depth)
        return payload if clean is value else msgspec.json.encode(clean, enc_hook=_encoded)

    def _value(self, value: object, places: Places, depth: int) -> object:
        """The same object, where there is nothing to remove."""
        if isinstance(value, str):
            return self._text(value, places, depth)
        if isinstance(value, list):
            if not value:
                return value
            self._spend(1, depth)
            clean = [self._value(inner, places, depth + 1) if inner and isinstance(inner, SEARCHED) else inner for inner in value]
            return clean if any(new is not old for new, old in zip(clean, value, strict=True)) else value
        if not isinstance(value, dict | Pairs):
            return value
        self._spend(1, depth)
        return self._object(value, value.items() if isinstance(value, dict) else value.pairs, places, depth)

    def _spend(self, work: int, depth: int) -> None:
        self._work.left -= work
        if depth > MOST_DEEP or self._work.left < 0:
            raise Unsearchable("too deep or too large to be searched for secrets")

    @cached_property
    def _work(self) -> "_Work":
        return _Work()

    def _object(self, value: Any, pairs: Iterable[tuple[str, Any]], places: Places, depth: int) -> Any:
        kept: list[tuple[str, object]] = []
        changed = False
        for name, inner in pairs:
            place = places.get(name, places.get("*")) if places else None
            action, why = self.rule(name) if place is None else (place, name) if isinstance(place, str) else (KEEP, "")
            if action == DROP:
                self.counts[why] += 1
                if self.hidden is None:
                    changed = True
                    continue
                new = inner if inner in (None, self.hidden) else self.hidden
            elif action == HASH and self.key is not None:
                new = self._hashed(inner)
            else:
                new = self._value(inner, place if isinstance(place, dict) else NOWHERE, depth + 1)
            changed |= new is not inner
            kept.append((name, new))
        return Pairs.of(kept) if changed else value

    def _hashed(self, value: object) -> object:
        """The hash of a string. What else comes stays what no string field accepts: an array with the hash in it."""
        if value is None:
            return None
        if isinstance(value, str):
            return value if HASHED.fullmatch(value) else self.hash(value)
        if isinstance(value, list) and len(value) == 1 and isinstance(value[0], str) and HASHED.fullmatch(value[0]):
            return value
        return [self.hash(msgspec.json.encode(value, enc_hook=_encoded).decode())]

    def _text(self, value: str, places: Places, depth: int) -> str:
        if len(value) < 5 or not any(map(value.__contains__, MARKS)):
            return value
        self._spend(1, depth)
        if not self.find.may_be_in(value):
            return value
        payload = value.encode(errors="surrogatepass")
        if not self.may_tell(payload):
            return value
        self._spend(RESEMBLES, depth)
        if JSON_BEGINS.match(value):
            try:
                clean = self._json(value.lstrip("\ufeff"), places, depth + 1)
                return value if clean == payload else clean.decode()
            except (ValueError, RecursionError):
                return self.broken(payload).decode(errors="replace")
        clean, found = self.find.without(payload)
        self.counts.update(found)
        return clean.decode(errors="replace") if found else value


def _raw(number: str) -> msgspec.Raw:
    """A number as it was spelled."""
    return msgspec.Raw(number.encode())


def _no_number(constant: str) -> object:
    raise ValueError(f"{constant} is no JSON")


def _encoded(value: Any) -> msgspec.Raw:
    """A Pairs as JSON, for msgspec."""
    encode = msgspec.json.encode
    return msgspec.Raw(b"{" + b",".join(encode(name) + b":" + encode(inner, enc_hook=_encoded) for name, inner in value.pairs) + b"}")
