"""Captions + registered captions → finding: who published nearly the same words before. Pure.

To quote a recipe, a poem or a brief is no wrong, so a twin is told and weighed by the policy
together with what else was found. Words that several unrelated authors published are common
property: a challenge, a brief, a quotation.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from moderation.finding import Difference, Finding, FindingKind, Span
from moderation.note import Author
from moderation.text.captions import Caption

DETECTOR = "twins@1"
MIN_RAW_SCORE = 0.4
"""What is less alike than this is no finding."""
FEW_PIECES = 8
"""So many pieces in common count half: two short captions agree by accident, long ones do not."""
SHARED_BY = 4
"""From so many unrelated earlier authors on, the words are nobody's in particular."""
MAX_PASSAGES = 12

_AS_ALIKE = 0.1
"""Of captions that are about as alike, the earliest is named."""
_COVERED = 0.8
_MIN_PASSAGE_CHARS = 6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class KnownCaption:
    """A registered caption that shares a key with the one under check."""

    caption_id: int
    """Rises in order of registration."""
    note_id: str
    author_id: str
    linked_ids: tuple[str, ...]
    published_at: datetime
    """Since when that note has these words."""
    shingles: NDArray[np.uint32]
    """[n], sorted, each once."""

    @property
    def order(self) -> tuple[datetime, int]:
        """Earlier published first; of equal times the first registered."""
        return (self.published_at, self.caption_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """How much two captions have in common."""

    shared: int
    """Pieces that both have."""
    jaccard: float
    """Share of all pieces of both, 0–1."""
    containment: float
    """Share of the pieces of the one that has fewer, 0–1."""

    @property
    def score(self) -> float:
        """0–1: mean of both shares, lowered where few pieces agree. Symmetric.

        The mean, because a caption with a paragraph cut off or put in front is still a twin, and
        one sentence of many is none.
        """
        return (self.jaccard + self.containment) / 2 * self.shared / (self.shared + FEW_PIECES)


def likeness(one: NDArray[np.uint32], other: NDArray[np.uint32]) -> Likeness:
    """Compare the pieces of two captions.

    Args:
        one: uint32 [n], sorted, each once.
        other: likewise.
    """
    if not len(one) or not len(other):
        return Likeness(shared=0, jaccard=0.0, containment=0.0)
    shared = len(np.intersect1d(one, other, assume_unique=True))
    return Likeness(
        shared=shared,
        jaccard=shared / (len(one) + len(other) - shared),
        containment=shared / min(len(one), len(other)),
    )


def twin_finding(
    caption: Caption,
    known: Iterable[KnownCaption],
    *,
    author: Author,
    at: datetime,
    clocks_agree: timedelta,
    licensed_from: frozenset[str] = frozenset(),
) -> Finding | None:
    """What captions of other authors that are nearly the same mean for this one's author.

    Args:
        caption: of the note under check.
        known: registered captions of other notes, in any order.
        author: who submits; unknown authors are nobody's relatives.
        at: since when the note has these words (aware).
        clocks_agree: times closer than this prove nothing about who was first.
        licensed_from: authors who licensed pictures of this note to its author.

    Returns:
        One finding at most, on the earliest of the most similar; None where no other author has
        published anything like it.
    """
    alike = [(k, likeness(caption.shingles, k.shingles)) for k in known]
    alike = [(k, like) for k, like in alike if like.score >= MIN_RAW_SCORE]
    own = [k for k, _ in alike if _related(author, k)]
    others = [(k, like) for k, like in alike if not _related(author, k)]
    if not others:
        return None
    most = max(like.score for _, like in others)
    first, like = min(
        ((k, like) for k, like in others if like.score >= most - _AS_ALIKE),
        key=lambda pair: pair[0].order,
    )
    authors = _unrelated_authors([k for k, _ in others])
    difference: Difference | None = None
    if (before := _own_before(caption, own, first)) is not None:
        same = before.author_id == author.id
        difference = Difference.SAME_AUTHOR if same else Difference.LINKED_ACCOUNT
    elif first.author_id in licensed_from:
        difference = Difference.LICENSED
    elif first.published_at - at > clocks_agree:
        difference = Difference.PUBLISHED_EARLIER
    elif authors >= SHARED_BY:
        difference = Difference.SHARED_TEXT
    return Finding(
        kind=FindingKind.TEXT_TEMPLATE_TWIN,
        score=0.0 if difference else like.score,
        raw_score=like.score,
        difference=difference,
        spans=_passages(caption, first.shingles),
        detail={
            "twin_note": first.note_id,
            "holder": first.author_id,
            "claimed_at": first.published_at.isoformat(),
            "share_of_caption": round(like.shared / len(caption.shingles), 4),
            "share_of_twin": round(like.shared / len(first.shingles), 4),
            "jaccard": round(like.jaccard, 4),
            "unrelated_authors": authors,
        },
        detector=DETECTOR,
    )


def _related(author: Author, known: KnownCaption) -> bool:
    accounts = {author.id, *author.linked_ids} - {""}
    return bool(accounts & {known.author_id, *known.linked_ids})


def _own_before(
    caption: Caption, own: Sequence[KnownCaption], first: KnownCaption
) -> KnownCaption | None:
    """An earlier caption of the author's own that held most of what both have in common."""
    common = np.intersect1d(caption.shingles, first.shingles, assume_unique=True)
    for known in sorted(own, key=lambda k: k.order):
        held = len(np.intersect1d(common, known.shingles, assume_unique=True))
        if known.order < first.order and held >= _COVERED * len(common):
            return known
    return None


def _unrelated_authors(others: Sequence[KnownCaption]) -> int:
    """How many people they are: linked accounts are one, and so are all that are unknown."""
    groups: list[set[str]] = []
    for known in others:
        accounts = {known.author_id, *known.linked_ids}
        apart = [group for group in groups if not group & accounts]
        joined = accounts.union(*(group for group in groups if group & accounts))
        groups = [*apart, joined]
    return len(groups)


def _passages(caption: Caption, other: NDArray[np.uint32]) -> tuple[Span, ...]:
    """The longest passages that both have, in reading order, as spans of the original."""
    runs: list[tuple[int, int]] = []
    for place in np.flatnonzero(np.isin(caption.hashes, other)):
        start, end = int(caption.starts[place]), int(caption.ends[place])
        if runs and start <= runs[-1][1]:
            runs[-1] = (runs[-1][0], end)
        else:
            runs.append((start, end))
    told = [run for run in runs if run[1] - run[0] >= _MIN_PASSAGE_CHARS] or runs
    told = sorted(told, key=lambda run: (run[0] - run[1], run[0]))[:MAX_PASSAGES]
    return tuple(
        span for start, end in sorted(told) for span in caption.joined.spans("twin", start, end)
    )
