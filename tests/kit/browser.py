"""A real Chromium for tests, and what a page in it did that no page of ours may do."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, BrowserType, Page

NAMES = ("chromium", "chromium-browser", "google-chrome")
"""On the PATH; the environment's `MODERATION_CHROMIUM` goes before them, Playwright's own after."""
ABSENT = "no Chromium: apt-get install chromium, or set MODERATION_CHROMIUM"
FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Whatever a page tries, a test leaves this machine alone; the try is still recorded.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
"""Tags of axe: WCAG 2.2 to level AA, and what axe's makers advise beyond."""
_VIOLATIONS = """
addEventListener("securitypolicyviolation", (event) => window.tellBlocked(
  `${event.effectiveDirective} blocked ${event.blockedURI} ${event.sample}`.trim()), true);
"""


@contextmanager
def running() -> Iterator[Browser]:
    """A Chromium without a window; skips where there is none.

    While it runs, Playwright's event loop runs on this thread, and `asyncio.run` fails here: so it
    lives no longer than the tests of one file, and whatever serves pages has its own thread.
    """
    if importlib.util.find_spec("playwright") is None:
        pytest.skip("`playwright` is not installed: pip install 'notegate[test]'")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        program = _program(playwright.chromium)
        if program is None:
            pytest.skip(ABSENT)
        # Root and most containers can have no sandbox, and no page but ours is opened.
        browser = playwright.chromium.launch(
            executable_path=program, args=FLAGS, chromium_sandbox=False
        )
        try:
            yield browser
        finally:
            browser.close()


def _program(own: BrowserType) -> str | None:
    named = os.environ.get("MODERATION_CHROMIUM")
    if named:
        # One that was named and is not there is a mistake, and no reason to skip.
        assert _runs(named), f"`MODERATION_CHROMIUM` is `{named}`, which cannot be run"
        return shutil.which(named)
    found = (shutil.which(name) for name in NAMES if _runs(name))
    return next(found, own.executable_path if Path(own.executable_path).is_file() else None)


def _runs(name: str) -> bool:
    # Called, not only looked up: the one of Ubuntu's images is a note that there is none.
    program = shutil.which(name)
    return (
        program is not None
        and not subprocess.run([program, "--version"], capture_output=True).returncode
    )


class Sightings:
    """What pages of one context did, noted from their first byte on, in order."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.console: list[str] = []
        """Errors and warnings; what a policy blocks is among them."""
        self.errors: list[str] = []
        """Of scripts, not caught."""
        self.blocked: list[str] = []
        """By the content security policy."""
        self.elsewhere: list[str] = []
        """Asked of any address but the page's origin; of a file, of any but the file."""
        self.dialogs: list[str] = []
        """`alert` and its kin; each is dismissed."""
        self.opened: list[str] = []
        """Windows beside the first, and downloads."""
        self._home = _origin(url)
        self._is_first = True
        context.on("console", self._on_console)
        context.on("weberror", lambda error: self.errors.append(str(error.error)))
        context.on("request", lambda request: self._on_address(request.url))
        context.on("dialog", self._on_dialog)
        context.on("page", self._on_page)
        context.expose_binding("tellBlocked", lambda _, what: self.blocked.append(what))
        context.add_init_script(_VIOLATIONS)

    def all(self) -> list[str]:
        """Every sighting with its kind: empty for a page that minds its own business."""
        return [
            f"{kind}: {what}"
            for kind in ("console", "errors", "blocked", "elsewhere", "dialogs", "opened")
            for what in getattr(self, kind)
        ]

    def _on_console(self, message: Any) -> None:
        if message.type in ("error", "warning", "assert"):
            self.console.append(message.text)

    def _on_address(self, url: str) -> None:
        if urlsplit(url).scheme not in ("data", "blob", "about") and _origin(url) != self._home:
            self.elsewhere.append(url)

    def _on_dialog(self, dialog: Any) -> None:
        self.dialogs.append(f"{dialog.type} {dialog.message}")
        dialog.dismiss()

    def _on_page(self, page: Page) -> None:
        # Sockets and downloads are told to a page alone.
        page.on("websocket", lambda socket: self._on_address(socket.url))
        page.on("download", lambda download: self.opened.append(download.url))
        if not self._is_first:
            self.opened.append(page.url)
        self._is_first = False


def _origin(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme == "file":
        return f"file://{parts.path}"
    scheme = {"ws": "http", "wss": "https"}.get(parts.scheme, parts.scheme)
    return f"{scheme}://{parts.netloc}"


@contextmanager
def visit(
    browser: Browser,
    url: str,
    *,
    width_px: int = 1280,
    height_px: int = 800,
    scheme: str = "light",
    **options: Any,
) -> Iterator[tuple[Page, Sightings]]:
    """The page in a profile of its own, and what it does; more options as of `new_context`."""
    context = browser.new_context(
        viewport={"width": width_px, "height": height_px},
        color_scheme=scheme,
        **{"reduced_motion": "reduce", **options},  # a test need not wait until a page has slid
    )
    try:
        sightings = Sightings(context, url)
        page = context.new_page()
        page.goto(url)
        yield page, sightings
    finally:
        context.close()


def sideways_px(page: Page) -> int:
    """How far the page can be scrolled to the side."""
    root = "document.scrollingElement"
    return int(page.evaluate(f"{root}.scrollWidth - {root}.clientWidth"))


def axe_violations(page: Page) -> list[str]:
    """What axe finds wrong on the page as it stands, a line for each element."""
    from axe_playwright_python.sync_playwright import Axe

    options = {"resultTypes": ["violations"], "runOnly": {"type": "tag", "values": list(RULES)}}
    found = Axe().run(page, options=options).response
    assert found["passes"], "axe found nothing that it could look at"
    return [
        f"{rule['id']} ({rule['impact']}): {_place(node)} | {node['html'][:160]} | {_why(node)}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


def _place(node: dict[str, Any]) -> str:
    return " > ".join(str(part) for part in node["target"])


def _why(node: dict[str, Any]) -> str:
    checks = (check for kind in ("any", "all", "none") for check in node[kind])
    return "; ".join(check["message"] for check in checks)
