"""A request's body as events: read whole in time and size, unzipped with a limit, cut into one piece per event."""

import asyncio
import json
import re
import zlib
from collections.abc import Mapping

import msgspec
from starlette.types import Receive

MOST_BYTES, MOST_EVENTS = 1_000_000, 500
BOM = b"\xef\xbb\xbf"
TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+"|[][{},]', re.DOTALL)
_ARRAY = msgspec.json.Decoder(list[msgspec.Raw])
_ANY = msgspec.json.Decoder(msgspec.Raw)


class Refused(Exception):
    """The whole request: HTTP status, what is wrong, and perhaps in how many seconds to come again."""

    def __init__(self, status: int, error: str, retry_after: float | None = None):
        self.status, self.error, self.retry_after = status, error, retry_after
        super().__init__(error)


async def read_body(headers: Mapping[bytes, bytes], receive: Receive, seconds: float) -> bytes:
    """The body of an ASGI request, unzipped where it is gzip. headers: names in lower case."""
    if int(headers.get(b"content-length") or 0) > MOST_BYTES:
        raise Refused(413, f"more than {MOST_BYTES:,} bytes")
    try:
        async with asyncio.timeout(seconds):
            body = await _whole(receive)
    except TimeoutError:
        raise Refused(408, f"the body did not come within {seconds:g} s") from None
    encoding = headers.get(b"content-encoding", b"identity").strip().lower()
    if encoding not in (b"gzip", b"identity"):
        raise Refused(415, f"Content-Encoding {encoding[:40].decode('latin-1')}: gzip or none")
    return gunzipped(body) if encoding == b"gzip" else body


async def _whole(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Refused(400, "the body ended early")
        body, more = body + message.get("body", b""), message.get("more_body", False)
        if len(body) > MOST_BYTES:
            raise Refused(413, f"more than {MOST_BYTES:,} bytes")
    return body


def gunzipped(body: bytes) -> bytes:
    """Never more than the limit in memory, whatever the body claims to hold."""
    unzip = zlib.decompressobj(wbits=31)
    try:
        whole = unzip.decompress(body, MOST_BYTES + 1)
    except zlib.error:
        raise Refused(400, "Content-Encoding says gzip, but the body is not gzip") from None
    if len(whole) > MOST_BYTES:
        raise Refused(413, f"more than {MOST_BYTES:,} bytes once unzipped")
    if not unzip.eof or unzip.unused_data:
        raise Refused(400, "the gzip body is cut off, or something follows it")
    return whole


def events_in(body: bytes) -> list[bytes]:
    """Cut a body into one piece per event: of a JSON array, of JSON lines, or one object over several lines.

    A piece that cannot be read is still a piece. Raises Refused where no pieces can be told apart.
    """
    body = body.removeprefix(BOM).strip()
    lines = [line for line in body.splitlines() if line.strip()]
    if body.startswith(b"["):  # lines may begin with an array, too, which is no event
        pieces = lines if len(lines) > 1 and not _wrong_with(lines[0]) else _of_array(body)
    elif lines and _wrong_with(lines[0]):
        pieces = _of_lines(body, lines)
    else:
        pieces = lines
    if not pieces:
        raise Refused(400, "no events: a JSON array or JSON lines")
    if len(pieces) > MOST_EVENTS:
        raise Refused(413, f"{len(pieces):,} events; at most {MOST_EVENTS} in a request")
    return pieces


def _of_lines(body: bytes, lines: list[bytes]) -> list[bytes]:
    """Lines of which the first is no JSON: one object over several lines, or lines of which some are broken."""
    if body.startswith(b"{") and _values(body) == [body] and not _breaks_grammar(body):
        return [body]
    if all(_wrong_with(line) and _breaks_grammar(line) for line in lines[: MOST_EVENTS + 1]):
        raise Refused(400, f"not JSON, on the first line: {_wrong_with(lines[0])}")
    return lines


def _of_array(body: bytes) -> list[bytes]:
    """The elements. One that is JSON by its grammar alone (half a surrogate pair, 1,000 levels) must not refuse the others."""
    try:
        return [bytes(raw) for raw in _ARRAY.decode(body)]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as e:
        pieces = _values(body[1:-1]) if body.endswith(b"]") else []
        if not pieces or any(map(_breaks_grammar, pieces)):
            raise Refused(400, f"not JSON: {e}") from None
        return pieces


def _wrong_with(line: bytes) -> str:
    """What keeps a line from being JSON; nothing where it is."""
    try:
        _ANY.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as e:
        return str(e)
    return ""


def _breaks_grammar(piece: bytes) -> bool:
    """Whether a piece is no JSON by the grammar, rather than for what its text, numbers or depth are."""
    try:
        json.loads(piece.decode(errors="replace"))
    except json.JSONDecodeError:
        return True
    except (ValueError, RecursionError):
        return False
    return False


def _values(text: bytes) -> list[bytes]:
    """Values that stand between commas, cut where no bracket and no string is open; none where that is not what the text is."""
    values, depth, start, closed = [], 0, 0, False
    for token in TOKEN.finditer(text):
        match token[0][:1]:
            case b"{" | b"[":
                if closed:  # two values without a comma
                    return []
                depth += 1
            case b"}" | b"]":
                depth -= 1
                closed = depth == 0
            case b"," if depth == 0:
                values.append(text[start:token.start()].strip())
                start, closed = token.end(), False
        if depth < 0:
            return []
    values.append(text[start:].strip())
    return values if depth == 0 and all(values) else []
