"""A Cloud Storage emulator (PyPI's gcp-storage-emulator), in an environment of its own."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engines import CACHE, end, free_port

REQUIREMENTS = Path(__file__).parent / "gcs.txt"  # with hashes
FOLDER = CACHE / "gcp-storage-emulator-2026.7.19"
STARTS_WITHIN_S = 60


@contextmanager
def gcs_emulator(folder: Path) -> Iterator[str]:
    """The URL of an empty one, for STORAGE_EMULATOR_HOST."""
    port = free_port()
    with (folder / "gcs.log").open("ab") as log:
        process = subprocess.Popen(
            [_binary(), "-d", folder / "gcs", "start", "--host=127.0.0.1", f"--port={port}"],
            stdout=log, stderr=log, start_new_session=True)
    try:
        _wait_for(process, port, folder / "gcs.log")
        yield f"http://127.0.0.1:{port}"
    finally:
        end(process)


def _wait_for(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + STARTS_WITHIN_S
    while process.poll() is None and time.monotonic() < until:
        with socket.socket() as s:
            if s.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise OSError(f"{log}: the storage emulator did not start: {log.read_text()[-2_000:]}")


def _binary() -> Path:
    """Installed on first use: a few seconds."""
    binary, installed = FOLDER / "bin" / "gcp-storage-emulator", FOLDER / ".installed"
    if not installed.exists():
        subprocess.run([sys.executable, "-m", "venv", FOLDER], check=True)
        python = FOLDER / "bin" / "python"
        subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--require-hashes", "--no-deps",
                        "-r", REQUIREMENTS], check=True)
        installed.touch()
    return binary
