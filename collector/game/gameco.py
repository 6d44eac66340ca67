"""The game of weapons, guilds and battles: the player is the Host header, and what was posted travels as JSON inside a string."""

import json
from collections.abc import Iterable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gamebeam.collector.game.accounts import Accounts, Facts
from gamebeam.collector.game.requests import BadRequest, fields_of, headers_of, text
from gamebeam.schemas.contract.contract import load_contract
from gamebeam.schemas.events import DeadLetter
from gamebeam.schemas.scrub import Unsearchable
from gamebeam.transforms.decode.decoder import Decoder

TOPIC = "events"
TOPICS = (TOPIC,)
KINDS = {"/purchase_a_weapon": "purchase_weapon", "/join_a_guild": "join_guild", "/enter_a_battle": "enter_battle"}


class Gameco:
    """Rules: weapons are kept, battles counted. Attributes are optional, but must hold under the game's contract."""

    def __init__(self, accounts: Accounts):
        self.accounts, self.decoder = accounts, Decoder(load_contract("gameco"))
        self.routes = [("/", ["GET"], self.front_page), *((path, ["GET", "POST"], self.act) for path in KINDS)]

    async def front_page(self, request: Request) -> Response:
        await self.accounts.note({"event": {"event_type": "default"}, "headers": headers_of(request)})
        return JSONResponse({"game": "gameco", "routes": [path for path, _, _ in self.routes]})

    async def act(self, request: Request) -> Response:
        kind = KINDS[request.url.path]
        try:
            attributes = self.decoder.scrub.tree(await fields_of(request))[0]
        except Unsearchable:
            raise BadRequest(None, "nested too deeply") from None
        headers = headers_of(request)
        player = text(headers, "Host")
        event = {"event_type": kind} | ({"attributes": json.dumps(attributes)} if attributes else {})
        decoded = self.decoder.decode(json.dumps(event | headers).encode(), 0, "")
        if isinstance(decoded, DeadLetter):
            raise BadRequest(decoded.field, decoded.detail or decoded.reason)
        facts = await self.accounts.act(player, {"event": event, "headers": headers, **_effects(kind, attributes)})
        figures = {name: value if name == "guild_name" else int(value) for name, value in sorted(facts.account.items())}
        return JSONResponse({"event_type": kind, "user": {"player": player, **figures}})


def messages(action: dict[str, Any], facts: Facts | None) -> Iterable[tuple[str, dict[str, Any]]]:
    yield TOPIC, action["event"] | action["headers"]


def _effects(kind: str, attributes: dict[str, object]) -> dict[str, object]:
    if kind == "purchase_weapon":
        weapon = text({"weapon_type": attributes.get("weapon_type") or "unknown"}, "weapon_type")
        return {"gains": {f"weapons_{weapon}": 1}}
    if kind == "enter_battle":
        return {"gains": {"battles": 1, "won": int(attributes.get("outcome") == "won")}}
    return {"sets": {"guild_name": text(attributes, "guild_name")}} if attributes.get("guild_name") else {}
