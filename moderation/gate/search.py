"""Candidates → matches → sightings: what the register shows of a picture under check."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

import numpy as np

from moderation.errors import IndexCorrupt
from moderation.image.fingerprint import Fingerprint
from moderation.image.hashing import recipe_named
from moderation.image.local_features import LocalFeatures
from moderation.image.matching import Candidate, KnownPicture, match, nearest
from moderation.image.ownership import Sighting
from moderation.image.query import Query
from moderation.match import Match
from moderation.note import Note
from moderation.store import StoredPicture
from moderation.store.reading import Reading

MAX_WORKS = 16
"""Verified per picture, nearest hash first. A 3 × 3 collage shows nine."""
_PER_WORK = 2
_LOOKED_UP = 2_000

Tried = dict[int, Match | None]
"""Picture number → its match; None where the proof failed."""


def prove(
    query: Query,
    candidates: Iterable[Candidate],
    register: Reading,
    *,
    note: Note | None = None,
    tried: Tried | None = None,
) -> list[Match]:
    """Verify the most likely candidates.

    Of a work that many have shown, the nearest picture and the first registered one are tried,
    so that a viral picture does not crowd out the other works in a collage.

    Args:
        query: the picture under check.
        candidates: from the index.
        register: where their fingerprints are.
        note: the note under check; pictures of its own earlier revisions are left out.
        tried: what came of candidates that were verified before; filled in here.

    Returns:
        Matches, best first.
    """
    tried = {} if tried is None else tried
    ranked = nearest(candidates)[:_LOOKED_UP]
    works = register.works_of(candidate.picture_id for candidate in ranked)
    own = _own(register, note) if works and note is not None else frozenset()
    by_work: dict[int, list[Candidate]] = defaultdict(list)
    for candidate in ranked:
        if candidate.picture_id in works and candidate.picture_id not in own:
            by_work[works[candidate.picture_id]].append(candidate)
    chosen = [c for of_work in list(by_work.values())[:MAX_WORKS] for c in _telling(of_work)]
    pictures = register.pictures(c.picture_id for c in chosen if c.picture_id not in tried)
    for candidate in chosen:
        if candidate.picture_id in pictures:
            picture = pictures[candidate.picture_id]
            tried[candidate.picture_id] = match(query, known_picture(picture), candidate)
    found = (tried.get(candidate.picture_id) for candidate in chosen)
    return sorted((m for m in found if m is not None), key=lambda m: (-m.score, m.picture_id))


def sightings(matches: Sequence[Match], register: Reading, *, at: datetime) -> list[Sighting]:
    """Add what the register knows now of the works that were matched; gone pictures drop out."""
    works = register.works_of(m.picture_id for m in matches)
    details = register.works(works.values())
    found = []
    for m in matches:
        work = details.get(works.get(m.picture_id, 0))
        if work is None:
            continue
        over = work.exempt_until is not None and work.exempt_until <= at
        found.append(
            Sighting(
                match=m,
                work_id=work.work_id,
                claims=work.claims,
                exempt_reason=None if over else work.exempt_reason,
            )
        )
    return found


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
            sha256=picture.sha256,
        ),
        picture_id=picture.picture_id,
        note_id=picture.note_id,
        image_number=picture.image_number,
        author_id=picture.author_id,
        published_at=picture.published_at,
    )


def _telling(of_work: list[Candidate]) -> list[Candidate]:
    first = min(of_work, key=lambda candidate: candidate.picture_id)
    return list(dict.fromkeys([of_work[0], first]))[:_PER_WORK]


def _own(register: Reading, note: Note) -> frozenset[int]:
    return frozenset(
        picture.picture_id
        for picture in register.pictures_of_note(note.id)
        if picture.author_id == note.author.id
    )
