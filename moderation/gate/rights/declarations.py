"""What people tell the register about a work: licences, proof from outside, exemptions."""

from __future__ import annotations

from datetime import UTC, datetime

from moderation.errors import BadNote, UnknownSubject
from moderation.gate.deciding.templates import contest, subject_of
from moderation.note import Claim, ClaimBasis
from moderation.store import Register, Ruling
from moderation.store.reading import Reading

DECLARED = "declared original"
"""Stands as proof of a registration by hand where nothing else is given. It tells the claim from
those of an archive, and protects the work from becoming a template by counting."""


def record_claim(
    register: Register,
    note_id: str,
    image_number: int,
    *,
    author_id: str,
    basis: ClaimBasis | str,
    at: datetime,
    proof: str,
) -> Claim:
    """Add a claim to the work that a registered picture shows; see `Gate.claim`."""
    if not author_id:
        raise BadNote("`author_id` is empty", hint="name the author who claims the work")
    try:
        basis = ClaimBasis(basis)
    except ValueError:
        known = ", ".join(f"`{known}`" for known in ClaimBasis)
        raise BadNote(f"unknown basis {basis!r:.40}", hint=f"use one of {known}") from None
    if basis is ClaimBasis.REGISTERED:
        proof = proof or DECLARED
    with register.transaction() as now:
        claim = Claim(
            work_id=work_shown_in(now, note_id, image_number),
            author_id=author_id,
            at=at,
            basis=basis,
            note_id=note_id,
            image_number=image_number,
            proof=proof,
        )
        now.add_claim(claim)
        if basis is ClaimBasis.REGISTERED:
            now.put_proof(claim)  # an archive may have made the same claim, without a word
        if basis is ClaimBasis.EXTERNAL_PROOF:
            contest(now, claim.work_id, at=datetime.now(UTC))
    return claim


def exempt_by_hand(
    register: Register,
    note_id: str,
    image_number: int,
    *,
    reason: str,
    until: datetime | None,
    by: str,
) -> None:
    """Let everybody show the work that a registered picture shows; see `Gate.exempt`."""
    with register.transaction() as now:
        work_id = work_shown_in(now, note_id, image_number)
        now.exempt_work(work_id, reason, until)
        now.record_ruling(
            Ruling(
                action="template.exempt",
                subject=subject_of(work_id),
                by=by,
                reason=reason,
                detail={"until": until.isoformat() if until else None},
            )
        )


def work_shown_in(register: Reading, note_id: str, image_number: int) -> int:
    """Number of the work that a registered picture shows.

    Raises:
        UnknownSubject: no such picture in the register.
    """
    for picture in register.pictures_of_note(note_id):
        if picture.image_number == image_number:
            return picture.work_id
    raise UnknownSubject(
        f"picture {image_number} of note `{note_id}` is not in the register",
        hint="check both numbers with `moderation register history`",
    )
