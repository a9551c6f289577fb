"""Marks in the gate: labels for what is not declared, nothing for what is absent."""

from __future__ import annotations

from pathlib import Path

import pytest
from kit import files_with_marks as made
from kit.notes import photo, showing
from kit.watermarks import marked
from PIL import Image

from moderation import Author, Gate, Note, NoteImage
from moderation.errors import BadSetting
from moderation.finding import Difference, Finding, FindingKind
from moderation.gate.looking import marks
from moderation.image import watermark
from moderation.verdict import Completeness, Decision, Verdict

AI = FindingKind.IMAGE_AI_GENERATED_UNDECLARED
MARK = FindingKind.IMAGE_WATERMARK_OF_OTHER
GENERATED = made.saved(
    xmp=made.xmp(attributes=f'Iptc4xmpExt:DigitalSourceType="{made.IPTC}trainedAlgorithmicMedia"')
)


def judged(folder: Path, note: Note) -> Verdict:
    """By a fresh gate."""
    with Gate.open(folder) as gate:
        return gate.check(note, register=False)


def of_kind(verdict: Verdict, kind: FindingKind) -> list[Finding]:
    """Findings of a kind."""
    return [finding for finding in verdict.findings if finding.kind is kind]


def test_an_undeclared_mark_of_ai_leads_to_a_label(tmp_path: Path) -> None:
    """The detail says which mark, where, and that nobody signed it."""
    verdict = judged(tmp_path, showing(GENERATED))
    (finding,) = of_kind(verdict, AI)
    assert verdict.decision is Decision.LABEL
    assert finding.detail["place"] == "xmp"
    assert finding.detail["said"] == "trainedAlgorithmicMedia"
    assert finding.detail["signed"] == "absent"


DECLARED = {
    "note": ({"declared_ai": True}, NoteImage(data=GENERATED), "declared_ai"),
    "picture": ({}, NoteImage(data=GENERATED, declared_ai=True), "images[0].declared_ai"),
    "words": ({"text": "用即梦生成的壁纸，喜欢自取"}, NoteImage(data=GENERATED), "text"),
    "tag": ({"tags": ["AI绘画"]}, NoteImage(data=GENERATED), "tags[0]"),
}


@pytest.mark.parametrize(("fields", "image", "where"), DECLARED.values(), ids=DECLARED.keys())
def test_a_declared_one_passes_and_stays_visible(
    tmp_path: Path, fields: dict[str, object], image: NoteImage, where: str
) -> None:
    """By the tick for note or picture, or in plain words."""
    verdict = judged(tmp_path, showing(image, **fields))
    (finding,) = of_kind(verdict, AI)
    assert verdict.decision is Decision.PASS
    assert (finding.score, finding.difference) == (0, Difference.DECLARED)
    assert finding.raw_score > 0.9
    assert finding.detail["declared_in"] == where


def test_absence_accuses_nobody(tmp_path: Path) -> None:
    """No metadata, bare pixels, and a declaration without a mark."""
    for image in (NoteImage(data=made.saved()), NoteImage(array=photo("coffee"))):
        for declared in (False, True):
            verdict = judged(tmp_path, showing(image, declared_ai=declared))
            assert verdict.decision is Decision.PASS
            assert of_kind(verdict, AI) == []


def test_a_broken_seal_is_told_and_labels_nobody(tmp_path: Path) -> None:
    """A credential that was damaged on the way proves nothing of what it says."""
    file = bytearray(made.signed("trainedAlgorithmicMedia"))
    file[-200] ^= 1
    verdict = judged(tmp_path, showing(bytes(file)))
    (finding,) = of_kind(verdict, AI)
    assert finding.detail["signed"] == "invalid"
    assert verdict.decision is Decision.PASS


def test_what_the_file_says_stands_with_a_copy(tmp_path: Path) -> None:
    """Camera, date and signer of the picture under check, for whoever weighs the claims."""
    block = made.exif(Make="Optik", Model="K-9", DateTimeOriginal="2026:05:01 08:30:00")
    coffee = Image.fromarray(photo("coffee"))
    file = made.signed(file=made.saved(picture=coffee, exif=block))
    with Gate.open(tmp_path) as gate:
        gate.check(showing(made.saved(picture=coffee), id="first", author="bob"))
        verdict = gate.check(showing(file, id="second", hours=1))
    copies = of_kind(verdict, FindingKind.IMAGE_COPY)
    assert copies
    detail = copies[0].detail
    assert detail["file_credential"] == "untrusted"
    assert detail["file_signer"] == "Test Camera"
    assert detail["file_camera"] == "Optik K-9"
    assert detail["file_taken_at"] == "2026-05-01T08:30:00"


def test_the_operators_list_makes_a_signer_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Named by the environment."""
    (tmp_path / "roots.pem").write_text(made.signatory().root, encoding="ascii")
    monkeypatch.setenv("MODERATION_C2PA_TRUST", str(tmp_path / "roots.pem"))
    file = made.signed("trainedAlgorithmicMedia")
    (finding,) = of_kind(judged(tmp_path / "register", showing(file)), AI)
    assert finding.detail["signed"] == "verified"


def test_a_list_that_cannot_be_read_is_told_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not by every note that carries a credential."""
    monkeypatch.setenv("MODERATION_C2PA_TRUST", str(tmp_path / "missing.pem"))
    with pytest.raises(BadSetting, match=r"missing\.pem"):
        Gate.open(tmp_path / "register")


@pytest.mark.parametrize(
    ("handles", "decision", "difference"),
    [
        ((), Decision.PASS, Difference.HANDLE_NOT_COMPARABLE),
        (("9582310474",), Decision.PASS, Difference.OWN_HANDLE),
        (("oldzhou_88", "老周修车"), Decision.REVIEW, None),
    ],
    ids=["unknown", "own", "another"],
)
def test_a_watermark_is_weighed_only_where_it_can_be_compared(
    tmp_path: Path, handles: tuple[str, ...], decision: Decision, difference: Difference | None
) -> None:
    """Unknown accounts accuse nobody, one's own is allowed, another's goes to a person."""
    pixels = marked("小红书号：9582310474")
    verdict = judged(tmp_path, showing(pixels, author=Author(id="u1", handles=handles)))
    (finding,) = of_kind(verdict, MARK)
    assert finding.difference is difference
    assert verdict.decision is decision
    assert verdict.detectors["watermark"] == "1"


def test_a_missing_extra_is_off_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not in silence, and not as a review of every note."""
    monkeypatch.setattr(watermark, "installed", lambda: False)
    marks._off.cache_clear()
    try:
        assert marks.mark_detectors()["watermark"] == "off: extra `ocr` is missing"
        verdict = judged(tmp_path, showing(marked("小红书号：9582310474")))
    finally:
        marks._off.cache_clear()
    assert of_kind(verdict, MARK) == []
    assert verdict.completeness is Completeness.COMPLETE


@pytest.mark.parametrize("part", ["read_provenance", "ai_finding"])
def test_a_fault_of_ours_leads_to_review_and_leaves_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    """Fail closed: the verdict is partial and names the detector."""

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("bug")

    monkeypatch.setattr(marks, part, broken)
    verdict = judged(tmp_path, showing(marked("小红书号：9582310474").copy(), GENERATED))
    assert verdict.completeness is Completeness.PARTIAL
    assert {failure.detector for failure in verdict.failures} == {"provenance"}
    assert verdict.decision is Decision.REVIEW
    assert len(of_kind(verdict, MARK)) == 1
