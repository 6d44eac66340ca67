"""Where messages come from, by URI: kafka://broker[,broker]/topic[,topic]?…, pubsub://projects/P/subscriptions/S?…, or a path or glob."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

DURATION = re.compile(r"(\d+)(ms|s|m|h|d)")
SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3_600, "d": 86_400}
OURS = ("bootstrap.servers", "group.id", "enable.auto.commit", "enable.auto.offset.store", "auto.offset.reset")


class SourceError(ValueError):
    """A --source that cannot be read: one line that says what, and what to write instead."""


@dataclass(frozen=True)
class Files:
    """Files, plain or gzip, on any of Beam's filesystems."""

    pattern: str

    @property
    def name(self) -> str:
        return self.pattern


@dataclass(frozen=True)
class Kafka:
    """Topics of one cluster. rewind_s: how far before the launch to start, for start=rewind; idle_s None: no partition is ever idle."""

    servers: str
    topics: tuple[str, ...]
    group: str = "gamebeam"
    start: str = "committed"  # or earliest, latest, rewind
    rewind_s: float = 0
    idle_s: float | None = 3.0
    until_idle: bool = False  # the job ends once every partition has been read to its end, and was idle
    client: dict[str, str] = field(default_factory=dict, repr=False)  # may hold passwords

    @property
    def name(self) -> str:
        """What may be shown and logged."""
        return f"kafka://{self.servers}/{','.join(self.topics)}"


@dataclass(frozen=True)
class PubSub:
    """A subscription: projects/P/subscriptions/S. timestamp_attribute: whose value is the arrival, in place of the publish time."""

    subscription: str
    timestamp_attribute: str | None = None
    idle_s: float | None = 3.0
    until_idle: bool = False

    @property
    def name(self) -> str:
        return f"pubsub://{self.subscription}"


Source = Files | Kafka | PubSub


def parse_source(text: str) -> Source:
    scheme = text.split("://", 1)[0] if "://" in text else ""
    if scheme == "kafka":
        return _kafka(text)
    if scheme == "pubsub":
        return _pubsub(text)
    return Files(text)


def _pubsub(text: str) -> PubSub:
    shown, _, query = text.partition("?")
    path = shown.removeprefix("pubsub://")
    if broken := _broken_rule(path):
        raise SourceError(f"{shown}: {broken}")
    given = parameters(shown, query, ("idle", "until", "timestamp_attribute"), also="")
    return PubSub(path, given.get("timestamp_attribute"), *_idle(shown, given))


def _broken_rule(path: str) -> str:
    """Which of Pub/Sub's rules the path of a subscription breaks; empty where it breaks none."""
    parts = re.fullmatch(r"projects/([^/]*)/subscriptions/([^/]*)", path)
    if not parts:
        hint = "a topic is read through a subscription to it: " if "/topics/" in path else ""
        return f"{hint}expected pubsub://projects/PROJECT/subscriptions/SUBSCRIPTION"
    project, subscription = parts.groups()
    if not re.fullmatch(r"[a-z][a-z0-9.:-]{4,}[a-z0-9]", project):
        return f"project {project!r}: an id has 6 to 30 lower-case letters, digits and hyphens, and begins with a letter"
    if not re.fullmatch(r"[a-zA-Z][\w.~+%-]{2,254}", subscription, re.ASCII):
        return f"subscription {subscription!r}: a name has 3 to 255 letters, digits and - _ . ~ + %, and begins with a letter"
    return ""


def _idle(shown: str, given: dict[str, str]) -> tuple[float | None, bool]:
    """(seconds after which a source without messages is idle, None for never; whether that is the job's end)."""
    idle = given.get("idle", "3s")
    if given.get("until", "idle") != "idle":
        raise SourceError(f"{shown}: until={given['until']}: expected until=idle, or nothing for a job without an end")
    if idle == "never" and "until" in given:
        raise SourceError(f"{shown}: until=idle needs idle={{seconds}}, not idle=never")
    return None if idle == "never" else seconds(shown, "idle", idle), "until" in given


def _kafka(text: str) -> Kafka:
    uri = urlsplit(text)
    shown = text.split("?", 1)[0]  # what follows may hold a password
    topics = tuple(t for t in uri.path.strip("/").split(",") if t)
    if not uri.netloc or not topics:
        raise SourceError(f"{shown}: expected kafka://broker:9092[,broker:9092]/topic[,topic]?group=…&start=…")
    if bad := [t for t in topics if not re.fullmatch(r"[\w.-]{1,249}", t, re.ASCII)]:
        raise SourceError(f"{shown}: {bad[0]!r} is no topic's name: letters, digits, '.', '_' and '-'")
    given = parameters(shown, uri.query, ("group", "start", "idle", "until"))
    client = {name: value for name, value in given.items() if "." in name}
    if reserved := [name for name in client if name in OURS]:
        raise SourceError(f"{shown}: {reserved[0]} is not for you to set: offsets are committed once their messages are written")
    start, rewind = given.get("start", "committed"), 0.0
    if start.startswith("rewind:"):
        start, rewind = "rewind", seconds(shown, "start=rewind", start.removeprefix("rewind:"))
    elif start not in ("committed", "earliest", "latest"):
        raise SourceError(f"{shown}: start={start}: expected committed, earliest, latest or rewind:2h")
    return Kafka(uri.netloc, topics, given.get("group", "gamebeam"), start, rewind, *_idle(shown, given), client)


def parameters(shown: str, query: str, known: Iterable[str],
               also: str = ", and the client's own settings, which have a dot in their name") -> dict[str, str]:
    """name=value&…: known names, and those that `also` speaks of."""
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=True) if query else []
    except ValueError:
        raise SourceError(f"{shown}: after the ? stands name=value&name=value") from None
    for name, value in pairs:
        if name not in known and not (also and "." in name):
            raise SourceError(f"{shown}: unknown parameter {name}; known are {', '.join(known)}{also}")
        if not value:
            raise SourceError(f"{shown}: {name} is empty")
    return dict(pairs)


def seconds(shown: str, name: str, text: str) -> float:
    match = DURATION.fullmatch(text if not text.isdigit() else f"{text}s")
    if not match or not int(match[1]):
        raise SourceError(f"{shown}: {name}={text}: expected a time such as 3s, 10m or 2h")
    return int(match[1]) * SECONDS[match[2]]
