"""message -> Event, or DeadLetter with the reason. No input raises; every input becomes exactly one of the two."""

import time
from collections.abc import Callable
from itertools import repeat
from typing import Union, cast

import msgspec

from gamebeam.schemas.contract.contract import Contract
from gamebeam.schemas.contract.wire import CANONICAL
from gamebeam.schemas.dates import DAY_MS, HOUR_MS
from gamebeam.schemas.events import DeadLetter, Envelope, Item, event_classes
from gamebeam.schemas.scrub import Unsearchable
from gamebeam.transforms.decode.carried_env import SEPARATOR, split_env
from gamebeam.transforms.decode.dead_letters import DeadLetters, digest, stand_in
from gamebeam.transforms.decode.faults import Faults
from gamebeam.transforms.decode.scrub import EventScrubber, hash_fields, hashed, scrubber
from gamebeam.transforms.decode.times import is_ms
from gamebeam.transforms.decode.violation import Violation, field_and_detail
from gamebeam.transforms.decode.wire import MISSING, Extracted, Extractor, UnreadableString, Values

REASONS = ("too_large", "malformed", "unknown_event_type", "schema_violation", "timestamp_out_of_range")
AHEAD_MS, BEHIND_MS = DAY_MS, 30 * DAY_MS  # how far event_time may be from arrival_time
BOM = b"\xef\xbb\xbf"
ALL_TIME = -(2**62), 2**62  # ms
UNPLACED = ALL_TIME[0]  # arrival of a message that does not contain one, before any that does


class Decoder:
    """decode() for one contract. A message in canonical JSON takes the typed path; all else, and all that fails, the general one.

    started: ms, the start of the run, by which times are judged where no broker dates a message; now, if None. A reader that never
    ends moves it along. reached: the arrival of the last message of decode_all() that had one, in ms, or None.
    Raises ValueError for a contract that needs a key and has none: not at a message.
    """

    def __init__(self, contract: Contract, pii_key: bytes | None = None, started: int | None = None):
        self.contract = contract
        self.hashed = {name: hash_fields(e.fields) for name, e in contract.events.items()}
        if pii_key is None and any(self.hashed.values()):
            raise ValueError("the contract has pii=hash, but no key: set pii_key_file in --config, or GAMEBEAM_PII_KEY_FILE")
        self.started = time.time_ns() // 1_000_000 if started is None else started
        self.reached: int | None = None
        self.classes = event_classes(contract)
        self.extractor = Extractor(contract)
        self.scrub = scrubber(contract, pii_key)
        self.events = EventScrubber(contract, self.extractor, self.scrub)
        self.dead_letters = DeadLetters(contract, self.extractor, self.scrub)
        self.faults = Faults()
        typed = contract.wire == CANONICAL and not contract.keep_raw and not any(self.hashed.values())
        self.typed: Callable[[bytes], Envelope] | None = None
        if typed:
            self.typed = msgspec.json.Decoder(Union[tuple(self.classes.values())]).decode  # noqa: UP007

    def decode(self, payload: bytes, arrival_time: int | None = None, message_id: str = "", source: str = "",
               previous_arrival: int | None = None) -> Item:
        """An instance of the event type's class, or a DeadLetter.

        arrival_time: ms, from the broker; None in a plain file, where the message's own is read, else previous_arrival stands in, else
        the start of the run.
        """
        return self.decode_all([payload], None if arrival_time is None else [arrival_time], [message_id], source, previous_arrival)[0]

    def decode_all(self, payloads: list[bytes], arrivals: list[int] | None, ids: list[str] | None, source: str,
                   previous_arrival: int | None, searched: bool = False) -> list[Item]:
        """decode() of messages that came one after the other. The first ones of a file take the next arrival that can be read.

        searched: somebody has looked already, and none of the payloads may hold a secret.
        """
        typed, unplaced = self._typed(payloads, searched), []
        items = cast(list[Item], typed)  # each None is replaced below
        game, lateness_ms = self.contract.name, self.contract.allowed_lateness_ms
        earliest, latest = self._believed() if arrivals is None else ALL_TIME
        previous = UNPLACED if previous_arrival is None else previous_arrival
        for i, (event, arrived) in enumerate(zip(typed, arrivals or repeat(None), strict=False)):
            if event is not None:
                happened = event.event_time
                came = arrived
                if came is None:
                    came = event.received_time
                    if came is None:
                        came = happened
                behind = came - happened
                if -AHEAD_MS <= behind <= BEHIND_MS and earliest <= happened <= latest and earliest <= came <= latest:
                    event.arrival_time = previous = came
                    event.late = behind > lateness_ms
                    if not event.env:
                        event.env = "live"
                    if not event.game:
                        event.game = game
                    event.additional_properties = event.raw_event = None
                    event.shape_rank = 0
                    continue
            self.dead_letters.at(i)
            items[i] = self._guarded(payloads[i], arrived, ids[i] if ids else "", source, previous)
            if items[i].arrival_time == UNPLACED:
                unplaced.append(i)
            else:
                previous = items[i].arrival_time
        self.reached = None if previous == UNPLACED else previous
        if unplaced:  # all of them are before the first message that has an arrival
            after = unplaced[-1] + 1
            found = items[after].arrival_time if after < len(items) else self.started
            for i in unplaced:
                self.dead_letters.at(i)
                items[i] = self._guarded(payloads[i], None, ids[i] if ids else "", source, found)
        self.dead_letters.end(len(payloads))
        return items

    def _believed(self) -> tuple[int, int]:
        """(earliest, latest) time in ms that is accepted from a message itself."""
        bounds = self.contract.bounds
        return bounds.earliest_ms, self.started + AHEAD_MS if bounds.latest_ms is None else bounds.latest_ms

    def _typed(self, payloads: list[bytes], searched: bool) -> list[Envelope | None]:
        """Events as far as the typed path decodes them; None where it does not."""
        if self.typed is None:
            return [None] * len(payloads)
        limit = self.contract.max_message_bytes
        if max(map(len, payloads), default=0) > limit:
            payloads = [p if len(p) <= limit else b"" for p in payloads]
        items: list[Envelope | None] = []
        decoding = map(self.typed, payloads)
        while len(items) < len(payloads):
            try:
                items.extend(decoding)  # in C; what was decoded before an exception is there
            except MemoryError:
                raise
            except Exception:  # the general path says what is wrong, or catches it again
                items.append(None)
        if not searched and not self.scrub.quiet(payloads):
            for i, payload in enumerate(payloads):
                if items[i] is not None and self.scrub.may_tell(payload):
                    items[i] = None
        return items

    def _guarded(self, payload: bytes, arrival_time: int | None, message_id: str, source: str, previous_arrival: int) -> Item:
        """decode_generally(), of which one message's fault stops nothing: whatever it raises becomes that message's dead letter."""
        try:
            return self.decode_generally(payload, arrival_time, message_id, source, previous_arrival)
        except MemoryError:
            raise
        except Exception as error:
            return self._faulty(payload, arrival_time, source, previous_arrival, error)

    def _faulty(self, payload: bytes, arrival_time: int | None, source: str, previous_arrival: int, error: Exception) -> DeadLetter:
        detail = self.faults.note(error)
        payload, env = split_env(payload)
        try:
            self._parse(payload)
            parses, reason = True, "schema_violation"
        except Exception:
            parses, reason = False, "malformed"
        try:
            return self._dead_letter(payload, parses, arrival_time, source, previous_arrival, env, reason, None, detail)
        except MemoryError:
            raise
        except Exception:  # it could not be scrubbed, or nothing of it could be read
            arrived = previous_arrival if arrival_time is None else arrival_time
            return self.dead_letters.make({"env": env}, stand_in(payload), arrived, None, source, reason, None, detail)

    def decode_generally(self, payload: bytes, arrival_time: int | None = None, message_id: str = "", source: str = "",
                         previous_arrival: int = UNPLACED) -> Item:
        """What decode() means, whatever the wire; the typed path gives the same, only faster."""
        env = None
        if SEPARATOR in payload:
            payload, env = split_env(payload)
        payload = payload.removeprefix(BOM)
        try:
            message = self._parse(payload)
        except Violation as violation:
            return self._dead_letter(payload, False, arrival_time, source, previous_arrival, env, *violation.args)
        try:
            event = self._event(payload, message, arrival_time, message_id, previous_arrival)
            event.env = event.env if env is None else env
            self.events.count()
            return event
        except Violation as violation:
            return self._dead_letter(payload, True, arrival_time, source, previous_arrival, env, *violation.args)

    def _parse(self, payload: bytes) -> dict[str, object]:
        if len(payload) > self.contract.max_message_bytes:
            raise Violation("too_large", None, f"{len(payload)} bytes; the limit is {self.contract.max_message_bytes}")
        if exceeded := self.contract.bounds.exceeded(payload):
            raise Violation("malformed", None, exceeded)
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

    def _event(self, payload: bytes, message: dict[str, object], arrival_time: int | None, message_id: str,
               previous_arrival: int) -> Envelope:
        by_hash = self.contract.wire.envelope["event_id"] == "hash"
        clean, message = self._scrubbed(payload, message)
        found = self._extract(message)
        if found.event_type is None:
            unknown = found.type_on_wire
            detail = "no event type in the message" if unknown is MISSING else "the contract has no such event type"
            raise Violation("unknown_event_type", None, detail)
        values = found.values
        arrived = self._arrival(values, arrival_time, previous_arrival)
        if self.contract.wire.envelope["event_time"] == "arrival":
            values["event_time"] = arrived
        if by_hash:
            values["event_id"] = digest(clean, str(values.get("event_time")).encode(), message_id.encode())
        own_arrival = values.pop("arrival_time", None)
        for f in self.hashed[found.event_type]:
            if f.name in values:
                values[f.name] = hashed(self.scrub, f, values[f.name])
        event = self._validated(found.event_type, values)
        if arrival_time is None and arrived != UNPLACED:
            self._check_believed(event.event_time, own_arrival)
        behind = arrived - event.event_time
        if not -AHEAD_MS <= behind <= BEHIND_MS:
            far = f"{-behind // HOUR_MS} h ahead of" if behind < 0 else f"{behind // DAY_MS} days behind"
            raise Violation("timestamp_out_of_range", "event_time", f"{far} arrival_time; at most 24 h ahead, 30 days behind")
        event.arrival_time, event.late, event.shape_rank = arrived, behind > self.contract.allowed_lateness_ms, found.rank
        event.env, event.game = event.env or "live", event.game or self.contract.name
        event.additional_properties = msgspec.json.encode(found.leftover).decode() if found.leftover else None
        event.raw_event = clean.decode() if self.contract.keep_raw else None
        return event

    def _scrubbed(self, payload: bytes, message: dict[str, object]) -> tuple[bytes, dict[str, object]]:
        try:
            return self.events.scrub(payload, message)
        except UnreadableString as e:
            raise Violation("schema_violation", *e.args) from None
        except (Unsearchable, RecursionError) as e:
            raise Violation("malformed", None, str(e)) from None

    def _check_believed(self, event_time: int, own_arrival: object) -> None:
        """Without a broker's arrival, a time that no player can have sent is a dead letter: a wrong unit, a wrong clock, a placeholder."""
        earliest, latest = self._believed()
        for name, value in (("event_time", event_time), ("arrival_time", own_arrival)):
            if is_ms(value) and value < earliest:
                raise Violation("timestamp_out_of_range", name, "before earliest_event_time of contract.yaml (default 2000-01-01)")
            if is_ms(value) and value > latest:
                raise Violation("timestamp_out_of_range", name,
                                "after latest_event_time of contract.yaml (default: 24 h after the start of the run)")

    def _extract(self, message: dict[str, object]) -> Extracted:
        try:
            return self.extractor.extract(message)
        except UnreadableString as e:
            raise Violation("schema_violation", *e.args) from None

    def _validated(self, event_type: str, values: Values) -> Envelope:
        try:
            return msgspec.convert(values, self.classes[event_type], strict=True)
        except msgspec.ValidationError as e:
            raise Violation("schema_violation", *field_and_detail(str(e))) from None

    def _dead_letter(self, payload: bytes, parses: bool, arrival_time: int | None, source: str, previous_arrival: int, env: str | None,
                     reason: str, field: str | None, detail: str) -> DeadLetter:
        known, clean, beside = self.dead_letters.look(payload, parses)
        if env is not None:
            known["env"] = env
        arrived = self._arrival(known, arrival_time, previous_arrival)
        event_time = known.get("event_time")
        if event_time is not None and not (-AHEAD_MS <= arrived - event_time <= BEHIND_MS and (
                arrival_time is not None or self._is_believed(event_time))):
            event_time = None
        return self.dead_letters.make(known, clean, arrived, event_time, source, reason, field, detail, beside)

    def _arrival(self, known: Values, arrival_time: int | None, previous_arrival: int) -> int:
        """The broker's arrival, else the message's own, else its event_time, else that of the message before it; in ms."""
        if arrival_time is not None:
            return arrival_time
        for name in ("arrival_time", "event_time"):
            if self._is_believed(known.get(name)):
                return int(known[name])
        return previous_arrival

    def _is_believed(self, value: object) -> bool:
        earliest, latest = self._believed()
        return type(value) is int and earliest <= value <= latest
