"""One event at the door: secrets out, times stamped, then what decode will say of it, said at once."""

from collections.abc import Callable, Iterable
from itertools import repeat
from typing import NamedTuple

import msgspec

from gamebeam.collector.keys import Key
from gamebeam.collector.sink import Message
from gamebeam.schemas.contract.contract import Contract
from gamebeam.schemas.contract.wire import CANONICAL
from gamebeam.schemas.events import DeadLetter, Item
from gamebeam.schemas.scrub import NOWHERE, Places
from gamebeam.transforms.decode.carried_env import SEPARATOR, split_env, with_env
from gamebeam.transforms.decode.dead_letters import stand_in
from gamebeam.transforms.decode.decoder import Decoder
from gamebeam.transforms.decode.lines import LINE_BEHIND_A_SECRET, Lines
from gamebeam.transforms.decode.scrub import scrubber
from gamebeam.transforms.decode.times import is_ms, on_wire, to_ms
from gamebeam.transforms.decode.wire import UnreadableString, get

STEP_MS = 60_000  # a clock is corrected by whole minutes, so that what is sent again gets the same time again
LARGEST, LONGEST_KEY = 1_010_000, 1_000  # bytes: together under Kafka's 1 MB


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
        self.scrub = scrubber(contract, pii_key)  # without a key the job hashes
        self.decoder = Decoder(contract, pii_key or b"only to look")
        self.canonical = contract.wire == CANONICAL
        self.carries_env = "env" in contract.wire.envelope
        self.counter = f"{contract.counter}_id" if contract.counter else "player_id"

    def may_tell(self, body: bytes) -> bool:
        """Whether a word that could tell of a secret is anywhere in it; most requests hold none, and need no look inside."""
        return self.scrub.may_tell(body)

    def accept_all(self, payloads: list[bytes], key: Key, received: int, ahead: int, clean: bool) -> list[Verdict]:
        """accept() of a request's events. Those of a clean request are decoded together, which costs half."""
        together = self._accepted_together(payloads, key, received) if clean and not ahead and not key.backfill else repeat(None)
        lines = Lines(self.scrub)
        return [verdict or self.accept(payload, key, received, ahead, clean, lines)
                for payload, verdict in zip(payloads, together, strict=False)]

    def _accepted_together(self, payloads: list[bytes], key: Key, received: int) -> Iterable[Verdict | None]:
        """None for each that is no event as it came: accept() says what it is."""
        self.decoder.started = received
        try:
            stamped = [self._stamped(payload.replace(SEPARATOR, b" "), key, received) for payload in payloads]
            items = self.decoder.decode_all(stamped, [received] * len(stamped), None, "", None, searched=True)
        except MemoryError:
            raise
        except Exception:  # of one of them, which accept() finds again and notes
            return repeat(None)
        return [None if isinstance(item, DeadLetter) or len(payload) > LARGEST or self._is_of_another_env(item, key)
                else self._verdict(payload, item, key) for payload, item in zip(stamped, items, strict=True)]

    def accept(self, payload: bytes, key: Key, received: int, ahead: int = 0, clean: bool = False, lines: Lines | None = None) -> Verdict:
        """Return what is sent on for one event, and what the job will say of it. Raises for no payload.

        received: ms. ahead: ms by which the client's clock is ahead of ours, as clock_ahead gives it. clean: it may tell of nothing.
        lines: of the request, where it may be one message in several lines.
        """
        sent = payload
        self.decoder.started = received  # by which a backfill's times are judged
        payload = payload.replace(SEPARATOR, b" ")  # what follows it is the front door's to say, and no JSON holds it
        if not clean:
            payload = self._scrubbed(lambda: self._clean(payload), sent)
        try:
            item, stamped = self._prepared(payload, key, received, ahead)
        except MemoryError:
            raise
        except Exception as error:
            self.decoder.faults.note(error)
            stamped = with_env(payload, key.env) if self.carries_env else payload
            item = self._decoded(stamped, key, received)
        if isinstance(item, DeadLetter) and not clean:
            dead = item
            clean_dead = self._scrubbed(lambda: self._without_secrets(sent, stamped, dead, key, lines), sent)
            if clean_dead != stamped:
                stamped, item = clean_dead, self._decoded(clean_dead, key, received)
        elif lines:
            lines.end()
        return self._verdict(stamped, item, key)

    def _verdict(self, stamped: bytes, item: Item, key: Key) -> Verdict:
        of = getattr(item, self.counter) or item.player_id or ""
        message = Message(stamped, of.encode()[:LONGEST_KEY], item.arrival_time if key.backfill else 0)
        if isinstance(item, DeadLetter):
            return Verdict(message, None, item.reason, item.field, item.detail)
        return Verdict(message, item.event_id)

    def _scrubbed(self, scrub: Callable[[], bytes], payload: bytes) -> bytes:
        """What `scrub` returns; where it raises, a note of the payload's length and hash."""
        try:
            return scrub()
        except MemoryError:
            raise
        except Exception as error:
            self.decoder.faults.note(error)
            return stand_in(payload)

    def _clean(self, payload: bytes) -> bytes:
        """Without secrets, and without what the contract drops from events of its type."""
        if not self.may_tell(payload):
            return payload
        return self.scrub.message(payload, self._places(payload))

    def _places(self, payload: bytes) -> Places:
        try:
            message = msgspec.json.decode(payload)
            wire, event_type = self.decoder.extractor.identify(message) if isinstance(message, dict) else (self.wire, None)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, UnreadableString):
            return NOWHERE
        return self.decoder.events.places_of(wire, event_type)

    def _without_secrets(self, sent: bytes, stamped: bytes, item: DeadLetter, key: Key, lines: Lines | None) -> bytes:
        """What is sent on of no event: also without what another event type drops, and no line of a secret's value."""
        if lines and lines.hides(sent, self.scrub.find.first(sent) is not None, item.event_type is not None):
            return with_env(LINE_BEHIND_A_SECRET, key.env) if self.carries_env else LINE_BEHIND_A_SECRET
        body, env = split_env(stamped)
        clean = self.scrub.message(body)
        return clean if env is None else with_env(clean, env)

    def _decoded(self, payload: bytes, key: Key, received: int) -> Item:
        return self.decoder.decode(payload, None if key.backfill else received)

    def _prepared(self, payload: bytes, key: Key, received: int, ahead: int) -> tuple[Item, bytes]:
        """(event or dead letter, payload with received_time, the key's env, and the time by our clock)."""
        stamped = self._stamped(payload, key, received)
        item = self._decoded(stamped, key, received)
        if ahead or self._is_of_another_env(item, key):
            edited = self._edited(payload, key, received, ahead, with_key_env=True)
            if edited is not None:
                stamped, item = edited, self._decoded(edited, key, received)
        if len(stamped) > LARGEST:  # edited JSON may have grown past what a broker takes
            stamped = stamped[:LARGEST]
            item = self._decoded(stamped, key, received)
        if self._is_of_another_env(item, key):  # no JSON object: nothing inside can say it
            stamped = with_env(stamped, key.env)
            item = self._decoded(stamped, key, received)
        return item, stamped

    def _is_of_another_env(self, item: Item, key: Key) -> bool:
        """Also a dead letter for its env, whatever was there: the key says it."""
        return self.carries_env and (item.env != key.env or (isinstance(item, DeadLetter) and item.field == "env"))

    def _stamped(self, payload: bytes, key: Key, received: int) -> bytes:
        """The payload with received_time, and where it names none with the key's env."""
        if key.backfill:
            return payload
        if not self.canonical:
            return self._edited(payload, key, received, 0, with_key_env=key.env != "live") or payload
        body = payload.rstrip()
        if not body.endswith(b"}") or body[:-1].strip() == b"{":
            return payload
        if b'"received_time"' in payload or b"\\u" in payload:
            return self._edited(payload, key, received, 0, with_key_env=key.env != "live") or payload
        env = b"" if key.env == "live" or b'"env"' in payload else b',"env":' + msgspec.json.encode(key.env)
        return b'%b,"received_time":%d%b}' % (body[:-1], received, env)  # cheaper than taking it apart

    def _edited(self, payload: bytes, key: Key, received: int, ahead: int, with_key_env: bool) -> bytes | None:
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
        if with_key_env and self.carries_env:
            _put(message, places["env"], key.env)
        if ahead and places["event_time"] != "arrival":
            told = get(message, places["event_time"])
            event_time = to_ms(told, self.wire.time_format)
            if is_ms(event_time) and is_ms(event_time - ahead):
                _put(message, places["event_time"], self._time(event_time - ahead))
                _put(message, self.wire.client_time_path, told)
        return msgspec.json.encode(message)

    def _time(self, ms: int) -> int | str:
        time = on_wire(ms, self.wire.time_format)
        return str(time) if self.wire.numbers_as_strings else time


def clock_ahead(sent_at: int, received: int) -> int:
    """ms by which the client's clock is ahead, in whole minutes: what is less is the network."""
    return round((sent_at - received) / STEP_MS) * STEP_MS


def _put(message: dict[str, object], path: str, value: object) -> None:
    """Where the way there is objects; else under the dotted path at the top, where decode finds it, too."""
    at = message
    *parents, leaf = path.split(".")
    for part in parents:
        inner = at.setdefault(part, {})
        if not isinstance(inner, dict):
            message[path] = value
            return
        at = inner
    at[leaf] = value
