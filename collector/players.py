"""GET /v1/players/{id}: a player's last known values, as the job keeps them in Redis (--players)."""

from typing import Any

from redis.asyncio import Redis
from redis.exceptions import ConnectionError, TimeoutError
from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gamebeam.collector.body import Refused
from gamebeam.collector.keys import Key
from gamebeam.transforms.sinks.player_store.store import player_key, player_of

PATHS: dict[str, object] = {"/v1/players/{id}": {"get": {
    "operationId": "getPlayer", "summary": "A player's last known values, each with its event_time; of the key's game and env.",
    "security": [{"bearer": []}, {"apiKey": []}],
    "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}],
    "responses": {"200": {"description": "Known.", "content": {"application/json": {"schema": {"type": "object"}}}},
                  **{status: {"$ref": f"#/components/responses/{answer}"}
                     for status, answer in (("401", "Refused"), ("403", "Refused"), ("404", "Refused"), ("503", "Later"))}}}}}


class AnyText(Convertor[str]):
    """A path's rest, whatever is in it: the game says what its players are called."""

    regex = "(?s:.+)"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("text", AnyText())


class Players:
    """Of one Redis, for all games."""

    def __init__(self, url: str):
        self.redis = Redis.from_url(url, socket_timeout=5, socket_connect_timeout=5)

    async def get(self, request: Request, key: Key, game: str) -> Response:
        """game: the contract's name."""
        player = request.path_params["id"]
        try:
            stored: Any = await self.redis.hgetall(player_key(game, key.env, player))
        except (ConnectionError, TimeoutError):
            raise Refused(503, "the store of players is away", 5) from None
        if not stored:
            raise Refused(404, "no event of this player is known")
        return JSONResponse({"player_id": player, "env": key.env, "values": player_of(stored)})
