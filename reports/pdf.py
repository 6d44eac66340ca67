"""A page as PDF: this machine's own Chromium prints it, as a reader's would."""

import os
import shutil
import subprocess
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
WAIT_S = 240
DRAWING_MS = 30_000  # of the page's own clock, for its charts


def browser() -> str:
    """Raises ValueError where there is none."""
    if found := next((path for name in NAMES if (path := shutil.which(name))), None):
        return found
    raise ValueError(f"--also=pdf: Chromium prints it, and none of {', '.join(NAMES)} is on this machine (apt-get install chromium); "
                     "or open the page in any browser, and print it there")


def print_pdf(page: Path) -> Path:
    """page.html -> page.pdf beside it."""
    out = page.with_suffix(".pdf")
    root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []  # as root Chromium has no sandbox
    done = subprocess.run([browser(), "--headless", *root, "--disable-gpu", "--no-pdf-header-footer", f"--virtual-time-budget={DRAWING_MS}",
                           f"--print-to-pdf={out.resolve()}", page.resolve().as_uri()], capture_output=True, text=True, timeout=WAIT_S)
    if done.returncode or not out.is_file():
        raise OSError(f"{out}: Chromium did not print it: {(done.stderr.strip().splitlines() or ['no reason given'])[-1]}")
    return out
