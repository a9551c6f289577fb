"""Candidates → matches → sightings: what the register shows of a picture under check."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice, zip_longest
from typing import Any

import numpy as np

from moderation.errors import IndexCorrupt
from moderation.image.descriptor import from_bytes
from moderation.image.fingerprint import Fingerprint
from moderation.image.hashing import recipe_named
from moderation.image.local_features import LocalFeatures
from moderation.image.matching import (
    CANDIDATE_RADIUS_BITS,
    NEAREST,
    SURE_VOTES,
    Candidate,
    KnownPicture,
    match,
    merged,
)
from moderation.image.ownership import Sighting
from moderation.image.query import Query
from moderation.match import Match
from moderation.note import Note
from moderation.store import BankEntry, StoredPicture, Work
from moderation.store.reading import Reading

BY_HASH = 8
"""Works verified per picture because of a near hash, the nearest first."""
BY_VOTES = 12
"""Works looked at because of shared features, weak ones verified only where the descriptors agree.
A 3 × 3 collage shows nine."""
BY_COSINE = 8
"""Works verified because of their descriptors, those first that are most alike to any view: a copy
with a caption over it is less alike than a stranger to another part of the same screenshot."""
WEAK_COSINE = 0.2
"""Fewer features are likelier chance where no part of the query is even so much alike."""
OF_BANKS = 4
"""Works of free pictures verified beside these: what many show must not crowd out what frees it."""
MOST_PROOFS = 48
"""Registered pictures compared with one query; every work has its turn before any has a second."""
_LAST = 4  # a quarter of those looked at, the least likely
_AS_LIKELY = 0.75  # of what nominated the least likely one that was proven
_LOOKED_UP = NEAREST

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
    tried = {} if tried is None else tried
    ranked = sorted(merged(candidates), key=lambda c: (c.bits, -c.votes, c.picture_id))
    # The other indexes nominate few, and thousands of near hashes must not crowd these out.
    ranked = [c for i, c in enumerate(ranked) if i < _LOOKED_UP or c.votes or c.cosine is not None]
    works = register.works_of(candidate.picture_id for candidate in ranked)
    own = _own(register, note) if works and note is not None else frozenset()
    by_work: dict[int, list[Candidate]] = defaultdict(list)
    for candidate in ranked:
        if candidate.picture_id in works and candidate.picture_id not in own:
            by_work[works[candidate.picture_id]].append(candidate)
    by_hash = [of_work for of_work in by_work.values() if of_work[0].distance_bits is not None]
    by_votes = sorted(filter(_votes, by_work.values()), key=lambda of_work: -_votes(of_work))
    by_cosine = sorted(filter(_cosine, by_work.values()), key=_place)
    likely = [*by_hash[:BY_HASH], *by_votes[:BY_VOTES], *by_cosine[:BY_COSINE]]
    crowded_out = [*by_hash[BY_HASH:], *by_votes[BY_VOTES:], *by_cosine[BY_COSINE:]]
    likely += _of_banks(crowded_out, works, register)[:OF_BANKS]
    chosen = _in_turns(likely)
    untried = [candidate for candidate in chosen if candidate not in tried]
    pictures = register.pictures(candidate.picture_id for candidate in untried)
    for candidate in untried:
        if candidate.picture_id in pictures:
            known = known_picture(pictures[candidate.picture_id])
            cosine = query.cosine_to(known.fingerprint)
            if chosen[candidate] or cosine is None or cosine >= WEAK_COSINE:
                tried[candidate] = match(query, known, candidate)
    found = [m for m in (tried.get(candidate) for candidate in chosen) if m is not None]
    proven = {works[m.picture_id] for m in found}
    looked_at = {works[of_work[0].picture_id] for of_work in likely}
    left_out = {
        works[of_work[0].picture_id]
        for ranking, most, weight in (
            (by_hash, BY_HASH, _nearness),
            (by_votes, BY_VOTES, _votes),
            (by_cosine, BY_COSINE, _cosine),
        )
        for of_work in _as_likely(ranking, most, weight, works, proven)
    }
    return Proven(
        matches=sorted(found, key=lambda m: (-m.score, m.picture_id)),
        works=len(looked_at),
        left_out=len(left_out - looked_at),
    )


def sightings(matches: Sequence[Match], register: Reading, *, at: datetime) -> list[Sighting]:
    """Add what the register knows now of the works that were matched; gone pictures drop out."""
    works = register.works_of(m.picture_id for m in matches)
    details = register.works(works.values())
    listed = register.bank_entries_of(works.values())
    found = []
    for m in matches:
        work = details.get(works.get(m.picture_id, 0))
        if work is None:
            continue
        entries = listed.get(work.work_id, [])
        freed = _freed(work, entries, at)
        once_free = bool(entries) or work.exempt_reason is not None
        if once_free and not freed and not work.claims:
            continue  # nobody claimed it while all could show it, so nobody holds it now
        found.append(Sighting(match=m, work_id=work.work_id, claims=work.claims, **freed))
    return found


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


def _in_turns(works: Iterable[list[Candidate]]) -> dict[Candidate, bool]:
    """Candidates to compare by their hashes alone: do they need no more to speak for them?"""
    telling = [(_telling(of_work), _is_likely(of_work)) for of_work in works]
    turns = zip_longest(*(candidates for candidates, _ in telling))
    chosen = {
        replace(candidate, votes=0.0, cosine=None, place=0): likely
        for turn in turns
        for candidate, (_, likely) in zip(turn, telling, strict=True)
        if candidate is not None
    }
    return dict(islice(chosen.items(), MOST_PROOFS))


def _as_likely(
    ranking: Sequence[list[Candidate]],
    most: int,
    weight: Callable[[list[Candidate]], float],
    works: Mapping[int, int],
    proven: Set[int],
) -> list[list[Candidate]]:
    """Works beyond a limit that are likely to be shown: proofs succeeded up to the limit.

    Chance nominates many works too, but then the proofs of the least likely ones have failed.
    """
    last = ranking[:most][-max(1, most // _LAST) :]
    succeeded = [weight(w) for w in last if works[w[0].picture_id] in proven]
    if 2 * len(succeeded) < len(last) or not succeeded:
        return []
    return [of_work for of_work in ranking[most:] if weight(of_work) >= _AS_LIKELY * min(succeeded)]


def _is_likely(of_work: Iterable[Candidate]) -> bool:
    """False where a few shared features are all there is."""
    return any(
        c.distance_bits is not None or c.cosine is not None or c.votes >= SURE_VOTES
        for c in of_work
    )


def _nearness(of_work: Iterable[Candidate]) -> float:
    return CANDIDATE_RADIUS_BITS + 1 - min(candidate.bits for candidate in of_work)


def _votes(of_work: Iterable[Candidate]) -> float:
    return max(candidate.votes for candidate in of_work)


def _cosine(of_work: Iterable[Candidate]) -> float:
    return max(candidate.cosine or 0.0 for candidate in of_work)


def _place(of_work: Iterable[Candidate]) -> tuple[int, float]:
    return min((c.place, -c.cosine) for c in of_work if c.cosine is not None)


def _telling(of_work: list[Candidate]) -> list[Candidate]:
    """The nearest picture of a work, the most alike, the one with most in common, the first."""
    telling = (
        of_work[0],
        max(of_work, key=lambda candidate: candidate.votes),
        max(of_work, key=lambda candidate: candidate.cosine or 0.0),
        min(of_work, key=lambda candidate: candidate.picture_id),
    )
    return list(dict.fromkeys(telling))


def _of_banks(
    crowded_out: Sequence[list[Candidate]], works: Mapping[int, int], register: Reading
) -> list[list[Candidate]]:
    if not crowded_out:
        return []
    listed = register.bank_entries_of(works[of_work[0].picture_id] for of_work in crowded_out)
    return [of_work for of_work in crowded_out if works[of_work[0].picture_id] in listed]


def _own(register: Reading, note: Note) -> frozenset[int]:
    return frozenset(
        picture.picture_id
        for picture in register.pictures_of_note(note.id)
        if picture.author_id == note.author.id
    )
