"""A Python environment of an emulator's own: what it needs must not meet what the project needs."""

import os
import subprocess
from pathlib import Path

from services import CACHE, fetching

HERE = Path(__file__).parent


def environment(name: str, python: str, then: str = "pass") -> Path:
    """The folder of .cache/NAME, made on first use from services/NAME.txt, where every package has its hash; `then` is run in it once."""
    folder = CACHE / name
    with fetching(name):
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
