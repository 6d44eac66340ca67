"""Ids that look like the game's own, learnt from its examples/pass.jsonl."""

import json
import re
from collections.abc import Callable

from gamebeam.schemas.contract.contract import Contract

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def player_ids(contract: Contract) -> Callable[[int], str]:
    """Player's number -> player_id, of the patterns of the examples in turn: user1.comcast.com and user12.sprint.com give
    user0.comcast.com, user01.sprint.com, user2.comcast.com …
    """
    seen = list(dict.fromkeys(p for _, p in _examples(contract) if p)) or ["p-000001"]
    if UUID.fullmatch(seen[0]):
        return lambda number: f"{(number + 1) * 2654435761 % 2**32:08x}-0000-4000-8000-{number:012x}"
    patterns: dict[str, int] = {}
    for example in seen:
        if digits := re.search(r"\d+", example):
            patterns.setdefault(example[: digits.start()] + "*" + example[digits.end() :], len(digits[0]))
    shapes = list(patterns.items()) or [(f"{seen[0]}-*", 6)]

    def player_id(number: int) -> str:
        shape, width = shapes[number % len(shapes)]
        return shape.replace("*", f"{number:0{width}d}", 1)

    return player_id


def anonymous_types(contract: Contract) -> frozenset[str]:
    """Event types whose examples all lack a player: nobody is known yet when they happen."""
    players: dict[str, set[bool]] = {}
    for event_type, player in _examples(contract):
        if event_type in contract.events:
            players.setdefault(event_type, set()).add(player is not None)
    return frozenset(t for t, known in players.items() if known == {False})


def _examples(contract: Contract) -> list[tuple[str | None, str | None]]:
    """(event type, player_id) of each example of the main shape, None where it cannot be read plainly."""
    wire, found = contract.wire, list[tuple[str | None, str | None]]()
    for line in contract.text.get("examples/pass.jsonl", "").splitlines():
        try:
            message = json.loads(line)
            message = json.loads(message["data"]) if isinstance(message.get("data"), str) else message
        except (ValueError, AttributeError):
            continue
        player, event_type = (_at(message, wire.envelope.get(n, "")) for n in ("player_id", "event_type"))
        if isinstance(player, str):
            player = player.strip("'") if wire.strip_quotes else player
        found.append((wire.types.get(event_type, event_type) if isinstance(event_type, str) else None,
                      player if isinstance(player, str) and player else None))
    return found


def _at(message: object, path: str) -> object:
    for part in path.split("."):
        message = message.get(part) if isinstance(message, dict) else None
    return message
