"""Privacy before anything can fail: what is secret never reaches a disk, whole messages and broken ones alike."""

import hashlib
import hmac
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import msgspec

from schemas.contract import Contract

# Every repetition is bounded or cannot overlap what follows it: a long message takes time in proportion to its length.
KEY = re.compile(rb'"((?:[^"\\]|\\.){0,200})"(?=\s{0,20}:)')  # "name":
AROUND = re.compile(rb"[\w.-]{0,100}")
CLOSED = re.compile(rb'[^\w"]{0,12}(\w[^\w"]{0,12})?("|(?=:))')  # after a name: its quote, escaped or not, or the colon alone
COLON = re.compile(rb"\s{0,20}:\s{0,20}")
NEXT_KEY = re.compile(rb',\s{0,20}\\{0,8}"[^"\\]{1,200}\\{0,8}"\s{0,20}:')
NOTHING = re.compile(rb'[\s}\]"\\]*(:\s*null)?[\s}\]"\\]*')  # from a name to the next key: it is no key, or has no value
ESCAPED_VALUE = re.compile(rb'\\{1,8}"[^"]*("|$)', re.DOTALL)
STRING = re.compile(rb'"(?:[^"\\]|\\.)*+("|$)', re.DOTALL)
SCALAR = re.compile(rb"[^,}\]]*")
FORM = re.compile(rb'(?<![\w.-])([\w.-]{1,100})[^\w=&"]{0,3}=\s{0,3}')  # name= of a posted form
FORM_VALUE = re.compile(rb'[^&\s"]*')
HASHED = "h1:"  # marks a keyed hash, so that a replayed message is not hashed twice


@dataclass(frozen=True)
class Scrubber:
    """Removes secrets, by the contract's pii and by names that look like one."""

    words: tuple[str, ...]
    declared: frozenset[str] = frozenset()  # names on the wire that the contract keeps, whatever they look like
    dropped: frozenset[str] = frozenset()
    hashed: frozenset[str] = frozenset()
    key: bytes | None = field(default=None, repr=False)

    def is_secret(self, name: str) -> bool:
        if name in self.declared:
            return False
        return name in self.dropped or any(word in name.lower() for word in self.words)

    def hash(self, value: str) -> str:
        """HMAC-SHA-256 under the studio's key: joins still work, the value is gone."""
        if value.startswith(HASHED):
            return value
        if self.key is None:
            raise ValueError("the contract has pii=hash, but no key: set pii_key_file in --config, or GAMEBEAM_PII_KEY_FILE")
        return HASHED + hmac.new(self.key, value.encode(), hashlib.sha256).hexdigest()

    def tree(self, value: Any) -> tuple[Any, bool]:
        """Parsed JSON without its secrets, at any depth, JSON inside strings included; and whether anything changed."""
        if isinstance(value, dict):
            kept, changed = {}, False
            for name, inner in value.items():
                if self.is_secret(name):
                    changed = True
                elif name in self.hashed and isinstance(inner, str):
                    kept[name] = self.hash(inner)
                    changed |= kept[name] != inner
                else:
                    kept[name], different = self.tree(inner)
                    changed |= different
            return kept, changed
        if isinstance(value, list):
            pairs = [self.tree(inner) for inner in value]
            return [v for v, _ in pairs], any(c for _, c in pairs)
        if isinstance(value, str):
            return self._string(value)
        return value, False

    def _string(self, value: str) -> tuple[str, bool]:
        if value.lstrip()[:1] in ("{", "["):
            try:
                inner, changed = self.tree(msgspec.json.decode(value))
            except (msgspec.DecodeError, RecursionError):
                pass  # text that only looks like JSON
            else:
                return (json.dumps(inner, ensure_ascii=False), True) if changed else (value, False)
        clean = self.broken(value.encode()).decode(errors="replace")
        return clean, clean != value

    @cached_property
    def telling(self) -> tuple[bytes, ...]:
        """One of these is in every message that may hold something to remove: a word, a name, or an escape that could spell one."""
        return (b"\\u", *sorted({word.lower().encode() for word in (*self.words, *self.dropped, *self.hashed)}))

    def _may_tell(self, payload: bytes) -> bool:
        lower = payload.lower()  # plain searches: a regular expression over all words takes many times as long
        return any(word in lower for word in self.telling)

    def message(self, payload: bytes, parsed: Any) -> bytes:
        """The payload of a message that parsed: untouched where it holds no secret."""
        if not self._may_tell(payload):
            return payload
        clean, changed = self.tree(parsed)
        return msgspec.json.encode(clean) if changed else payload

    def broken(self, payload: bytes) -> bytes:
        """Bytes that do not parse: what follows a secret name is cut out, up to the next key that stands behind a whole value.

        A stray or missing byte may have moved a value's ends, so what is no key with its colon goes, too.
        """
        if payload.isascii() and not self._may_tell(payload):
            return payload
        out, at, next_key = [], 0, -1
        for name, end in self._secret_names(payload):
            closed = CLOSED.match(payload, end)
            if end < at or closed is None:
                continue
            start = closed.end()
            colon = COLON.match(payload, start)
            behind = _end_of_value(payload, colon.end()) if colon else start
            if next_key < behind:
                found = NEXT_KEY.search(payload, behind)
                next_key = found.start() if found else len(payload)
            if NOTHING.fullmatch(payload, start, next_key):
                continue
            hashed = colon and self._hashed(name, payload[colon.end():next_key])
            out += [payload[at:start], b": ", hashed or b"null"]
            at = next_key
        return self._forms(b"".join([*out, payload[at:]]))

    def _secret_names(self, payload: bytes) -> Iterable[tuple[str, int]]:
        """(name, where it ends) of all that looks like a name to hide, in order; also in the middle of a broken one."""
        lower, found = payload.lower(), {}
        for match in self._words.finditer(lower):
            start, end = match.start(), AROUND.match(payload, match.end()).end()  # type: ignore[union-attr]
            before = AROUND.match(payload[max(start - 100, 0):start][::-1])
            name = payload[start - (before.end() if before else 0):end].decode("utf-8", errors="ignore")
            if self.is_secret(name) or name in self.hashed:
                found[end] = name
        for match in KEY.finditer(payload) if b"\\u" in payload else ():
            name = _name(match[1])
            if self.is_secret(name) or name in self.hashed:
                found[match.end() - 1] = name
        return ((name, end) for end, name in sorted(found.items()))

    @cached_property
    def _words(self) -> re.Pattern[bytes]:
        return re.compile(b"|".join(map(re.escape, self.telling[1:])) or rb"(?!)")

    def _hashed(self, name: str, value: bytes) -> bytes | None:
        """The hash of a value that is whole, where the contract wants one."""
        whole = STRING.match(value)
        if name not in self.hashed or whole is None or not whole[1] or value[whole.end():].strip(b" \t\r\n}]"):
            return None
        return msgspec.json.encode(self.hash(_name(value[1:whole.end() - 1]))) + value[whole.end():]

    def _forms(self, payload: bytes) -> bytes:
        out, at = [], 0
        for match in FORM.finditer(payload):
            if match.end() >= at and self.is_secret(_name(match[1])):
                out.append(payload[at:match.end()])
                at = FORM_VALUE.match(payload, match.end()).end()  # type: ignore[union-attr]
        return b"".join([*out, payload[at:]]) if out else payload


def scrubber(contract: Contract, key: bytes | None = None) -> Scrubber:
    wire, own = contract.wire, [f for e in contract.events.values() for f in e.fields]

    def on_wire(wanted: Any) -> frozenset[str]:
        names = {n for f in own if wanted(f) for n in (wire.name_on_wire(f.name), wire.paths.get(f.name, "").rsplit(".", 1)[-1])}
        return frozenset(names - {""})

    return Scrubber(contract.secret_words, on_wire(lambda f: f.stored), on_wire(lambda f: f.pii == "drop"),
                    on_wire(lambda f: f.pii == "hash"), key)


def _name(raw: bytes) -> str:
    """A key as the client meant it: escapes resolved, stray bytes left out."""
    text = raw.decode("utf-8", errors="ignore")
    try:
        return str(json.loads(f'"{text}"', strict=False))
    except ValueError:
        return text


def _end_of_value(payload: bytes, at: int) -> int:
    """Where the JSON value that starts here ends; the end of the bytes, if it never does."""
    opener = payload[at : at + 1]
    if opener == b"\\":
        match = ESCAPED_VALUE.match(payload, at)
        return match.end() if match else at
    if opener == b'"':
        match = STRING.match(payload, at)
        return match.end() if match else len(payload)
    if opener not in (b"{", b"["):
        match = SCALAR.match(payload, at)
        return match.end() if match else len(payload)
    depth = 0
    while at < len(payload):
        char = payload[at : at + 1]
        if char == b'"':
            match = STRING.match(payload, at)
            at = match.end() if match else len(payload)
            continue
        depth += char in (b"{", b"[")
        depth -= char in (b"}", b"]")
        at += 1
        if depth == 0:
            return at
    return len(payload)
