"""A GCS emulator (PyPI's gcp-storage-emulator), in an environment of its own, and a door before it that can fail."""

import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from services import end, free_port, start, wait_for_port
from services.environment import environment

NAME = "gcp-storage-emulator-2026.7.19"
HOP_BY_HOP = {"connection", "transfer-encoding", "keep-alive", "host", "content-length"}


@contextmanager
def gcs_emulator(folder: Path, bucket: str = "default") -> Iterator[str]:
    """http://host:port, for STORAGE_EMULATOR_HOST; its data lie in the folder."""
    binary, port = environment(NAME, sys.executable) / "bin" / "gcp-storage-emulator", free_port()
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "emulator.log").open("ab") as log:
        process = start([binary, "-d", folder, "start", "--host=127.0.0.1", f"--port={port}", f"--default-bucket={bucket}"], log)
    try:
        wait_for_port(process, port, folder / "emulator.log")
        yield f"http://127.0.0.1:{port}"
    finally:
        end(process)


@contextmanager
def door(to: str, fails: Callable[[str, str, bytes], int]) -> Iterator[str]:
    """Hands requests on to an emulator, but those for which fails(method, path, body) gives a status: 0 is none, 1 hangs up."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status = fails(self.command, self.path, body)
            if status == 1:
                self.close_connection = True
                self.connection.close()
            elif status:
                self._answer(status, {}, b"{}")
            else:
                self._answer(*self._handed_on(body))

        do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = handle_any

        def _handed_on(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
            headers = {k: v for k, v in self.headers.items() if k.lower() not in HOP_BY_HOP}
            request = urllib.request.Request(to + self.path, body or None, headers, method=self.command)
            try:
                with urllib.request.urlopen(request) as answer:
                    return answer.status, dict(answer.headers), answer.read()
            except urllib.error.HTTPError as e:
                return e.code, dict(e.headers), e.read()

        def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
            own = f"http://{self.headers['Host']}"
            self.send_response(status)
            for name, value in headers.items():
                if name.lower() not in HOP_BY_HOP:
                    self.send_header(name, value.replace(to, own))  # where an upload goes on
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
