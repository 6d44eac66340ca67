"""The game of swords, spells, guilds and teams: its routes and rules, and its events on three topics."""

import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gamebeam.collector.game import passwords
from gamebeam.collector.game.accounts import MOST_AFFILIATIONS, MOST_ITEMS, Accounts, Facts
from gamebeam.collector.game.requests import BadRequest, fields_of, headers_of, money, text

ALL, BUY, SOCIAL = "placebo_all_events", "placebo_buy_events", "placebo_social_events"
STARTING_WEALTH, STARTING_HEALTH = 10_000, 100
TOPICS = (ALL, BUY, SOCIAL)


class Placebo:
    """Rules: a purchase needs its funds; a guild or team may put a player into debt, but not deeper; what is free is always approved."""

    def __init__(self, accounts: Accounts):
        self.accounts = accounts
        self.routes = [
            ("/", ["GET"], self.front_page), ("/create/user", ["POST"], self.create_user), ("/login", ["POST"], self.login),
            ("/buy/sword", ["POST"], self.buy), ("/buy/spell", ["POST"], self.buy),
            ("/join/guild", ["POST"], self.join), ("/join/team", ["POST"], self.join), ("/data/user", ["GET"], self.view_user_data)]

    async def front_page(self, request: Request) -> Response:
        await self.accounts.note(_action(request, "root_url_accessed"))
        return JSONResponse({"game": "placebo", "routes": [path for path, _, _ in self.routes]})

    async def create_user(self, request: Request) -> Response:
        fields = await fields_of(request)
        player, password, name = _player(fields), text(fields, "userpwd", "user_pwd"), text(fields, "name", "user_name")
        action = _action(request, "create_user", player)
        account = {"user_name": name, "wealth": str(money(fields, "wealth", STARTING_WEALTH)), "health": str(STARTING_HEALTH),
                   "created": action["timestamp"]}
        facts = await self.accounts.act(player, action | {"create": account}, await passwords.hashed(password))
        return JSONResponse({"user": profile(player, facts)}, 201)

    async def login(self, request: Request) -> Response:
        fields = await fields_of(request)
        player, password = _player(fields), text(fields, "userpwd", "user_pwd")
        if not await passwords.matches(await self.accounts.password_hash(player), password):
            raise BadRequest(None, "no such player, or another password", 401)
        await self.accounts.act(player, _action(request, "login", player) | {"known": True})
        return JSONResponse({"session": await self.accounts.open_session(player), "userid": player})

    async def buy(self, request: Request) -> Response:
        fields = await fields_of(request)
        player = await self._allowed(request, fields)
        action = _action(request, request.url.path.strip("/").replace("/", "_"), player) | {
            "known": True, "item": text(fields, "type", "item"), "cost": str(money(fields, "cost")), "most_items": MOST_ITEMS}
        facts = await self.accounts.act(player, action)
        return JSONResponse({"id": action["id"], "status": _bought(facts), "user": profile(player, facts)})

    async def join(self, request: Request) -> Response:
        fields = await fields_of(request)
        player = await self._allowed(request, fields)
        action = _action(request, request.url.path.strip("/").replace("/", "_"), player)
        membership = {"org": text(fields, "org"), "level": text(fields, "level", default="none"), "joined_ts": action["timestamp"]}
        facts = await self.accounts.act(player, action | {
            "known": True, "affiliation": membership, "cost": str(money(fields, "cost", 0)), "debt": True,
            "most_affiliations": MOST_AFFILIATIONS})
        return JSONResponse({"id": action["id"], "status": _joined(facts), "user": profile(player, facts)})

    async def view_user_data(self, request: Request) -> Response:
        fields = await fields_of(request)
        player = await self._allowed(request, fields)
        facts = await self.accounts.act(player, _action(request, "view_user_data", player) | {"known": True})
        return JSONResponse({"user": profile(player, facts)})

    async def _allowed(self, request: Request, fields: dict[str, object]) -> str:
        """The write-ups' clients show no session; one that is shown must be the player's."""
        player, token = _player(fields), request.headers.get("X-Session")
        if token is not None and not await self.accounts.in_session(token, player):
            raise BadRequest(None, "X-Session: not a session of this player; log in again", 401)
        return player


def messages(action: dict[str, Any], facts: Facts | None) -> Iterable[tuple[str, dict[str, Any]]]:
    """(topic, message) of an action: the topic of all events has every event, those of buys and joins have them in shapes of their own."""
    kind, headers = action["event_type"], action["headers"]
    event = {"id": action["id"], "type": action.get("item", "default"), "timestamp": action["timestamp"], "event_type": kind}
    if facts is None:
        yield ALL, event | _agent(headers) | headers
        return
    event["user_id"] = action["user_id"]
    if "cost" not in action:
        seen = _agent(headers) | {"meta": profile(action["user_id"], facts)} if kind != "login" else {}
        yield ALL, event | seen | headers
        return
    cost = _money(action["cost"])
    if "affiliation" in action:
        membership = action["affiliation"]
        event |= {"org": membership["org"], "level": membership["level"]}
    event |= {"cost": cost, "player_created": facts.account["created"], "player_wealth": _money(facts.before["wealth"])}
    if "affiliation" in action:
        event["player_num_affiliations"] = facts.before["affiliations"]
        yield SOCIAL, event | headers
        yield ALL, event | {"status": _joined(facts)} | headers
    else:
        event["player_num_items"] = facts.before["items"]
        yield BUY, {"event_type": kind, "event": event, "user": profile(action["user_id"], facts), "item": action["item"], "cost": cost,
                    "status": facts.approved} | headers
        yield ALL, event | {"status": _bought(facts)} | headers


def profile(player: str, facts: Facts) -> dict[str, object]:
    """The account after the action, as players see it. Its password is not among the facts."""
    account = facts.account
    return {"user_id": player, "user_name": account["user_name"], "wealth": _money(account["wealth"]), "health": int(account["health"]),
            "inventory": facts.items, "affiliations": facts.affiliations, "created": account["created"]}


def _action(request: Request, event_type: str, player: str | None = None) -> dict[str, object]:
    timestamp = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    return {"event_type": event_type, "id": str(uuid.uuid4()), "timestamp": timestamp, "user_id": player, "headers": headers_of(request)}


def _player(fields: dict[str, object]) -> str:
    return text(fields, "userid", "user_id")


def _agent(headers: dict[str, str]) -> dict[str, str]:
    return {"agent_meta": headers["User-Agent"]} if "User-Agent" in headers else {}


def _bought(facts: Facts) -> str:
    return "approved_purchase" if facts.approved else "insufficient_funds"


def _joined(facts: Facts) -> str:
    return "approved_join" if facts.approved else "denied_join"


def _money(millionths: str) -> float:
    return int(millionths) / 1_000_000
