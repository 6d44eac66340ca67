"""The game API in this process over a real Redis; its events in a list, in the order in which they came."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
from starlette.applications import Starlette

from gamebeam.collector.game import api as game_api
from gamebeam.collector.game.api import GameApi
from gamebeam.collector.sink import Message, SinkAway

game_api.WAIT_S = 300  # for Redis: no test depends on the machine's speed
CASES = Path(__file__).parents[1] / "cases"


class Heard:
    """A sink for tests of the API alone: what came, by topic; away while `away` is set."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, dict[str, Any]]] = []
        self.away = False

    async def send(self, topic: str, messages: list[Message]) -> None:
        if self.away:
            raise SinkAway("away")
        self.messages += [(topic, json.loads(m.payload)) for m in messages]

    async def close(self) -> None: ...

    def of(self, topic: str) -> list[dict[str, Any]]:
        return [message for t, message in self.messages if t == topic]


def play(game: str, redis_url: str, story: Callable[[httpx.AsyncClient, GameApi], Awaitable[Any]], sink: Any = None, *,
         relay: bool = True) -> Any:
    """What the story returns; then everything in the outbox has been relayed to the sink, unless it is away."""

    async def run() -> Any:
        api, heard = GameApi(game, redis_url, Heard), sink if sink is not None else Heard()
        transport = httpx.ASGITransport(Starlette(routes=api.routes))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost:5000") as client:
            try:
                result = await story(client, api)
                if relay:
                    await relay_all(api, heard)
                return result
            finally:
                await api.redis.aclose()

    return asyncio.run(run())


async def relay_all(api: GameApi, sink: Any) -> None:
    await api.outbox.join()
    try:
        while await api.outbox.relay_once(sink):
            pass
    except SinkAway:
        pass
