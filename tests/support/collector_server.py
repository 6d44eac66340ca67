"""A collector as a process of its own, for tests: started, killed and started again over the same folder."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

from gamebeam.collector.keys import add_key
from services import free_port


class Server:
    def __init__(self, folder: Path, to: str, **settings):
        self.folder, self.url = folder, f"http://127.0.0.1:{free_port()}"
        backfill = settings.pop("backfill", False)
        self.keys = {env: add_key(folder / "keys.json", "starter", env, backfill=backfill) for env in ("live", "test")}
        body = {"games": {"starter": {"contract": "starter", "to": to}}, "keys": str(folder / "keys.json"),
                "queue": str(folder / "queue.sqlite"), "listen": self.url.removeprefix("http://"), "rate": 1e6, **settings}
        (folder / "collector.yaml").write_text(json.dumps(body))  # JSON is YAML
        self.process: subprocess.Popen | None = None

    def start(self):
        with (self.folder / "collector.log").open("ab") as log:
            command = [sys.executable, "-m", "gamebeam", "collect", "serve", f"--config={self.folder / 'collector.yaml'}"]
            self.process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        until = time.monotonic() + 300
        while time.monotonic() < until and self.process.poll() is None:
            try:
                self.health()
                return
            except OSError:
                time.sleep(0.1)
        raise OSError((self.folder / "collector.log").read_text())

    def health(self) -> dict:
        with urllib.request.urlopen(f"{self.url}/healthz", timeout=10) as answer:
            return json.load(answer)

    def kill(self):
        """As kill -9 does, workers and all."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(40)
            except subprocess.TimeoutExpired:
                self.kill()


@contextmanager
def collector(folder: Path, to: str, **settings):
    folder.mkdir(parents=True, exist_ok=True)
    server = Server(folder, to, **settings)
    server.start()
    try:
        yield server
    finally:
        server.stop()
