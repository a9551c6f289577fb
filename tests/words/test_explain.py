"""Explanations: whole, in both languages, and accusing nobody."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import astuple, replace
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kit import strategies as some
from kit.explained import ACCUSING, COPY, LANGS, MATCH, SPAN, of_kind, placeholders

from moderation.explain import (
    Explanation,
    Lang,
    basis_name,
    beside_rules_name,
    decision_word,
    difference_name,
    direction_name,
    explain_failure,
    explain_finding,
    explain_reason,
    explain_skipped,
    explain_verdict,
    kind_name,
    names,
    phrases,
    sentences,
)
from moderation.explain.codes import CLASSES, MERE_CLASSES, NO_FAULT
from moderation.finding import (
    Cause,
    Difference,
    Finding,
    FindingKind,
    ItemFailure,
    Skipped,
    Span,
    Unseen,
)
from moderation.match import Basis, Direction
from moderation.verdict import Completeness, Decision, Reason, Registration, Verdict


def both(explain: Callable[..., Explanation | str], value: object) -> str:
    """A golden text: both languages below each other."""
    parts = []
    for lang in LANGS:
        said = explain(value, lang=lang)
        lines = [said] if isinstance(said, str) else list(astuple(said))
        parts.append("\n".join([f"[{lang}]", *lines]))
    return "\n\n".join(parts)


def a_verdict(**more: object) -> Verdict:
    values = {
        "note_id": "n81",
        "revision": 1,
        "decision": Decision.PASS,
        "reasons": (),
        "findings": (),
        "failures": (),
        "completeness": Completeness.COMPLETE,
        "policy": "default",
        "policy_digest": "sha256:0",
        "registration": Registration.REGISTERED,
    }
    return Verdict(**values | more)


REASON = Reason(
    code="image.copy",
    decision=Decision.BLOCK,
    rule="copy",
    score=0.97,
    threshold=0.9,
    finding=0,
)
SILENCE = Reason(
    code="failure.copies",
    decision=Decision.REVIEW,
    rule="fail.default",
    score=None,
    threshold=None,
    finding=None,
)
FAILURE = ItemFailure(
    code="store_busy",
    message="the register is locked since 5 s, limit 5 s",
    hint="try again",
    detector="copies",
    cause=Cause.TIMEOUT,
)


@pytest.mark.parametrize("kind", FindingKind, ids=str)
def test_every_kind_is_explained(kind: FindingKind, golden: Callable[[str, str], None]) -> None:
    """Title, why and mend, in the words of the golden file."""
    golden(f"kind-{kind}".replace(".", "-"), both(explain_finding, of_kind(kind)))


@pytest.mark.parametrize("difference", Difference, ids=str)
def test_every_difference_is_explained(
    difference: Difference, golden: Callable[[str, str], None]
) -> None:
    """An allowed finding is explained as allowed, and why."""
    finding = COPY
    if difference is Difference.DISCLOSED:
        finding = of_kind(FindingKind.TEXT_SOFT_AD_UNDISCLOSED)
    elif difference is Difference.DECLARED:
        finding = of_kind(FindingKind.IMAGE_AI_GENERATED_UNDECLARED)
    elif difference in (Difference.OWN_HANDLE, Difference.HANDLE_NOT_COMPARABLE):
        finding = of_kind(FindingKind.IMAGE_WATERMARK_OF_OTHER)
    elif difference is Difference.WIDELY_SHOWN:
        detail = {"unrelated_authors": 12}
        finding = replace(COPY, kind=FindingKind.IMAGE_TEMPLATE, detail=detail)
    elif difference is Difference.UNVERIFIED:
        finding = replace(COPY, match=replace(MATCH, basis=Basis.HASH_ONLY))
    golden(
        f"difference-{difference}",
        both(explain_finding, replace(finding, difference=difference, score=0.0)),
    )


FREED = {"bank": "memes", "exempt_reason": "spring"}
BANKED = {
    "free": replace(
        COPY,
        kind=FindingKind.IMAGE_TEMPLATE,
        score=0.0,
        difference=Difference.EXEMPT_TEMPLATE,
        detail=FREED,
    ),
    "conflict": replace(COPY, detail=FREED | {"conflict": True}),
}


@pytest.mark.parametrize("name", BANKED)
def test_a_list_of_free_pictures_is_named(name: str, golden: Callable[[str, str], None]) -> None:
    """Where it frees the picture, and where proof stands against it."""
    golden(f"bank-{name}", both(explain_finding, BANKED[name]))


@pytest.mark.parametrize("direction", Direction, ids=str)
def test_every_direction_is_explained(
    direction: Direction, golden: Callable[[str, str], None]
) -> None:
    """A crop, a collage and an overlap are told apart."""
    match = replace(MATCH, direction=direction, mirrored=direction is Direction.SAME)
    golden(f"direction-{direction}", both(explain_finding, replace(COPY, match=match)))


@pytest.mark.parametrize("basis", Basis, ids=str)
def test_every_basis_is_explained(basis: Basis, golden: Callable[[str, str], None]) -> None:
    """What the match rests on is said, also where it is little."""
    match = replace(MATCH, basis=basis, published_at=None)
    golden(f"basis-{basis}", both(explain_finding, replace(COPY, match=match)))


VERDICTS = {
    "clean": a_verdict(),
    "allowed": a_verdict(findings=(replace(COPY, score=0.0, difference=Difference.SAME_AUTHOR),)),
    "blocked": a_verdict(decision=Decision.BLOCK, reasons=(REASON,), findings=(COPY,)),
    "partial": a_verdict(
        decision=Decision.REVIEW,
        reasons=(SILENCE,),
        failures=(FAILURE,),
        completeness=Completeness.PARTIAL,
    ),
    "two-reasons": a_verdict(
        decision=Decision.BLOCK,
        reasons=(REASON, REASON, replace(REASON, finding=1)),
        findings=(COPY, of_kind(FindingKind.TEXT_HARD_SELL)),
    ),
}


@pytest.mark.parametrize("name", VERDICTS)
def test_a_verdict_is_one_line(name: str, golden: Callable[[str, str], None]) -> None:
    """Decision first, then each reason once."""
    text = both(explain_verdict, VERDICTS[name])
    golden(f"verdict-{name}", text)
    assert len(text.splitlines()) == 2 * len(LANGS) + 1


REASONS = {
    "finding": REASON,
    "silence": SILENCE,
    "nameless-silence": replace(SILENCE, code="failure.unknown"),
}


@pytest.mark.parametrize("name", REASONS)
def test_a_reason_is_one_line(name: str, golden: Callable[[str, str], None]) -> None:
    """Score and threshold, or the detector that was silent."""
    golden(f"reason-{name}", both(explain_reason, REASONS[name]))


@pytest.mark.parametrize("cause", Cause, ids=str)
def test_every_failure_is_explained(cause: Cause, golden: Callable[[str, str], None]) -> None:
    """Which check, what happened, what to do."""
    golden(f"failure-{cause}", both(explain_failure, replace(FAILURE, cause=cause)))


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize(
    ("name", "words"),
    [
        (decision_word, Decision),
        (kind_name, FindingKind),
        (difference_name, Difference),
        (direction_name, Direction),
        (basis_name, Basis),
        (names.cause_name, Cause),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_every_word_has_a_name_of_its_own(
    name: Callable[..., str], words: type[StrEnum], lang: Lang
) -> None:
    """No word of the wire is without a name, and no two share one."""
    said = [name(word, lang) for word in words]
    assert all(said)
    assert len(set(said)) == len(words)


def phrases_everywhere() -> Iterator[names.Phrase]:
    """Every phrase that the explanations are made of."""
    for module in (names, phrases, sentences):
        for value in vars(module).values():
            values = value.values() if isinstance(value, dict) else [value]
            yield from (v for v in values if isinstance(v, names.Phrase))


@pytest.mark.parametrize("word", ACCUSING)
def test_nobody_is_accused(word: str) -> None:
    """First in the register is not authorship, so no phrase says theft or owner."""
    for phrase in phrases_everywhere():
        assert word not in phrase.en.casefold()
        assert word not in phrase.zh


def test_both_languages_take_the_same_values() -> None:
    """A fact told in one language is told in the other."""
    for phrase in phrases_everywhere():
        assert placeholders(phrase.en) == placeholders(phrase.zh), phrase


def test_the_chinese_is_chinese() -> None:
    """No phrase was left untranslated."""
    for phrase in phrases_everywhere():
        if re.search("[a-z]", re.sub("{.*?}", "", phrase.en)):
            assert re.search("[\u4e00-\u9fff]", phrase.zh), phrase


@given(some.findings, some.failures, some.verdicts, st.sampled_from(LANGS))
def test_nothing_breaks_an_explanation(
    finding: Finding, failure: ItemFailure, verdict: Verdict, lang: Lang
) -> None:
    """Whatever the values, there are words, and a verdict is one line."""
    assert all(astuple(explain_finding(finding, lang=lang)))
    assert explain_failure(failure, lang=lang).title
    verdict = replace(verdict, reasons=())
    assert len(explain_verdict(verdict, lang=lang).splitlines()) == 1


def test_braces_and_control_characters_in_a_quote_are_harmless() -> None:
    """What an author wrote is quoted, never interpreted, neither here nor by a terminal."""
    hostile = replace(SPAN, text="{0} {lang}\x1b[2J\u202e\ud800", normalised="")
    finding = replace(of_kind(FindingKind.TEXT_HARD_SELL), spans=(hostile,) * 5)
    for lang in LANGS:
        why = explain_finding(finding, lang=lang).why
        assert "“{0} {lang}[2J”" in why
        assert "2" in why.rsplit("”", 1)[1]


def test_what_was_skipped_is_told_in_both_languages(golden) -> None:
    """One line each, with both numbers."""
    lines = [
        explain_skipped(Skipped(image_number=1, what=what, looked_at=24, left_out=7), lang=lang)
        for what in Unseen
        for lang in ("zh", "en")
    ]
    golden("skipped", "\n".join(lines))


IN_PICTURE = replace(SPAN, field="image[1].ocr", box=(0.1, 0.2, 0.6, 0.25))


@pytest.mark.parametrize("lang", LANGS)
def test_words_of_pictures_are_quoted_by_picture(lang: Lang) -> None:
    """The author's own first; then each picture by its number, from 1."""
    contact = Finding(
        kind=FindingKind.TEXT_DIVERSION_CONTACT,
        score=0.85,
        raw_score=0.97,
        difference=Difference.READ_IN_PICTURE,
        spans=(IN_PICTURE, replace(IN_PICTURE, field="image[0].qr"), SPAN),
        detector="text_rules@2",
    )
    said = explain_finding(contact, lang=lang).why
    places = {"en": ("It says", "picture 1", "picture 2"), "zh": ("原文", "第 1 张", "第 2 张")}
    found = [said.index(place) for place in places[lang]]
    assert found == sorted(found)


@pytest.mark.parametrize("box", [[0.1, 0.2, 0.3], "left", 7, [0, 0, 1, None]], ids=repr)
def test_a_box_that_is_none_is_no_span(box: object) -> None:
    """Verdicts come from files, too; whoever reads them tells the bad line."""
    with pytest.raises((TypeError, ValueError)):
        Span.from_json(SPAN.to_json() | {"box": box})


def test_a_span_keeps_its_box_through_json() -> None:
    """And rows of before have none."""
    assert Span.from_json(IN_PICTURE.to_json()) == IN_PICTURE
    assert "box" not in SPAN.to_json()
    assert Span.from_json(SPAN.to_json()) == SPAN


def code(**detail: str | int) -> Finding:
    """A code in the first picture."""
    return Finding(
        kind=FindingKind.IMAGE_QR,
        score=0.9,
        raw_score=0.9,
        image_number=0,
        detail=detail,
        detector="codes@1",
    )


@pytest.mark.parametrize("kind", CLASSES)
def test_every_class_of_codes_has_words(kind: str, golden) -> None:
    """In both languages; what accuses nobody says so."""
    found = code(**{"class": kind, "host": "" if kind in ("wifi", "contact") else "weixin.qq.com"})
    golden(f"code-{kind}", both(explain_finding, found))
    for lang in LANGS:
        fault = explain_finding(found, lang=lang).why.endswith(NO_FAULT.say(lang))
        assert fault == (kind in MERE_CLASSES)


@pytest.mark.parametrize("lang", LANGS)
def test_a_code_of_a_file_is_said_without_what_it_invents(lang: Lang) -> None:
    """Unknown classes are left out, hosts are cut and cannot steer a terminal."""
    odd = code(**{"class": "<b>", "host": "a.example"})
    assert "<b>" not in explain_finding(odd, lang=lang).why
    odd = code(**{"class": "group", "host": "\u202e\x1b[31m{0}" + "a" * 500, "codes": 3})
    why = explain_finding(odd, lang=lang).why
    assert all(c.isprintable() for c in why)
    assert "a" * 61 not in why
    assert "3" in why


@pytest.mark.parametrize("page", phrases.PAGES)
def test_pages_that_sell_are_told_with_their_picture(page: str, golden) -> None:
    """In both languages."""
    finding = Finding(
        kind=FindingKind.TEXT_DIVERSION_PLATFORM,
        score=0.55,
        raw_score=0.55,
        image_number=1,
        spans=(IN_PICTURE,),
        detail={"page": page, "laid_out": True},
        detector="shop_pages@1",
    )
    golden(f"page-{page}", both(explain_finding, finding))


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("code", ["person", "brake", "brake.copy", "flood"])
def test_what_no_rule_gives_has_a_name(code: str, lang: Lang) -> None:
    """It is no silence of a detector, and is not called so."""
    from moderation.report.look import reason_name

    named = reason_name(code, lang)
    assert named == beside_rules_name(code, lang)
    assert named
    silence, _, _ = reason_name("failure.copies", lang).partition(" · ")
    assert silence not in named
    assert not beside_rules_name("image.copy", lang)
