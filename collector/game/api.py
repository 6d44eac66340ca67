"""The game API as routes and a relay, for the server that carries it."""

from collections.abc import Awaitable, Callable
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError, TimeoutError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from collector.game import gameco, khan, placebo
from collector.game.accounts import MOST_ITEMS, Accounts, Refused
from collector.game.outbox import Outbox
from collector.game.requests import BadRequest
from collector.sink import Sink

GAMES: dict[str, Any] = {"placebo": (placebo, placebo.Placebo), "khan": (khan, khan.Khan), "gameco": (gameco, gameco.Gameco)}
REFUSALS = {
    "exists": (409, "a player of this userid exists already; choose another"),
    "unknown": (404, "no such player: POST /create/user first"),
    "full": (409, f"the inventory is full: {MOST_ITEMS:,} items"),
    "none": (409, "none left: buy one first"),
    "busy": (503, "the broker is away, and too many events wait; try again later"),
}
Handler = Callable[[Request], Awaitable[Response]]


class GameApi:
    """One game's routes over its accounts in Redis, and the relay that sends its events. relay() runs beside the server."""

    def __init__(self, game: str, redis_url: str, sink: Sink):
        if game not in GAMES:
            raise ValueError(f"game={game}: no game API of that name; there are {', '.join(GAMES)}")
        module, rules = GAMES[game]
        once = Retry(NoBackoff(), 0)  # a purchase whose answer got lost must not be made twice
        self.redis = Redis.from_url(redis_url, socket_timeout=5, socket_connect_timeout=5, retry=once)
        accounts = Accounts(self.redis, game)
        self.routes = [Route(path, _answered(handler), methods=methods) for path, methods, handler in rules(accounts).routes]
        self.outbox = Outbox(self.redis, accounts.outbox, module.messages, sink)
        self.relay = self.outbox.relay

    async def close(self) -> None:
        await self.redis.aclose()


def _answered(handler: Handler) -> Handler:
    async def answer(request: Request) -> Response:
        try:
            return await handler(request)
        except BadRequest as e:
            return JSONResponse({"error": e.what} | ({"field": e.field} if e.field else {}), e.status)
        except Refused as e:
            status, why = REFUSALS[e.why]
            return JSONResponse({"error": why}, status, {"Retry-After": "5"} if status == 503 else None)
        except (ConnectionError, TimeoutError):
            return JSONResponse({"error": "the game's store is away; try again"}, 503, {"Retry-After": "5"})

    return answer
