"""Which names are those of secrets: secrets.yaml, and how a name's spelling is read."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from urllib.parse import unquote

import yaml

LONGEST_NAME = 200  # characters; of a longer name only the search for needles is made
SEPARATORS = b" \t_-.[]()"  # may be anywhere within a name
LOWER = bytes.maketrans(bytes(range(65, 91)), bytes(range(97, 123)))
CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
WORD = re.compile(r"[^\W_]+")
ESCAPE = re.compile(r"(?<!\\)\\++(?:u00|x)([0-9a-fA-F]{2})")
DIGITS = re.compile(r"\d+")
MOST_ENCODED = 4  # times that a name may be percent-encoded


@dataclass(frozen=True)
class SecretNames:
    """secrets.yaml, loaded."""

    anywhere: tuple[str, ...]
    words: tuple[str, ...]
    whole: tuple[str, ...]
    allowed: tuple[str, ...]

    @property
    def needles(self) -> tuple[bytes, ...]:
        """One of these is in every squashed text that holds a secret's name."""
        return shortest(needle(entry) for entry in (*self.anywhere, *self.words, *self.whole))

    def entry(self, name: str) -> str | None:
        """The entry of secrets.yaml by which this is the name of a secret; None where there is none."""
        if len(name) > LONGEST_NAME:
            text = squashed_bytes(name.encode(errors="replace"))
            return next((e for e in (*self.anywhere, *self.words) if needle(e) in text), None)
        return _entry(self, name)

    def entry_of_bytes(self, name: bytes) -> str | None:
        """entry() of a name whose encoding is unknown."""
        found = self.entry(name.decode(errors="replace"))
        if found is None and not name.isascii():
            text = squashed_bytes(name)
            found = next((e for e in self.anywhere if not e.isascii() and needle(e) in text), None)
        return found


@lru_cache(8192)
def _entry(names: SecretNames, name: str) -> str | None:
    name = spelled_out(name)
    for spelling in (CAMEL.sub(" ", name).lower(), name.lower()):
        text = f"_{'_'.join(filter(None, (DIGITS.sub('', word) for word in WORD.findall(spelling))))}_"
        if (whole := text.strip("_")) in names.whole:
            return whole
        for allowed in names.allowed:
            text = text.replace(f"_{allowed}_", "_|_")  # the words around it do not become one
        words, letters = text.split("_"), text.replace("_", "")
        found = next((e for e in names.anywhere if e in letters), None) or next((e for e in names.words if e in words), None)
        if found:
            return found
    return None


@cache
def secret_names() -> SecretNames:
    listed = yaml.safe_load((files("gamebeam.schemas") / "secrets.yaml").read_text())
    return SecretNames(*(tuple(map(str, listed[key])) for key in ("anywhere", "words", "whole", "not")))


def spelled_out(name: str) -> str:
    """A name without escapes, JSON's and those of a URL."""
    if "\\" in name:
        name = ESCAPE.sub(lambda m: chr(int(m[1], 16)), name)
    for _ in range(MOST_ENCODED):
        if "%" not in name:
            break
        name = unquote(name, errors="replace")
    return name


def squashed(name: str) -> str:
    """A name's letters and digits in lower case: names that are equal so are one."""
    return "".join(WORD.findall(spelled_out(name).lower()))


def squashed_bytes(payload: bytes) -> bytes:
    """Bytes in lower case without what may separate a name's letters; zero bytes go, too, so that UTF-16 can be searched."""
    return payload.translate(LOWER, SEPARATORS + b"\0")


def needle(name: str) -> bytes:
    """The longest part of a name that is ASCII: its other letters have several encodings."""
    runs = re.findall(r"[\x00-\x7f]+", squashed(name))
    return max(runs, key=len).encode() if runs else b""


def shortest(needles: Iterable[bytes]) -> tuple[bytes, ...]:
    """Without those that contain another."""
    every = set(needles)
    return tuple(sorted(n for n in every if not any(o != n and o in n for o in every)))
