"""The letter to an author: whole in both languages, accusing nobody, telling nothing of others."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kit import strategies as some
from kit.explained import ACCUSING, LANGS, of_kind, placeholders
from kit.verdicts import a_copy, a_failure, a_match, a_span, a_text_finding, a_verdict

from moderation.explain import Later, letter_of, letter_phrases, letter_reasons
from moderation.explain.names import Phrase
from moderation.finding import Difference, Finding, FindingKind
from moderation.match import Basis, Direction
from moderation.verdict import (
    BRAKE,
    FLOOD,
    PERSON,
    Completeness,
    Decision,
    Reason,
    Verdict,
)

AT = datetime(2026, 5, 2, 8, 30, tzinfo=UTC)
SALE = "想要链接的加微信 abc12345，九块九包邮"


def a_reason(code: str, rule: str = "rule", **changes: object) -> Reason:
    """One without a finding."""
    values = {
        "code": code,
        "decision": Decision.REVIEW,
        "rule": rule,
        "score": None,
        "threshold": None,
        "finding": None,
    }
    return Reason(**values | changes)


def unreadable(number: int = 0) -> Finding:
    return Finding(
        kind=FindingKind.IMAGE_UNDECODABLE,
        score=1.0,
        raw_score=1.0,
        image_number=number,
        detector="decode@1",
    )


def widely_shown() -> Verdict:
    finding = a_copy(kind=FindingKind.IMAGE_TEMPLATE, difference=Difference.WIDELY_SHOWN)
    reason = a_reason("image.template", finding=0, score=0.5, threshold=0.0)
    return a_verdict(finding, reasons=(reason,))


def by_a_person(choice: str, decision: Decision) -> Verdict:
    said = a_reason(PERSON, f"{PERSON}.{choice}", decision=decision)
    plain = a_verdict(a_copy(), decision=decision)
    return replace(plain, reasons=(said, *plain.reasons))


CROP = a_match(
    share_of_original=0.27, direction=Direction.QUERY_IN_ORIGINAL, mirrored=True, inliers=41
)
LETTERS = {
    "pass": a_verdict(),
    "pass-with-allowed": a_verdict(
        a_copy(score=0.0, difference=Difference.SAME_AUTHOR),
        a_text_finding(
            FindingKind.TEXT_SOFT_AD_UNDISCLOSED, score=0.0, difference=Difference.DISCLOSED
        ),
        decision=Decision.PASS,
    ),
    "copy": a_verdict(
        a_copy(match=CROP), a_copy(image_number=2, score=0.8), decision=Decision.BLOCK
    ),
    "copy-by-hash": a_verdict(
        a_copy(
            match=a_match(basis=Basis.HASH_ONLY, author_id="", published_at=None),
            score=0.5,
            difference=Difference.UNVERIFIED,
        )
    ),
    "copy-of-a-list": a_verdict(a_copy(detail={"bank": "memes", "conflict": True})),
    "hidden-ad": a_verdict(
        a_text_finding(
            FindingKind.TEXT_SOFT_AD_UNDISCLOSED, a_span("真的太好用了", "太好用"), score=0.7
        ),
        decision=Decision.LABEL,
    ),
    "contact": a_verdict(
        a_text_finding(FindingKind.TEXT_DIVERSION_CONTACT, a_span(SALE, "加微信 abc12345"))
    ),
    "undecodable": a_verdict(
        unreadable(1),
        completeness=Completeness.PARTIAL,
        failures=(a_failure(detector="copies", message="/srv/x: torn", line=None),),
    ),
    "widely-shown": widely_shown(),
    "flood": a_verdict(decision=Decision.REVIEW, reasons=(a_reason(FLOOD, FLOOD),)),
    "silence": a_verdict(
        decision=Decision.REVIEW,
        reasons=(a_reason("failure.copies"), a_reason("failure.text")),
        completeness=Completeness.PARTIAL,
    ),
    "person-copied": by_a_person("copied", Decision.BLOCK),
    "person-mistaken": a_verdict(
        a_copy(score=0.0, difference=Difference.OVERTURNED),
        decision=Decision.PASS,
        reasons=(a_reason(PERSON, f"{PERSON}.mistaken", decision=Decision.PASS),),
    ),
}


@pytest.mark.parametrize("name", LETTERS)
def test_a_letter_is_as_reviewed(name: str, golden: Callable[[str, str], None]) -> None:
    """Each part in both languages, in the words of the golden file."""
    said = [letter_of(LETTERS[name], decided_at=AT, lang=lang).to_json() for lang in LANGS]
    golden(f"{name}.json", json.dumps(said, ensure_ascii=False, indent=1))


@pytest.mark.parametrize("kind", FindingKind, ids=str)
def test_every_kind_has_words_and_a_way_to_mend_it(
    kind: FindingKind, golden: Callable[[str, str], None]
) -> None:
    """In both languages; the sentence that says what was seen is never empty."""
    verdict = a_verdict(of_kind(kind), decision=Decision.BLOCK)
    said = []
    for lang in LANGS:
        (reason,) = letter_of(verdict, decided_at=AT, lang=lang).reasons
        said.append(reason.to_json(lang))
    golden(f"kind-{kind}.json".replace(".", "-", 1), json.dumps(said, ensure_ascii=False, indent=1))
    assert all(one["words"] and one["mend"] and one["title"] for one in said)


@pytest.mark.parametrize("lang", LANGS)
@given(finding=some.findings)
def test_no_letter_names_others_or_numbers_of_the_machine(lang: str, finding: Finding) -> None:
    """Whatever was found: no other note's or author's id, no score, no threshold, no rule."""
    if finding.match is not None:
        match = replace(finding.match, note_id="NOTE-OTHER", author_id="AUTHOR-OTHER")
        detail = {"holder": "AUTHOR-OTHER", "twin_note": "NOTE-OTHER"}
        finding = replace(finding, match=match, detail=dict(finding.detail) | detail)
    verdict = a_verdict(replace(finding, difference=None, score=0.7321), policy="POLICY")
    letter = letter_of(verdict, decided_at=AT, lang=lang)  # type: ignore[arg-type]
    text = json.dumps(letter.to_json(), ensure_ascii=False)
    for secret in ("-OTHER", "0.73", "73 %", "POLICY", "threshold", "阈值"):
        assert secret not in text


@pytest.mark.parametrize("lang", LANGS)
def test_nothing_of_the_brake_is_told(lang: str) -> None:
    """It would tell whoever tries when to try; the letter is the same without it."""
    plain = a_verdict(a_copy())
    braked = replace(
        plain,
        reasons=(
            a_reason(f"{BRAKE}.copy", f"{BRAKE}.copy"),
            replace(plain.reasons[0], instead_of=Decision.BLOCK),
        ),
    )
    one, other = (letter_of(v, decided_at=AT, lang=lang) for v in (plain, braked))  # type: ignore[arg-type]
    assert one == other


@pytest.mark.parametrize("lang", LANGS)
def test_what_failed_is_told_without_its_message(lang: str) -> None:
    """Paths and names of machines are none of an author's business."""
    verdict = replace(LETTERS["silence"], failures=LETTERS["undecodable"].failures)
    text = json.dumps(letter_of(verdict, decided_at=AT, lang=lang).to_json())  # type: ignore[arg-type]
    assert "/srv" not in text
    assert "copies" not in text


@pytest.mark.parametrize(
    ("after", "said"),
    [(timedelta(days=1), "until 2026-06-01"), (timedelta(days=31), "ended on 2026-06-01")],
    ids=["in time", "too late"],
)
def test_an_appeal_has_its_time(after: timedelta, said: str) -> None:
    """The last moment is told; after it nobody is sent to appeal in vain."""
    letter = letter_of(
        LETTERS["copy"],
        decided_at=AT,
        lang="en",
        appeal_until=AT + timedelta(days=30),
        now=AT + after,
    )
    assert said in " ".join(letter.appeal)
    assert (len(letter.appeal) > 1) == (after < timedelta(days=30))


def later(decision: Decision, *, is_edited: bool = False) -> Later:
    return Later(verdict_id=9, decision=decision, at=AT + timedelta(days=3), is_edited=is_edited)


@pytest.mark.parametrize("is_edited", [False, True], ids=["same", "edited"])
@pytest.mark.parametrize("decision", list(Decision), ids=lambda one: one.value)
def test_a_letter_about_what_no_longer_counts_says_so(
    decision: Decision, is_edited: bool, golden: Callable[[str, str], None]
) -> None:
    """What took its place, when, and what that says; the appeal is against that one, if at all."""
    by = later(decision, is_edited=is_edited)
    said = []
    for lang in LANGS:
        letter = letter_of(LETTERS["copy"], decided_at=AT, lang=lang, later=by)
        stands = letter_of(LETTERS["copy"], decided_at=AT, lang=lang)
        assert letter.heading != stands.heading
        assert letter.heading.endswith(stands.heading)
        told = letter.to_json()
        assert told["later"]["verdict_id"] == "v_9"
        assert "2026-05-05 08:30 UTC" in told["later"]["words"]
        assert bool(letter.appeal) == (decision is not Decision.PASS)
        assert letter.helps == ()
        said += [told["later"], told["appeal"]]
    name = f"later-{decision.value}{'-edited' if is_edited else ''}"
    golden(f"{name}.json", json.dumps(said, ensure_ascii=False, indent=1))


def test_what_passed_before_can_be_appealed_against_once_it_is_blocked() -> None:
    """By the later verdict, which is not the one of this letter."""
    passed = LETTERS["person-mistaken"]
    assert letter_of(passed, decided_at=AT, lang="en").appeal == ()
    told = letter_of(passed, decided_at=AT, lang="en", later=later(Decision.BLOCK))
    assert "appeal against that one" in " ".join(told.appeal)
    assert "2026" not in " ".join(told.appeal)


def letter_phrases_everywhere() -> list[Phrase]:
    found: list[Phrase] = []
    for module in (letter_phrases, letter_reasons):
        for value in vars(module).values():
            values = value.values() if isinstance(value, dict) else [value]
            for one in values:
                # A phrase is a tuple, too.
                many = one if isinstance(one, tuple) and not isinstance(one, Phrase) else [one]
                found += [phrase for phrase in many if isinstance(phrase, Phrase)]
    return found


def test_its_phrases_accuse_nobody_and_match_in_both_languages() -> None:
    """No word of theft, the same values in both, and Chinese that is Chinese."""
    phrases = letter_phrases_everywhere()
    assert len(phrases) > 80
    for phrase in phrases:
        for word in (*ACCUSING, "your fault", "you copied"):
            assert word not in phrase.en.casefold()
            assert word not in phrase.zh
        assert placeholders(phrase.en) == placeholders(phrase.zh), phrase
        if re.search("[a-z]", re.sub("{.*?}", "", phrase.en)):
            assert re.search("[\u4e00-\u9fff]", phrase.zh), phrase


@given(share=st.floats(0, 1))
def test_shares_are_words(share: float) -> None:
    """To five hundredths; never 0 % or 100 %."""
    match = a_match(share_of_query=share, direction=Direction.OVERLAP)
    (reason,) = letter_of(a_verdict(a_copy(match=match)), decided_at=AT, lang="en").reasons
    (told,) = re.findall(r"they have (.+) of yours", reason.proofs[0].words)
    assert not re.search(r"\b(0|100) %", told)
