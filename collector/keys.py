"""API keys, one or more per game and env: only their hashes are at rest, and a changed file counts at once."""

import fcntl
import hashlib
import math
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from gamebeam.collector.private_files import open_private
from gamebeam.collector.settings import SettingsError

LOOK_S = 1.0  # between looks at the file
MOST_SPELLINGS = 10_000  # of valid headers: a caller may vary the one that does not count


class Key(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One API key: it posts events, or it reads players.

    backfill: events keep the received_time that they bring, which is also the broker's time (imports, simulations).
    read: the key reads players and posts nothing. A posting key is inside every copy of a game, so it must read nobody's data.
    """

    id: str
    sha256: str
    game: str
    env: str
    rate: float | None = None  # events a second
    backfill: bool = False
    read: bool = False


class KeyStore:
    def __init__(self, path: str):
        self.path, self.stamp, self.looked = Path(path), (0, 0, 0), 0.0
        self.by_hash: dict[str, Key] = {}
        self.by_headers: dict[tuple[bytes, bytes], Key] = {}  # as callers showed them: none is hashed twice

    def find(self, authorization: bytes, api_key: bytes) -> Key | None:
        """By what a caller shows: Authorization: Bearer KEY, or X-API-Key: KEY."""
        if time.monotonic() - self.looked > LOOK_S:
            with suppress(OSError, SettingsError):  # a file that cannot be read leaves the keys as they were
                self.reload()
        key = self.by_headers.get((authorization, api_key))
        if key is None:
            scheme, _, secret = authorization.partition(b" ")
            key = self.by_hash.get(hashed((secret if scheme.lower() == b"bearer" else api_key).decode("latin-1").strip()))
            if key is not None and len(self.by_headers) < MOST_SPELLINGS:
                self.by_headers[authorization, api_key] = key
        return key

    def reload(self) -> None:
        self.looked = time.monotonic()
        stat = self.path.stat()
        stamp = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
        if stamp != self.stamp:
            self.by_hash = {key.sha256: key for key in read_keys(self.path)}
            self.by_headers.clear()
            self.stamp = stamp


def hashed(secret: str) -> str:
    """Keys are 256 random bits: there is nothing to guess, and a slow hash would only slow every request."""
    return hashlib.sha256(secret.encode()).hexdigest()


def read_keys(path: Path) -> list[Key]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=list[Key])
    except (msgspec.DecodeError, msgspec.ValidationError) as e:
        raise SettingsError(f"{path}: {e}") from None


def add_key(path: Path, game: str, env: str, rate: float | None = None, backfill: bool = False, read: bool = False) -> str:
    """Add a key and return its secret, which is shown once. Older keys of the game and env stay valid until they are removed."""
    if rate is not None and not 0 < rate < math.inf:
        raise SettingsError(f"--rate={rate:g}: events a second, above 0")
    if read and (backfill or rate is not None):
        raise SettingsError("--read: a key that reads players posts no events: leave --rate and --backfill out")
    secret = secrets.token_urlsafe(32)
    name = f"{game}-{env}-{secrets.token_hex(3)}"
    with _locked(path):
        keys = read_keys(path) if path.exists() else []
        _write(path, [*keys, Key(name, hashed(secret), game, env, rate, backfill, read)])
    return secret


def remove_key(path: Path, key_id: str) -> None:
    with _locked(path):
        keys = read_keys(path)
        if key_id not in {key.id for key in keys}:
            raise SettingsError(f"{path}: no key {key_id}; there are {', '.join(key.id for key in keys) or 'none'}")
        _write(path, [key for key in keys if key.id != key_id])


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """One process at a time reads and rewrites the file: without a lock, keys added at the same moment are lost."""
    with open_private(path.with_name(f".{path.name}.lock"), "ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _write(path: Path, keys: list[Key]) -> None:
    new = path.with_name(f".{path.name}.new")
    with open_private(new, "wb") as f:
        f.write(msgspec.json.format(msgspec.json.encode(keys), indent=1))
    new.replace(path)
