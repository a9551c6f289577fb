"""One explanation for the note: complete, short, in both languages, accusing nobody."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, get_args

import pytest
from hypothesis import given
from kit import strategies as some
from kit.verdicts import a_copy, a_failure, a_match, a_span, a_text_finding, a_verdict

from moderation.explain import Lang, explain_note
from moderation.finding import Difference, Finding, FindingKind
from moderation.match import Basis
from moderation.verdict import Completeness, Decision, Verdict

LANGS: tuple[Lang, ...] = get_args(Lang)
ACCUSING = ("theft", "thief", "steal", "stole", "owner", "pirat", "盗", "偷", "窃", "抄袭")
TEXT = "加微信 abc12345，或者进群"


def copy(number: int, original: int | None = None, *, note: str = "n17", **more: Any) -> Finding:
    match = a_match(
        note_id=note,
        author_id=more.pop("author", "u3"),
        image_number=number if original is None else original,
        basis=more.pop("basis", Basis.GEOMETRY),
    )
    return a_copy(image_number=number, match=match, **more)


def part(number: int, **more: Any) -> Finding:
    return copy(number, kind=FindingKind.IMAGE_COPY_PARTIAL, **more)


def twin(note: str = "n17", author: str = "u3", **more: Any) -> Finding:
    detail = {"twin_note": note, "holder": author, "claimed_at": "2026-03-01T08:00:00+00:00"}
    return a_text_finding(FindingKind.TEXT_TEMPLATE_TWIN, detail=detail, **more)


CONTACT = a_text_finding(
    FindingKind.TEXT_DIVERSION_CONTACT, a_span(TEXT, "abc12345"), a_span(TEXT, "微信")
)
OWN: dict[str, Any] = {"score": 0.0, "difference": Difference.SAME_AUTHOR}
PASSED: dict[str, Any] = {"decision": Decision.PASS}
VERDICTS: dict[str, Verdict] = {
    "one-picture": a_verdict(copy(0), pictures=1),
    "one-of-nine": a_verdict(part(4), pictures=9),
    "five-of-six": a_verdict(*(copy(i) for i in range(5)), twin(), pictures=6),
    "all": a_verdict(copy(0, 2), copy(1, 0), pictures=2),
    "parts": a_verdict(part(0), copy(1), pictures=4),
    "two-notes": a_verdict(
        *(copy(i) for i in range(3)), copy(3, 0, note="n18"), twin("n19", "u9"), pictures=9
    ),
    "unknown-author": a_verdict(copy(0, author="", note="a1"), pictures=3),
    "hashes-alone": a_verdict(
        copy(0, basis=Basis.HASH_ONLY, difference=Difference.UNVERIFIED), pictures=2
    ),
    "words-alone": a_verdict(twin(), pictures=0, **PASSED),
    "pictures-and-contact": a_verdict(copy(0), CONTACT, CONTACT, pictures=2),
    "contact-alone": a_verdict(CONTACT, pictures=1),
    "own": a_verdict(copy(0, **OWN), copy(1, **OWN), pictures=2, **PASSED),
    "clean": a_verdict(pictures=2, **PASSED),
    "partial": a_verdict(pictures=1, failures=(a_failure(),), completeness=Completeness.PARTIAL),
}


@pytest.mark.parametrize("name", VERDICTS)
def test_what_a_person_is_told(golden: Callable[[str, str], None], name: str) -> None:
    """As reviewed, in both languages."""
    golden(name, "\n".join(explain_note(VERDICTS[name], lang=lang) for lang in LANGS))


@given(some.verdicts)
def test_every_verdict_can_be_told(verdict: Verdict) -> None:
    """Something, in whole sentences."""
    there = len(verdict.findings)
    reasons = [r for r in verdict.reasons if r.finding is None or r.finding < there]
    verdict = replace(verdict, reasons=tuple(reasons))
    for lang in LANGS:
        told = explain_note(verdict, lang=lang)
        assert told.endswith((".", "。")) or not told
        assert told or not (verdict.findings and verdict.decision is Decision.PASS)
        assert told or not any(r.finding is not None for r in reasons)


def test_nothing_accuses() -> None:
    """The register knows who showed it first, and no more."""
    for verdict in VERDICTS.values():
        told = " ".join(explain_note(verdict, lang=lang) for lang in LANGS).lower()
        assert not [word for word in ACCUSING if word in told]


def test_nothing_is_said_twice() -> None:
    """Three findings on one note, and two of one kind, are told once, with their number."""
    told = explain_note(VERDICTS["pictures-and-contact"], lang="en")
    assert told.count("n17") == 1
    assert told.count("contact outside the platform") == 1
    assert "2 places" in told
