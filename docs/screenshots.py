"""Pictures of the console for README and docs, taken in a real Chromium of the demo's desk.

python docs/screenshots.py        writes docs/screenshots/*.jpg, in about two minutes
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from json import loads
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

HERE = Path(__file__).parent / "screenshots"
QUALITY = 86


@contextmanager
def console(lang: str) -> Iterator[str]:
    """`moderation console --demo` in a folder of its own; its URL."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "moderation", "console", "--demo", "--json"]
        with subprocess.Popen(
            [*command, "--port", "0", "--lang", lang, "--role", "senior"],
            cwd=folder,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])},
        ) as process:
            assert process.stdout is not None
            try:
                yield loads(process.stdout.readline())["url"]
            finally:
                process.terminate()


def take(page: Page, name: str) -> None:
    """What is on the screen, once its pictures are there."""
    page.wait_for_function("[...document.images].every(image => image.complete)")
    page.wait_for_timeout(400)
    page.screenshot(path=HERE / f"{name}.jpg", type="jpeg", quality=QUALITY)


def main() -> None:
    """Walk through the desk as a moderator would."""
    HERE.mkdir(exist_ok=True)
    program = os.environ.get("MODERATION_CHROMIUM") or shutil.which("chromium")
    for lang in ("en", "zh"):
        with console(lang) as url, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=program, chromium_sandbox=False)
            tongue = {"en": "en-GB", "zh": "zh-CN"}[lang]
            page = browser.new_page(viewport={"width": 1280, "height": 820}, locale=tongue)
            walk(page, url, lang)
            browser.close()


def walk(page: Page, url: str, lang: str) -> None:
    """The pages that are shown, one after the other."""
    page.goto(f"{url}/queue")
    page.wait_for_selector(".cases")
    take(page, f"queue-{lang}")
    page.locator(".cases tr", has_text="cat-mirrored").locator("th a").click()
    page.locator("[data-act=take]").click()
    page.wait_for_selector("[data-mine]")
    page.locator(".overlay").scroll_into_view_if_needed()
    page.wait_for_timeout(900)
    page.evaluate("scrollTo(0, 0)")
    take(page, f"case-{lang}")
    if lang == "en":
        page.emulate_media(color_scheme="dark")
        page.set_viewport_size({"width": 390, "height": 844})
        take(page, "phone-dark")
        page.emulate_media(color_scheme="light")
        page.set_viewport_size({"width": 1280, "height": 820})
        for kind in ("appeal", "report"):
            page.goto(f"{url}/queue")
            page.locator(f".tabs [value={kind}]").click()
            page.locator(".cases th a").first.click()
            page.locator("[data-act=take]").click()
            page.wait_for_selector("[data-mine]")
            take(page, f"{kind}-en")


if __name__ == "__main__":
    main()
