"""One verdict given again: as the judgement itself, from what the audit keeps."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st
from kit import strategies as some

from moderation.finding import FindingKind
from moderation.note import Note
from moderation.policy import Policy, decide
from moderation.policy.named import shipped_names
from moderation.replay.again import words_then, words_under
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
        judged_as=JudgedAs.of(note, as_of=None) if said else None,
        body=verdict.to_json(),
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
    words = words_under(row, later, at)
    assert words.decision is again.decision
    assert words.codes == {reason.code for reason in again.reasons}
    assert set(words.rules) == {reason.rule for reason in again.reasons}
    assert words_then(row) == words_under(row, then, NOW)


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
    words = words_then(
        kept(Note(id="n1"), replace(verdict, reasons=(braked, *added), decision=Decision.REVIEW))
    )
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
    assert words_under(row, PICKY, NOW).decision is wanted.decision
