"""A register with verdicts that rest on works, written without pictures: thousands in a second."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from kit.register_rows import MORNING, a_claim, a_picture
from kit.verdicts import a_match

from moderation import Policy
from moderation.image.ownership import Sighting, copy_findings
from moderation.note import Author, Claim, ClaimBasis, Note, NoteImage
from moderation.policy import decide
from moderation.store import Register, Transaction

POLICY = Policy.default()
HOUR = timedelta(hours=1)


def first_note(
    now: Transaction, note_id: str, author_id: str, *, at: datetime = MORNING
) -> tuple[int, int]:
    """A note that passed as the first to show something: (work, picture)."""
    work = now.add_work()
    # No index can read the features of rows that are made up, so there are none.
    bare = {"features": b"", "descriptor": None, "descriptor_recipe": None}
    new = a_picture(note_id, author_id=author_id, published_at=at, **bare)
    picture = now.add_picture(new, work)
    now.add_claim(a_claim(work, author_id=author_id, note_id=note_id, at=at))
    record(now, note_id, author_id, {}, at=at)
    return work, picture


def record(
    now: Transaction,
    note_id: str,
    author_id: str,
    shown: Mapping[int, Iterable[tuple[int, int]]],
    *,
    at: datetime,
) -> int:
    """Judge a note as the gate would, by the claims of this moment; its verdict's number.

    Args:
        now: the transaction.
        note_id: of the note.
        author_id: who submits.
        shown: picture number → (work, picture of the work) that it is a full copy of.
        at: when it was published and judged.
    """
    images = [NoteImage(path="x")] * max(1, len(shown))
    note = Note(id=note_id, author=Author(id=author_id), published_at=at, images=images)
    findings = []
    for number, seen in shown.items():
        seen = list(seen)
        works = now.works([work for work, _ in seen])
        pictures = now.pictures([picture for _, picture in seen])
        sightings = [
            Sighting(
                match=a_match(
                    note_id=pictures[picture].note_id,
                    author_id=pictures[picture].author_id,
                    published_at=pictures[picture].published_at,
                    picture_id=picture,
                ),
                work_id=work,
                claims=works[work].claims,
            )
            for work, picture in seen
        ]
        findings += copy_findings(sightings, image_number=number, author=note.author, at=at)
    verdict = decide(POLICY, note, findings, as_of=at, register_seq=now.last_seq())
    now.keep_policy(POLICY.digest, POLICY.to_json, at=at)
    return now.record_verdict(verdict, note=note, decided_at=at)


def viral(register: Register, copies: int) -> int:
    """A work by `alice` that so many others tried to show and were refused; its number."""
    with register.transaction() as now:
        work, picture = first_note(now, "first", "alice")
        for number in range(copies):
            shown = {0: [(work, picture)]}
            at = MORNING + HOUR + timedelta(seconds=number)
            record(now, f"copy{number}", f"author{number}", shown, at=at)
    return work


def words(register: Register) -> dict[str, tuple[str, str]]:
    """Note → word of its last verdict, and what the policy demands."""
    found = {}
    after = 0
    while rows := register.verdicts(after=after, limit=1000):
        for row in rows:
            verdict = row.verdict
            found[verdict.note_id] = (verdict.decision.value, verdict.judged.value)
        after = rows[-1].verdict_id
    return found


def proof(work: int, author_id: str, *, day: int = 0, basis: str = "external_proof") -> Claim:
    """A claim that a person records; of proofs the earlier day counts."""
    at = MORNING - timedelta(days=30 - day)
    return a_claim(work, author_id=author_id, basis=ClaimBasis(basis), at=at, note_id="first")
