"""A request's body as events: read whole in time and size, unzipped with a limit, cut into one piece per event."""

import asyncio
import zlib
from collections.abc import Mapping

import msgspec
from starlette.types import Receive

MOST_BYTES, MOST_EVENTS = 1_000_000, 500
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
    """One piece per event: of a JSON array, or of JSON lines. A line that is no JSON is still a piece."""
    body = body.strip()
    if body.startswith(b"[") and not _are_lines(body):
        try:
            pieces = [bytes(raw) for raw in _ARRAY.decode(body)]
        except (msgspec.DecodeError, RecursionError) as e:
            raise Refused(400, f"not JSON: {e}") from None
    else:
        pieces = [line for line in body.splitlines() if line.strip()]
        if wrong := _wrong_with_all(pieces):
            if not body.startswith(b"{") or _wrong_with_all([body]):
                raise Refused(400, f"not JSON, on the first line: {wrong}")
            pieces = [body]  # one event over several lines
    if not pieces:
        raise Refused(400, "no events: a JSON array or JSON lines")
    if len(pieces) > MOST_EVENTS:
        raise Refused(413, f"{len(pieces):,} events; at most {MOST_EVENTS} in a request")
    return pieces


def _are_lines(body: bytes) -> bool:
    """Whether what begins with [ is more than one array: JSON lines, of which the first is no event."""
    first, _, more = body.partition(b"\n")
    return bool(more) and not _wrong_with_all([first.strip()])


def _wrong_with_all(lines: list[bytes]) -> str:
    """What is wrong with the first line, if no line is JSON; nothing where one is."""
    wrong = ""
    for line in lines[: MOST_EVENTS + 1]:
        try:
            _ANY.decode(line)
            return ""
        except (msgspec.DecodeError, RecursionError) as e:
            wrong = wrong or str(e)
    return wrong
