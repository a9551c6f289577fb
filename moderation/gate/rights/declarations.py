"""What people tell the register about a work: licences, proof from outside, exemptions."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from moderation.errors import BadNote, UnknownSubject
from moderation.gate.deciding.templates import contest, subject_of
from moderation.note import Claim, ClaimBasis
from moderation.store import LateCause, NewTruth, Ruling, Transaction
from moderation.store.reading import Reading

DECLARED = "declared original"
"""Stands as proof of a registration by hand where nothing else is given. It tells the claim from
those of an archive, and protects the work from becoming a template by counting."""
WITHDRAWABLE = (ClaimBasis.LICENSED, ClaimBasis.EXTERNAL_PROOF)
"""What only a person records; other claims are made by showing the work, and go with the note."""


def record_claim(
    now: Transaction,
    note_id: str,
    image_number: int,
    *,
    author_id: str,
    basis: ClaimBasis | str,
    at: datetime,
    proof: str,
    by: str = "",
) -> Claim:
    """Add a claim to the work that a registered picture shows; see `Gate.claim`."""
    if not author_id:
        raise BadNote("`author_id` is empty", hint="name the author who claims the work")
    basis = known_basis(basis)
    if basis is ClaimBasis.REGISTERED:
        proof = proof or DECLARED
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
    told = NewTruth(
        cause=LateCause.CLAIM,
        at=datetime.now(UTC),
        by=by,
        claim_id=now.claim_number(claim),
        works=(claim.work_id,),
        frees=basis is ClaimBasis.LICENSED,
    )
    now.tell_late(told)
    return claim


def withdraw_claim(
    now: Transaction,
    note_id: str,
    image_number: int,
    *,
    author_id: str,
    basis: ClaimBasis | str,
    reason: str,
    by: str,
) -> Claim:
    """Take back a claim that a person recorded; see `Gate.withdraw_claim`."""
    basis = known_basis(basis)
    work_id = work_shown_in(now, note_id, image_number)
    (work,) = now.works([work_id]).values()
    known = next(
        (
            claim
            for claim in work.claims
            if (claim.author_id, claim.basis) == (author_id, basis) and basis in WITHDRAWABLE
        ),
        None,
    )
    if known is None:
        raise UnknownSubject(
            f"`{author_id:.80}` holds no licence or proof ({basis.value}) for picture "
            f"{image_number} of note `{note_id:.80}`",
            hint="see `moderation register history`; to take out what a note showed, use "
            "`moderation register remove`",
        )
    told = NewTruth(
        cause=LateCause.WITHDRAWAL,
        at=datetime.now(UTC),
        by=by,
        claim_id=now.claim_number(known),
        works=(work_id,),
    )
    now.withdraw_claim(known)
    now.record_ruling(
        Ruling(
            action="claim.withdraw",
            subject=subject_of(work_id),
            by=by,
            reason=reason,
            detail={"basis": known.basis.value, "claim_id": told.claim_id},
        )
    )
    now.tell_late(told)
    return known


def known_basis(basis: ClaimBasis | str) -> ClaimBasis:
    """The basis of a claim by its word."""
    try:
        return ClaimBasis(basis)
    except ValueError:
        known = ", ".join(f"`{known}`" for known in ClaimBasis)
        raise BadNote(f"unknown basis {basis!r:.40}", hint=f"use one of {known}") from None


def exempt_by_hand(
    now: Transaction,
    note_id: str,
    image_number: int,
    *,
    reason: str,
    until: datetime | None,
    by: str,
) -> None:
    """Let everybody show the work that a registered picture shows; see `Gate.exempt`."""
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
    told = NewTruth(
        cause=LateCause.EXEMPTION, at=datetime.now(UTC), by=by, works=(work_id,), frees=True
    )
    now.tell_late(told)


def link(now: Transaction, author_id: str, linked_ids: Iterable[str]) -> None:
    """Record that accounts belong together; see `Gate.link_authors`."""
    linked = tuple(dict.fromkeys(linked_ids))
    now.link_authors(author_id, linked)
    accounts = tuple(dict.fromkeys(a for a in (author_id, *linked) if a))
    told = NewTruth(cause=LateCause.LINK, at=datetime.now(UTC), authors=accounts, frees=True)
    now.tell_late(told)


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
