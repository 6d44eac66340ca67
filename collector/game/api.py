"""The game API as routes of the collector, and a relay of its events that runs beside them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from importlib.resources import files
from typing import Any

import msgspec
import yaml
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError, ResponseError, TimeoutError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gamebeam.collector.body import Refused
from gamebeam.collector.game import gameco, khan, placebo
from gamebeam.collector.game.accounts import MOST_AFFILIATIONS, MOST_ITEMS, Accounts, NotTaken
from gamebeam.collector.game.requests import BadRequest
from gamebeam.collector.open_sink import open_sink
from gamebeam.collector.outbox import Outbox
from gamebeam.collector.settings import SettingsError
from gamebeam.collector.sink import Sink

GAMES: dict[str, Any] = {"placebo": (placebo, placebo.Placebo), "khan": (khan, khan.Khan), "gameco": (gameco, gameco.Gameco)}
WHY_NOT = {
    "exists": (409, "a player of this userid exists already; choose another"),
    "unknown": (404, "no such player: POST /create/user first"),
    "full": (409, f"full: {MOST_ITEMS:,} items, {MOST_AFFILIATIONS} guilds and teams at most"),
    "none": (409, "none left: buy one first"),
    "busy": (503, "the broker is away, and too many events wait; try again later"),
}
WAIT_S = 15  # for Redis to answer
AWAY = (503, "the game's store is away; try again later")
Handler = Callable[[Request], Awaitable[Response]]


class GameSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """game: whose routes and rules. redis: where its accounts are. to: its broker, as a game's `to`; topics are the game's own."""

    game: str
    redis: str
    to: str


class GameApi:
    """One game's routes over its accounts in Redis, and the relay that sends its events."""

    def __init__(self, game: str, redis_url: str, to: Callable[[], Sink]):
        module, rules = GAMES[game]
        once = Retry(NoBackoff(), 0)  # a purchase whose answer got lost must not be made twice
        pool = BlockingConnectionPool.from_url(redis_url, max_connections=32, timeout=WAIT_S, socket_timeout=WAIT_S,
                                               socket_connect_timeout=5, retry=once)
        self.redis = Redis.from_pool(pool)
        self.to, accounts = to, Accounts(self.redis, game)
        self.routes = [Route(path, _answered(handler), methods=methods) for path, methods, handler in rules(accounts).routes]
        self.paths = yaml.safe_load((files(__package__) / "openapi.yaml").read_text())[game]
        self.outbox = Outbox(self.redis, accounts.outbox, module.messages)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Events leave the outbox while the server runs."""
        sink = self.to()
        relay = asyncio.create_task(self.outbox.relay(sink))
        try:
            yield
        finally:
            relay.cancel()
            with suppress(asyncio.CancelledError):
                await relay
            await sink.close()
            await self.redis.aclose()


def game_api(given: dict[str, object], broker_seconds: float) -> GameApi:
    """From the collector's settings, game_api: {game, redis, to}."""
    try:
        wanted = msgspec.convert(given, GameSettings)
    except msgspec.ValidationError as e:
        raise SettingsError(f"game_api: {e}") from None
    if wanted.game not in GAMES:
        raise SettingsError(f"game_api: game: {wanted.game!r}: there are {', '.join(GAMES)}")
    return GameApi(wanted.game, wanted.redis, lambda: open_sink(wanted.to, broker_seconds)[0])


def _answered(handler: Handler) -> Handler:
    async def answer(request: Request) -> Response:
        try:
            return await handler(request)
        except BadRequest as e:
            return _error(e.status, e.what, e.field)
        except Refused as e:
            return _error(e.status, e.error)
        except NotTaken as e:
            return _error(*WHY_NOT[e.why])
        except (ConnectionError, ResponseError, TimeoutError):
            return _error(*AWAY)

    return answer


def _error(status: int, what: str, field: str | None = None) -> Response:
    body = {"error": what} | ({"field": field} if field else {})
    return JSONResponse(body, status, {"Retry-After": "5"} if status == 503 else None)
