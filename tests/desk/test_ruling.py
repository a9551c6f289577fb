"""What a person's word makes of the machine's verdict: nothing is lost, nothing is invented."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kit import strategies
from kit.desk_rows import two_findings
from kit.verdicts import a_copy, a_failure, a_verdict

from moderation.desk import CHOICES, Choice, choice_named
from moderation.desk.ruling import answer_of, answers_to, as_ruled, overturned_in
from moderation.errors import BadNote
from moderation.explain import choice_name, explain_reason, explain_verdict
from moderation.finding import Difference, FindingKind
from moderation.store import Answer, AuditRow, Said
from moderation.verdict import BRAKE, FLOOD, PERSON, Completeness, Decision, Reason, Verdict

AT = datetime(2026, 3, 1, tzinfo=UTC)


@st.composite
def referred(draw: st.DrawFn) -> Verdict:
    """A verdict that asks for a person, as gate, brake, flood and late truths give them."""
    findings = tuple(draw(st.lists(strategies.findings, max_size=4)))
    reasons = [
        Reason(
            code=findings[number].kind.value,
            decision=draw(st.sampled_from([Decision.LABEL, Decision.REVIEW])),
            rule=draw(strategies.ids),
            score=findings[number].score,
            threshold=0.5,
            finding=number,
            instead_of=draw(st.sampled_from([None, Decision.BLOCK])),
        )
        for number in range(len(findings))
        if draw(st.booleans())
    ]
    for code in draw(st.sets(st.sampled_from([BRAKE, FLOOD, "failure.copies"]))):
        other = Reason(
            code=code,
            decision=Decision.REVIEW,
            rule=code,
            score=None,
            threshold=None,
            finding=None,
        )
        reasons.append(other)
    verdict = draw(strategies.verdicts)
    return replace(
        verdict, decision=Decision.REVIEW, reasons=tuple(reasons), findings=findings, skipped=()
    )


@st.composite
def rulings(draw: st.DrawFn) -> tuple[Verdict, Said, Choice]:
    """A verdict and something that a person may say of it."""
    verdict = draw(referred())
    choice = draw(st.sampled_from(CHOICES))
    kinds = verdict.reason_kinds()
    mistaken = draw(st.sets(st.sampled_from(kinds))) if kinds else set()
    if mistaken >= set(kinds) and choice.answer is Answer.CONFIRMED and not choice.needs_words:
        mistaken = set()
    said = Said(
        choice=choice.code,
        decision=choice.decision,
        mistaken=tuple(sorted(mistaken)),
        words="why" if choice.needs_words else "",
    )
    return verdict, said, choice


@given(rulings())
def test_every_finding_stays_where_it_was(ruling: tuple[Verdict, Said, Choice]) -> None:
    """With kind, place, evidence and raw score; only what is not so weighs nothing."""
    verdict, said, _ = ruling
    ruled = as_ruled(verdict, said)
    overturned = overturned_in(verdict, said)
    assert len(ruled.findings) == len(verdict.findings)
    for before, after in zip(verdict.findings, ruled.findings, strict=True):
        if before in overturned:
            assert after == replace(before, score=0.0, difference=Difference.OVERTURNED)
        else:
            assert after == before


@given(rulings())
def test_the_decision_is_the_persons(ruling: tuple[Verdict, Said, Choice]) -> None:
    """And the first reason says who gave it, and what was chosen; all agree with it."""
    verdict, said, choice = ruling
    ruled = as_ruled(verdict, said)
    assert ruled.decision is choice.decision
    assert (ruled.reasons[0].code, ruled.reasons[0].rule) == (PERSON, f"{PERSON}.{choice.code}")
    assert {reason.decision for reason in ruled.reasons} == {choice.decision}
    assert (ruled.failures, ruled.completeness) == ((), Completeness.COMPLETE)
    assert (ruled.policy_digest, ruled.detectors) == (verdict.policy_digest, verdict.detectors)


@given(rulings())
def test_what_the_policy_demands_stays_known(ruling: tuple[Verdict, Said, Choice]) -> None:
    """Of what is so; brake, flood and failures are answered by the look that a person had."""
    verdict, said, _ = ruling
    wrong = {f.kind for f in overturned_in(verdict, said)} | set(said.mistaken)
    if choice_named(said.choice).answer is Answer.OVERTURNED:
        wrong |= set(verdict.reason_kinds())
    demanded = [
        reason.instead_of or reason.decision
        for reason in verdict.reasons
        if reason.finding is not None and verdict.findings[reason.finding].kind not in wrong
    ]
    assert as_ruled(verdict, said).judged is max(demanded, default=Decision.PASS)


@given(rulings())
def test_a_ruled_verdict_survives_json_and_is_explained(
    ruling: tuple[Verdict, Said, Choice],
) -> None:
    """In both languages, naming what was chosen."""
    verdict, said, choice = ruling
    ruled = as_ruled(verdict, said)
    assert Verdict.from_json(ruled.to_json()) == ruled
    assert Said.from_json(said.to_json(), said.words) == said
    for lang in ("zh", "en"):
        assert explain_verdict(ruled, lang=lang)
        told = explain_reason(ruled.reasons[0], lang=lang)
        assert choice_name(choice.code, lang) in told


@given(rulings())
def test_an_answer_is_given_to_everything_that_counted(
    ruling: tuple[Verdict, Said, Choice],
) -> None:
    verdict, said, choice = ruling
    answers = answers_to(verdict, said)
    assert set(answers) == set(verdict.reason_kinds())
    for kind, answer in answers.items():
        assert answer is (Answer.OVERTURNED if kind in said.mistaken else choice.answer)


def a_row(verdict: Verdict) -> AuditRow:
    return AuditRow(
        verdict_id=7,
        author_id="ben",
        note_digest="",
        text_digest="",
        decided_at=AT,
        verdict=verdict,
    )


def test_where_nothing_was_found_the_whole_is_answered() -> None:
    """A detector failed, and a person looked instead of it."""
    failed = a_failure(detector="copies")
    verdict = a_verdict(decision=Decision.REVIEW, failures=(failed,))
    said = Said(choice="mistaken", decision=Decision.PASS)
    review = answer_of(a_row(verdict), said, by="mia", at=AT)
    assert (review.answer, review.findings, review.verdict_id) == (Answer.OVERTURNED, {}, 7)


def test_one_of_two_findings_may_be_mistaken() -> None:
    """The other goes on giving its reason."""
    verdict = a_verdict(*two_findings())
    kind = FindingKind.TEXT_DIVERSION_CONTACT
    said = Said(choice="copied", decision=Decision.BLOCK, mistaken=(kind,), words="no contact")
    ruled = as_ruled(verdict, said)
    assert [reason.code for reason in ruled.reasons] == [PERSON, FindingKind.IMAGE_COPY]
    assert ruled.reasons[1].instead_of is Decision.REVIEW
    assert [f.difference for f in ruled.findings] == [None, Difference.OVERTURNED]
    review = answer_of(a_row(verdict), said, by="mia", at=AT)
    assert review.findings == {FindingKind.IMAGE_COPY: Answer.CONFIRMED, kind: Answer.OVERTURNED}
    assert review.reason == "no contact"


@pytest.mark.parametrize(
    ("choice", "mistaken"),
    [
        pytest.param("copied", [FindingKind.TEXT_HARD_SELL], id="not-there"),
        pytest.param("copied", [FindingKind.IMAGE_COPY], id="nothing-left-to-block"),
        pytest.param("mark", [FindingKind.IMAGE_COPY], id="nothing-left-to-mark"),
        pytest.param("permitted", [FindingKind.IMAGE_COPY], id="nothing-left-to-permit"),
        pytest.param("theft", [], id="no-such-choice"),
    ],
)
def test_what_contradicts_itself_is_refused(choice: str, mistaken: list[FindingKind]) -> None:
    said = Said(choice=choice, decision=Decision.BLOCK, mistaken=tuple(mistaken))
    with pytest.raises(BadNote):
        answers_to(a_verdict(a_copy()), said)


def test_a_person_may_see_what_the_machine_did_not() -> None:
    """All that was found is mistaken, and the note is blocked for what the words say."""
    said = Said(
        choice="other",
        decision=Decision.BLOCK,
        mistaken=(FindingKind.IMAGE_COPY,),
        words="a threat",
    )
    ruled = as_ruled(a_verdict(a_copy()), said)
    assert (ruled.decision, ruled.judged) == (Decision.BLOCK, Decision.PASS)
