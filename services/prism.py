"""Prism, Beam's own engine for one machine."""

import os
import subprocess
from pathlib import Path

from services import CACHE, fetching
from services.go import go_binary

MODULE = "github.com/apache/beam/sdks/v2/go/cmd/prism@v2.77.0"  # Go checks it against its checksum database


def prism_binary() -> Path:
    """The binary, built on first use: two minutes, 66 MB."""
    binary = CACHE / "bin" / "prism"
    with fetching("prism"):
        if not binary.exists():
            subprocess.run([go_binary(), "install", MODULE], check=True, env={**os.environ, "GOBIN": str(binary.parent)})
    return binary
