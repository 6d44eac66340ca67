"""What Redis keeps of a game's players: last known values, a hash per player; when each was seen; who was told of what."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

import msgspec
import redis
from redis.backoff import ExponentialBackoff
from redis.retry import Retry

from gamebeam.schemas.contract.notifications import Notification
from gamebeam.transforms.sinks.player_store.notifications import Due

LAST_SEEN = "last_seen"
AT_ONCE = 5  # players in one round trip: a reader waits for no more
PAGE = 1_000  # players looked up at once
RETRIES = Retry(ExponentialBackoff(cap=5, base=0.1), 20)  # about 80 s: an update may be made twice, and changes nothing then
YEAR_ONE_MS = -62_135_596_800_000
TELL_ONCE = """
if redis.call('SADD', KEYS[1], ARGV[1]) == 0 then return 0 end
redis.call('XADD', KEYS[2], '*', 'action', ARGV[2], 'facts', '')
return 1
"""


class PlayersError(ValueError):
    """A store that cannot be used: one line, without its password."""


def order(event_time: int, seq: int | None, event_id: str) -> str:
    """Text that sorts as (event_time in ms, seq, event_id) does, in digits and a-f alone: Redis compares by the locale of its machine."""
    return f"{event_time - YEAR_ONE_MS:015d}{seq or 0:016d}{event_id.encode().hex()}"


def player_key(game: str, env: str, player: str) -> str:
    """All keys of a game share a hash tag, so that a cluster keeps them on one node, as scripts over several need."""
    return f"gamebeam:{{{game}}}:player:{env}:{player}"


def player_of(stored: Mapping[bytes, bytes]) -> dict[str, object]:
    """field -> {value, event_time} of what lies under a player's key; empty where nobody knows the player."""
    return {name.decode(): {"value": msgspec.json.decode(value), "event_time": _time(stored[name + b"@"])}
            for name, value in sorted(stored.items()) if not name.endswith(b"@")}


class PlayerStore:
    """The players of one game."""

    def __init__(self, url: str, game: str, rules: Sequence[Notification] = ()):
        self.url, self.game, self.prefix = url, game, f"gamebeam:{{{game}}}"
        self.rules, self.seen, self.stream = rules, f"{self.prefix}:seen", f"{self.prefix}:notifications"
        self.groups = json.dumps([{"name": r.name, "text": r.text, "field": r.field, "members": r.members} for r in rules if r.members])
        self.redis = redis.Redis.from_url(url, retry=RETRIES, socket_timeout=10, socket_connect_timeout=5)
        self._update = self.redis.register_script((files(__package__) / "players.lua").read_text())
        self._tell = self.redis.register_script(TELL_ONCE)

    def update(self, players: Mapping[tuple[str, str], Mapping[str, tuple[str, bytes]]]) -> None:
        """(env, player) -> field -> (order, value as JSON): each value stays only if no later one is there."""
        for some in self._pipelines(list(players.items())):
            for pipe, ((env, player), values) in some:
                keys = [player_key(self.game, env, player), self.seen, self.stream]
                last = max(place for place, _ in values.values())
                args: list[str | int] = [self.prefix, env, player, json.dumps([env, player]), _ms(last), self.groups]
                args += [part for name, (place, value) in values.items() for part in (name, place, value)]
                self._update(keys=keys, args=args, client=pipe)

    def tell(self, told: Iterable[Due]) -> None:
        """Notes a message for each, unless this player was told by this rule before."""
        for some in self._pipelines(list(told)):
            for pipe, (rule, env, player, value) in some:
                message = {"notification_id": f"{rule.name}/{env}/{player}", "rule": rule.name, "env": env, "player_id": player,
                           "text": rule.text} | ({} if value is None else {"value": value})
                keys = [f"{self.prefix}:told:{rule.name}:{env}", self.stream]
                self._tell(keys=keys, args=[player, json.dumps(message)], client=pipe)

    def tell_absent(self, now_ms: int) -> None:
        """Notes a message for each player who was last seen so long ago as a rule on absence says."""
        with _named(self.url):
            for rule in self.rules:
                start = 0
                while rule.absent_ms:
                    seen: Any = self.redis.zrange(self.seen, "-inf", now_ms - rule.absent_ms, byscore=True, offset=start, num=PAGE)
                    self.tell(Due(rule, *json.loads(env_and_player)) for env_and_player in seen)
                    if len(seen) < PAGE:
                        break
                    start += PAGE

    def read(self, env: str, player: str) -> dict[str, object]:
        with _named(self.url):
            return player_of(self.redis.hgetall(player_key(self.game, env, player)))  # type: ignore[arg-type]

    def last_seen(self, env: str, players: Sequence[str]) -> dict[str, int]:
        """Player -> event_time, in ms, of the newest event that the state knows of; in one round trip."""
        with _named(self.url), self.redis.pipeline(transaction=False) as pipe:
            for player in players:
                pipe.hget(player_key(self.game, env, player), f"{LAST_SEEN}@")
            return {player: _ms(place.decode()) for player, place in zip(players, pipe.execute(), strict=True) if place}

    def close(self) -> None:
        self.redis.close()

    def _pipelines(self, items: list[Any]) -> Iterator[list[tuple[Any, Any]]]:
        """The items some at a time, each beside the pipeline that sends all of them in one go."""
        with _named(self.url):
            for start in range(0, len(items), AT_ONCE):
                with self.redis.pipeline(transaction=False) as pipe:
                    yield [(pipe, item) for item in items[start : start + AT_ONCE]]
                    pipe.execute()


def check_store(url: str) -> None:
    """Whether somebody answers there, before a job starts."""
    with _named(url):
        redis.Redis.from_url(url, retry=Retry(ExponentialBackoff(), 2), socket_timeout=5, socket_connect_timeout=5).ping()


@contextmanager
def _named(url: str) -> Iterator[None]:
    parts = urlsplit(url)
    shown = f"{parts.scheme}://{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}{parts.path}"
    if parts.scheme not in ("redis", "rediss", "unix"):
        raise PlayersError(f"--players={shown}: expected redis://host:6379/0, or rediss:// with TLS")
    try:
        yield
    except redis.AuthenticationError:
        raise PlayersError(f"--players={shown}: Redis does not take this user and password") from None
    except (redis.ConnectionError, redis.TimeoutError) as e:
        raise PlayersError(f"--players={shown}: Redis does not answer ({type(e).__name__})") from None


def _ms(place: str) -> int:
    return int(place[:15]) + YEAR_ONE_MS


def _time(place: bytes) -> str:
    return (datetime(1, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(place[:15]))).isoformat(timespec="milliseconds")
