"""Where players' last known values lie in Redis: a hash per player, a value and the order of its event per field."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import msgspec
import redis
from redis.backoff import ExponentialBackoff
from redis.retry import Retry

AT_ONCE = 1_000  # players in one round trip
RETRIES = Retry(ExponentialBackoff(cap=5, base=0.1), 20)  # about 80 s: an update may be made twice, and changes nothing then
YEAR_ONE_MS = -62_135_596_800_000
SET_IF_LATER = """
for i = 1, #ARGV, 3 do
  local name, order, value = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  local known = redis.call('HGET', KEYS[1], name .. '@')
  if not known or known < order then redis.call('HSET', KEYS[1], name, value, name .. '@', order) end
end
"""


class PlayersError(ValueError):
    """A store that cannot be used: one line, without its password."""


def order(event_time: int, seq: int | None, event_id: str) -> str:
    """Text that sorts as (event_time in ms, seq, event_id) does, in digits and a-f alone: Redis compares by the locale of its machine."""
    return f"{event_time - YEAR_ONE_MS:015d}{seq or 0:016d}{event_id.encode().hex()}"


def player_key(game: str, env: str, player: str) -> str:
    """All keys of a game share a hash tag, so that a cluster keeps them on one node, as scripts over several need."""
    return f"gamebeam:{{{game}}}:player:{env}:{player}"


def player_of(stored: Mapping[bytes, bytes]) -> dict[str, Any]:
    """field -> {value, event_time} of what lies under a player's key; empty where nobody knows the player."""
    return {name.decode(): {"value": msgspec.json.decode(value), "event_time": _time(stored[name + b"@"])}
            for name, value in sorted(stored.items()) if not name.endswith(b"@")}


class PlayerStore:
    """The players of one game."""

    def __init__(self, url: str, game: str):
        self.url, self.game = url, game
        self.redis = redis.Redis.from_url(url, retry=RETRIES, socket_timeout=10, socket_connect_timeout=5)
        self._set_if_later = self.redis.register_script(SET_IF_LATER)

    def update(self, players: Mapping[tuple[str, str], Mapping[str, tuple[str, bytes]]]) -> None:
        """(env, player) -> field -> (order, value as JSON): each value stays only if no later one is there."""
        with _named(self.url):
            updates = list(players.items())
            for start in range(0, len(updates), AT_ONCE):
                with self.redis.pipeline(transaction=False) as pipe:
                    for (env, player), values in updates[start : start + AT_ONCE]:
                        args = [part for name, (place, value) in values.items() for part in (name, place, value)]
                        self._set_if_later(keys=[player_key(self.game, env, player)], args=args, client=pipe)
                    pipe.execute()

    def read(self, env: str, player: str) -> dict[str, Any]:
        with _named(self.url):
            return player_of(self.redis.hgetall(player_key(self.game, env, player)))  # type: ignore[arg-type]

    def close(self) -> None:
        self.redis.close()


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


def _time(place: bytes) -> str:
    return (datetime(1, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(place[:15]))).isoformat(timespec="milliseconds")
