"""One verdict given again: as the judgement itself, from what the audit keeps."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from kit import strategies as some

from moderation.finding import FindingKind
from moderation.note import Note
from moderation.policy import Policy, decide
from moderation.policy.named import shipped_names
from moderation.replay.again import Periods, given_again
from moderation.store import JudgedAs, LastVerdict
from moderation.verdict import BRAKE, FLOOD, Decision, Reason, Verdict

NOW = datetime(2026, 11, 21, tzinfo=UTC)

PICKY = Policy.parse(
    """
    title = "Asks for all that a policy may ask of a note"
    [[rule]]
    name = "product"
    kind = "text.hard_sell"
    steps = [{ at = 0.2, decision = "block" }]
    when = { note_kinds = ["product_note"] }
    [[rule]]
    name = "brand"
    kind = "text.diversion.contact"
    steps = [{ at = 0.2, decision = "review" }]
    when = { brands = ["a", "b", "c"] }
    [[rule]]
    name = "author"
    kind = "text.diversion.group"
    steps = [{ at = 0.2, decision = "label" }]
    when = { authors = ["a", "b", "c"] }
    [[rule]]
    name = "set"
    kind = "image.copy"
    steps = [{ at = 0.2, decision = "review" }]
    when = { min_pictures = 1, share_of_pictures = 0.5 }
    """,
    name="picky",
)
policies = st.sampled_from([PICKY, *(Policy.named(name) for name in shipped_names())])


def kept(note: Note, verdict: Verdict, *, said: bool = True) -> LastVerdict:
    """As the audit keeps it."""
    return LastVerdict(
        verdict_id=1,
        author_id=note.author.id,
        decided_at=NOW,
        note_id=note.id,
        text_digest=note.text_digest(),
        policy_digest=verdict.policy_digest,
        judged_as=JudgedAs.of(note, as_of=None) if said else None,
        said=json.dumps(verdict.to_json(), separators=(",", ":")),
    )


@settings(max_examples=150, deadline=None)
@given(
    note=some.notes,
    findings=st.lists(some.findings, max_size=3),
    failures=st.lists(some.failures, max_size=2),
    then=policies,
    later=policies,
    at=some.times,
)
def test_words_are_those_of_the_judgement(note, findings, failures, then, later, at) -> None:
    """Whatever was found, by whatever rules then and later."""
    given = decide(then, note, findings, failures, as_of=NOW)
    row = kept(note, given)
    again = decide(later, note, findings, failures, as_of=at)
    before, words = given_again(row, Periods(later).at(at))
    assert words.decision is again.decision
    assert words.codes == {reason.code for reason in again.reasons}
    assert set(words.rules) == {reason.rule for reason in again.reasons}
    assert before == given_again(row, Periods(then).at(NOW))[1]


@given(policy=policies, note=some.notes, at=some.times)
def test_no_policy_hears_silence(policy, note, at) -> None:
    """What lets a replay leave out the judgement where nothing was found."""
    assert decide(policy, note, (), (), as_of=at).decision is Decision.PASS
    assert decide(policy, note, (), (), as_of=at).reasons == ()


@given(verdict=some.verdicts)
def test_brake_and_flood_have_no_part(verdict: Verdict) -> None:
    """What the brake made a review counts as the block that it was."""
    braked = Reason(
        code="image.copy",
        decision=Decision.REVIEW,
        rule="copy",
        score=0.9,
        threshold=0.8,
        finding=0,
        instead_of=Decision.BLOCK,
    )
    added = [
        replace(braked, code=code, rule=f"{code}.copy", instead_of=None) for code in (BRAKE, FLOOD)
    ]
    given = replace(verdict, reasons=(braked, *added), decision=Decision.REVIEW)
    words, _ = given_again(kept(Note(id="n1"), given), PICKY.terms)
    assert words.decision is Decision.BLOCK
    assert words.rules == {"copy": Decision.BLOCK}
    assert words.codes == {FindingKind.IMAGE_COPY.value}


@given(note=some.notes, finding=some.findings)
def test_row_without_facts_is_an_ordinary_note(note: Note, finding) -> None:
    """Kind and brand are not known; author and number of pictures are."""
    row = kept(note, decide(PICKY, note, (finding,), as_of=NOW), said=False)
    ordinary = Note(
        id=note.id,
        author=replace(note.author, brand_partner=None),
        images=note.images,
    )
    wanted = decide(PICKY, ordinary, (finding,), as_of=NOW)
    assert given_again(row, PICKY.terms.at(NOW))[1].decision is wanted.decision


@given(verdict=some.verdicts)
def test_silence_is_known_without_reading(verdict: Verdict) -> None:
    """What lets a replay leave out most of the audit's text."""
    row = kept(Note(id="n1"), verdict)
    assert row.silent is not bool(verdict.reasons or verdict.findings or verdict.failures)
    assert row.body() == verdict.to_json()


@given(policy=policies, at=some.times)
def test_terms_are_worked_out_once_a_period(policy: Policy, at: datetime) -> None:
    """Whichever instant of a period was asked for first."""
    periods = Periods(policy)
    edges = policy.terms.changes()
    for instant in (at, *edges, *(edge - timedelta(microseconds=1) for edge in edges), at):
        assert periods.at(instant) == policy.terms.at(instant)
