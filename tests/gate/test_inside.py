"""What is written in pictures, at the gate: weighed with the words, placed, never a block."""

from __future__ import annotations

from pathlib import Path

import pytest
from kit.notes import photo, showing

from moderation import Gate, Note
from moderation.finding import Difference, Finding, FindingKind, Skipped, Unseen
from moderation.gate import examination, inside
from moderation.gate.inside import PictureReader, Pixels, Read, inside_detectors
from moderation.text.in_pictures import HIGHEST, PictureText
from moderation.verdict import Completeness, Decision, Verdict

CONTACT = FindingKind.TEXT_DIVERSION_CONTACT
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
