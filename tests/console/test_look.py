"""The console's pages in a real Chromium: within reach of everyone, deaf to what notes say."""

from __future__ import annotations

import json
from contextlib import ExitStack

import cv2
import pytest
from kit import pictures
from kit.browser import axe_violations, sideways_px
from kit.console import People, a_copy_of, serving
from kit.notes import photo
from kit.reports import HOSTILE

from moderation import Gate
from moderation.demo.desk import careful

PHONE_PX, WALL_PX = 375, 3840
BREAKING = (
    "</textarea></title></script><script>alert(1)</script>'\" autofocus onfocus=alert(2) \u202e"
)
BAD_FILE = "'\"><img src=x onerror=alert(3)>.jpg"


@pytest.fixture(scope="module")
def gallery(browser, made, tmp_path_factory):
    """A desk that nobody decides at, for all tests here."""
    with ExitStack() as stack:
        served = stack.enter_context(serving(a_copy_of(made, tmp_path_factory.mktemp("gallery"))))
        yield People(browser, served, stack)


def every_page(served):
    """Where each kind of page is."""
    case_id = served.case_of("cat-again")
    return {
        "queue": "/queue",
        "case": f"/cases/{case_id}",
        "text": f"/cases/{served.case_of('trade-1')}",
        "letter": f"/cases/{case_id}/letter",
        "group": f"/cases/{served.case_of('cup-5')}/alike",
        "settings": "/settings",
        "problem": "/cases/999",
        "login": "/login",
    }


@pytest.mark.parametrize("lang", ["zh-CN", "en-GB"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width_px", [PHONE_PX, WALL_PX])
def test_everyone_can_use_it(gallery, lang, scheme, width_px):
    """No rule of WCAG 2.2 AA that axe can tell is broken, with all that unfolds unfolded."""
    served = gallery.served
    page = gallery.come("mia", locale=lang, scheme=scheme, width_px=width_px)
    page.goto(f"{served.url}/cases/{served.case_of('cat-again')}")
    if page.locator("[data-act=take]").count():
        with page.expect_navigation():
            page.locator("[data-act=take]").click()
    wrong = []
    for name, path in every_page(served).items():
        page.goto(f"{served.url}{path}")
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
        wrong += [f"{name}: {line}" for line in axe_violations(page)]
        wrong += [f"{name}: {px} px sideways"] if (px := sideways_px(page)) else []
    assert not wrong
    assert not gallery.sightings()


def test_the_list_of_keys_is_within_reach(gallery):
    """The dialog alone, in both schemes."""
    for scheme in ("light", "dark"):
        page = gallery.come("mia", scheme=scheme)
        page.keyboard.press("?")
        page.get_by_role("dialog").wait_for()
        assert not axe_violations(page)


def test_a_theme_that_was_set_goes_before_the_system_s(gallery):
    """And is as readable."""
    page = gallery.come("theo", scheme="light")
    page.goto(f"{gallery.served.url}/settings")
    page.locator("[name=theme]").select_option("dark")
    with page.expect_navigation():
        page.locator(".settings .primary").click()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 23, 26)"
    assert not axe_violations(page)


def a_hostile_archive(folder):
    """Notes that attack a page in each field: one copies the other, with a code on its picture."""
    folder.mkdir()
    cat = photo("chelsea")
    code = cv2.QRCodeEncoder.create().encode("javascript:alert(4)//" + "x" * 20)
    code = cv2.resize(code, None, fx=4, fy=4, interpolation=cv2.INTER_NEAREST)
    marked = cat.copy()
    marked[: code.shape[0], : code.shape[1]] = code[..., None]
    (folder / f"1{BAD_FILE}").write_bytes(pictures.encoded(cat, "JPEG"))
    (folder / f"2{BAD_FILE}").write_bytes(pictures.encoded(marked, "JPEG"))
    hostile = HOSTILE.replace("\0", "")
    rows = [
        {
            "id": f"{number}{hostile}",
            "author": {"id": f"{number}{hostile}", "brand_partner": BREAKING},
            "published_at": f"2026-03-0{number}T08:00:00Z",
            "title": BREAKING,
            "text": f"想要链接的加微信 abc12345 {hostile}{BREAKING} javascript:alert(5)",
            "tags": [BREAKING[:60]],
            "images": [{"path": f"{number}{BAD_FILE}"}],
            "lang": None,
        }
        for number in (1, 2)
    ]
    (folder / "notes.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    return folder


@pytest.mark.parametrize("lang", ["zh-CN", "en-GB"])
def test_a_hostile_note_does_nothing(browser, tmp_path, lang):
    """Nothing runs, nothing is blocked as nothing is tried, nothing is asked of another host."""
    from moderation.archive import read_notes

    archive = a_hostile_archive(tmp_path / "notes")
    with Gate.open(tmp_path / "register", policy=careful()) as gate:
        for _ in gate.check_many(list(read_notes(str(archive)))):
            pass
    with ExitStack() as stack:
        served = stack.enter_context(serving(tmp_path, sources=[archive]))
        people = People(browser, served, stack)
        page = people.come(f"mia {BREAKING.replace(chr(0x202E), '')}"[:100], locale=lang)
        cases = served.cases()
        assert len(cases) == 2
        page.fill("[name=author]", f"2{HOSTILE}".replace("\0", ""))
        with page.expect_navigation():
            page.locator(".filters button").click()
        page.fill("[name=name]", BREAKING[:40])
        with page.expect_navigation():
            page.keyboard.press("Enter")
        for case_id in cases:
            page.goto(f"{served.url}/cases/{case_id}")
            with page.expect_navigation():
                page.locator("[data-act=take]").click()
            page.keyboard.press("w")
            page.keyboard.insert_text(BREAKING)
            page.keyboard.press("Escape")
            with page.expect_navigation():
                page.keyboard.press("e")
            page.goto(f"{served.url}/cases/{case_id}")
            page.evaluate(
                "document.querySelectorAll('details').forEach(one => { one.open = true; })"
            )
            assert BREAKING.split("\u202e")[0] in page.locator("details.side").last.inner_text()
            assert not page.locator("main a[href^=javascript]").count()
            assert not page.locator("main img:not([src^='/cases/'])").count()
            assert not axe_violations(page)
        page.wait_for_timeout(300)
        assert not people.sightings()
