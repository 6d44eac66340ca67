"""Names that look like a secret, and the scrubber through which a sample is read."""

from functools import cache

from gamebeam.schemas.scrub import Scrubber
from gamebeam.schemas.secret_names import secret_names

HIDDEN = "***"  # stands for a secret's value: the field itself is found, and declared with pii: drop


@cache
def scrub() -> Scrubber:
    return Scrubber(hidden=HIDDEN)


def is_secret(name: str) -> bool:
    return secret_names().entry(name) is not None


def in_secret(path: str) -> bool:
    """Whether any part of a path is named like a secret."""
    return any(is_secret(part) for part in path.split("."))
