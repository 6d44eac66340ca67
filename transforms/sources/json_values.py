"""JSON objects that are not one to a line: in an array, one after another, or pretty-printed; found without parsing any of them."""

import re

import msgspec

SEPARATORS = b" \t\r\n,[]"
TEXT = rb'"[^"\\\n]*+(?:\\[^\n][^"\\\n]*+)*+'  # a string but for its closing quote; JSON allows no line break in one
TOKEN = re.compile(TEXT + rb'("?)|[{}\[\]]')
NEXT_OBJECT = re.compile(rb"\}(?=\s*,?\s*\{)")
CLOSES = {ord("{"): ord("}"), ord("["): ord("]")}
QUICKLY = 3  # levels of brackets that one regular expression finds the end of
WINDOW = 1 << 20  # bytes that one object may have
LOOKED_AT = 20  # values at the head of a file that decide how it is read


def _inside(levels: int) -> bytes:
    """The pattern of what may be between a pair of brackets."""
    part = TEXT + b'"'
    if levels:
        deeper = _inside(levels - 1)
        part = rb"(?:%s|\{%s\}|\[%s\])" % (part, deeper, deeper)
    return rb"""[^{}\[\]"]*+(?:%s[^{}\[\]"]*+)*+""" % part


SMALL_OBJECT = re.compile(rb"\{%s\}" % _inside(QUICKLY))


class JsonObjects:
    """Splits a stream of bytes into its outermost objects. Array brackets, commas and spaces around objects are left out.

    Nothing is lost: what is no object comes as a piece of its own, a line at most, for decode to refuse. An object that is broken,
    or longer than the window, ends where the next object seems to begin: on a line of its own with the same indentation, else after
    a closing brace, else at the window's end. So a broken object costs at most a window, and what follows it is read.
    The pieces do not depend on how the stream is cut into blocks.
    """

    def __init__(self, window: int = WINDOW, offset: int = 0):
        """window: bytes that one object may have. offset: of the first byte that is fed."""
        self.window, self.offset = window, offset  # offset: of the buffer's first byte
        self.buffer = b""
        self.position = 0  # in the buffer: what was scanned
        self.closers: list[int] = []  # of the object's open brackets; empty outside of an object
        self.indentation: bytes | None = b""  # of the object that begins the buffer; None if something is before it on its line

    def feed(self, block: bytes) -> list[tuple[int, bytes]]:
        """(offset of its first byte, bytes) of every piece that is complete."""
        self.buffer += block
        return self._pieces(at_end=False)

    def close(self) -> list[tuple[int, bytes]]:
        return self._pieces(at_end=True)

    def _pieces(self, at_end: bool) -> list[tuple[int, bytes]]:
        found: list[tuple[int, bytes]] = []
        start = 0
        while True:
            if not self.closers:
                start, inside = self._skip_to_object(start, at_end, found)
                if not inside:
                    break
            end = self._end_of_object(start, at_end)
            if end is None:
                break
            found.append((self.offset + start, self.buffer[start:end].rstrip()))
            start, self.closers, self.indentation = end, [], None
        self.buffer, self.offset, self.position = self.buffer[start:], self.offset + start, self.position - start
        return found

    def _skip_to_object(self, start: int, at_end: bool, found: list[tuple[int, bytes]]) -> tuple[int, bool]:
        """(where the next object or the rest begins, whether it is an object)."""
        brace = self.buffer.find(b"{", start)
        lines = self.buffer[start:brace if brace >= 0 else len(self.buffer)].split(b"\n")
        last = lines.pop()
        for line in lines:
            self._add_rest(start, line, found)
            start, self.indentation = start + len(line) + 1, b""
        if len(last) > self.window:
            self.indentation = None
        if brace < 0 and not at_end:
            held = len(last) - max(0, len(last) - 1) // self.window * self.window  # bytes that the next block may continue
            self._add_rest(start, last[:-held], found)
            return start + len(last) - held, False
        self._add_rest(start, last, found)
        if brace < 0:
            return start + len(last), False
        self.indentation = last if self.indentation is not None and not last.strip() else None
        self.closers, self.position = [ord("}")], brace + 1
        return brace, True

    def _add_rest(self, start: int, line: bytes, found: list[tuple[int, bytes]]) -> None:
        for at in range(0, len(line), self.window):
            text = line[at:at + self.window]
            if rest := text.strip(SEPARATORS):
                found.append((self.offset + start + at + text.index(rest), rest))

    def _end_of_object(self, start: int, at_end: bool) -> int | None:
        """Where the object that begins at start ends; None until more bytes are there."""
        limit = start + self.window
        if self.position == start + 1 and (small := SMALL_OBJECT.match(self.buffer, start, limit)):
            return small.end()
        for token in TOKEN.finditer(self.buffer, self.position, limit):
            first = self.buffer[token.start()]
            if first == ord('"'):
                if not token[1]:
                    break
            elif first in CLOSES:
                self.closers.append(CLOSES[first])
            elif first != self.closers[-1]:
                break
            else:
                self.closers.pop()
                if not self.closers:
                    return token.end()
            self.position = token.end()
        if len(self.buffer) < limit and not at_end:
            return None
        return self._next_object(start, min(limit, len(self.buffer)))

    def _next_object(self, start: int, limit: int) -> int:
        """Where what follows a broken object begins."""
        if self.indentation is not None and (line := self.buffer.find(b"\n" + self.indentation + b"{", start + 1, limit)) >= 0:
            return line
        after = NEXT_OBJECT.search(self.buffer, start + 1, limit)
        return after.end() if after else limit


def holds_objects(head: bytes) -> bool:
    """Whether a file that begins so, without a byte order mark, is read object by object, and not line by line."""
    text = head.lstrip()
    if text.startswith(b"["):
        return text[1:].lstrip()[:1] in (b"{", b"]", b"")
    if not text.startswith(b"{") or _is_json(text.split(b"\n", 1)[0]):
        return False
    objects = JsonObjects()
    found = [*objects.feed(head), *objects.close()][:LOOKED_AT]
    return any(piece.startswith(b"{") and not _is_line(head, offset, piece) and _is_json(piece) for offset, piece in found)


def _is_line(head: bytes, offset: int, piece: bytes) -> bool:
    before = head[head.rfind(b"\n", 0, offset) + 1:offset]
    after = head[offset + len(piece):].split(b"\n", 1)[0]
    return not before.strip() and not after.strip() and b"\n" not in piece


def _is_json(text: bytes) -> bool:
    try:
        msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True
