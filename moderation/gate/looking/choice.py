"""Which candidates are worth a proof: of every work its most telling pictures, within limits.

Proofs are what costs. A viral picture must not crowd out the other works in a collage, so of a
work that many have shown four pictures at most are tried, and every work has its turn before any
has a second.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from itertools import islice, zip_longest

from moderation.image.matching import (
    CANDIDATE_RADIUS_BITS,
    NEAREST,
    SURE_VOTES,
    Candidate,
    merged,
)

BY_HASH = 8
"""Works verified per picture because of a near hash, the nearest first."""
BY_VOTES = 12
"""Works looked at because of shared features, weak ones verified only where the descriptors agree.
A 3 × 3 collage shows nine."""
BY_COSINE = 8
"""Works verified because of their descriptors, those first that are most alike to any view: a copy
with a caption over it is less alike than a stranger to another part of the same screenshot."""
OF_BANKS = 4
"""Works of free pictures verified beside these: what many show must not crowd out what frees it."""
MOST_PROOFS = 48
"""Registered pictures compared with one query; every work has its turn before any has a second."""
_LAST = 4  # a quarter of those looked at, the least likely
_AS_LIKELY = 0.75  # of what nominated the least likely one that was proven
_LOOKED_UP = NEAREST

OfWork = list[Candidate]
"""Candidates of one work, the nearest hash first."""


def ranked(candidates: Iterable[Candidate]) -> list[Candidate]:
    """One candidate for each picture, the nearest hash first; too many near hashes are cut off."""
    every = sorted(merged(candidates), key=lambda c: (c.bits, -c.votes, c.picture_id))
    # The other indexes nominate few, and thousands of near hashes must not crowd these out.
    return [c for i, c in enumerate(every) if i < _LOOKED_UP or c.votes or c.cosine is not None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What is to be proven of one picture."""

    candidates: Mapping[Candidate, bool]
    """To compare by their hashes alone, in this order: do they need no more to speak for them?"""
    works: int
    """Works that are looked at."""
    _works_of: Mapping[int, int]
    _looked_at: frozenset[int]
    _rankings: tuple[tuple[Sequence[OfWork], int, Callable[[OfWork], float]], ...]

    def left_out(self, proven: Collection[int]) -> int:
        """Works beyond the limits that are likely to be shown as well.

        Args:
            proven: numbers of the pictures of which there is a match.
        """
        works = {self._works_of[picture] for picture in proven}
        beyond = {
            self._works_of[of_work[0].picture_id]
            for ranking, most, weight in self._rankings
            for of_work in _as_likely(ranking, most, weight, self._works_of, works)
        }
        return len(beyond - self._looked_at)


def choose(
    candidates: Iterable[Candidate],
    works: Mapping[int, int],
    *,
    own: Set[int] = frozenset(),
    free: Callable[[Collection[int]], Collection[int]] = lambda _: (),
) -> Choice:
    """The most likely candidates.

    Args:
        candidates: as `ranked` puts them.
        works: picture → work; pictures without one are gone, and left out.
        own: pictures to leave out, as those of the note's own earlier revisions.
        free: tells which of some works everybody may show.
    """
    by_work: dict[int, OfWork] = defaultdict(list)
    for candidate in candidates:
        if candidate.picture_id in works and candidate.picture_id not in own:
            by_work[works[candidate.picture_id]].append(candidate)
    by_hash = [of_work for of_work in by_work.values() if of_work[0].distance_bits is not None]
    by_votes = sorted(filter(_votes, by_work.values()), key=lambda of_work: -_votes(of_work))
    by_cosine = sorted(filter(_cosine, by_work.values()), key=_place)
    likely = [*by_hash[:BY_HASH], *by_votes[:BY_VOTES], *by_cosine[:BY_COSINE]]
    crowded_out = [*by_hash[BY_HASH:], *by_votes[BY_VOTES:], *by_cosine[BY_COSINE:]]
    if crowded_out:
        listed = free([works[of_work[0].picture_id] for of_work in crowded_out])
        likely += [w for w in crowded_out if works[w[0].picture_id] in listed][:OF_BANKS]
    looked_at = frozenset(works[of_work[0].picture_id] for of_work in likely)
    return Choice(
        candidates=_in_turns(likely),
        works=len(looked_at),
        _works_of=works,
        _looked_at=looked_at,
        _rankings=(
            (by_hash, BY_HASH, _nearness),
            (by_votes, BY_VOTES, _votes),
            (by_cosine, BY_COSINE, _cosine),
        ),
    )


def _in_turns(works: Iterable[OfWork]) -> dict[Candidate, bool]:
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
    ranking: Sequence[OfWork],
    most: int,
    weight: Callable[[OfWork], float],
    works: Mapping[int, int],
    proven: Set[int],
) -> list[OfWork]:
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


def _telling(of_work: OfWork) -> OfWork:
    """The nearest picture of a work, the most alike, the one with most in common, the first."""
    telling = (
        of_work[0],
        max(of_work, key=lambda candidate: candidate.votes),
        max(of_work, key=lambda candidate: candidate.cosine or 0.0),
        min(of_work, key=lambda candidate: candidate.picture_id),
    )
    return list(dict.fromkeys(telling))
