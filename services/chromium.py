"""A real browser, for tests of pages: the machine's own Chromium, driven by Playwright."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from services import MissingTool

NAMES = ("chromium", "chromium-browser", "google-chrome")
# As root it has no sandbox; the rest keeps it from asking its maker's hosts.
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
WAIT_MS = 240_000  # a loaded machine may take long


@dataclass
class Tab:
    """A page, what its console complained of, and what it asked for."""

    page: Any
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def open(self, url: str) -> None:
        """Until every chart is drawn."""
        self.page.goto(url)
        self.page.wait_for_function("[...document.querySelectorAll('.chart')].every(c => c.dataset.drawn)", timeout=WAIT_MS)


@contextmanager
def tab() -> Iterator[Tab]:
    from playwright.sync_api import sync_playwright

    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is None:
        raise MissingTool("chromium is not on this machine: pages are tested in it (apt-get install chromium)")
    with sync_playwright() as playwright, playwright.chromium.launch(executable_path=path, args=FLAGS) as browser:
        opened = Tab(browser.new_page(viewport={"width": 1280, "height": 900}))
        opened.page.set_default_timeout(WAIT_MS)
        opened.page.on("console", lambda m: opened.errors.append(m.text) if m.type == "error" else None)
        opened.page.on("pageerror", lambda e: opened.errors.append(str(e)))
        opened.page.on("request", lambda r: opened.requests.append(r.url))
        opened.page.on("dialog", lambda d: (opened.errors.append(f"dialog: {d.message}"), d.dismiss()))
        yield opened
