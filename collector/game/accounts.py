"""Players' accounts in Redis: every action is one atomic script, which also notes the action's events in an outbox."""

import json
import secrets
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from redis.asyncio import Redis

MOST_WAITING = 100_000  # actions in the outbox: above it the broker is away for too long, and no action is taken
MOST_ITEMS, MOST_AFFILIATIONS = 1_000, 100
SESSION_S = 3_600


class NotTaken(Exception):
    """An action that was not taken; nothing was changed and no event is sent. why: exists, unknown, full, none or busy."""

    def __init__(self, why: str):
        self.why = why
        super().__init__(why)


@dataclass(frozen=True)
class Facts:
    """What was true as the action was taken. Money is in millionths. before: wealth, items and affiliations (counts)."""

    before: dict[str, Any]
    approved: bool
    account: dict[str, str]
    items: list[str]
    affiliations: list[dict[str, str]]

    @classmethod
    def parse(cls, text: str | bytes) -> "Facts":
        raw = json.loads(text)  # cjson writes an empty list as {}
        names_and_values = list(raw["account"])
        account = dict(zip(names_and_values[::2], names_and_values[1::2], strict=True))
        affiliations = sorted(map(json.loads, raw["affiliations"]), key=lambda a: (a["joined_ts"], a["org"]))
        return cls(raw["before"], raw["approved"], account, list(raw["items"]), affiliations)


class Accounts:
    """The accounts of one game. All keys of a game share a hash tag, so that a cluster keeps them on one node, as scripts need."""

    def __init__(self, redis: Redis, game: str):
        self.redis, self.prefix = redis, f"gamebeam:{{{game}}}"
        self.outbox = f"{self.prefix}:outbox"
        self._act = redis.register_script((files(__package__) / "account.lua").read_text())

    async def act(self, player: str, action: dict[str, object], password_hash: str = "") -> Facts:
        """Takes the action, or raises NotTaken."""
        keys = [*(f"{self.prefix}:{kind}:{player}" for kind in ("account", "items", "affiliations", "password")), self.outbox]
        text = await self._act(keys=keys, args=[json.dumps(action), password_hash, MOST_WAITING])
        answer = json.loads(text)
        if "refused" in answer:
            raise NotTaken(answer["refused"])
        return Facts.parse(text)

    async def note(self, action: dict[str, object]) -> None:
        """An action of nobody: only its event is noted."""
        if await self.redis.xlen(self.outbox) >= MOST_WAITING:
            raise NotTaken("busy")
        await self.redis.xadd(self.outbox, {"action": json.dumps(action), "facts": ""})

    async def password_hash(self, player: str) -> str | None:
        found = await self.redis.get(f"{self.prefix}:password:{player}")
        return found.decode() if isinstance(found, bytes) else None

    async def open_session(self, player: str) -> str:
        """A random token that stands for the player for an hour."""
        token = secrets.token_urlsafe(24)
        await self.redis.set(f"{self.prefix}:session:{token}", player, ex=SESSION_S)
        return token

    async def in_session(self, token: str, player: str) -> bool:
        """Whether the token is the player's; an hour begins anew."""
        found = await self.redis.getex(f"{self.prefix}:session:{token}", ex=SESSION_S)
        return isinstance(found, bytes) and found.decode() == player
