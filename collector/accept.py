"""One event at the door: secrets out, times stamped, then what decode will say of it, said at once."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec

from collector.keys import Key
from collector.sink import Message
from schemas.contract import Contract
from schemas.events import DEAD_LETTER
from schemas.wire import CANONICAL
from transforms.decode import Decoder
from transforms.scrub import scrubber

STEP_MS = 60_000  # a clock is corrected by whole minutes, so that what is sent again gets the same time again
LARGEST, LONGEST_KEY = 1_010_000, 1_000  # bytes: together under Kafka's 1 MB
EARLIEST, LATEST = -62_135_596_800_000, 253_402_300_799_999  # years 1 to 9999, in ms


class Verdict(NamedTuple):
    """reason, field and detail are the dead letter's that the message will be; None for an event."""

    message: Message
    event_id: str | None
    reason: str | None = None
    field: str | None = None
    detail: str | None = None


class Acceptor:
    """For one contract."""

    def __init__(self, contract: Contract, pii_key: bytes | None = None):
        self.contract, self.wire = contract, contract.wire
        clean = scrubber(contract, pii_key)
        self.scrub = clean if pii_key else replace(clean, hashed=frozenset())  # without a key the job hashes
        self.decode = Decoder(contract, pii_key or b"only to look").decode
        self.canonical = contract.wire == CANONICAL
        self.counter = f"{contract.counter}_id" if contract.counter else "player_id"

    def may_tell(self, body: bytes) -> bool:
        """Whether a word that could tell of a secret is anywhere in it; most requests hold none, and need no look inside."""
        lower = body.lower()
        return not body.isascii() or any(word in lower for word in self.scrub.telling)

    def accept(self, payload: bytes, key: Key, received: int, ahead: int = 0, clean: bool = False) -> Verdict:
        """received: ms. ahead: ms by which the client's clock is ahead of ours, as clock_ahead gives it. clean: it may tell of nothing."""
        payload = payload if clean else self._clean(payload)
        item, stamped = self._stamped(payload, key, received)
        wrong_env = item.TYPE != DEAD_LETTER and (item.env or "live") != key.env
        if ahead or wrong_env:
            edited = self._edited(payload, item, key, received, ahead)
            if edited is not None:
                stamped, item = edited, self.decode(edited, None if key.backfill else received)
        if len(stamped) > LARGEST:  # edited JSON may have grown past what a broker takes
            stamped = stamped[:LARGEST]
            item = self.decode(stamped, None if key.backfill else received)
        of = getattr(item, self.counter) or item.player_id or ""
        message = Message(stamped, of.encode()[:LONGEST_KEY], item.arrival_time if key.backfill else 0)
        if item.TYPE == DEAD_LETTER:
            return Verdict(message, None, item.reason, item.field, item.detail)
        return Verdict(message, item.event_id)

    def _clean(self, payload: bytes) -> bytes:
        """Without secrets."""
        if not self.may_tell(payload):
            return payload
        try:
            return self.scrub.message(payload, msgspec.json.decode(payload))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return self.scrub.broken(payload)

    def _stamped(self, payload: bytes, key: Key, received: int) -> tuple[Any, bytes]:
        """(event or dead letter, payload with received_time and the key's env)."""
        if key.backfill:
            return self.decode(payload, None), payload
        if not self.canonical:
            stamped = self._edited(payload, None, key, received, 0) or payload
            return self.decode(stamped, received), stamped
        body = payload.rstrip()
        if not body.endswith(b"}") or body[:-1].strip() == b"{":
            return self.decode(payload, received), payload
        if b'"received_time"' in payload or b"\\u" in payload:
            stamped = self._edited(payload, None, key, received, 0) or payload
        else:
            env = b"" if key.env == "live" or b'"env"' in payload else b',"env":' + msgspec.json.encode(key.env)
            stamped = b'%b,"received_time":%d%b}' % (body[:-1], received, env)  # cheaper than taking it apart
        return self.decode(stamped, received), stamped

    def _edited(self, payload: bytes, item: Any, key: Key, received: int, ahead: int) -> bytes | None:
        """The payload with received_time, env and event_time set where this wire has them; None if it is no JSON object."""
        try:
            message = msgspec.json.decode(payload)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None
        if not isinstance(message, dict):
            return None
        places = self.wire.envelope
        if "received_time" in places and not key.backfill:
            _put(message, places["received_time"], self._time(received))
        if "env" in places and (item is not None or key.env != "live"):
            _put(message, places["env"], key.env)
        if ahead and places["event_time"] != "arrival":
            told = _get(message, places["event_time"])
            event_time = self._milliseconds(told)
            if event_time is not None and EARLIEST <= event_time - ahead <= LATEST:
                _put(message, places["event_time"], self._time(event_time - ahead))
                _put(message, self.wire.client_event_time, told)
        return msgspec.json.encode(message)

    def _time(self, ms: int) -> int | str:
        form = self.wire.time_format
        if form in ("ms", "s"):
            number = ms if form == "ms" else ms // 1000
            return str(number) if self.wire.numbers_as_strings else number
        when = datetime.fromtimestamp(ms // 1000, UTC).replace(microsecond=ms % 1000 * 1000)
        return when.isoformat(timespec="milliseconds").replace("+00:00", "Z") if form == "iso" else when.strftime(form)

    def _milliseconds(self, told: Any) -> int | None:
        form = self.wire.time_format
        try:
            if form in ("ms", "s"):
                return None if isinstance(told, bool | float) else int(told) * (1 if form == "ms" else 1000)
            when = datetime.fromisoformat(told) if form == "iso" else datetime.strptime(told, form)
            return round((when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp() * 1000)
        except (TypeError, ValueError):
            return None


def clock_ahead(sent_at: int, received: int) -> int:
    """ms by which the client's clock is ahead, in whole minutes: what is less is the network."""
    return round((sent_at - received) / STEP_MS) * STEP_MS


def _get(message: Any, path: str) -> Any:
    for part in path.split("."):
        message = message.get(part) if isinstance(message, dict) else None
    return message


def _put(message: dict[str, Any], path: str, value: Any) -> None:
    """Where the way there is objects; a message of another shape stays as it is."""
    *parents, leaf = path.split(".")
    for part in parents:
        inner = message.setdefault(part, {})
        if not isinstance(inner, dict):
            return
        message = inner
    message[leaf] = value
