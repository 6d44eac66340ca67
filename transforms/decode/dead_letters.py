"""Dead letters: what can be known of a message that is no event, and the row that keeps it."""

import hashlib
import re

import msgspec

from gamebeam.schemas.contract.contract import Contract
from gamebeam.schemas.events import DeadLetter
from gamebeam.schemas.scrub import Scrubber
from gamebeam.transforms.decode.lines import LINE_BEHIND_A_SECRET, Lines
from gamebeam.transforms.decode.times import is_ms
from gamebeam.transforms.decode.wire import STRINGS, Extractor, UnreadableString, Values

KNOWN = ("platform", "app_version", "player_id", "install_id", "session_id", "seq")
TIMES = ("arrival_time", "event_time")
LONGEST_TYPE = 200  # characters kept of a type that nobody knows
LARGEST_SEQ = 2**53
BRACKET = re.compile(rb"[{\[]")
IN_QUOTES_ONLY = re.compile(r"[\"'{}\[\]\\\x00-\x1f]")  # what no id holds: a quote was lost, and the value is another's


class DeadLetters:
    """For one contract: the known values of a message, read from its JSON or from its bytes, and dead letters made of them."""

    def __init__(self, contract: Contract, extractor: Extractor, scrub: Scrubber):
        self.contract, self.extractor, self.scrub = contract, extractor, scrub
        # the front door's stamp: a client that sends a refused message again, its answer being lost, has sent it once
        self.stamp = _leaf_pattern(contract.wire.envelope.get("received_time", "received_time"), True)
        self.lines, self.next = Lines(scrub), 0
        self.leaf_keys = {name: _leaf_pattern(path, name == "seq" or name.endswith("_time")) for name, path in self._paths().items()}

    def look(self, payload: bytes, parses: bool) -> tuple[Values, bytes, bytes]:
        """Return (envelope values that could be read, the payload without secrets, what else tells it from others)."""
        clean = self.scrub.message(payload)
        cut = len(clean) < len(payload) and payload.startswith(clean)
        known = self._known_of_parsed(clean) if parses and not cut else None
        if known is None:
            known = self._known_beside_secrets(payload, len(clean)) if cut else self._known_of_bytes(clean)
        if self.lines.hides(payload, cut, known.get("event_type") is not None):
            times = {name: known[name] for name in TIMES if name in known}  # each stands behind its own name, so it is no secret's value
            return self.contract.wire.constants | times, LINE_BEHIND_A_SECRET, b""
        beside = repr((sorted((n, v) for n, v in known.items() if n not in ("arrival_time", "received_time")),
                       len(self.stamp.sub(b"", payload)))).encode() if cut else b""
        return known, clean, beside

    def at(self, index: int) -> None:
        """Called before the message of this index, in a list of messages that follow each other."""
        if index != self.next:
            self.lines.end()
        self.next = index + 1

    def end(self, count: int) -> None:
        """Called behind a list of so many messages."""
        self.next = 0 if self.next == count else -1

    def make(self, known: Values, payload: bytes, arrived: int, event_time: int | None, source: str,
             reason: str, field: str | None, detail: str, beside: bytes = b"") -> DeadLetter:
        """known, payload and beside: as look() gives them. arrived, event_time: ms; event_time is None where it is not usable."""
        event_type, app_version = known.get("event_type"), known.get("app_version")
        return DeadLetter(
            dead_id=digest(b"dead", reason.encode(), self.stamp.sub(b"", payload), *([beside] if beside else [])),
            arrival_time=arrived, event_time=event_time, source=source.encode(errors="replace").decode(),
            reason=reason, field=field, detail=detail, event_type=event_type,
            game=self.contract.name, env=known.get("env") or "live", payload=payload,
            fingerprint=digest(repr((reason, event_type, field, app_version)).encode()), **{name: known.get(name) for name in KNOWN})

    def _known_of_parsed(self, payload: bytes) -> Values:
        try:
            found = self.extractor.extract(msgspec.json.decode(payload))
        except UnreadableString:
            return {}
        raw = found.type_on_wire
        event_type = found.event_type or (raw[:LONGEST_TYPE] if isinstance(raw, str) else None)
        return _sound(found.values) | {"event_type": event_type}

    def _known_beside_secrets(self, payload: bytes, cut: int) -> Values:
        """What can be read before the first secret's name, and behind it as long as no object or array opens, which might be its value."""
        opened = BRACKET.search(payload, cut)
        known = self._known_of_bytes(payload[: opened.start() if opened else len(payload)])
        for name, value in list(known.items()):
            if isinstance(value, str) and (IN_QUOTES_ONLY.search(value) or self.scrub.text(value) != value):
                del known[name]
        return known

    def _known_of_bytes(self, payload: bytes) -> Values:
        wire, known = self.contract.wire, Values(self.contract.wire.constants)
        for name, pattern in self.leaf_keys.items():
            match = pattern.search(payload)
            if match is None:
                continue
            try:
                known[name] = msgspec.json.decode(match[1])
            except (msgspec.DecodeError, UnicodeDecodeError):
                continue
        message = {name: value for name, value in known.items() if name not in wire.constants}
        for name, value in message.items():
            known[name] = self.extractor.envelope_value(wire, name, value)
        raw = known.get("event_type")
        known["event_type"] = self.extractor.event_type(wire, raw) or (raw[:LONGEST_TYPE] if isinstance(raw, str) else None)
        return _sound(known)

    def _paths(self) -> dict[str, str]:
        """Envelope field -> the key that holds it, for reading messages that do not parse."""
        wire = self.contract.wire
        paths = {n: p for n, p in wire.envelope.items() if p not in ("hash", "arrival") and not p.endswith("*") and n != "event_id"}
        return paths | ({"arrival_time": wire.arrival_time} if wire.arrival_time else {})


def stand_in(payload: bytes) -> bytes:
    """Return what is kept of a payload that could not be scrubbed: its length and hash, as a JSON string, which no contract takes."""
    return msgspec.json.encode(f"not kept, since it could not be scrubbed: {len(payload)} bytes, BLAKE2b-128 {digest(payload)}")


def digest(*parts: bytes) -> str:
    """128 bits of BLAKE2b, in hexadecimal."""
    return hashlib.blake2b(b"\x00".join(parts), digest_size=16).hexdigest()


def _sound(values: Values) -> Values:
    """Only values of the type that the envelope wants."""
    return {name: v for name, v in values.items()
            if (name in (*STRINGS, "event_type") and isinstance(v, str)) or (name.endswith("_time") and is_ms(v))
            or (name == "seq" and type(v) is int and 0 <= v <= LARGEST_SEQ)}


def _leaf_pattern(path: str, number: bool) -> re.Pattern[bytes]:
    """The first value of a key whose closing delimiter is there."""
    key = rb'"' + re.escape(path.rsplit(".", 1)[-1].encode()) + rb'"\s*:\s*'
    text = rb'("(?:[^"\\]|\\.)*+")'
    return re.compile(key + (rb'("(?:[^"\\]|\\.)*+"|-?\d+(?=\s*[,}]))' if number else text), re.DOTALL)
