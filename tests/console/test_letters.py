"""The author's page at the desk, and what was read in pictures beside its box."""

from __future__ import annotations

import re
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from kit.browser import axe_violations, sideways_px
from kit.console import ARCHIVE, INCOMING, REGISTER, People, a_copy_of, jpeg, serving
from kit.desk_rows import judged, opened
from kit.notes import photo
from kit.verdicts import a_copy, a_match, a_span, a_text_finding

from moderation.demo.drafts import draft, write_notes
from moderation.finding import Finding, FindingKind
from moderation.store import Act, CaseKind, NewAppeal, Register, Wanted
from moderation.verdict import Decision

PHONE_PX, WALL_PX = 375, 3840
HOSTILE = "<img src=x onerror=alert(1)>\u202e加V：abc_2046 http://evil.example"
LINE = replace(
    a_span(HOSTILE, "加V：abc_2046", field="image[0].ocr", code="V3"), box=(0.2, 0.1, 0.7, 0.16)
)
CODE = replace(
    a_span("https://weixin.qq.com/…", "https://weixin.qq.com/…", field="image[0].qr", code="V3"),
    box=(0.6, 0.6, 0.9, 0.95),
)
LETTERED = a_text_finding(FindingKind.TEXT_DIVERSION_CONTACT, LINE, replace(LINE, text=HOSTILE))
CODED = Finding(
    kind=FindingKind.IMAGE_QR,
    score=0.9,
    raw_score=0.9,
    image_number=0,
    spans=(CODE,),
    detail={"class": "group", "host": "weixin.qq.com", "codes": 1},
    detector="codes@1",
)
OLD_CODE = replace(
    CODED,
    spans=(replace(CODE, box=None),),
    detail={**CODED.detail, "left": 0.6, "top": 0.6, "right": 0.9, "bottom": 0.95},
)
NOTES = {
    "lettered": (LETTERED,),
    "coded": (CODED,),
    "old-code": (OLD_CODE,),
    "copied": (a_copy(match=a_match(note_id="cat-first", author_id="author-ava")),),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A register with a case of each sort, and the archives of their notes."""
    folder = tmp_path_factory.mktemp("letters")
    cat, cup = jpeg(photo("chelsea")), jpeg(photo("coffee"))
    write_notes(
        [draft("cat-first", "author-ava", "2026-03-01 09:00", "cat", "", (), (cat,))],
        folder / ARCHIVE,
    )
    write_notes(
        [draft(name, f"of-{name}", "2026-03-05 09:00", HOSTILE, "", (), (cup,)) for name in NOTES],
        folder / INCOMING,
    )
    with Register.open(folder / REGISTER) as register:
        for name, findings in NOTES.items():
            opened(register, name, f"of-{name}", findings=findings)
    return folder


@pytest.fixture(scope="module")
def served(folder):
    with serving(folder) as served:
        yield served


@pytest.fixture(scope="module")
def people(browser, folder):
    with ExitStack() as stack:
        yield People(browser, stack.enter_context(serving(folder)), stack)


@pytest.mark.parametrize(
    ("name", "points", "text"),
    [
        ("lettered", "20.00,10.00 70.00,10.00 70.00,16.00 20.00,16.00", "加V：abc_2046"),
        ("coded", "60.00,60.00 90.00,60.00 90.00,95.00 60.00,95.00", "https://weixin.qq.com/…"),
        ("old-code", "60.00,60.00 90.00,60.00 90.00,95.00 60.00,95.00", "https://weixin.qq.com/…"),
    ],
)
def test_what_was_read_stands_beside_its_box(served, name, points, text):
    """Outlined once, numbered on the picture and beside it; never a link."""
    page = served.come().get(f"/cases/{served.case_of(name)}").text
    evidence = page.partition('<div class="read">')[2].partition("</section>")[0]
    assert evidence.count(f'<polygon points="{points}"/>') == 2  # dark below bright
    assert '<text x="-10" dy="0.35em">1</text>' in evidence
    assert f'<b class="nth">1</b> <code>V3</code> <bdi class="quoted">{text}</bdi>' in evidence
    assert "<a " not in evidence
    assert '<b class="nth">2</b>' not in evidence


def test_hostile_words_in_a_picture_stay_words(served):
    """Markup is text, and what turns the reading direction is named."""
    page = served.come().get(f"/cases/{served.case_of('lettered')}").text
    assert "&lt;img src=x onerror=alert(1)&gt;" in page
    assert "<img src=x" not in page
    assert "\u202e" not in page


def test_the_letter_is_that_of_the_verdict(served):
    """In both languages; with the author's picture, and of the earlier one only what is public."""
    client = served.come("vera", "viewer")
    case_id = served.case_of("copied")
    page = client.get(f"/cases/{case_id}").text
    for lang, heading in (("zh", "您的笔记正在等待人工审核"), ("en", "A person will look at")):
        path = f"/cases/{case_id}/letter?lang={lang}"
        assert f'href="{path}"' in page
        letter = client.get(path)
        assert letter.status_code == 200
        assert heading in letter.text
        assert re.search(rf'<img src="/cases/{case_id}/pictures/0.jpg', letter.text)
        # The register does not hold that picture as a public note's.
        assert "original.jpg" not in letter.text
        assert "author-ava" not in letter.text
        assert "cat-first" not in letter.text
        assert not re.search(r"<style|\sstyle=|<script|http-equiv", letter.text)
    assert client.get(f"/cases/{case_id}/letter?lang=fr").status_code == 404


def test_the_letter_names_the_time_to_appeal_and_what_counts_now(folder, tmp_path):
    """By the days that this desk was told; after a decision the letter is about another verdict."""
    with serving(a_copy_of(folder, tmp_path / "desk"), appeal_days=7) as served:
        case_id = served.case_of("copied")
        client = served.come("vera", "viewer")
        row = served.register.latest_verdict("copied")
        letter = client.get(f"/cases/{case_id}/letter?lang=en").text
        assert f"{row.decided_at + timedelta(days=7):%Y-%m-%d %H:%M} UTC" in letter
        assert "took its place" not in letter
        appealed = NewAppeal(
            verdict_id=row.verdict_id,
            note_id="copied",
            author_id=row.author_id,
            at=datetime.now(UTC),
            statement="mine",
        )
        with served.register.transaction() as now:
            now.open_appeal(appealed)
        judged(served.register, "copied", "of-copied", decision=Decision.PASS, revision=2)
        (appeal,) = served.register.cases(Wanted(kind=CaseKind.APPEAL))
        letter = client.get(f"/cases/{appeal.case_id}/letter?lang=en").text
        assert "before you edited it" in letter
        assert "nothing is held against your note" in letter
        letter = client.get(f"/cases/{appeal.case_id}/letter?lang=zh").text
        assert "以该结果为准：您的笔记没有问题" in letter


def test_looking_at_a_letter_is_recorded(served):
    """As looking at the case is."""
    client = served.come("ann", "viewer")
    case_id = served.case_of("coded")
    client.get(f"/cases/{case_id}/letter")
    assert ("ann", Act.LOOKED) in [
        (line.by, line.act) for line in served.register.case_log(case_id)
    ]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width_px", [PHONE_PX, WALL_PX])
def test_everyone_can_read_them(people, lang, scheme, width_px):
    """Cases with numbers on pictures, and letters: no rule of axe is broken, nothing sideways."""
    served = people.served
    page = people.come("mia", locale=lang, scheme=scheme, width_px=width_px)
    wrong = []
    for name in NOTES:
        at = f"{served.url}/cases/{served.case_of(name)}"
        for path in (at, f"{at}/letter?lang={lang}"):
            page.goto(path)
            page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
            wrong += [f"{name}: {line}" for line in axe_violations(page)]
            wrong += [f"{name}: {px} px sideways"] if (px := sideways_px(page)) else []
    assert not wrong
    assert not people.sightings()


@pytest.mark.parametrize("width_px", [PHONE_PX, 1280])
def test_numbers_lie_beside_their_boxes(people, width_px):
    """As round as they are drawn, within the picture, and above it."""
    served = people.served
    page = people.come("mia", width_px=width_px)
    for name, left in (("lettered", 0.2), ("coded", 0.6)):
        page.goto(f"{served.url}/cases/{served.case_of(name)}")
        page.locator(".read .frame img").evaluate("img => img.decode()")  # it comes when it is seen
        picture = page.locator(".read .frame img").bounding_box()
        circle = page.locator(".numbers-on circle").bounding_box()
        assert circle["width"] == pytest.approx(circle["height"], abs=0.5)
        assert picture["x"] <= circle["x"]
        assert circle["x"] + circle["width"] <= picture["x"] + left * picture["width"] + 1
        assert picture["y"] <= circle["y"] <= picture["y"] + picture["height"]
