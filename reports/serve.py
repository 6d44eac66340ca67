"""gamebeam serve: the report live over an archive, and a page per player. Reads only; on loopback unless told otherwise."""

import hashlib
import ipaddress
import os
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from gamebeam.reports.charts import vega_script
from gamebeam.reports.figures import figure, settled
from gamebeam.reports.layout import player_layout
from gamebeam.reports.page import Page, asset, html
from gamebeam.reports.report import page_of
from gamebeam.schemas.contract.contract import Contract
from gamebeam.sql.engine import open_archive
from gamebeam.sql.query import parameters

HEADERS = {"Content-Security-Policy": "default-src 'none'; script-src 'self' 'unsafe-eval'; style-src 'unsafe-inline'; "
                                      "img-src data:; connect-src 'self'; frame-ancestors 'none'",
           "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}
LOCAL = ["localhost", "127.0.0.1", "[::1]"]  # by another name a page of somebody else's could ask for players here


def serve(contract: Contract, archive: str, listening: socket.socket, host: str = "127.0.0.1", env: str = "live") -> None:
    """Serve on a listening socket until interrupted. host: the address as it was asked for."""
    with suppress(KeyboardInterrupt):
        uvicorn.Server(uvicorn.Config(app(contract, archive, host, env), log_level="warning")).run(sockets=[listening])


def app(contract: Contract, archive: str, host: str = "127.0.0.1", env: str = "live") -> Starlette:
    kept = Kept(archive)

    def report(_: Request) -> Response:
        page = kept.get(lambda version: html(page_of(open_archive(contract, archive), contract, env=env, version=version)))
        return HTMLResponse(page, headers=HEADERS)

    def player(request: Request) -> Response:
        player_id = request.path_params["player_id"]
        page = player_page(contract, archive, player_id, env)
        known = any(f.rows for _, figures in page.sections for f in figures[:1])
        return HTMLResponse(html(page), status_code=200 if known else 404, headers=HEADERS)

    def version(_: Request) -> Response:
        return JSONResponse(archive_version(archive), headers=HEADERS)

    def script(source: Callable[[], str]) -> Callable[[Request], Response]:
        return lambda _: Response(source(), media_type="text/javascript", headers={**HEADERS, "Cache-Control": "max-age=3600"})

    return Starlette(
        routes=[Route("/", report), Route("/players/{player_id:path}", player), Route("/version", version),
                Route("/vega.js", script(vega_script)), Route("/page.js", script(lambda: asset("page.js"))),
                Route("/live.js", script(lambda: asset("live.js")))],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=LOCAL if is_loopback(host) else ["*"], www_redirect=False)],
        exception_handlers={ValueError: _told, OSError: _told})


def player_page(contract: Contract, archive: str, player_id: str, env: str) -> Page:
    version = archive_version(archive)  # before what is read: news in between are news still
    con = open_archive(contract, archive)
    days = settled(con, env)
    values = parameters(con, contract, env=env) | {"player_id": player_id}
    sections = [(s.title, [figure(con, q, values, days) for q in s.questions]) for s in player_layout(contract).sections]
    return Page(player_id, f"{contract.name}, {env}", days, sections, datetime.now(UTC), version)


class Kept:
    """The page as it was made last: made anew once the archive has changed, and by one request at a time."""

    def __init__(self, archive: str):
        self.archive, self.lock, self.version, self.page = archive, threading.Lock(), "", ""

    def get(self, make: Callable[[str], str]) -> str:
        with self.lock:
            version = archive_version(self.archive)
            if version != self.version:
                self.page, self.version = make(version), version
            return self.page


def archive_version(archive: str) -> str:
    """Changes with every file that a job adds, and with every run that completes."""
    digest = hashlib.sha256()
    for folder, _, names in sorted(os.walk(archive)):
        for name in sorted(n for n in names if not n.startswith(".")):
            digest.update(f"{folder}/{name} {os.stat(os.path.join(folder, name)).st_mtime_ns}\n".encode())
    return digest.hexdigest()[:16]


def is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _told(_: Request, error: Exception) -> Response:
    return PlainTextResponse(f"{error}\n", status_code=500, headers=HEADERS)
