"""app(settings): the ASGI application. POST /v1/events, /healthz, /metrics, /openapi.json, /docs; the game API where it is switched on."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from gamebeam.collector.accept import Acceptor
from gamebeam.collector.body import Refused
from gamebeam.collector.disk_queue import DiskQueue
from gamebeam.collector.door import Door
from gamebeam.collector.events import PATH, PostEvents, refusal
from gamebeam.collector.game.api import game_api
from gamebeam.collector.keys import KeyStore
from gamebeam.collector.metrics import Metrics
from gamebeam.collector.notify import Notify
from gamebeam.collector.open_sink import open_sink
from gamebeam.collector.openapi import DOCS, openapi
from gamebeam.collector.players import PATHS, Players
from gamebeam.collector.settings import Settings
from gamebeam.schemas.contract.contract import load_contract


class Collector(Starlette):
    """Every route but the busy one goes through the framework."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == PATH and scope["method"] == "POST":
            return await self.state.events(scope, receive, send)  # type: ignore[no-any-return]
        await super().__call__(scope, receive, send)


def app(settings: Settings) -> Collector:
    """Routes find what they need in request.app.state: keys, events, door, metrics, players, openapi."""
    keys = KeyStore(settings.keys)
    keys.reload()
    pii_key = Path(settings.pii_key_file).read_bytes().strip() if settings.pii_key_file else None
    contracts = {name: load_contract(game.contract) for name, game in settings.games.items()}
    acceptors, of_thread = ({name: Acceptor(c, pii_key) for name, c in contracts.items()} for _ in range(2))
    measured = Metrics()
    events = PostEvents(settings, keys, acceptors, of_thread, measured)
    routes = [Route(PATH, events, methods=["POST"]), Route("/healthz", healthz), Route("/metrics", metrics),
              Route("/openapi.json", lambda request: JSONResponse(request.app.state.openapi)),
              Route("/docs", lambda _: Response(DOCS, media_type="text/html"))]
    paths: dict[str, object] = {}
    game = game_api(settings.game_api, settings.broker_seconds) if settings.game_api is not None else None
    if game:
        routes, paths = routes + game.routes, game.paths
    players = Players(settings.players) if settings.players else None
    if players:
        routes, paths = [*routes, Route("/v1/players/{id:text}", get_player)], paths | PATHS
    notify = Notify(settings.notify, settings.players, settings.broker_seconds) if settings.notify is not None else None

    @asynccontextmanager
    async def lifespan(server: Starlette) -> AsyncIterator[None]:
        sinks = {name: open_sink(game.to, settings.broker_seconds) for name, game in settings.games.items()}
        events.topics = {name: topic for name, (_, topic) in sinks.items()}
        events.door = server.state.door = Door({n: sink for n, (sink, _) in sinks.items()}, DiskQueue(settings.queue, settings.queue_mb))
        await events.door.start()
        async with game.running() if game else nullcontext(), notify.running() if notify else nullcontext():
            yield
        await events.door.close()

    server = Collector(routes=routes, lifespan=lifespan, exception_handlers={Refused: refused})
    server.state.keys, server.state.events, server.state.players = keys, events, players
    server.state.metrics, server.state.openapi = measured, openapi(paths)
    return server


async def get_player(request: Request) -> Response:
    events: PostEvents = request.app.state.events
    key = events.key(dict(request.scope["headers"]), "read")
    response: Response = await request.app.state.players.get(request, key, events.acceptors[key.game].contract.name)
    return response


async def healthz(request: Request) -> Response:
    door: Door = request.app.state.door
    return JSONResponse({"status": "behind" if door.away else "ok", "behind": door.away, "queued": await door.queue.lanes()})


async def metrics(request: Request) -> Response:
    return PlainTextResponse(request.app.state.metrics.text(request.app.state.door.away), media_type="text/plain; version=0.0.4")


async def refused(request: Request, error: Exception) -> Response:
    return refusal(error, request.app.state.metrics)
