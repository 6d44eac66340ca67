"""The server: uvicorn, without access log, with a limit on how long a connection may say nothing."""

import asyncio
import os
import socket
import tempfile
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.supervisors import Multiprocess

from gamebeam.collector.app import app
from gamebeam.collector.body import MOST_BYTES
from gamebeam.collector.settings import load_settings
from gamebeam.transforms.gc_tuning import collect_rarely

HEAD_S = 10.0  # in which a new connection's first request must have its head whole
HEAD_BYTES = 64 * 1024  # of a request's line and headers; uvicorn with httptools keeps as many as a client sends
REQUEST_BYTES = 4 * MOST_BYTES  # of one request on the wire: its body, its chunks' frames and its trailers
TOO_LARGE_HEAD = b"HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
SETTINGS = "GAMEBEAM_COLLECTOR_CONFIG"


class Protocol(HttpToolsProtocol):
    """uvicorn's HTTP protocol with three limits that it lacks: a deadline and a size for a request's head, and a size for all of it."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.deadline = self._until()
        self.head_bytes = self.request_bytes = 0

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._headless():
            self.head_bytes, self.request_bytes = self.head_bytes + len(data), 0
            if self.head_bytes > HEAD_BYTES:
                self._refuse(TOO_LARGE_HEAD)
            elif self.deadline.cancelled():
                self.deadline = self._until()
        else:
            self.deadline.cancel()
            self.head_bytes, self.request_bytes = 0, self.request_bytes + len(data)
            if self.request_bytes > REQUEST_BYTES:
                self._refuse()

    def connection_lost(self, exc: Exception | None) -> None:
        self.deadline.cancel()
        super().connection_lost(exc)

    def _headless(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _until(self) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(HEAD_S, self._close)

    def _close(self) -> None:
        if self._headless():
            self._refuse()

    def _refuse(self, answer: bytes = b"") -> None:
        if not self.transport.is_closing():
            self.transport.write(answer)
            self.transport.close()


def from_environment() -> Starlette:
    """What every worker process calls."""
    collect_rarely()
    return app(load_settings(os.environ[SETTINGS]))


def serve(path: str, listen: Callable[[str, int], socket.socket]) -> None:
    """Run until SIGTERM or SIGINT; then take no more requests, and answer those under way.

    Args:
        path: the YAML file of settings.
        listen: gives the listening socket of a host and port, or fails; called once the settings are known to be right.
    """
    settings = load_settings(path)
    app(settings)  # what is wrong is said here, once, not by every worker
    host, _, port = settings.listen.rpartition(":")
    os.environ[SETTINGS] = path
    if settings.workers > 1:
        os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", tempfile.mkdtemp(prefix="gamebeam-metrics-"))
    config = uvicorn.Config("gamebeam.collector.serve:from_environment", factory=True, workers=settings.workers, http=Protocol,
                            loop="uvloop", access_log=False, log_level="warning", server_header=False, proxy_headers=False,
                            timeout_keep_alive=30, timeout_graceful_shutdown=30, backlog=2048)
    server, listening = uvicorn.Server(config), listen(host.strip("[]"), int(port))
    with suppress(KeyboardInterrupt):
        if settings.workers > 1:
            Multiprocess(config, sockets=[listening]).run()
            return
        server.run(sockets=[listening])
    if not server.started:
        raise OSError(f"{settings.listen}: the server did not start; its log above says why")
