"""app(settings): the ASGI application. POST /v1/events, /healthz, /metrics, /openapi.json, /docs; the game API where it is switched on."""

import math
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from collector.accept import Acceptor, Verdict, clock_ahead
from collector.body import Refused, events_in, read_body
from collector.disk_queue import DiskQueue, QueueFull
from collector.door import Door
from collector.game.api import game_api
from collector.keys import Key, KeyStore
from collector.limits import Limiter
from collector.metrics import Metrics
from collector.notify import Notify
from collector.openapi import DOCS, openapi
from collector.players import PATHS, Players
from collector.settings import Settings
from collector.sink import open_sink
from schemas.contract import load_contract

RETRY_S = 5


def app(settings: Settings) -> Starlette:
    """Routes find what they need in request.app.state: settings, keys, door, metrics."""
    keys = KeyStore(settings.keys)
    keys.reload()
    pii_key = Path(settings.pii_key_file).read_bytes().strip() if settings.pii_key_file else None
    acceptors = {name: Acceptor(load_contract(game.contract), pii_key) for name, game in settings.games.items()}
    routes = [Route("/v1/events", post_events, methods=["POST"]), Route("/healthz", healthz), Route("/metrics", metrics),
              Route("/openapi.json", lambda request: JSONResponse(request.app.state.openapi)),
              Route("/docs", lambda _: Response(DOCS, media_type="text/html"))]
    paths: dict[str, Any] = {}
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
        server.state.topics = {name: topic for name, (_, topic) in sinks.items()}
        server.state.door = Door({name: sink for name, (sink, _) in sinks.items()}, DiskQueue(settings.queue, settings.queue_mb))
        await server.state.door.start()
        async with game.running() if game else nullcontext(), notify.running() if notify else nullcontext():
            yield
        await server.state.door.close()

    server = Starlette(routes=routes, lifespan=lifespan, exception_handlers={Refused: refused, QueueFull: full})
    server.state.settings, server.state.keys, server.state.acceptors = settings, keys, acceptors
    server.state.players = players
    server.state.limiter, server.state.metrics, server.state.openapi = Limiter(), Metrics(), openapi(paths)
    return server


async def post_events(request: Request) -> Response:
    began, state = time.perf_counter(), request.app.state
    key = key_of(request)
    body = await read_body(request, state.settings.body_seconds)
    pieces = events_in(body)
    if wait := state.limiter.wait(key.id, (key.rate or state.settings.rate) / state.settings.workers, len(pieces)):
        raise Refused(429, "more events than this key may send", wait)
    received = time.time_ns() // 1_000_000
    ahead, accept = _clock(request, received), state.acceptors[key.game].accept
    verdicts: list[Verdict] = [accept(piece, key, received, ahead) for piece in pieces]
    await state.door.send(key.game, state.topics[key.game], [v.message for v in verdicts])
    state.metrics.events(key, verdicts, time.perf_counter() - began)
    return Response(msgspec.json.encode(answer(verdicts)), 202, media_type="application/json")


async def get_player(request: Request) -> Response:
    key = key_of(request)
    response: Response = await request.app.state.players.get(request, key, request.app.state.acceptors[key.game].contract.name)
    return response


def answer(verdicts: list[Verdict]) -> dict[str, Any]:
    """Refused ones are dead letters by now: with the analysts, and not to be sent again."""
    refused = [{"index": i, "reason": v.reason, "field": v.field, "detail": v.detail} for i, v in enumerate(verdicts) if v.reason]
    return {"accepted": len(verdicts) - len(refused), "refused": refused}


def key_of(request: Request) -> Key:
    """The caller's key, from Authorization: Bearer … or X-API-Key; nothing is read or written without one."""
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    secret = secret if scheme.lower() == "bearer" else request.headers.get("x-api-key", "")
    key: Key | None = request.app.state.keys.find(secret.strip()) if secret else None
    if key is None or key.game not in request.app.state.settings.games:
        raise Refused(401, "no valid API key: Authorization: Bearer KEY")
    if key.env != "live" and "env" not in request.app.state.acceptors[key.game].wire.envelope:
        raise Refused(401, f"this game's events carry no env: its keys are live, not {key.env}")
    return key


def _clock(request: Request, received: int) -> int:
    sent_at = request.headers.get("x-sent-at")
    if sent_at is None:
        return 0
    if not sent_at.isascii() or not sent_at.isdigit() or len(sent_at) > 15:
        raise Refused(400, "X-Sent-At: the client's clock in ms since 1970, when this request is sent")
    return clock_ahead(int(sent_at), received)


async def healthz(request: Request) -> Response:
    door: Door = request.app.state.door
    return JSONResponse({"status": "behind" if door.away else "ok", "behind": door.away, "queued": await door.queue.lanes()})


async def metrics(request: Request) -> Response:
    return PlainTextResponse(request.app.state.metrics.text(request.app.state.door.away), media_type="text/plain; version=0.0.4")


async def refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    request.app.state.metrics.refused(error.status)
    headers = {"Retry-After": str(math.ceil(error.retry_after))} if error.retry_after else {}
    if error.status in (401, 408, 413):
        headers["Connection"] = "close"  # what else the client sends is not read
    if error.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse({"error": error.error}, error.status, headers)


async def full(request: Request, error: Exception) -> Response:
    request.app.state.metrics.refused(503)
    return JSONResponse({"error": "the broker is away and the queue is full"}, 503, {"Retry-After": str(RETRY_S)})
