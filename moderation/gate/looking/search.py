"""Candidates → matches → sightings: what the register shows of a picture under check."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np

from moderation.errors import IndexCorrupt
from moderation.gate.looking.choice import Choice, choose, ranked
from moderation.image.descriptor import from_bytes
from moderation.image.fingerprint import Fingerprint
from moderation.image.hashing import recipe_named
from moderation.image.local_features import LocalFeatures
from moderation.image.matching import Candidate, KnownPicture, match
from moderation.image.ownership import Sighting
from moderation.image.query import Query
from moderation.match import Match
from moderation.note import Note
from moderation.store import BankEntry, ListedHash, StoredPicture, Work
from moderation.store.reading import Reading

WEAK_COSINE = 0.2
"""Fewer features are likelier chance where no part of the query is even so much alike."""

Tried = dict[Candidate, Match | None]
"""Candidate, only its hash looked at → its match; None where the proof failed. The same picture is
another candidate once its hash is known to be near."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proven:
    """What came of the candidates for one picture."""

    matches: Sequence[Match]
    """Best first."""
    works: int
    """Works that were looked at."""
    left_out: int
    """Works beyond the limits that are likely to be shown as well."""


NOTHING_PROVEN = Proven(matches=(), works=0, left_out=0)


def prove(
    query: Query,
    candidates: Iterable[Candidate],
    register: Reading,
    *,
    note: Note | None = None,
    tried: Tried | None = None,
) -> Proven:
    """Verify the most likely candidates.

    Of a work that many have shown, four pictures at most are tried, so that a viral picture
    does not crowd out the other works in a collage.

    Args:
        query: the picture under check.
        candidates: from the indexes.
        register: where their fingerprints are.
        note: the note under check; pictures of its own earlier revisions are left out.
        tried: what came of candidates that were verified before; filled in here.

    Returns:
        The matches, and how many works were left out.
    """
    candidates = ranked(candidates)
    works = register.works_of(candidate.picture_id for candidate in candidates)
    own = _own(register, note) if works and note is not None else frozenset()
    choice = choose(candidates, works, own=own, free=register.bank_entries_of)
    return proven_among(query, choice, lambda ids: _known(register, ids), tried=tried)


def proven_among(
    query: Query,
    choice: Choice,
    known: Callable[[Collection[int]], Mapping[int, KnownPicture]],
    *,
    tried: Tried | None = None,
) -> Proven:
    """Verify what was chosen.

    Args:
        query: the picture under check.
        choice: the candidates.
        known: gives pictures by their numbers; those that are gone are left out.
        tried: as for `prove`.
    """
    tried = {} if tried is None else tried
    untried = [candidate for candidate in choice.candidates if candidate not in tried]
    pictures = known([candidate.picture_id for candidate in untried])
    for candidate in untried:
        original = pictures.get(candidate.picture_id)
        if original is not None and is_worth_a_proof(query, choice, candidate, original):
            tried[candidate] = match(query, original, candidate)
    found = [m for m in (tried.get(candidate) for candidate in choice.candidates) if m is not None]
    return Proven(
        matches=sorted(found, key=lambda m: (-m.score, m.picture_id)),
        works=choice.works,
        left_out=choice.left_out([m.picture_id for m in found]),
    )


def is_worth_a_proof(
    query: Query, choice: Choice, candidate: Candidate, original: KnownPicture
) -> bool:
    """Whether a chosen candidate is likely enough: of a few shared features, chance gives many."""
    if choice.candidates[candidate]:
        return True
    cosine = query.cosine_to(original.fingerprint)
    return cosine is None or cosine >= WEAK_COSINE


def sightings(matches: Sequence[Match], register: Reading, *, at: datetime) -> list[Sighting]:
    """Add what the register knows now of the works that were matched; gone pictures drop out."""
    works = register.works_of(m.picture_id for m in matches)
    details = register.works(works.values())
    free = register.bank_entries_of(works.values())
    listed = register.listed_hashes(m.picture_id for m in matches if not m.verified)
    found = []
    for m in matches:
        work = details.get(works.get(m.picture_id, 0))
        if work is None:
            continue
        sighting = sighting_of(m, work, free.get(work.work_id, []), at=at)
        if sighting is not None:
            found.append(_with_terms(sighting, listed.get(m.picture_id, ())))
    return found


def _with_terms(sighting: Sighting, listed: Sequence[ListedHash]) -> Sighting:
    """A sighting with the first list that the hash came on and that says something of itself."""
    for terms in (one.terms for one in listed if one.terms):
        return replace(sighting, source=terms.source, licence=terms.licence)
    return sighting


def sighting_of(
    match: Match, work: Work, entries: Collection[BankEntry], *, at: datetime
) -> Sighting | None:
    """A match with what the register knows of the work; None where nobody holds that.

    Args:
        match: proven.
        work: that it shows.
        entries: of banks that free the work, ended ones too.
        at: when the note under check was published.
    """
    freed = _freed(work, entries, at)
    once_free = bool(entries) or work.exempt_reason is not None
    if once_free and not freed and not work.claims:
        return None  # nobody claimed it while all could show it, so nobody holds it now
    return Sighting(match=match, work_id=work.work_id, claims=work.claims, **freed)


def _freed(work: Work, entries: Iterable[BankEntry], at: datetime) -> dict[str, Any]:
    """What says that everybody may show a work at that time; empty if nothing does."""
    if work.exempt_reason is not None and (work.exempt_until is None or at < work.exempt_until):
        return {"exempt_reason": work.exempt_reason, "free_until": work.exempt_until}
    for entry in entries:
        if entry.holds(at):
            return {"exempt_reason": entry.reason, "free_until": entry.until, "bank": entry.bank}
    return {}


def known_picture(picture: StoredPicture) -> KnownPicture:
    """A row of the register as the matcher reads it.

    Raises:
        IndexCorrupt: the stored features are damaged.
    """
    recipe = recipe_named(picture.recipe)
    if len(picture.code) != recipe.bytes:
        raise IndexCorrupt(
            f"picture {picture.picture_id} has a hash of {len(picture.code)} bytes, "
            f"`{recipe.name}` has {recipe.bytes}",
            hint="run `moderation register verify`",
        )
    return KnownPicture(
        fingerprint=Fingerprint(
            recipe=recipe,
            code=np.frombuffer(picture.code, np.uint8),
            quality=picture.quality,
            size=(picture.width, picture.height),
            features=LocalFeatures.from_bytes(picture.features) if picture.features else None,
            descriptor=from_bytes(picture.descriptor) if picture.descriptor else None,
            descriptor_recipe=picture.descriptor_recipe,
            sha256=picture.sha256,
        ),
        picture_id=picture.picture_id,
        note_id=picture.note_id,
        image_number=picture.image_number,
        author_id=picture.author_id,
        published_at=picture.published_at,
    )


def _known(register: Reading, ids: Collection[int]) -> dict[int, KnownPicture]:
    return {number: known_picture(row) for number, row in register.pictures(ids).items()}


def _own(register: Reading, note: Note) -> frozenset[int]:
    return frozenset(
        picture.picture_id
        for picture in register.pictures_of_note(note.id)
        if picture.author_id == note.author.id
    )
