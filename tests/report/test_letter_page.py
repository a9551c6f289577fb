"""The letter as a page: one file, deaf to hostile text, with nothing that is not public."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from kit.elements import Elements
from kit.notes import photo
from kit.reports import HOSTILE, TEXT, drawn, note, the_hostile_set
from kit.verdicts import a_copy, a_match, a_span, a_text_finding, a_verdict

from moderation import Gate
from moderation.finding import Difference, Finding, FindingKind
from moderation.match import Direction
from moderation.note import Author, Note, NoteImage
from moderation.report import ArchivePictures, public_originals, write_letter
from moderation.store import Register
from moderation.verdict import Decision, Registration

AT = datetime(2026, 5, 2, 8, 30, tzinfo=UTC)
CROP = drawn()[80:240, 60:180].copy()
CORNERS = ((0.25, 0.25), (0.75, 0.25), (0.75, 0.75), (0.25, 0.75))
FIRST = note("n-earlier", author=Author(id="alice"), images=[NoteImage(array=drawn())])
MINE = note("n1", images=[NoteImage(array=CROP)])
COPY = a_copy(
    match=a_match(
        note_id="n-earlier",
        region_original=CORNERS,
        share_of_original=0.25,
        direction=Direction.QUERY_IN_ORIGINAL,
    )
)
CONTACT = a_text_finding(
    FindingKind.TEXT_DIVERSION_CONTACT,
    a_span(TEXT, "加薇❤ abc_123", code="V5"),
    replace(a_span("加V：abc_2046", "abc_2046", field="image[0].ocr"), box=(0.1, 0.2, 0.5, 0.25)),
)
UNREADABLE = Finding(
    kind=FindingKind.IMAGE_UNDECODABLE,
    score=1.0,
    raw_score=1.0,
    image_number=0,
    detector="decode@1",
)
HIDDEN_AD = a_text_finding(
    FindingKind.TEXT_SOFT_AD_UNDISCLOSED, a_span(TEXT, "全网最低价", code="V2"), score=0.7
)
LETTERS = {
    "copy": a_verdict(COPY, decision=Decision.BLOCK),
    "hidden-ad": a_verdict(HIDDEN_AD, decision=Decision.LABEL),
    "contact": a_verdict(CONTACT),
    "undecodable": a_verdict(UNREADABLE),
    "pass": a_verdict(a_copy(score=0.0, difference=Difference.SAME_AUTHOR), decision=Decision.PASS),
}


def letter(tmp_path, verdict, *notes, public=(), lang="en"):
    known = {one.id: one for one in notes}
    path = write_letter(
        verdict,
        tmp_path / "letter.html",
        note=known.get(verdict.note_id),
        pictures=ArchivePictures(known),
        decided_at=AT,
        public=public,
        lang=lang,
    )
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("name", LETTERS)
def test_the_page_is_as_reviewed(tmp_path, golden, name, lang):
    """Any change of the page shows as a difference; pictures and style are left out of it."""
    html = letter(tmp_path, LETTERS[name], FIRST, MINE, public={0}, lang=lang)
    html = re.sub(r"data:image/jpeg;base64,[\w+/=]+", "data:…", html)
    html = re.sub(r"<style>.*?</style>", "<style>…</style>", html, flags=re.DOTALL)
    html = re.sub(r"'sha256-[\w+/=]+'", "'sha256-…'", html)
    golden(f"{name}-{lang}.html", html)


def test_only_what_is_public_of_others_is_shown(tmp_path):
    """The earlier picture and its date where it may be; its note and author never."""
    shown = letter(tmp_path, LETTERS["copy"], FIRST, MINE, public={0})
    kept = letter(tmp_path, LETTERS["copy"], FIRST, MINE)
    assert (shown.count("data:image/jpeg"), kept.count("data:image/jpeg")) == (2, 1)
    for html in (shown, kept):
        assert "2026-03-01" in html
        assert "alice" not in html
        assert "n-earlier" not in html


def test_both_regions_and_what_was_read_are_outlined(tmp_path):
    """Copies by region; lines by number, with their words beside them."""
    html = letter(tmp_path, LETTERS["copy"], FIRST, MINE, public={0})
    assert 'points="25.00,25.00 75.00,25.00 75.00,75.00 25.00,75.00"' in html
    html = letter(tmp_path, LETTERS["contact"], MINE)
    assert 'points="10.00,20.00 50.00,20.00 50.00,25.00 10.00,25.00"' in html
    assert re.search(r'<b class="nth">1</b> <bdi class="quoted">abc_2046</bdi>', html)
    assert "<mark>加薇❤ abc_123</mark>" in html


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_no_code_score_or_rule_stands_in_it(tmp_path, lang):
    """An author reads words; codes, scores and detectors are for whoever decides."""
    verdict = a_verdict(COPY, CONTACT, decision=Decision.BLOCK)
    html = letter(tmp_path, verdict, FIRST, MINE, public={0}, lang=lang)
    text = re.sub(r"<style>.*?</style>|data:[^\"]+", "", html, flags=re.DOTALL)
    for jargon in ("V5", "0.98", "0.90", "image.copy", "copies@1", "<code", "title=", "default@"):
        assert jargon not in text, jargon


def test_hostile_text_stays_text(tmp_path):
    """In every field of note, match, finding, failure and policy."""
    results, notes = the_hostile_set(HOSTILE)
    html = letter(tmp_path, results[0], *notes)
    elements = Elements(html)
    assert not elements.named("script")
    assert not [a for a in elements.named("img") if not a["src"].startswith("data:image/jpeg")]
    assert not [name for _, a in elements.found for name in a if name.startswith("on")]
    assert not set(html) & set("\0\u202e")
    for _, attributes in elements.found:
        for name in ("src", "href", "action", "srcset", "style"):
            assert attributes.get(name, "#").startswith(("#", "data:image/jpeg"))
    policy = elements.named("meta")[1]["content"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "unsafe" not in policy


def test_another_revision_is_not_shown(tmp_path):
    """Its words and pictures may be others than those that were judged."""
    edited = replace(MINE, revision=2)
    html = letter(tmp_path, a_verdict(COPY, CONTACT), FIRST, edited, public={0})
    assert html.count("data:image/jpeg") == 1  # the earlier picture
    assert "<mark" not in html
    assert "加薇❤ abc_123" in html  # as the verdict quotes it


def test_a_letter_without_notes_at_hand_still_tells_all(tmp_path):
    """Words of the verdict alone; no empty frames."""
    html = letter(tmp_path, a_verdict(COPY, CONTACT))
    assert "<figure>" not in html
    assert "abc_2046" in html


def test_many_proofs_are_counted(tmp_path):
    """A note with eighteen pictures does not become a page without end."""
    html = letter(tmp_path, a_verdict(*(a_copy(image_number=i) for i in range(18))))
    assert "9 more of the kind" in html


def test_what_is_held_or_gone_is_not_public(place, tmp_path):
    """Only a picture that stands in the register under the note that the match names."""
    first = Note(
        id="first",
        author=Author(id="alice"),
        published_at=datetime(2026, 3, 1, tzinfo=UTC),
        images=[NoteImage(array=photo("chelsea"))],
    )
    with Gate.open(place, index=tmp_path / "index") as gate:
        gate.register_many([first])
    with Register.open(place) as register:
        (picture,) = register.pictures_of_note("first")
        number = picture.picture_id
        known = a_copy(match=a_match(picture_id=number))
        others = a_copy(match=a_match(picture_id=number, note_id="other"))
        gone = a_copy(match=a_match(picture_id=number + 1))
        listed = a_copy(match=a_match(picture_id=number, note_id=""))
        verdict = a_verdict(known, others, gone, listed, UNREADABLE)
        assert public_originals(register, verdict) == {0}
        with register.transaction() as now:
            now.hold_pictures("first", "alice", 1)
        held = register.pictures([number])[number]
        assert held.state == Registration.HELD.value
        assert public_originals(register, verdict) == frozenset()
