"""POST /v1/events, the busy route, as plain ASGI: a framework's routing, request and response would cost more than the work."""

import asyncio
import math
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal

import msgspec
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from gamebeam.collector.accept import Acceptor, Verdict, clock_ahead
from gamebeam.collector.body import Refused, events_in, read_body
from gamebeam.collector.disk_queue import QueueFull
from gamebeam.collector.door import Door
from gamebeam.collector.keys import Key, KeyStore
from gamebeam.collector.limits import Limiter
from gamebeam.collector.metrics import Metrics
from gamebeam.collector.settings import Settings

PATH = "/v1/events"
RETRY_S = 5
INLINE_BYTES = 16 * 1024  # a body that may hold secrets is scrubbed in the event loop up to this size, in a thread above


class PostEvents:
    """The route. door and topics are there once the server runs."""

    door: Door
    topics: dict[str, str]

    def __init__(self, settings: Settings, keys: KeyStore, acceptors: dict[str, Acceptor], of_thread: dict[str, Acceptor],
                 metrics: Metrics):
        self.of_thread = of_thread  # an acceptor keeps state from message to message: the thread has its own
        self.settings, self.keys, self.acceptors, self.metrics, self.limiter = settings, keys, acceptors, metrics, Limiter()
        self.slow_lane = ThreadPoolExecutor(1, "slow-requests")  # one at a time: the others' requests go on meanwhile

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            body = await self._answer(dict(scope["headers"]), receive)
        except (Refused, QueueFull) as error:
            return await refusal(error, self.metrics)(scope, receive, send)
        head = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 202, "headers": head})
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, headers: Mapping[bytes, bytes], receive: Receive) -> bytes:
        began = time.perf_counter()
        key = self.key(headers, "post")
        body = await read_body(headers, receive, self.settings.body_seconds)
        pieces = events_in(body)
        if wait := self.limiter.wait(key.id, (key.rate or self.settings.rate) / self.settings.workers, len(pieces)):
            raise Refused(429, "more events than this key may send", wait)
        received = time.time_ns() // 1_000_000
        ahead, clean = _clock(headers, received), not self.acceptors[key.game].may_tell(body)
        slow = not clean and len(body) > INLINE_BYTES
        acceptor = (self.of_thread if slow else self.acceptors)[key.game]

        def accept() -> tuple[list[Verdict], dict[str, int]]:
            return acceptor.accept_all(pieces, key, received, ahead, clean), {} if clean else acceptor.scrub.take_counts()

        verdicts, removed = await asyncio.get_running_loop().run_in_executor(self.slow_lane, accept) if slow else accept()
        await self.door.send(key.game, self.topics[key.game], [v.message for v in verdicts])
        self.metrics.events(key, verdicts, time.perf_counter() - began)
        self.metrics.removed(key.game, removed)
        return answer(verdicts)

    def key(self, headers: Mapping[bytes, bytes], use: Literal["post", "read"]) -> Key:
        """Return the caller's key, from Authorization: Bearer … or X-API-Key. Nothing is read or written without one.

        Raises:
            Refused: 401 where no valid key was shown, 403 where a posting key would read.
        """
        key = self.keys.find(headers.get(b"authorization", b""), headers.get(b"x-api-key", b""))
        if key is None or key.game not in self.acceptors:
            raise Refused(401, "no valid API key: Authorization: Bearer KEY")
        if use == "read" and not key.read:
            raise Refused(403, "this key posts events; make one that reads players: gamebeam collect key add --read")
        if use == "post" and key.read:  # 401, not 403: a client keeps its events until its key is put right
            raise Refused(401, "this key reads players; make one that posts events: gamebeam collect key add without --read")
        if key.env != "live" and "env" not in self.acceptors[key.game].wire.envelope:
            raise Refused(401, f"this game's events carry no env: its keys are live, not {key.env}")
        return key


def answer(verdicts: list[Verdict]) -> bytes:
    """Refused ones are dead letters by now: with the analysts, and not to be sent again."""
    refused = [{"index": i, "reason": v.reason, "field": v.field, "detail": v.detail} for i, v in enumerate(verdicts) if v.reason]
    return msgspec.json.encode({"accepted": len(verdicts) - len(refused), "refused": refused})


def refusal(error: Any, metrics: Metrics) -> JSONResponse:
    """Of a whole request: a Refused, or a full queue."""
    if isinstance(error, QueueFull):
        error = Refused(503, "the broker is away and the queue is full", RETRY_S)
    metrics.refused(error.status)
    headers = {"Retry-After": str(math.ceil(error.retry_after))} if error.retry_after else {}
    if error.status in (401, 408, 413):
        headers["Connection"] = "close"  # what else the client sends is not read
    if error.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse({"error": error.error}, error.status, headers)


def _clock(headers: Mapping[bytes, bytes], received: int) -> int:
    sent_at = headers.get(b"x-sent-at")
    if sent_at is None:
        return 0
    if not sent_at.isdigit() or len(sent_at) > 15:
        raise Refused(400, "X-Sent-At: the client's clock in ms since 1970, when this request is sent")
    return clock_ahead(int(sent_at), received)
