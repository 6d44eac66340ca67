"""The game of swords, potions, treasures and enemies: players are known by name alone, and events say what changed."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gamebeam.collector.game.accounts import Accounts, Facts
from gamebeam.collector.game.requests import count, fields_of, headers_of, text

TOPIC = "events"
TOPICS = (TOPIC,)
MOST_AT_ONCE = 1_000


@dataclass(frozen=True)
class Kind:
    """An event type: its words and figures, what the account gains, and what it must have."""

    event_type: str
    description: str
    figures: dict[str, Any] = field(default_factory=dict)
    gains: dict[str, int] = field(default_factory=dict)
    needs: dict[str, int] = field(default_factory=dict)
    sold: str = ""  # the account's count of what is bought
    joins: bool = False


LEVEL_UP = {"level": 1, "attack": 200, "defense": 175, "health": 100}
DRINK = {"level": 0, "attack": 0, "defense": 0, "health": 30}
KINDS = {
    "/purchase_a_sword": Kind("purchase_sword", "very sharp steel sword", {"item_type": "sword", "price": 100}, sold="swords"),
    "/purchase_a_shield": Kind("purchase_shield", "very solid protective shield", {"item_type": "shield", "price": 50}, sold="shields"),
    "/purchase_a_potion": Kind("purchase_potion", "mystical potion with healing powers", {"item_type": "potion", "price": 5},
                               sold="potions"),
    "/take_potion": Kind("take_potion", "potion returned some health points", DRINK, DRINK | {"potions": -1}, {"potions": 1}),
    "/level_up": Kind("level_up", "an increase in player level, attack, and defense", LEVEL_UP, LEVEL_UP),
    "/find_treasure": Kind("find_treasure", "a small treasure chest of jewels and gold", gains={"treasures": 1}),
    "/enemy_attack": Kind("enemy_attack", "an enemy suprise attack reduces health", gains={"health": -10}),
    "/defeat_enemy": Kind("defeat_enemy", "the enemy lost the battle", gains={"enemies_defeated": 1}),
    "/join_a_guild": Kind("join_guild", "a very large guild", joins=True),
}


class Khan:
    """Rules: what is bought is kept; a potion must be there to be drunk. GET or POST, ?userid=…&n=…; quotes stay in the event."""

    def __init__(self, accounts: Accounts):
        self.accounts = accounts
        self.routes = [("/", ["GET"], self.front_page), *((path, ["GET", "POST"], self.act) for path in KINDS)]

    async def front_page(self, request: Request) -> Response:
        await self.accounts.note({"event": {"event_type": "default"}, "headers": headers_of(request)})
        return JSONResponse({"game": "khan", "routes": [path for path, _, _ in self.routes]})

    async def act(self, request: Request) -> Response:
        kind, fields = KINDS[request.url.path], await fields_of(request)
        player = text(fields, "userid", "user_id")
        event: dict[str, Any] = {"userid": player, "event_type": kind.event_type, "description": kind.description, **kind.figures}
        gains, sets = dict(kind.gains), {}
        if kind.sold:
            event["amount_purchased"] = gains[kind.sold] = count(fields, "n", "amount_purchased", default=1, most=MOST_AT_ONCE)
        if kind.joins:
            event["guild_name"] = text(fields, "guild_name", "guild")
            sets["guild_name"] = event["guild_name"].strip("'")
        facts = await self.accounts.act(player.strip("'") or player, {
            "event": event, "headers": headers_of(request), "gains": gains, "needs": kind.needs, "sets": sets})
        return JSONResponse({"event_type": kind.event_type, "description": kind.description, "user": _profile(player, facts)})


def messages(action: dict[str, Any], facts: Facts | None) -> Iterable[tuple[str, dict[str, Any]]]:
    yield TOPIC, action["event"] | action["headers"]


def _profile(player: str, facts: Facts) -> dict[str, object]:
    figures = {name: value if name == "guild_name" else int(value) for name, value in sorted(facts.account.items())}
    return {"userid": player.strip("'"), **figures}
