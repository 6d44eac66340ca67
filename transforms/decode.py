"""message -> Event, or DeadLetter with the reason. No input raises; every input becomes exactly one of the two."""

import hashlib
import re
from itertools import repeat
from typing import Any, Union

import msgspec

from schemas.contract import Contract
from schemas.events import DeadLetter, event_classes
from schemas.layout import DAY_MS, HOUR_MS
from schemas.wire import CANONICAL
from transforms.extract import MISSING, STRINGS, Extracted, Extractor
from transforms.scrub import scrubber

REASONS = ("too_large", "malformed", "unknown_event_type", "schema_violation", "timestamp_out_of_range")
AHEAD_MS, BEHIND_MS = DAY_MS, 30 * DAY_MS  # how far event_time may stand from arrival_time
KNOWN = ("env", "platform", "app_version", "player_id", "install_id", "session_id", "seq")
FIELD_OF_ERROR = re.compile(r" - at `\$\.?(.*)`$|required field `(.*?)`|unknown field `(.*?)`")
LONGEST_TYPE = 200  # characters kept of a type that nobody knows


class Violation(ValueError):
    """A message that is no event under its contract: (reason, field or None, detail)."""


class Decoder:
    """decode() for one contract. A message in canonical JSON takes the typed path; all else, and all that fails, the general one."""

    def __init__(self, contract: Contract, pii_key: bytes | None = None):
        self.contract = contract
        self.classes = event_classes(contract)
        self.extractor = Extractor(contract)
        self.scrub = scrubber(contract, pii_key)
        self.hashed = {name: [f.name for f in e.fields if f.pii == "hash"] for name, e in contract.events.items()}
        typed = contract.wire == CANONICAL and not contract.keep_raw and not any(self.hashed.values())
        self.typed = msgspec.json.Decoder(Union[tuple(self.classes.values())]).decode if typed else None  # noqa: UP007
        # the front door's stamp: a client that sends a refused message again, its answer being lost, has sent it once
        self.stamp = _leaf_pattern(contract.wire.envelope.get("received_time", "received_time"), True)
        self.leaf_keys = {name: _leaf_pattern(path, name == "seq" or name.endswith("_time")) for name, path in self._paths().items()}

    def decode(self, payload: bytes, arrival_time: int | None = None, message_id: str = "", source: str = "",
               previous_arrival: int = 0) -> Any:
        """An instance of the event type's class, or a DeadLetter.

        arrival_time: ms, from the broker; None in a plain file, where the message's own is read, else previous_arrival stands in.
        """
        return self.decode_all([payload], None if arrival_time is None else [arrival_time], [message_id], source, previous_arrival)[0]

    def decode_all(self, payloads: list[bytes], arrivals: list[int] | None, ids: list[str] | None, source: str,
                   previous_arrival: int) -> list[Any]:
        """decode() of messages that came one after the other."""
        items = self._typed(payloads)
        game, lateness_ms = self.contract.name, self.contract.allowed_lateness_ms
        for i, (event, arrived) in enumerate(zip(items, arrivals or repeat(None), strict=False)):
            if event is not None:
                came = (event.received_time or event.event_time) if arrived is None else arrived
                behind = came - event.event_time
                if -AHEAD_MS <= behind <= BEHIND_MS:
                    event.arrival_time = previous_arrival = came
                    event.late = behind > lateness_ms
                    if not event.env:
                        event.env = "live"
                    if not event.game:
                        event.game = game
                    event.additional_properties = event.raw_event = None
                    event.shape_rank = 0
                    continue
            items[i] = self.decode_generally(payloads[i], arrived, ids[i] if ids else "", source, previous_arrival)
            previous_arrival = items[i].arrival_time
        return items

    def _typed(self, payloads: list[bytes]) -> list[Any]:
        """Events as far as the typed path decodes them; None where it does not."""
        if self.typed is None:
            return [None] * len(payloads)
        limit = self.contract.max_message_bytes
        if max(map(len, payloads), default=0) > limit:
            payloads = [p if len(p) <= limit else b"" for p in payloads]
        items: list[Any] = []
        decoding = map(self.typed, payloads)
        while len(items) < len(payloads):
            try:
                items.extend(decoding)  # in C; what was decoded before an exception is there
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                items.append(None)
        return items

    def decode_generally(self, payload: bytes, arrival_time: int | None = None, message_id: str = "", source: str = "",
                         previous_arrival: int = 0) -> Any:
        """What decode() means, whatever the wire; the typed path gives the same, only faster."""
        try:
            message = self._parse(payload)
        except Violation as violation:
            return self._dead_letter(payload, False, arrival_time, source, previous_arrival, *violation.args)
        try:
            return self._event(payload, message, arrival_time, message_id, previous_arrival)
        except Violation as violation:
            return self._dead_letter(payload, True, arrival_time, source, previous_arrival, *violation.args)

    def _parse(self, payload: bytes) -> dict[str, Any]:
        if len(payload) > self.contract.max_message_bytes:
            raise Violation("too_large", None, f"{len(payload)} bytes; the limit is {self.contract.max_message_bytes}")
        try:
            payload.decode()
            message = msgspec.json.decode(payload)
        except UnicodeDecodeError as e:
            raise Violation("malformed", None, f"not UTF-8 at byte {e.start}") from None
        except (msgspec.DecodeError, RecursionError) as e:
            raise Violation("malformed", None, f"not JSON: {e}"[:200]) from None
        if not isinstance(message, dict):
            raise Violation("malformed", None, f"expected a JSON object, got {type(message).__name__}")
        return message

    def _event(self, payload: bytes, message: dict[str, Any], arrival_time: int | None, message_id: str, previous_arrival: int) -> Any:
        by_hash = self.contract.wire.envelope["event_id"] == "hash"
        clean = self.scrub.message(payload, message) if by_hash or self.contract.keep_raw else b""
        found = self._extract(message)
        if found.event_type is None:
            unknown = found.type_on_wire
            detail = "no event type in the message" if unknown is MISSING else "the contract has no such event type"
            raise Violation("unknown_event_type", None, detail)
        values = found.values
        arrived = _arrival(values, arrival_time, previous_arrival)
        if self.contract.wire.envelope["event_time"] == "arrival":
            values["event_time"] = arrived
        if by_hash:
            values["event_id"] = _digest(clean, str(values.get("event_time")).encode(), message_id.encode())
        values.pop("arrival_time", None)
        for name in self.hashed[found.event_type]:
            if isinstance(values.get(name), str):
                values[name] = self.scrub.hash(values[name])
        event = self._validated(found.event_type, values)
        behind = arrived - event.event_time
        if not -AHEAD_MS <= behind <= BEHIND_MS:
            far = f"{-behind // HOUR_MS} h ahead of" if behind < 0 else f"{behind // DAY_MS} days behind"
            raise Violation("timestamp_out_of_range", "event_time", f"{far} arrival_time; at most 24 h ahead, 30 days behind")
        event.arrival_time, event.late, event.shape_rank = arrived, behind > self.contract.allowed_lateness_ms, found.rank
        event.env, event.game = event.env or "live", event.game or self.contract.name
        leftover = self.scrub.tree(found.leftover)[0] if found.leftover else None
        event.additional_properties = msgspec.json.encode(leftover).decode() if leftover else None
        event.raw_event = clean.decode() if self.contract.keep_raw else None
        return event

    def _extract(self, message: dict[str, Any]) -> Extracted:
        try:
            return self.extractor.extract(message)
        except msgspec.DecodeError as e:
            field = ", ".join(self.contract.wire.json_strings)
            raise Violation("schema_violation", field, f"expected JSON inside a string: {e}"[:200]) from None

    def _validated(self, event_type: str, values: dict[str, Any]) -> Any:
        try:
            return msgspec.convert(values, self.classes[event_type], strict=True)
        except msgspec.ValidationError as e:
            raise Violation("schema_violation", *_explain(str(e))) from None

    def _dead_letter(self, payload: bytes, parses: bool, arrival_time: int | None, source: str, previous_arrival: int,
                     reason: str, field: str | None, detail: str) -> Any:
        if parses:
            message = msgspec.json.decode(payload)
            clean = self.scrub.message(payload, message)
            known = self._known_of_parsed(message)
        else:
            clean = self.scrub.broken(payload)
            known = self._known_of_bytes(clean)
        arrived = _arrival(known, arrival_time, previous_arrival)
        event_time = known.get("event_time")
        usable = event_time is not None and -AHEAD_MS <= arrived - event_time <= BEHIND_MS
        event_type = known.get("event_type")
        app_version = known.get("app_version")
        return DeadLetter(
            dead_id=_digest(b"dead", reason.encode(), self.stamp.sub(b"", clean)), arrival_time=arrived,
            event_time=event_time if usable else None, source=source, reason=reason, field=field, detail=detail, event_type=event_type,
            game=self.contract.name, payload=clean, fingerprint=_digest(repr((reason, event_type, field, app_version)).encode()),
            **{name: known.get(name) for name in KNOWN})

    def _known_of_parsed(self, message: dict[str, Any]) -> dict[str, Any]:
        try:
            found = self.extractor.extract(message)
        except msgspec.DecodeError:
            return {}
        raw = found.type_on_wire
        event_type = found.event_type or (raw[:LONGEST_TYPE] if isinstance(raw, str) else None)
        return _sound(found.values) | {"event_type": event_type}

    def _known_of_bytes(self, payload: bytes) -> dict[str, Any]:
        wire, known = self.contract.wire, dict[str, Any](self.contract.wire.constants)
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


def _arrival(known: dict[str, Any], arrival_time: int | None, previous_arrival: int) -> int:
    if arrival_time is not None:
        return arrival_time
    for name in ("arrival_time", "event_time"):
        if _is_ms(known.get(name)):
            return int(known[name])
    return previous_arrival


def _sound(values: dict[str, Any]) -> dict[str, Any]:
    """Only values of the type that the envelope wants."""
    return {name: v for name, v in values.items()
            if (name in (*STRINGS, "event_type") and isinstance(v, str)) or (name.endswith("_time") and _is_ms(v))
            or (name == "seq" and type(v) is int and 1 <= v <= 2**53)}


def _is_ms(value: Any) -> bool:
    return type(value) is int and -62_135_596_800_000 <= value <= 253_402_300_799_999


def _leaf_pattern(path: str, number: bool) -> re.Pattern[bytes]:
    """The first value of a key whose closing delimiter is there."""
    key = rb'"' + re.escape(path.rsplit(".", 1)[-1].encode()) + rb'"\s*:\s*'
    text = rb'("(?:[^"\\]|\\.)*")'
    return re.compile(key + (rb'("(?:[^"\\]|\\.)*"|-?\d+(?=\s*[,}]))' if number else text), re.DOTALL)


def _explain(error: str) -> tuple[str | None, str]:
    """msgspec's message as (contract field, detail); never a value of the message."""
    match = FIELD_OF_ERROR.search(error)
    path = next((g for g in match.groups() if g), None) if match else None
    if "missing required field" in error:
        inner = re.search(r" - at `\$\.?(.*)`$", error)
        name = re.search(r"required field `(.*?)`", error)
        path = ".".join(p for p in (inner[1] if inner else "", name[1] if name else "") if p)
        return path, "required, and missing"
    if error.startswith("Invalid enum value"):
        return path, "none of the values that the contract names"
    return path, error.split(" - at ")[0].replace("`", "")


def _digest(*parts: bytes) -> str:
    return hashlib.blake2b(b"\x00".join(parts), digest_size=16).hexdigest()
