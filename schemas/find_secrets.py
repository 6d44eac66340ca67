"""Where in bytes or text the name of a secret is: searches in time proportional to the length, whatever was sent."""

import re
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from gamebeam.schemas.secret_names import LOWER, MOST_ENCODED, SEPARATORS, SecretNames, needle, shortest, squashed, squashed_bytes

MOST_NAMES = 1_000  # names looked at that only resemble a secret's; behind so many the rest counts as secret
MOST_ESCAPES = 50_000  # escapes resolved
MOST_PIECES = 5_000  # parts of a form; more are one part
AROUND = 100  # bytes of a name on each side of what was found
GAP = 60  # bytes between what was found in a name and the sign that assigns a value
WIDE = 24  # more of a name than one word, on each side
OF_A_NAME = bytes(b for b in range(256) if bytes([b]).isalnum() or b in b"_-." or b > 127)
WIDE_NAME = OF_A_NAME + SEPARATORS
ASSIGNS = re.compile(rb"[=:>]")
ENDS_NAME = re.compile(rb"[,;{}<&\n\r\"']")
ESCAPE = re.compile(rb"(?<!\\)\\++(?:u00|x)([0-9a-f]{2})", re.IGNORECASE)
MARK = re.compile(rb"\0|(?<!\\)\\++(?:u00|x)[0-9a-f]{2}|%[0-9a-f]{2}", re.IGNORECASE)
USER_INFO = re.compile(rb"(/\\*/)[^/?#\s\"'<>@:]*:[^/?#\s\"'<>]*@")  # //user:password@
CUT_USER_INFO = re.compile(rb"(/\\*/)[^/?#\s\"'<>@:]*:[^/?#\s\"'<>@]+(?=[\r\n]|\Z)")  # the same, cut off before its @; or a port
UNSEARCHED, URL = "unsearched", "url"


class Found(NamedTuple):
    """at: where the name is; value: where its value begins. entry: of secrets.yaml, or a contract's field."""

    at: int
    value: int
    entry: str
    to_the_end: bool = True  # whether the value may go on behind the next &


class SecretFinder:
    """For one scrubber. declared: names that are never secret. personal: names that a contract marks as pii, letters and digits only."""

    def __init__(self, names: SecretNames, declared: Iterable[str], personal: Iterable[str]):
        self.names, self.declared, self.personal = names, frozenset(declared), frozenset(personal)
        self.needles = shortest((*names.needles, *map(needle, self.personal)))

    @cached_property
    def pattern(self) -> re.Pattern[bytes]:
        """Any needle, in lower case, with separators between its letters."""
        between = rb"[%b]{0,3}" % re.escape(SEPARATORS)
        return re.compile(b"|".join(between.join(re.escape(bytes([c])) for c in n) for n in self.needles))

    @cached_property
    def _quick(self) -> re.Pattern[str]:
        between = f"[{re.escape(SEPARATORS.decode())}]{{0,3}}"
        return re.compile("|".join([between.join(map(re.escape, n.decode())) for n in self.needles] + [r"[%\\@]"]), re.IGNORECASE)

    def may_be_in(self, text: str) -> bool:
        """may_hold() of a short string, quicker, and True more often."""
        return self._quick.search(text) is not None

    def may_hold(self, payload: bytes) -> bool:
        """A quick search: False where there is neither a name nor a URL with a password."""
        text = squashed_bytes(payload)
        if any(n in text for n in self.needles) or (b"/" in text and _user_info(text)):
            return True
        for _ in range(MOST_ENCODED):
            if b"%" not in text and b"\\" not in text:
                return False
            if _escapes(text) > MOST_ESCAPES:
                return True
            before, text = text, squashed_bytes(_resolved(text))
            if text == before:
                return False
            if any(n in text for n in self.needles) or (b"/" in text and _user_info(text)):
                return True
        return b"%" in text or b"\\" in text

    def first(self, payload: bytes) -> Found | None:
        """The first name of a secret in bytes that are no JSON, whether or not a value follows it."""
        return self._resolving(payload, self._named)

    def in_text(self, text: bytes) -> Found | None:
        """The first name of a secret in a text that the text assigns a value to."""
        return self._resolving(text, self._assigned)

    def without(self, text: bytes) -> tuple[bytes, list[str]]:
        """(text without the values of secrets, the entries found): a form's up to the next &, others to the end."""
        text, urls = USER_INFO.subn(rb"\1", text)
        found, kept = [URL] * urls, []
        pieces = text.split(b"&") if text.count(b"&") < MOST_PIECES else [text]
        for piece in pieces:
            secret = self.in_text(piece)
            kept.append(piece if secret is None else piece[: secret.value])
            if secret:
                found.append(secret.entry)
                if secret.to_the_end:
                    break
        return b"&".join(kept), found

    def _resolving(self, payload: bytes, search: Callable[[bytes], Found | None]) -> Found | None:
        """What a search finds as the bytes are, or earlier once escapes are resolved: then from the first escape on."""
        found = search(payload)
        before = payload if found is None else payload[: found.at]
        mark = MARK.search(before)
        if mark is None:
            return found
        text = before
        for _ in range(MOST_ENCODED):
            if _escapes(text) > MOST_ESCAPES:
                return Found(mark.start(), mark.start(), UNSEARCHED)
            resolved = _resolved(text)
            if resolved == text:
                return found
            text = resolved
            if hidden := search(text):
                return Found(mark.start(), mark.start(), hidden.entry, hidden.to_the_end)
        return Found(mark.start(), mark.start(), UNSEARCHED) if MARK.search(text) else found

    def _named(self, payload: bytes) -> Found | None:
        lower, at = payload.translate(LOWER), 0
        url = _user_info(payload)
        for _ in range(MOST_NAMES):
            match = self.pattern.search(lower, at)
            if match is None or (url and url.start() < match.start()):
                return Found(url.end(1), url.end(1), URL) if url else None
            start, end, entry = self._name_at(payload, match)
            if entry:
                return Found(start, end, entry)
            at = max(match.start() + 1, end)
        return Found(at, at, UNSEARCHED)

    def _assigned(self, payload: bytes) -> Found | None:
        url = USER_INFO.search(payload)
        lower, at = payload.translate(LOWER), 0
        sign = ASSIGNS.search(lower)
        for _ in range(MOST_NAMES):
            match = self.pattern.search(lower, at)
            if sign is not None and match is not None and sign.start() < match.end():
                sign = ASSIGNS.search(lower, match.end())
            if match is None or sign is None:
                return Found(url.end(1), url.end(1), URL) if url else None
            gap = lower[match.end() : sign.start()]
            if len(gap) > GAP:
                at = max(match.start() + 1, sign.start() - GAP)
                continue
            start, _, entry = self._name_at(payload, match)
            if entry and not ENDS_NAME.search(gap.strip(b" \t\"'\\)]")):
                if url and url.start() < start:
                    return Found(url.end(1), url.end(1), URL)
                return Found(start, sign.end(), entry, sign[0] != b"=")
            at = match.start() + 1
        return Found(at, at, UNSEARCHED)

    def _name_at(self, payload: bytes, match: re.Match[bytes]) -> tuple[int, int, str | None]:
        """(start, end, entry or None) of the name around what was found."""
        left, right = payload[max(0, match.start() - AROUND) : match.start()], payload[match.end() : match.end() + AROUND]
        start, end = match.start() - _run(left[::-1], OF_A_NAME), match.end() + _run(right, OF_A_NAME)
        first = start
        if payload[max(0, start - 1) : start] == b"\\" and start < match.start():
            start = first = start + 1  # the n of \n is none of the name's
        else:
            first -= _run(payload[max(0, start - WIDE) : start][::-1], WIDE_NAME)
        name, wide = payload[start:end], payload[first : end + _run(payload[end : end + WIDE], WIDE_NAME)]
        if (letters := squashed(name.decode(errors="replace"))) in self.personal:
            return start, end, letters
        if name.decode(errors="replace") in self.declared:
            return start, end, None
        near, entry = self.names.entry_of_bytes(wide), self.names.entry_of_bytes(name)
        if near in self.names.anywhere or (entry and (near or entry in self.names.whole)):
            return start, end, entry or near
        return start, end, None


def _user_info(payload: bytes) -> re.Match[bytes] | None:
    """The first URL with a password in bytes that may be cut off."""
    whole, cut = USER_INFO.search(payload) if b"@" in payload else None, CUT_USER_INFO.search(payload)
    return cut if whole is None or (cut and cut.start() < whole.start()) else whole


def _run(payload: bytes, of: bytes) -> int:
    """Length of the run of such bytes at the start."""
    return len(payload) - len(payload.lstrip(of))


def _escapes(payload: bytes) -> int:
    return payload.count(b"%") + payload.count(b"\\")


def _resolved(payload: bytes) -> bytes:
    """Without one level of escapes, and without the zero bytes of UTF-16."""
    return unquote_to_bytes(ESCAPE.sub(lambda m: bytes([int(m[1], 16)]), payload.replace(b"\0", b"")))
