"""Builders of what goes into a register; every argument has a plain default."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

from moderation.note import Claim, ClaimBasis
from moderation.store import (
    Ground,
    NewBankEntry,
    NewCaption,
    NewPicture,
    Proposal,
    ProposalState,
    Register,
)

MORNING = datetime(2026, 11, 21, 8, tzinfo=UTC)
RECIPE = "pdq256_v1"


def code_of(seed: str) -> bytes:
    """32 bytes that look like a hash."""
    return hashlib.sha256(seed.encode(errors="surrogatepass")).digest()


def a_picture(note_id: str = "n1", image_number: int = 0, **changes: Any) -> NewPicture:
    """A fingerprint whose hash and digest follow from its note and number."""
    seed = f"{note_id}/{image_number}"
    values: dict[str, Any] = {
        "note_id": note_id,
        "revision": 1,
        "image_number": image_number,
        "author_id": "alice",
        "published_at": MORNING,
        "recipe": RECIPE,
        "code": code_of(seed),
        "quality": 95,
        "width": 1080,
        "height": 1440,
        "features": b"features of " + seed.encode(errors="surrogatepass"),
        "sha256": code_of("file " + seed).hex(),
        "state": "registered",
        "descriptor": b"descriptor of " + seed.encode(errors="surrogatepass"),
        "descriptor_recipe": "model_v1",
    }
    return NewPicture(**values | changes)


def a_caption(note_id: str = "n1", **changes: Any) -> NewCaption:
    """Alice's caption of a note, with hashes that mean nothing."""
    values: dict[str, Any] = {
        "note_id": note_id,
        "revision": 1,
        "author_id": "alice",
        "published_at": MORNING,
        "recipe": "caption_minhash_v1",
        "shingles": code_of(f"caption of {note_id}"),
    }
    return NewCaption(**values | changes)


def a_claim(work_id: int, **changes: Any) -> Claim:
    """Alice's claim to have shown the work first, in picture 0 of note `n1`."""
    values: dict[str, Any] = {
        "work_id": work_id,
        "author_id": "alice",
        "at": MORNING,
        "basis": ClaimBasis.FIRST_SEEN,
        "note_id": "n1",
        "image_number": 0,
    }
    return Claim(**values | changes)


def a_proposal(work_id: int, **changes: Any) -> Proposal:
    """Nine authors showed the work; nobody has decided."""
    values: dict[str, Any] = {
        "work_id": work_id,
        "state": ProposalState.PROPOSED,
        "ground": Ground.SHOWINGS,
        "authors": 9,
        "proposed_at": MORNING,
    }
    return Proposal(**values | changes)


def a_bank_entry(picture_id: int, **changes: Any) -> NewBankEntry:
    """A picture of the memes, free for good."""
    values: dict[str, Any] = {
        "bank": "memes",
        "picture_id": picture_id,
        "title": "cat.png",
        "reason": "spring challenge",
        "until": None,
        "added_at": MORNING,
        "added_by": "mia",
    }
    return NewBankEntry(**values | changes)


def register_picture(
    register: Register, picture: NewPicture, *, work_id: int | None = None
) -> tuple[int, int]:
    """Add a picture with its claim, to a new work or a given one: (picture number, work number)."""
    with register.transaction() as tx:
        work_id = tx.add_work() if work_id is None else work_id
        picture_id = tx.add_picture(picture, work_id)
        claim = a_claim(
            work_id,
            author_id=picture.author_id,
            at=picture.published_at,
            note_id=picture.note_id,
            image_number=picture.image_number,
        )
        tx.add_claim(claim)
    return picture_id, work_id
