"""A Python environment of an emulator's own: what it needs must not meet what the project needs."""

import fcntl
import os
import subprocess
from pathlib import Path

from engines import CACHE

HERE = Path(__file__).parent


def environment(name: str, python: str, then: str = "pass") -> Path:
    """The folder of .cache/NAME, made on first use from engines/NAME.txt, where every package has its hash; `then` is run in it once."""
    folder = CACHE / name
    CACHE.mkdir(exist_ok=True)
    with (CACHE / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two test runs at once would install over one another
        installed = folder / ".installed"
        if not installed.exists():
            subprocess.run([python, "-m", "venv", folder], check=True)
            inside = folder / "bin" / "python"
            subprocess.run([inside, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--require-hashes", "--no-deps",
                            "-r", HERE / f"{name}.txt"], check=True)
            home = folder / "home"
            home.mkdir(exist_ok=True)
            subprocess.run([inside, "-c", then], check=True, env={**os.environ, "HOME": str(home)})
            installed.touch()
    return folder
