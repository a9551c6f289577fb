"""What is written in pictures, at the gate: weighed with the words, placed, never a block."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from kit.codes import laid, qr, wall
from kit.notes import photo, showing

from moderation import Gate, Note
from moderation.explain import Lang, explain_finding
from moderation.finding import Difference, Finding, FindingKind, Skipped, Unseen
from moderation.gate.looking import examination, inside
from moderation.gate.looking.inside import PictureReader, Pixels, Read, inside_detectors
from moderation.image import codes
from moderation.image.codes.payload import MAX_SHOWN_CHARS
from moderation.report import ArchivePictures, write_report
from moderation.text.in_pictures import HIGHEST, PictureText
from moderation.verdict import Completeness, Decision, Verdict

CONTACT = FindingKind.TEXT_DIVERSION_CONTACT
LANGS = get_args(Lang)
needs_ocr = pytest.mark.skipif(not codes.installed(), reason="needs the extra `ocr`")
BOX = (0.1, 0.2, 0.6, 0.25)


def judged(folder: Path, note: Note) -> Verdict:
    """By a fresh gate."""
    with Gate.open(folder) as gate:
        return gate.check(note, register=False)


def of_kind(verdict: Verdict, kind: FindingKind) -> list[Finding]:
    """Findings of a kind."""
    return [finding for finding in verdict.findings if finding.kind is kind]


def says(text: str, *, off: str | None = None) -> PictureReader:
    """A reader that sees the same words in every picture, and left seven lines out."""

    def read(pixels: Pixels, number: int, of: int) -> Read:
        assert pixels.ndim == 3
        assert number < of
        line = PictureText(field=f"image[{number}].ocr", text=text, box=BOX)
        skipped = Skipped(image_number=number, what=Unseen.LINES, looked_at=1, left_out=7)
        return Read(texts=(line,), skipped=(skipped,))

    return PictureReader(detector="lines@1", off=lambda: off, read=read)


def _fails(*_: object) -> Read:
    raise RuntimeError("broken")


BROKEN = PictureReader(detector="broken@1", off=lambda: None, read=_fails)


def test_words_of_a_picture_reach_the_rules_and_their_place_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what was left out said."""
    monkeypatch.setattr(inside, "READERS", (says("加V：abc_2046"),))
    verdict = judged(tmp_path, showing(photo("coffee"), text="今天的穿搭"))
    assert verdict.decision is Decision.REVIEW
    (finding,) = of_kind(verdict, CONTACT)
    assert finding.score <= HIGHEST
    assert finding.difference is Difference.READ_IN_PICTURE
    (span,) = finding.spans
    assert (span.field, span.box) == ("image[0].ocr", BOX)
    assert [(s.what, s.left_out) for s in verdict.skipped] == [(Unseen.LINES, 7)]
    assert verdict.completeness is Completeness.COMPLETE
    assert Verdict.from_json(verdict.to_json()).findings == verdict.findings


def test_a_reader_that_fails_leaves_the_others_standing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And sends the note to a person."""
    monkeypatch.setattr(inside, "READERS", (BROKEN, says("加V：abc_2046")))
    verdict = judged(tmp_path, showing(photo("coffee"), text="今天的穿搭"))
    assert [failure.detector for failure in verdict.failures] == ["broken"]
    assert verdict.completeness is Completeness.PARTIAL
    assert verdict.decision is Decision.REVIEW
    assert of_kind(verdict, CONTACT)


def test_a_fault_in_weighing_them_leaves_the_author_s_own_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Judged alone, and told."""
    monkeypatch.setattr(examination, "findings_with_pictures", _fails)
    verdict = judged(tmp_path, showing(photo("coffee"), text="现货包邮，要的加V：cup_2046"))
    assert verdict.decision is Decision.BLOCK
    assert verdict.completeness is Completeness.PARTIAL
    assert of_kind(verdict, CONTACT)


def test_a_reader_without_its_extra_is_off_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On every verdict, which is not partial for it."""
    readers = (says("加V：abc_2046", off="off: extra `ocr` is missing"), says("x"))
    monkeypatch.setattr(inside, "READERS", readers[:1])
    assert inside_detectors() == {"lines": "off: extra `ocr` is missing"}
    verdict = judged(tmp_path, showing(photo("coffee"), text="今天的穿搭"))
    assert verdict.decision is Decision.PASS
    assert verdict.completeness is Completeness.COMPLETE
    monkeypatch.setattr(inside, "READERS", readers[1:])
    assert inside_detectors() == {"lines": "1"}


def test_an_archive_is_registered_without_reading_its_pictures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A broken reader is not even asked."""
    monkeypatch.setattr(inside, "READERS", (BROKEN,))
    with Gate.open(tmp_path) as gate:
        gate.register_many([showing(photo("coffee"))])


# ── codes ─────────────────────────────────────────────────────────────────────────────────────

CHAT = "https://u.wechat.com/kLmN0p?from=poster"
CODES = {
    "chat": (CHAT, Decision.REVIEW),
    "group": ("https://weixin.qq.com/g/AbC", Decision.REVIEW),
    "card": ("MECARD:N:Li;TEL:13800000000;;", Decision.REVIEW),
    "shop": ("https://item.taobao.com/item.htm?id=1", Decision.REVIEW),
    "payment": ("wxp://f2f0abc", Decision.REVIEW),
    "handle": ("加微信 abc_2046", Decision.REVIEW),
    "handle, far behind": ("今天天气不错" * 30 + "加微信 abc_2046", Decision.REVIEW),
    "museum": ("https://museum.example/room/12", Decision.PASS),
    "short link": ("https://t.cn/abc", Decision.PASS),
    "wifi": ("WIFI:T:WPA;S:cafe;P:secret;;", Decision.PASS),
    "own page": ("https://www.xiaohongshu.com/explore/1", Decision.PASS),
    "words": ("table 12, window side", Decision.PASS),
    "script": ("<script>alert(1)</script>", Decision.PASS),
    "script address": ("javascript:alert(document.cookie)", Decision.PASS),
}


@needs_ocr
@pytest.mark.parametrize("name", CODES)
def test_a_code_is_judged_by_what_it_holds(tmp_path: Path, name: str) -> None:
    """Read first, judged then; nobody is blocked for it, and no secret is kept."""
    payload, decision = CODES[name]
    verdict = judged(tmp_path, showing(laid(qr(payload, 360)), text="下班路上的咖啡馆"))
    assert verdict.decision is decision
    assert verdict.completeness is Completeness.COMPLETE
    for private in ("secret", "13800000000", "kLmN0p", "f2f0abc"):
        assert private not in str(verdict.to_json())


@needs_ocr
def test_a_code_is_told_with_its_class_and_place(tmp_path: Path) -> None:
    """Of picture and words alike."""
    verdict = judged(tmp_path, showing(photo("chelsea"), laid(qr(CHAT)), text="下班路上"))
    (finding,) = of_kind(verdict, FindingKind.IMAGE_QR)
    assert finding.image_number == 1
    assert finding.detail["class"] == "messenger"
    assert finding.detail["host"] == "u.wechat.com"
    assert 0 < finding.detail["left"] < finding.detail["right"] < 1
    (span,) = finding.spans
    assert (span.code, span.field) == ("V3", "image[1].qr")
    assert span.box is not None
    assert verdict.detectors["codes"] == "1"


@needs_ocr
def test_words_in_a_code_are_placed_among_all_that_the_field_holds(tmp_path: Path) -> None:
    """Beside a second code; the span leads to the first."""
    page = laid(qr("加微信 abc_2046"))
    page[400:640, 600:840] = qr("https://museum.example/")
    verdict = judged(tmp_path, showing(page, text="下班路上"))
    (contact,) = of_kind(verdict, CONTACT)
    (hint,) = of_kind(verdict, FindingKind.IMAGE_QR)
    assert contact.score <= HIGHEST
    assert contact.spans[0].field == hint.spans[0].field == "image[0].qr"
    assert contact.spans[0].end < hint.spans[0].start
    assert contact.spans[0].box[2] < hint.spans[0].box[0]


@needs_ocr
def test_what_was_not_read_of_codes_is_said(tmp_path: Path) -> None:
    """Of 200 in one picture; the verdict is whole, and quick enough to be one."""
    note = showing(wall(200, harmful_last=CHAT), text="下班路上")
    verdict = judged(tmp_path, note)
    (skipped,) = [s for s in verdict.skipped if s.what is Unseen.CODES]
    assert skipped.left_out > 150
    assert verdict.decision is Decision.REVIEW


@needs_ocr
def test_a_fault_of_the_code_reader_leaves_the_rest_standing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And sends the note to a person."""
    monkeypatch.setattr(codes, "scan", _fails)
    verdict = judged(tmp_path, showing(laid(qr(CHAT)), text="现货包邮，要的加V：cup_2046"))
    assert [failure.detector for failure in verdict.failures] == ["codes"]
    assert verdict.decision is Decision.BLOCK
    assert of_kind(verdict, FindingKind.IMAGE_QR) == []


def test_without_the_extra_codes_are_off_and_the_verdict_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not partial: an operator decided so."""
    monkeypatch.setattr(codes, "installed", lambda: False)
    assert inside_detectors()["codes"] == "off: extra `ocr` is missing"
    verdict = judged(tmp_path, showing(laid(qr(CHAT)), text="下班路上"))
    assert verdict.completeness is Completeness.COMPLETE
    assert of_kind(verdict, FindingKind.IMAGE_QR) == []


HOSTILE = {
    "script": "加微信 abc_2046 <script>alert(1)</script><img src=x onerror=alert(1)>",
    "terminal": "加微信 abc_2046 \x1b[2J\x1b]0;owned\x07 \u202eevil\u2066 \x00",
    "template": "加微信 abc_2046 {{ 7*7 }} {detail} %s </style></script>",
}


@needs_ocr
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_payload_is_escaped_wherever_it_is_shown(tmp_path: Path, name: str) -> None:
    """On the page and on the terminal; it is found, quoted and dead."""
    note = showing(laid(qr(HOSTILE[name], 420), at=(20, 20)), text="下班路上")
    verdict = judged(tmp_path / "register", note)
    (finding,) = of_kind(verdict, CONTACT)
    said = "".join(explain_finding(f, lang=lang).why for f in verdict.findings for lang in LANGS)
    assert all(c.isprintable() for c in said + str(finding.spans))
    notes = {note.id: note}
    path = write_report(
        [verdict], tmp_path, notes=notes, pictures=ArchivePictures(notes), lang="en"
    )
    page = path.read_text(encoding="utf-8")
    assert "abc_2046" in page
    for alive in ("<script>alert", "<img src=x", "\x1b", "\u202e", "\u2066", ">49<"):
        assert alive not in page
    assert page.count("<polygon") >= 2


@needs_ocr
def test_three_kilobytes_in_a_code_are_cut_where_they_are_shown(tmp_path: Path) -> None:
    """The rules read all of it, people a line."""
    payload = "x" * 2900
    page = np.full((1100, 1100, 3), 255, np.uint8)
    page[40:1060, 40:1060] = qr(payload, 1020)
    seen = codes.codes_in(codes.scan(page))
    assert [one.payload.words for one in seen.codes] == [payload]
    assert len(seen.codes[0].payload.shown) == MAX_SHOWN_CHARS
    assert judged(tmp_path, showing(page, text="下班路上")).decision is Decision.PASS
