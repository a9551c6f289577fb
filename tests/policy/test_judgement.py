"""The judgement: monotone, independent of order, closed against silence, blind to fame."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kit import strategies as some

from moderation.errors import BadSetting
from moderation.finding import Cause, Difference, Finding, FindingKind, ItemFailure
from moderation.match import Basis, Match
from moderation.note import Author, Note, NoteKind
from moderation.policy import PartnerTerms, Policy, decide
from moderation.verdict import Completeness, Decision, Registration, Verdict

NOW = datetime(2026, 11, 21, tzinfo=UTC)
NOTE = Note(id="n1", author=Author(id="u1"))

STRICT = Policy.parse(
    """
    title = "Every mechanism at once"
    [[rule]]
    name = "platform"
    kind = "text.diversion.platform"
    steps = [{ at = 0.3, decision = "label" }, { at = 0.9, decision = "block" }]
    from = 2021-08-02
    [[rule]]
    name = "platform-product"
    kind = "text.diversion.platform"
    steps = [{ at = 0.5, decision = "review" }]
    when = { note_kinds = ["product_note"] }
    [[rule]]
    name = "copy"
    kind = "image.copy"
    steps = [{ at = 0.01, decision = "review" }, { at = 0.9, decision = "block" }]
    [[rule]]
    name = "undecodable"
    kind = "image.undecodable"
    steps = [{ at = 0.5, decision = "block" }]
    [[allow]]
    name = "pilot"
    kinds = ["text.diversion.platform", "image.copy"]
    brands = ["a", "b"]
    authors = ["c", "d"]
    [fail.default]
    on_error = "label"
    [fail.copies]
    on_error = "block"
    on_timeout = "pass"
    """,
    name="strict",
)

policies = st.sampled_from(
    [STRICT, *(Policy.named(n) for n in ("default", "outside-links-pilot-2025"))]
)


def finding(kind: FindingKind, score: float, **more: object) -> Finding:
    values = {"raw_score": score, "detector": "copies@1"} | more
    return Finding(kind=kind, score=score, **values)


def judge(*findings: Finding, policy: Policy = STRICT, note: Note = NOTE) -> Verdict:
    return decide(policy, note, findings, as_of=NOW)


def match(basis: Basis) -> Match:
    square = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
    return Match(
        note_id="n0",
        image_number=0,
        author_id="u0",
        published_at=NOW,
        score=1.0,
        share_of_query=1.0,
        share_of_original=1.0,
        transform=None,
        region_query=square,
        region_original=square,
        inliers=0,
        distance_bits=0,
        basis=basis,
    )


@given(policies, some.notes, st.lists(some.findings, max_size=4), some.findings, some.times)
def test_one_more_finding_never_softens(
    policy: Policy, note: Note, findings: list[Finding], more: Finding, at: datetime
) -> None:
    """Whatever is found in addition, the decision stays or hardens."""
    before = decide(policy, note, findings, as_of=at)
    after = decide(policy, note, [*findings, more], as_of=at)
    assert after.decision >= before.decision


@given(
    policies,
    some.notes,
    st.lists(some.findings, max_size=2),
    st.lists(some.failures, max_size=3),
    some.failures,
    some.times,
)
def test_one_more_failure_never_softens(
    policy: Policy,
    note: Note,
    findings: list[Finding],
    failures: list[ItemFailure],
    more: ItemFailure,
    at: datetime,
) -> None:
    """Whatever fails in addition, the decision stays or hardens."""
    before = decide(policy, note, findings, failures, as_of=at)
    after = decide(policy, note, findings, [*failures, more], as_of=at)
    assert after.decision >= before.decision


@given(policies, some.notes, some.findings, some.scores)
def test_a_higher_score_never_softens(
    policy: Policy, note: Note, found: Finding, score: float
) -> None:
    """The same finding with a higher score stays or hardens."""
    low, high = sorted((found.score, score))
    before = judge(replace(found, score=low), policy=policy, note=note)
    after = judge(replace(found, score=high), policy=policy, note=note)
    assert after.decision >= before.decision


@given(
    policies,
    some.notes,
    st.lists(some.findings, max_size=4),
    st.lists(some.failures, max_size=3),
    st.randoms(use_true_random=False),
)
def test_order_of_findings_and_failures_does_not_matter(
    policy: Policy,
    note: Note,
    findings: list[Finding],
    failures: list[ItemFailure],
    random: st.DataObject,
) -> None:
    """The whole verdict is a function of the set of findings and failures."""
    verdict = decide(policy, note, findings, failures, as_of=NOW)
    random.shuffle(findings)
    random.shuffle(failures)
    assert decide(policy, note, findings, failures, as_of=NOW).to_json() == verdict.to_json()


@given(policies, some.notes, st.lists(some.findings, max_size=3), st.lists(some.failures))
def test_a_verdict_is_the_same_from_recorded_findings(
    policy: Policy, note: Note, findings: list[Finding], failures: list[ItemFailure]
) -> None:
    """Audit rows keep four digits; a replay from them must agree."""
    findings = [replace(f, score=f.score * 0.99997) for f in findings]
    verdict = decide(policy, note, findings, failures, as_of=NOW)
    kept = Verdict.from_json(verdict.to_json())
    again = decide(policy, note, kept.findings, kept.failures, as_of=NOW)
    assert again.to_json() == verdict.to_json()


@given(policies, some.notes, st.lists(some.findings), st.lists(some.failures))
def test_reasons_come_strongest_first_and_point_at_their_findings(
    policy: Policy, note: Note, findings: list[Finding], failures: list[ItemFailure]
) -> None:
    """The first reason is the decision, and each reason names the finding it speaks of."""
    verdict = decide(policy, note, findings, failures, as_of=NOW)
    severities = [reason.decision.severity for reason in verdict.reasons]
    assert severities == sorted(severities, reverse=True)
    assert verdict.decision is (verdict.reasons[0].decision if severities else Decision.PASS)
    for reason in verdict.reasons:
        if reason.finding is not None:
            assert verdict.findings[reason.finding].kind.value == reason.code


@given(policies, some.notes, st.lists(some.findings), st.lists(some.failures, min_size=1))
def test_a_failure_always_makes_the_verdict_partial(
    policy: Policy, note: Note, findings: list[Finding], failures: list[ItemFailure]
) -> None:
    """Even where the policy lets a silent detector pass, the verdict says so."""
    verdict = decide(policy, note, findings, failures, as_of=NOW)
    assert verdict.completeness is Completeness.PARTIAL
    assert sum(r.code.startswith("failure.") for r in verdict.reasons) == len(failures)


@pytest.mark.parametrize("brand", [None, "a"], ids=["plain", "listed"])
@pytest.mark.parametrize("score", [0.0, 0.4], ids=["zero", "low"])
def test_an_undecodable_picture_goes_to_a_person(score: float, brand: str | None) -> None:
    """No score, list or missing rule lets a picture pass that nobody could look at."""
    note = Note(id="n1", author=Author(id="u1", brand_partner=brand))
    for policy in (STRICT, Policy.parse('title = "says nothing"', name="empty")):
        verdict = judge(
            finding(FindingKind.IMAGE_UNDECODABLE, score, image_number=0), policy=policy, note=note
        )
        assert verdict.decision is Decision.REVIEW
        assert verdict.completeness is Completeness.PARTIAL


def test_a_policy_may_be_stricter_with_undecodable_pictures() -> None:
    """The built-in rule is a floor, not a ceiling."""
    assert judge(finding(FindingKind.IMAGE_UNDECODABLE, 1.0)).decision is Decision.BLOCK


@pytest.mark.parametrize(
    ("basis", "decision"),
    [
        (Basis.GEOMETRY, Decision.BLOCK),
        (Basis.NEAR_EXACT_HASH, Decision.BLOCK),
        (Basis.HASH_ONLY, Decision.REVIEW),
    ],
    ids=lambda value: value.value,
)
def test_an_unverified_match_is_never_blocked(basis: Basis, decision: Decision) -> None:
    """A hash without features leads at most to review, whatever its score."""
    found = finding(FindingKind.IMAGE_COPY, 1.0, match=match(basis))
    assert judge(found).decision is decision
    assert judge(found, policy=Policy.default()).decision is decision


@pytest.mark.parametrize(
    ("score", "decision"),
    [
        (0.2999, Decision.PASS),
        (0.3, Decision.LABEL),
        (0.8999, Decision.LABEL),
        (0.89996, Decision.BLOCK),
        (0.9, Decision.BLOCK),
        (1.0, Decision.BLOCK),
        (float("nan"), Decision.BLOCK),
    ],
    ids=["below", "at-first", "below-second", "rounds-up", "at-second", "top", "not-a-number"],
)
def test_a_step_holds_from_its_score_on(score: float, decision: Decision) -> None:
    """Thresholds are included; a score that is no number counts as the highest."""
    assert judge(finding(FindingKind.TEXT_DIVERSION_PLATFORM, score)).decision is decision


def test_a_kind_without_rule_is_recorded_and_passes() -> None:
    """What the policy does not mention stays in the verdict as a finding."""
    verdict = judge(finding(FindingKind.TEXT_HARD_SELL, 1.0))
    assert verdict.decision is Decision.PASS
    assert len(verdict.findings) == 1
    assert not verdict.reasons


@pytest.mark.parametrize(
    ("at", "decision"),
    [
        (datetime(2021, 8, 1, 23, 59, 59, tzinfo=UTC), Decision.PASS),
        (datetime(2021, 8, 2, tzinfo=UTC), Decision.BLOCK),
    ],
    ids=["eve", "day"],
)
def test_a_rule_holds_from_its_first_instant(at: datetime, decision: Decision) -> None:
    """`from` is included, and the archive can be judged under the rules of then."""
    found = finding(FindingKind.TEXT_DIVERSION_PLATFORM, 1.0)
    assert decide(STRICT, NOTE, [found], as_of=at).decision is decision


def test_a_restricted_rule_speaks_of_its_notes_only() -> None:
    """`when` asks for declared facts; all rules that apply are heard."""
    found = finding(FindingKind.TEXT_DIVERSION_PLATFORM, 0.6)
    product = Note(id="n1", author=Author(id="u1"), kind=NoteKind.PRODUCT_NOTE)
    assert judge(found).decision is Decision.LABEL
    verdict = judge(found, note=product)
    assert verdict.decision is Decision.REVIEW
    assert [r.rule for r in verdict.reasons] == ["platform-product", "platform"]


@pytest.mark.parametrize(
    ("author", "decision"),
    [
        (Author(id="u1", brand_partner="a"), Decision.PASS),
        (Author(id="c"), Decision.PASS),
        (Author(id="u1", brand_partner="other"), Decision.BLOCK),
        (Author(id="a"), Decision.BLOCK),
        (Author(id="u1", linked_ids=("c",)), Decision.BLOCK),
        (Author(id=""), Decision.BLOCK),
    ],
    ids=["brand", "author", "other-brand", "brand-id-as-author", "linked-only", "unknown"],
)
def test_an_allow_list_takes_the_finding_out_of_the_rule(
    author: Author, decision: Decision
) -> None:
    """Listed brands and authors only; the finding itself stays in the verdict."""
    found = finding(FindingKind.TEXT_DIVERSION_PLATFORM, 1.0)
    verdict = judge(found, note=Note(id="n1", author=author))
    assert verdict.decision is decision
    assert len(verdict.findings) == 1


def test_an_allow_list_ends_with_its_kinds() -> None:
    """A pilot brand may link out, and still not divert to a contact."""
    note = Note(id="n1", author=Author(id="u1", brand_partner="pilot-brand-1"))
    policy = Policy.named("outside-links-pilot-2025")
    link = finding(FindingKind.TEXT_DIVERSION_PLATFORM, 1.0)
    contact = finding(FindingKind.TEXT_DIVERSION_CONTACT, 1.0)
    assert judge(link, policy=policy, note=note).decision is Decision.PASS
    assert judge(link, policy=policy).decision is Decision.BLOCK
    assert judge(link, contact, policy=policy, note=note).decision is Decision.BLOCK
    then = decide(policy, note, [link], as_of=datetime(2024, 1, 1, tzinfo=UTC))
    assert then.decision is Decision.BLOCK


@pytest.mark.parametrize(
    ("detector", "cause", "decision", "rule"),
    [
        ("copies", Cause.ERROR, Decision.BLOCK, "fail.copies"),
        ("copies", Cause.TIMEOUT, Decision.PASS, "fail.copies"),
        ("copies", Cause.OVERLOAD, Decision.REVIEW, "fail.copies"),
        ("never-heard-of", Cause.ERROR, Decision.LABEL, "fail.default"),
        ("", Cause.TIMEOUT, Decision.REVIEW, "fail.default"),
    ],
    ids=["own", "own-pass", "inherited", "unknown-detector", "no-detector"],
)
def test_a_silent_detector_leads_to_what_the_policy_says(
    detector: str, cause: Cause, decision: Decision, rule: str
) -> None:
    """Per detector and cause; what is not named falls back to `[fail.default]`, then review."""
    failure = ItemFailure(code="x", message="m", hint="h", detector=detector, cause=cause)
    verdict = decide(STRICT, NOTE, (), [failure], as_of=NOW)
    assert verdict.decision is decision
    assert [(r.code, r.rule) for r in verdict.reasons] == [
        (f"failure.{detector or 'unknown'}", rule)
    ]


@given(some.notes, st.lists(some.findings), st.lists(some.failures))
def test_a_blocked_note_is_never_registered(
    note: Note, findings: list[Finding], failures: list[ItemFailure]
) -> None:
    """Registration follows the decision, and block always skips."""
    verdict = decide(STRICT, note, findings, failures, as_of=NOW)
    assert (verdict.decision is Decision.BLOCK) == (verdict.registration is Registration.SKIPPED)


def test_no_word_speaks_of_fame() -> None:
    """A rule cannot ask for followers, because no author has any."""
    names = {f.name for f in fields(Author)} | {f.name for f in fields(Note)}
    assert not [n for n in names if "follow" in n or "fan" in n or "fame" in n or "view" in n]


@given(some.notes, st.lists(some.findings), st.lists(some.failures), some.times)
def test_partner_thresholds_are_never_read(
    note: Note, findings: list[Finding], failures: list[ItemFailure], at: datetime
) -> None:
    """Thresholds of the partner programme change the policy's digest and no verdict."""
    famous = Policy.named("partner-thresholds-2019")
    window = famous.terms.partner_programme[0].window
    harder = PartnerTerms(window=window, min_followers=10**9, min_monthly_exposure=10**9)
    verdicts = {
        str(
            decide(policy, note, findings, failures, as_of=at).to_json()
            | {"policy": None, "reasons": len(findings)}
        )
        for policy in (
            Policy.default(),
            famous,
            replace(famous, terms=replace(famous.terms, partner_programme=(harder,))),
        )
    }
    assert len(verdicts) == 1


def test_an_instant_without_time_zone_is_refused() -> None:
    """Nobody can say which rules hold at half an instant."""
    with pytest.raises(BadSetting, match="no time zone"):
        decide(STRICT, NOTE, (), as_of=datetime(2026, 1, 1))


@pytest.mark.parametrize(
    "difference", [None, *(d for d in Difference if d is not Difference.WIDELY_SHOWN)], ids=str
)
def test_an_exempted_finding_passes(difference: Difference | None) -> None:
    """What a detector concluded to be allowed has score 0 and stays visible."""
    found = finding(FindingKind.TEXT_HARD_SELL, 0.0, raw_score=0.99, difference=difference)
    verdict = judge(found, policy=Policy.default())
    assert verdict.decision is Decision.PASS
    assert verdict.findings[0].raw_score == 0.99
