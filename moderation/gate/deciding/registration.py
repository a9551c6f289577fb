"""What becomes of a note's pictures in the register, inside the transaction that judged it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from moderation.archive import HashRow
from moderation.gate.looking.examination import ExaminedPicture
from moderation.image.descriptor import to_bytes
from moderation.image.hashing import PDQ256
from moderation.image.ownership import Sighting, may_claim, part_of_free, work_shown
from moderation.note import Claim, ClaimBasis, Note
from moderation.store import NewPicture, Transaction
from moderation.verdict import Registration

_TELLING_QUALITY = 50  # what PDQ's authors recommend
_UNEVEN_BITS = 40  # a hash of a picture with detail has about as many ones as zeros


def register_pictures(
    now: Transaction,
    note: Note,
    pictures: Iterable[ExaminedPicture],
    sighted: Mapping[int, Sequence[Sighting]],
    *,
    at: datetime,
    state: Registration,
    basis: ClaimBasis,
) -> int:
    """Add pictures and claims; returns how many pictures.

    Args:
        now: the transaction.
        note: whose pictures they are.
        pictures: readable ones.
        sighted: picture number → where the register shows it; pictures that are not among them
            could not be compared, so they are left out.
        at: publication time.
        state: `registered` or `held`.
        basis: of the claims. `registered` (an archive) always claims, and the earliest time will
            count; `first_seen` brings no claim to a work that somebody else holds.
    """
    # Known from an earlier check or revision, or shown twice in this note: the same work again.
    work_of = {
        p.sha256: p.work_id
        for p in now.pictures_of_note(note.id)
        if p.author_id == note.author.id and p.sha256
    }
    rows: list[tuple[NewPicture, int]] = []
    claims: list[Claim] = []
    for picture in pictures:
        if picture.number not in sighted:
            continue
        new = new_picture(note, picture, at, state)
        shown = work_shown(sighted[picture.number])
        seen = sighted[picture.number]
        work_id = work_of.get(new.sha256) or (shown.work_id if shown else _new_work(now, seen))
        work_of[new.sha256] = work_id
        rows.append((new, work_id))
        archived = basis is ClaimBasis.REGISTERED
        mine = part_of_free(seen) is None if shown is None else may_claim(shown, note.author, at)
        if archived or mine:
            claims.append(
                Claim(
                    work_id=work_id,
                    author_id=note.author.id,
                    at=at,
                    basis=basis,
                    note_id=note.id,
                    image_number=picture.number,
                )
            )
    now.add_pictures(rows)
    now.add_claims(claims)
    if note.author.id and note.author.linked_ids:
        now.link_authors(note.author.id, note.author.linked_ids)
    return len(rows)


def known_hashes(now: Transaction, rows: Iterable[HashRow]) -> dict[bytes, int]:
    """Hash → work, of those among these rows that an earlier list brought."""
    codes = [row.code for row in rows if _tells_pictures_apart(row)]
    return now.works_of_bare_codes(PDQ256.name, codes)


def register_hash(
    now: Transaction, row: HashRow, *, received: datetime, known: dict[bytes, int]
) -> int | None:
    """Add a hash made elsewhere: to the work of the very same hash, else as a work of its own.

    Returns the picture's number; one that was imported before keeps its own, and stays as it is.
    None where the note itself is here: its picture came on no list, even if one has it, too.

    Args:
        now: the transaction.
        row: the hash.
        received: its time, where the list has none.
        known: hash → work; filled in here.
    """
    at = row.published_at or received
    new = NewPicture(
        note_id=row.note_id,
        revision=1,
        image_number=row.image_number,
        author_id=row.author_id,
        published_at=at,
        recipe=row.recipe,
        code=row.code,
        quality=100 if row.quality is None else row.quality,
        width=0,
        height=0,
        features=b"",
        sha256="",
        state=Registration.REGISTERED.value,
    )
    for p in now.pictures_of_note(new.note_id):
        if (p.image_number, p.recipe, p.code) == (new.image_number, new.recipe, new.code):
            return None if p.sha256 else p.picture_id
    work_id = known.get(new.code) or now.add_work()
    if _tells_pictures_apart(row):
        known[new.code] = work_id
    picture_id = now.add_picture(new, work_id)
    now.add_claim(
        Claim(
            work_id=work_id,
            author_id=row.author_id,
            at=at,
            basis=ClaimBasis.REGISTERED,
            note_id=row.note_id,
            image_number=row.image_number,
        )
    )
    return picture_id


def _new_work(now: Transaction, seen: Sequence[Sighting]) -> int:
    """A work of its own; where it is a mere part of what is free to show, it is free as well."""
    work_id = now.add_work()
    if (whole := part_of_free(seen)) is not None:
        now.exempt_work(work_id, whole.exempt_reason or "", whole.free_until)
    return work_id


def _tells_pictures_apart(row: HashRow) -> bool:
    """True where equal hashes mean equal pictures: all black ones share theirs, too."""
    ones = int.from_bytes(row.code, "big").bit_count()
    sure = row.quality is None or row.quality >= _TELLING_QUALITY
    return row.recipe == PDQ256.name and sure and abs(ones - PDQ256.bits // 2) <= _UNEVEN_BITS


def new_picture(
    note: Note, picture: ExaminedPicture, at: datetime, state: Registration
) -> NewPicture:
    """One picture of a note as the register keeps it."""
    known = picture.fingerprint
    return NewPicture(
        note_id=note.id,
        revision=note.revision,
        image_number=picture.number,
        author_id=note.author.id,
        published_at=at,
        recipe=known.recipe.name,
        code=bytes(known.code),
        quality=known.quality,
        width=known.size[0],
        height=known.size[1],
        features=known.features.to_bytes() if known.features is not None else b"",
        sha256=known.sha256,
        state=state.value,
        descriptor=None if known.descriptor is None else to_bytes(known.descriptor),
        descriptor_recipe=known.descriptor_recipe,
    )
