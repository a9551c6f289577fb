"""The report in a real Chromium: quiet, within reach of everyone, deaf to what notes say."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from kit.browser import axe_violations, sideways_px, visit
from kit.reports import HOSTILE, the_fixed_set, the_hostile_set
from kit.verdicts import a_span, a_text_finding

from moderation.finding import FindingKind
from moderation.report import ArchivePictures, write_letter, write_report

PHONE_PX, DESK_PX, WALL_PX = 375, 1280, 3840
HOSTILE_TEXTS = {
    "the usual": HOSTILE,
    "script": "<script>alert(1)</script><img src=x onerror=alert(2)>",
    "end of style": "</style><script>alert(1)</script><style>*{background:url(//evil.example)}",
    "end of script": "</script><script>alert(1)//",
    "end of title": "</title></head><body onload=alert(1)>",
    "out of an attribute": "' \" autofocus onfocus=alert(1) tabindex=0 style=left:-9999px x='",
    "svg": "<svg/onload=alert(1)><use href='data:image/svg+xml,<svg/>#x'>",
    "comment": "--><!--<script>",
    "address": "javascript:alert(1)",
    "template": "{{ 7*7 }}${alert(1)}{% include 'x' %}",
    "bidi": "\u202e\u2067gpj.\u2066 \u200f" * 40,
    "a huge word": "x" * 5_000,
    "a huge Chinese word": "冲" * 5_000,
    "marks above marks": "e" + "\u0301" * 2_000,
    "lines": "\n" * 500 + "\t" * 500,
}


def written(folder, results, notes, **options):
    known = {note.id: note for note in notes}
    page = write_report(results, folder, notes=known, pictures=ArchivePictures(known), **options)
    return page.as_uri()


@pytest.fixture(scope="module")
def urls(tmp_path_factory):
    """Every part of the page once, by language."""
    return {
        lang: written(tmp_path_factory.mktemp(lang), *the_fixed_set(), lang=lang)
        for lang in ("zh", "en")
    }


def shown(page):
    """Ids of the notes that can be seen, in order."""
    return page.locator("article.note:visible h2").all_inner_texts()


def counted(page, words):
    """Wait until the filter says so: a reset is told to the page a moment later."""
    page.get_by_text(words, exact=True).wait_for()


def focused(page):
    return page.evaluate("document.activeElement.id || document.activeElement.name")


def test_a_page_that_misbehaves_is_seen(browser, tmp_path):
    """What all the others here rest on: each kind of sighting, and axe, and the width."""
    place = tmp_path / "bad.html"
    place.write_text(
        "<!doctype html><html><meta charset=utf-8><title>bad</title>"
        "<meta http-equiv=Content-Security-Policy content='img-src data:'>"
        "<img src=http://evil.example/x.png><p style='width: 3000px'>wide</p><script>"
        "console.error('told'); alert('hello'); fetch('http://evil.example/y').catch(() => 0);"
        "new WebSocket('ws://evil.example/z'); open('about:blank'); setTimeout(() => {"
        "document.title = 'done'; throw new Error('thrown'); });</script>",
        "utf-8",
    )
    with visit(browser, place.as_uri()) as (page, sightings):
        page.wait_for_function("document.title === 'done'")
        page.wait_for_timeout(200)
        assert "told" in sightings.console
        assert [error for error in sightings.errors if "thrown" in error]
        assert sightings.blocked == ["img-src blocked http://evil.example/x.png"]
        assert {url[-1] for url in sightings.elsewhere} == {"g", "y", "z"}
        assert sightings.dialogs == ["alert hello"]
        assert sightings.opened == ["about:blank"]
        assert len(sightings.all()) > 6
        assert sideways_px(page) > 1_000
        rules = {line.split()[0] for line in axe_violations(page)}
        assert {"html-has-lang", "image-alt", "region"} <= rules


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width_px", [PHONE_PX, WALL_PX])
def test_everyone_can_read_it(browser, urls, lang, scheme, width_px):
    """No rule of WCAG 2.2 AA that axe can tell is broken, with all that unfolds unfolded."""
    with visit(browser, urls[lang], width_px=width_px, scheme=scheme) as (page, sightings):
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
        assert not axe_violations(page)
        assert sideways_px(page) == 0
        assert not sightings.all()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everyone_can_use_it(browser, urls, scheme):
    """With a filter at work, with nothing left, and with the list of keys open."""
    with visit(browser, urls["en"], scheme=scheme) as (page, _):
        page.locator("button.tile.block").click()
        assert not axe_violations(page)
        page.get_by_role("searchbox").fill("nowhere to be found")
        counted(page, "0 of 4 shown")
        assert page.locator(".nothing").is_visible()
        assert not axe_violations(page)
        page.locator("button.help").click()
        assert not axe_violations(page)


@pytest.mark.parametrize("width_px", [PHONE_PX, DESK_PX])
def test_keys_go_from_note_to_note(browser, urls, width_px):
    """And no further than the last; what has the focus is not under the filter."""
    with visit(browser, urls["en"], width_px=width_px) as (page, sightings):
        for key, number in zip("jjjjjkkkkk", [1, 2, 3, 4, 4, 3, 2, 1, 1, 1], strict=True):
            page.keyboard.press(key)
            assert focused(page) == f"note-{number}"
            note = page.locator(f"#note-{number}").bounding_box()
            bar = page.locator("form.filter").bounding_box()
            assert note["y"] >= bar["y"] + bar["height"]
        assert not sightings.all()


def test_keys_search_filter_and_clear(browser, urls):
    """`/` goes to the words, where letters are letters; Esc takes all back; `f` goes round."""
    with visit(browser, urls["en"]) as (page, sightings):
        page.keyboard.press("/")
        assert focused(page) == "words"
        page.keyboard.type("jkf?/")
        counted(page, "0 of 4 shown")
        page.keyboard.press("Escape")
        counted(page, "4 of 4 shown")
        assert focused(page) != "words"
        assert page.get_by_role("searchbox").input_value() == ""
        rounds = []
        for _ in range(5):
            page.keyboard.press("f")
            rounds.append(shown(page))
        assert rounds == [["n1"], ["n4"], [], ["n3", "n2"], ["n1", "n4", "n3", "n2"]]
        page.keyboard.press("f")
        page.keyboard.press("j")
        page.keyboard.press("j")
        assert focused(page) == "note-1"
        page.keyboard.press("Escape")
        counted(page, "4 of 4 shown")
        assert not sightings.all()


def test_the_keys_are_told(browser, urls):
    """`?` opens the list; Esc closes it and leaves the filter alone."""
    with visit(browser, urls["en"]) as (page, sightings):
        page.keyboard.press("f")
        page.keyboard.press("?")
        page.get_by_role("dialog").wait_for()
        page.keyboard.press("j")  # not behind the dialog
        assert not focused(page).startswith("note-")
        page.keyboard.press("Escape")
        page.get_by_role("dialog").wait_for(state="hidden")
        assert shown(page) == ["n1"]
        page.locator("button.help").click()
        page.get_by_role("dialog").get_by_role("button").click()
        page.get_by_role("dialog").wait_for(state="hidden")
        assert not sightings.all()


def test_the_filter_finds_notes(browser, urls):
    """By a tile, a reason, words in any letter case; a second push on a tile takes it back."""
    with visit(browser, urls["en"]) as (page, sightings):
        tile = page.locator("button.tile.pass")
        tile.click()
        assert shown(page) == ["n3", "n2"]
        assert tile.get_attribute("aria-pressed") == "true"
        tile.click()
        counted(page, "4 of 4 shown")
        assert tile.get_attribute("aria-pressed") == "false"
        page.get_by_role("combobox").nth(1).select_option("text.hard_sell")
        assert shown(page) == ["n1"]
        page.get_by_role("combobox").nth(0).select_option("pass")
        assert shown(page) == []
        page.locator("button[type=reset]").click()
        counted(page, "4 of 4 shown")
        page.get_by_role("searchbox").fill(" ACME ")
        counted(page, "1 of 4 shown")
        assert shown(page) == ["n3"]
        page.keyboard.press("Enter")
        assert shown(page) == ["n3"]
        assert not sightings.all()


def test_without_script_every_note_can_be_read(browser, urls):
    """The page of a reader who runs no scripts."""
    with visit(browser, urls["en"], java_script_enabled=False) as (page, sightings):
        assert shown(page) == ["n1", "n4", "n3", "n2"]
        assert not page.locator("form.filter").is_visible()
        assert not sightings.all()


@pytest.mark.parametrize("text", HOSTILE_TEXTS.values(), ids=HOSTILE_TEXTS.keys())
def test_hostile_notes_do_nothing(browser, tmp_path, text):
    """Nothing runs, nothing is asked for, nothing leaves its place, whatever is clicked."""
    url = written(tmp_path, *the_hostile_set(text), title=text, lang="en")
    with visit(browser, url, width_px=PHONE_PX) as (page, sightings):
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
        assert sideways_px(page) == 0
        assert not axe_violations(page)
        assert page.locator("script, style").count() == 2
        links = page.locator("[href]").evaluate_all("all => all.map(a => a.getAttribute('href'))")
        assert not [link for link in links if not link.startswith("#")]
        page.locator("article h2 a").click()
        page.keyboard.press("j")
        assert focused(page) == "note-1"
        page.keyboard.press("/")
        page.keyboard.insert_text(text[:100].replace("\n", " "))
        page.locator("button.bar").first.click()
        page.keyboard.press("Escape")
        assert not sightings.all()
        assert page.url.partition("#")[0] == url


@pytest.fixture(scope="module")
def letters(tmp_path_factory):
    """A letter with all there is, and one on a pass, by language."""
    results, notes = the_fixed_set()
    known = {note.id: note for note in notes}
    line = a_span("加V：abc_2046", "abc_2046", field="image[0].ocr")
    read = a_text_finding(
        FindingKind.TEXT_DIVERSION_GROUP, replace(line, box=(0.1, 0.2, 0.6, 0.25))
    )
    whole = replace(results[2], findings=(*results[2].findings, read))
    reason = replace(whole.reasons[-1], finding=len(whole.findings) - 1)
    whole = replace(whole, reasons=(*whole.reasons, reason))
    urls = {}
    for lang in ("zh", "en"):
        for name, verdict in (("whole", whole), ("pass", results[3])):
            page = write_letter(
                verdict,
                tmp_path_factory.mktemp("letters") / "letter.html",
                note=known[verdict.note_id],
                pictures=ArchivePictures(known),
                decided_at=datetime(2026, 5, 2, 8, 30, tzinfo=UTC),
                public={0},
                lang=lang,
            )
            urls[name, lang] = page.as_uri()
    return urls


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width_px", [PHONE_PX, WALL_PX])
def test_everyone_can_read_a_letter(browser, letters, lang, scheme, width_px):
    """No rule of axe is broken, nothing lies to the side, and the page asks for nothing."""
    for name in ("whole", "pass"):
        url = letters[name, lang]
        with visit(browser, url, width_px=width_px, scheme=scheme) as (page, sightings):
            assert not axe_violations(page)
            assert sideways_px(page) == 0
            assert not sightings.all()
            assert page.locator("h1").count() == 1


@pytest.mark.parametrize("text", HOSTILE_TEXTS.values(), ids=HOSTILE_TEXTS)
def test_a_letter_is_deaf_to_what_a_note_says(browser, tmp_path, text):
    """No script, no request, no dialog, nothing to the side."""
    results, notes = the_hostile_set(text)
    known = {note.id: note for note in notes}
    page_file = write_letter(
        results[0],
        tmp_path / "letter.html",
        note=known.get(results[0].note_id),
        pictures=ArchivePictures(known),
        decided_at=datetime(2026, 5, 2, 8, 30, tzinfo=UTC),
        public=(),
        lang="en",
    )
    with visit(browser, page_file.as_uri(), width_px=PHONE_PX) as (page, sightings):
        page.wait_for_timeout(100)
        assert not sightings.all()
        assert sideways_px(page) == 0
        assert not page.locator("script, iframe, object, form, a").count()


def test_a_letter_prints_on_paper(browser, letters, tmp_path):
    """White, and within the width of a sheet."""
    with visit(browser, letters["whole", "en"], width_px=720, scheme="dark") as (page, _):
        page.emulate_media(media="print")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") in (
            "rgb(255, 255, 255)",
            "rgba(0, 0, 0, 0)",
        )
        assert sideways_px(page) == 0
