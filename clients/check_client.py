"""A server that misbehaves as networks do, and writes down which rules of README.md a client breaks."""

import gzip
import json
import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "key-of-the-check"
EVENTS = 250
RETRY_AFTER_S = 1
SCRIPT = (503, 202, "cut", 202, 429, "taken, but cut")  # then 202 for ever; cut: the connection ends without an answer
ENVELOPE = ("event_id", "event_type", "event_time", "install_id", "seq")
MOST_BYTES, MOST_EVENTS = 1_000_000, 500


class Checked:
    """What came, in order, and what was wrong with it."""

    def __init__(self) -> None:
        self.script: list[Any] = list(SCRIPT)
        self.problems: list[str] = []
        self.taken: dict[str, dict[str, Any]] = {}  # by event_id
        self.refused: dict[str, dict[str, object]] = {}
        self.not_before, self.lock = 0.0, threading.Lock()

    def wrong(self, rule: int, what: str) -> None:
        line = f"rule {rule}: {what}"
        if line not in self.problems:
            self.problems.append(line)

    def request(self, headers: object, body: bytes) -> int | str:
        with self.lock:
            events = self._events(headers, body)
            if time.monotonic() < self.not_before:
                self.wrong(6, f"came again before the Retry-After of {RETRY_AFTER_S} s was over")
            what = self.script.pop(0) if self.script else 202
            self.not_before = time.monotonic() + RETRY_AFTER_S * 0.9 if what in (429, 503) else 0.0
            for event in events:
                known = self.taken.get(event["event_id"]) or self.refused.get(event["event_id"])
                if known is not None and known != event:
                    self.wrong(1, "an event that was sent again is not the same")
            into = self.taken if what in (202, "taken, but cut") else self.refused
            into.update({event["event_id"]: event for event in events})
            return what

    def _events(self, headers: Any, body: bytes) -> list[dict[str, Any]]:
        if headers.get("Authorization") != f"Bearer {KEY}":
            self.wrong(5, "no Authorization: Bearer KEY")
        sent_at = headers.get("X-Sent-At", "")
        if not sent_at.isdigit() or abs(int(sent_at) - time.time() * 1000) > 30_000:
            self.wrong(4, f"X-Sent-At is {sent_at!r}, not this moment in ms")
        try:
            body = gzip.decompress(body) if headers.get("Content-Encoding") == "gzip" else body
            text = body.decode().strip()
            events = json.loads(text) if text.startswith("[") else [json.loads(line) for line in text.splitlines() if line.strip()]
        except (ValueError, OSError, EOFError) as e:
            self.wrong(3, f"the body is neither an array nor lines of JSON: {e}")
            return []
        if len(body) > MOST_BYTES or not 0 < len(events) <= MOST_EVENTS:
            self.wrong(3, f"{len(events)} events, {len(body)} bytes")
        for event in events:
            if missing := [name for name in ENVELOPE if name not in event]:
                self.wrong(1, f"an event without {', '.join(missing)}")
        return [event for event in events if all(name in event for name in ENVELOPE)]

    def conclude(self, runs: int) -> None:
        """After so many runs over one folder."""
        events = list(self.taken.values())
        if lost := set(self.refused) - set(self.taken):
            self.wrong(6, f"{len(lost)} events that were not taken were never sent again")
        if len(events) != EVENTS * runs:
            self.wrong(2, f"{len(events)} different events in {runs} runs, expected {EVENTS * runs}")
        if len({event["install_id"] for event in events}) != 1:
            self.wrong(1, "install_id is not kept")
        if sorted(event["seq"] for event in events) != list(range(1, len(events) + 1)):
            self.wrong(1, "seq is not 1, 2, 3 … without holes and repeats, over both runs")


def check_client(command: Sequence[str], seconds: float = 120.0) -> list[str]:
    """Rules that the client broke; none for a good one."""
    checked = Checked()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(checked))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as folder:
        for run in (1, 2):
            where = {"GAMEBEAM_URL": f"http://127.0.0.1:{server.server_port}", "GAMEBEAM_KEY": KEY, "GAMEBEAM_FOLDER": folder}
            try:
                code = subprocess.run(command, env={**os.environ, **where}, timeout=seconds).returncode
                if code:
                    checked.wrong(2, f"run {run} ended with exit code {code}")
            except subprocess.TimeoutExpired:
                checked.wrong(2, f"run {run} had not ended after {seconds:g} s")
            checked.script = checked.script or list(SCRIPT)
    server.shutdown()
    server.server_close()
    checked.conclude(runs=2)
    return checked.problems


def _handler(checked: Checked) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            what = checked.request(self.headers, body)
            if not isinstance(what, int):
                self.close_connection = True
                return
            answer = b'{"accepted": 0, "refused": []}'
            self.send_response(what)
            if what != 202:
                self.send_header("Retry-After", str(RETRY_AFTER_S))
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    return Handler
