"""An author's proof comes to an appeal: a file that is read and let go, or a link that is text.

    file   digest, size, type; of a picture what it shows, and a thumbnail until the decision
    link   its text; nothing is ever fetched

Reading takes a second of work, so it is done before the transaction; whether the appeal still
waits and has room is asked before and inside it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

from moderation.errors import BadNote, ImageTooLarge, IndexCorrupt
from moderation.gate.looking.search import known_picture
from moderation.gate.rights.proof_files import MOST_FILE_BYTES, Disputed, Side, read_file
from moderation.image.matching import KnownPicture
from moderation.store import AuditRow, NewProof, Proof, ProofKind, Register, StoredPicture
from moderation.store.reading import Reading
from moderation.store.service.proofs import same_proof

MOST_LINK_CHARS = 2_000
MOST_NAME_CHARS = 255
MOST_COMPARED = 12
"""Disputed pictures that one proof is compared with; each takes some tens of milliseconds."""


def add_file(register: Register, appeal_id: int, name: str, data: bytes) -> tuple[Proof, bool]:
    """Take a file as proof.

    Args:
        register: that holds the appeal.
        appeal_id: its number.
        name: as the author calls the file; a path before it is left out.
        data: all of it; not kept.

    Returns:
        The proof as it is kept, and whether it is new: the same file again is the same proof.

    Raises:
        ImageTooLarge: above `MOST_FILE_BYTES`.
        UnknownSubject: there is no such appeal.
        AppealSettled: it has been decided.
        BadNote: it has as many proofs as it may have.
    """
    refuse_large(len(data))
    new = NewProof(
        appeal_id=appeal_id,
        kind=ProofKind.FILE,
        name=file_name(name),
        at=datetime.now(UTC),
        sha256=hashlib.sha256(data).hexdigest(),
        bytes=len(data),
    )
    known = same_proof(register.proofs([appeal_id])[appeal_id], new)
    if known is not None:
        return known, False
    register.room_for_proof(appeal_id)
    read = read_file(data, disputed_of(register, appeal_id))
    with register.transaction() as now:
        return now.add_proof(replace(new, facts=read.facts, thumbnail=read.thumbnail))


def add_link(register: Register, appeal_id: int, link: str) -> tuple[Proof, bool]:
    """Take a link as proof; it is kept as text, and nothing opens it.

    Raises:
        BadNote: it is no web address, or too long; or as `add_file`.
        UnknownSubject, AppealSettled: as `add_file`.
    """
    new = NewProof(
        appeal_id=appeal_id, kind=ProofKind.LINK, name=web_address(link), at=datetime.now(UTC)
    )
    with register.transaction() as now:
        return now.add_proof(new)


def refuse_large(size: int) -> None:
    """Make sure that a file of so many bytes is taken.

    Raises:
        ImageTooLarge: it is not.
    """
    if size > MOST_FILE_BYTES:
        raise ImageTooLarge(
            f"the proof has {size:,} bytes, limit {MOST_FILE_BYTES:,}",
            hint="send a flat copy of it, and keep the file for a person who asks",
        )


def file_name(name: str) -> str:
    """The last part of a path, as it can be stored: no NUL, no lone surrogate, not too long."""
    last = re.split(r"[/\\]", name.rstrip("/\\"))[-1]
    storable = last.encode(errors="replace").decode().replace("\0", "\ufffd")
    return storable[:MOST_NAME_CHARS] or "–"


def web_address(link: str) -> str:
    """A link as it is kept.

    Raises:
        BadNote: it is no `http://` or `https://` address of a host, or too long.
    """
    link = link.strip()
    if len(link) > MOST_LINK_CHARS:
        raise BadNote(
            f"the link has {len(link):,} characters, limit {MOST_LINK_CHARS:,}",
            hint="give the address without what follows the `?`",
        )
    try:
        parts = urlsplit(link)
        good = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        good = False
    # The parser drops some of these, and nobody could tell what was kept from what was sent.
    if not good or any(ord(c) <= 0x20 or ord(c) == 0x7F or c.isspace() for c in link):
        raise BadNote(
            f"{ascii(link)[:80]} is no web address",
            hint="write it as https://example.org/page",
        )
    return link


def disputed_of(register: Reading, appeal_id: int) -> list[Disputed]:
    """The pictures that an appeal is about: the note's, and those that it was found to copy."""
    appeal = register.appeal(appeal_id)
    row = None if appeal is None else register.verdicts_numbered([appeal.verdict_id])
    if appeal is None or not row or appeal.verdict_id not in row:
        return []  # forgotten in between
    return list(_disputed(register, row[appeal.verdict_id]))[:MOST_COMPARED]


def _disputed(register: Reading, row: AuditRow) -> Iterator[Disputed]:
    own: dict[int, StoredPicture] = {}
    for picture in register.pictures_of_note(row.verdict.note_id):
        if picture.author_id == row.author_id:
            own[picture.image_number] = picture
    counted = {reason.finding for reason in row.verdict.reasons}
    findings = [
        one
        for place, one in enumerate(row.verdict.findings)
        if place in counted and one.image_number is not None
    ]
    matches = {one.match.picture_id: one for one in findings if one.match is not None}
    sizes = {one.image_number: one.match.query_size for one in matches.values() if one.match}
    numbers = [one.image_number for one in findings] or sorted(own)
    for number in dict.fromkeys(number for number in numbers if number is not None):
        mine = own.get(number)
        if mine is not None:
            yield _as_disputed(mine, Side.NOTE, number)
        else:
            size = sizes.get(number) or (0, 0)
            yield Disputed(side=Side.NOTE, image_number=number, size=(size[0], size[1]))
    originals = register.pictures(matches)
    for picture_id, finding in matches.items():
        if picture_id in originals:
            yield _as_disputed(originals[picture_id], Side.REGISTER, finding.image_number or 0)


def _as_disputed(picture: StoredPicture, side: Side, number: int) -> Disputed:
    known: KnownPicture | None
    try:
        known = known_picture(picture)
    except IndexCorrupt:  # what else the proof says is of use without it
        known = None
    return Disputed(
        side=side, image_number=number, size=(picture.width, picture.height), known=known
    )
