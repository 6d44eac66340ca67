"""The collector's settings, from a YAML file. Keys are not here: they have a file of their own, which is read again when it changes."""

from pathlib import Path
from typing import Any

import msgspec

from gamebeam.schemas.contract.fields import load_yaml


class SettingsError(ValueError):
    """One line: the file, the field, and what it should be."""


class Game(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """contract: a packaged game's name or a folder. to: kafka://broker:9092/topic, pubsub://projects/P/topics/T, or a folder."""

    contract: str
    to: str


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    games: dict[str, Game]  # by the name that keys are made for
    keys: str = "keys.json"
    queue: str = "queue.sqlite"  # what the broker has not taken yet
    queue_mb: int = 256
    listen: str = "127.0.0.1:8080"
    workers: int = 1
    rate: float = 20_000.0  # events a second and key, where the key has no rate of its own; workers share it
    body_seconds: float = 20.0  # in which a request must have come whole
    broker_seconds: float = 5.0  # for the broker to acknowledge, before events go to the queue
    pii_key_file: str | None = None  # given: pii=hash is hashed here already
    game_api: dict[str, Any] | None = None  # given: a demo game's routes are there too: game, redis, to
    notify: dict[str, Any] | None = None  # given: what the job noted for players goes to a topic: contract, to
    players: str | None = None  # the job's --players: GET /v1/players/{id} reads there


def load_settings(path: str) -> Settings:
    try:
        settings = msgspec.convert(load_yaml(Path(path).read_text(), path), Settings)
    except msgspec.ValidationError as e:
        raise SettingsError(f"{path}: {e}") from None
    if not settings.games:
        raise SettingsError(f"{path}: games: none; give each a contract and a place to send to")
    host, _, port = settings.listen.rpartition(":")
    if not host or not port.isdigit():
        raise SettingsError(f"{path}: listen: {settings.listen!r} is no host:port")
    if min(settings.workers, settings.queue_mb) < 1 or settings.rate <= 0:
        raise SettingsError(f"{path}: workers, queue_mb and rate are above 0")
    return settings
