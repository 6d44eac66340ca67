"""The server: uvicorn, without access log, with a limit on how long a connection may say nothing."""

import asyncio
import os
import tempfile
from typing import Any

import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from collector.app import app
from collector.settings import load_settings
from transforms.collector import collect_rarely

HEAD_S = 10.0  # in which a new connection's first request must have its head whole
SETTINGS = "GAMEBEAM_COLLECTOR_CONFIG"


class Protocol(HttpToolsProtocol):
    """uvicorn's own, and a deadline for a request's head: it waits for ever for one that does not come, or drips in."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.deadline = self._until()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if not self._headless():
            self.deadline.cancel()
        elif self.deadline.cancelled():
            self.deadline = self._until()

    def connection_lost(self, exc: Exception | None) -> None:
        self.deadline.cancel()
        super().connection_lost(exc)

    def _headless(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _until(self) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(HEAD_S, self._close)

    def _close(self) -> None:
        if self._headless() and not self.transport.is_closing():
            self.transport.close()


def from_environment() -> Starlette:
    """What every worker process calls."""
    collect_rarely()
    return app(load_settings(os.environ[SETTINGS]))


def serve(path: str) -> None:
    """Runs until SIGTERM or SIGINT; then takes no more requests, and answers those under way."""
    settings = load_settings(path)
    app(settings)  # what is wrong is said here, once, not by every worker
    host, _, port = settings.listen.rpartition(":")
    os.environ[SETTINGS] = path
    if settings.workers > 1:
        os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", tempfile.mkdtemp(prefix="gamebeam-metrics-"))
    uvicorn.run("collector.serve:from_environment", factory=True, host=host.strip("[]"), port=int(port), workers=settings.workers,
                http=Protocol, loop="uvloop", access_log=False, log_level="warning", server_header=False, proxy_headers=False,
                timeout_keep_alive=30, timeout_graceful_shutdown=30, backlog=2048)
