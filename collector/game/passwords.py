"""Passwords are kept as Argon2 hashes only; hashing takes long on purpose, so it runs beside the event loop."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)  # OWASP's least: 19 MiB, two passes
AT_ONCE = ThreadPoolExecutor(4, "passwords")  # so many times 19 MiB at most
NOBODYS = HASHER.hash("nobody's")


async def hashed(password: str) -> str:
    return await asyncio.get_running_loop().run_in_executor(AT_ONCE, HASHER.hash, password)


async def matches(known: str | None, password: str) -> bool:
    """Takes as long for a player who does not exist."""
    same = await asyncio.get_running_loop().run_in_executor(AT_ONCE, _verified, known or NOBODYS, password)
    return same and known is not None


def _verified(known: str, password: str) -> bool:
    try:
        return HASHER.verify(known, password)
    except (VerifyMismatchError, InvalidHashError):
        return False
