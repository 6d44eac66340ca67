"""contract.yaml: the game's name, and what holds for all of its events."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, ClassVar, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Meta, Struct, field

from gamebeam.schemas.contract.bounds import Bounds
from gamebeam.schemas.contract.fields import ContractError
from gamebeam.schemas.contract.yaml_models import Duration, Name, read_yaml

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LONGEST_HOLE = 10**9  # that max_hole may be: missing is then a sum that cannot overflow


class Moment(int):
    """ms since 1970. YAML reads 2000-01-01 as a date, and 2000-01-01 12:00:00 as a time; both are UTC unless they say otherwise."""

    takes: ClassVar[str] = "a date or time such as 2000-01-01"

    @classmethod
    def parse(cls, value: object) -> Self:
        try:
            when = datetime.fromisoformat(value) if isinstance(value, str) else value
        except ValueError:
            when = None
        if isinstance(when, date) and not isinstance(when, datetime):
            when = datetime.combine(when, time())
        if not isinstance(when, datetime):
            raise ValueError(f"expected {cls.takes}, not {value!r}")
        return cls(((when if when.tzinfo else when.replace(tzinfo=UTC)) - EPOCH) // timedelta(milliseconds=1))


class TimeZone(str):
    """A time zone of the tz database."""

    takes: ClassVar[str] = "a time zone such as UTC or Europe/Berlin"

    @classmethod
    def parse(cls, value: object) -> Self:
        try:
            if value != "UTC":
                ZoneInfo(value)  # type: ignore[arg-type]
            return cls(value)
        except (ZoneInfoNotFoundError, TypeError, ValueError, OSError):
            raise ValueError(f"expected a name such as UTC or Europe/Berlin, not {value!r}") from None


class Settings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """contract.yaml. Names in tables and error messages are the file's."""

    name: Annotated[Name, Meta(description="The game's name, in archives, tables and messages.")]
    title: Annotated[str | int | float | None, Meta(description="The game in a few words, for people.")] = None
    counter: Annotated[Literal["player", "install", "session"] | None, Meta(
        title="player, install or session; leave it out where clients count nothing",
        description="Whose events `seq` counts. Without it, lost events are not measurable.")] = None
    currency: Annotated[str, Meta(description="What reports call the money; amounts in events are USD.")] = "USD"
    time_zone: Annotated[TimeZone, Meta(description="Whose days reports count.")] = TimeZone("UTC")
    session_gap_ms: Annotated[Duration | None, Meta(
        description="A session ends after so long without an event. Leave it out where events have a session_id.")] = field(
            default=None, name="session_gap")
    allowed_lateness_ms: Annotated[Duration, Meta(description="An event that arrives later than this after it happened is late.")] = field(
        default=Duration(3_600_000), name="allowed_lateness")
    max_message_bytes: Annotated[int, Meta(
        ge=1, title="a number of bytes", description="A larger message is a dead letter: too_large.")] = 262_144
    keep_raw: Annotated[bool, Meta(description="Whether each event's table has the message itself, scrubbed, as raw_event.")] = False
    max_hole: Annotated[int, Meta(
        ge=1, le=LONGEST_HOLE, title=f"a number of events from 1 to {LONGEST_HOLE:,}",
        description="Numbers that a counter may skip in a row and that still count as missing; more is a client's nonsense.")] = 1_000_000
    max_depth: Annotated[int, Meta(
        ge=20, le=200, title="a whole number from 20 to 200", description="Levels of arrays and objects in each other.")] = Bounds.depth
    max_digits: Annotated[int, Meta(
        ge=100, le=300, title="a whole number from 100 to 300",
        description="Digits of a whole number, and characters of a number inside a string.")] = Bounds.digits
    earliest_event_time: Annotated[Moment, Meta(
        description="The earliest event time that is accepted where nothing says when a message arrived.")] = Moment(Bounds.earliest_ms)
    latest_event_time: Annotated[Moment | None, Meta(
        description="The latest such event time. The default is the start of the run + 24 h.")] = None

    @property
    def bounds(self) -> Bounds:
        return Bounds(self.max_depth, self.max_digits, self.earliest_event_time, self.latest_event_time)


def parse_settings(text: str, file: str) -> Settings:
    """Read contract.yaml. Raises ContractError."""
    settings = read_yaml(text, file, Settings)
    if settings.latest_event_time is not None and settings.latest_event_time <= settings.earliest_event_time:
        raise ContractError(file, "latest_event_time", "must be after earliest_event_time")
    return settings
