"""API keys, one or more per game and env: only their hashes are at rest, and a changed file counts at once."""

import hashlib
import os
import secrets
import time
from pathlib import Path

import msgspec

from collector.settings import SettingsError

LOOK_S = 1.0  # between looks at the file


class Key(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """backfill: events keep the received_time that they bring, which is also the broker's time (imports, simulations)."""

    id: str
    sha256: str
    game: str
    env: str
    rate: float | None = None  # events a second
    backfill: bool = False


class KeyStore:
    def __init__(self, path: str):
        self.path, self.stamp, self.looked = Path(path), (0, 0, 0), 0.0
        self.by_hash: dict[str, Key] = {}

    def find(self, secret: str) -> Key | None:
        if time.monotonic() - self.looked > LOOK_S:
            self.reload()
        return self.by_hash.get(hashed(secret))

    def reload(self) -> None:
        """A file that cannot be read leaves the keys as they were; at the start it is an error."""
        self.looked = time.monotonic()
        try:
            stat = self.path.stat()
            stamp = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
            if stamp != self.stamp:
                self.by_hash = {key.sha256: key for key in read_keys(self.path)}
                self.stamp = stamp
        except (OSError, SettingsError):
            if not self.by_hash:
                raise


def hashed(secret: str) -> str:
    """Keys are 256 random bits: there is nothing to guess, and a slow hash would only slow every request."""
    return hashlib.sha256(secret.encode()).hexdigest()


def read_keys(path: Path) -> list[Key]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=list[Key])
    except (msgspec.DecodeError, msgspec.ValidationError) as e:
        raise SettingsError(f"{path}: {e}") from None


def add_key(path: Path, game: str, env: str, rate: float | None = None, backfill: bool = False) -> str:
    """The new key, to be shown once. Older ones of the game and env go on until they are removed."""
    keys = read_keys(path) if path.exists() else []
    secret = secrets.token_urlsafe(32)
    name = f"{game}-{env}-{secrets.token_hex(3)}"
    _write(path, [*keys, Key(name, hashed(secret), game, env, rate, backfill)])
    return secret


def remove_key(path: Path, key_id: str) -> None:
    keys = read_keys(path)
    if key_id not in {key.id for key in keys}:
        raise SettingsError(f"{path}: no key {key_id}; there are {', '.join(key.id for key in keys) or 'none'}")
    _write(path, [key for key in keys if key.id != key_id])


def _write(path: Path, keys: list[Key]) -> None:
    new = path.with_name(f".{path.name}.new")
    new.write_bytes(msgspec.json.format(msgspec.json.encode(keys), indent=1))
    os.chmod(new, 0o600)
    new.replace(path)
