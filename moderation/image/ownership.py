"""Matches + claims → findings: who showed a picture first, and who may show it again. Pure.

First in the register is not proof of authorship, so nothing here speaks of owners; a claim has a
holder. An allowed copy stays a finding, with score 0 and the reason why.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import inf

from moderation.finding import Difference, Finding, FindingKind
from moderation.match import Direction, Match, Point, Polygon
from moderation.note import Author, Claim, ClaimBasis

DETECTOR = "copies@2"
CLOCKS_AGREE = timedelta(minutes=10)
"""Times closer than this prove nothing: servers' clocks and queues differ, and of two
simultaneous uploads the order of registration decides."""
MAX_FINDINGS = 3
"""Per picture; a person reads no more."""

SURE_SCORE = 0.9
"""From here on two pictures count as the same work."""

_COVERED = 0.8
_EXPLAINS = (
    None,
    Difference.SAME_AUTHOR,
    Difference.LINKED_ACCOUNT,
    Difference.LICENSED,
    Difference.EXEMPT_TEMPLATE,
    Difference.WIDELY_SHOWN,
)
"""What settles a part of a picture, so that later works with the same part do not matter."""
_TEMPLATES = (Difference.EXEMPT_TEMPLATE, Difference.WIDELY_SHOWN)
_NEARLY_EXACT_BITS = 10
_CLEARLY_FARTHER_BITS = 20
_FRAMED_ALIKE = 0.97
_SHOWN = (ClaimBasis.FIRST_SEEN, ClaimBasis.REGISTERED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One match, with what the register knows about the work that it shows."""

    match: Match
    work_id: int
    claims: tuple[Claim, ...] = ()
    """All claims to the work, `linked_ids` filled in, by time."""
    exempt_reason: str | None = None
    """Why everybody may show this work at the time of the check; None if not."""
    free_until: datetime | None = None
    """End of that; None for no end."""
    bank: str = ""
    """The list of free pictures that says so; empty where the work itself is exempt."""
    source: str = ""
    """Who gave the hash away that was matched, where it came on a list that says so."""
    licence: str = ""
    """Under which that list lets others use it, where it says so."""
    shown_by: int | None = None
    """How many unrelated authors have shown the work, where these are enough to accuse nobody;
    see `moderation.image.popularity`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    """A sighting of a work, with the claim that counts."""

    sighting: Sighting
    holder: Claim
    difference: Difference | None


def holder_of(sighting: Sighting) -> Claim:
    """The claim that counts for a work.

    Proof from outside beats every date in the register; else the earliest showing counts. A work
    without any claim is held by who shows it in the matched note.
    """
    held = held_by(sighting.claims)
    if held is not None:
        return held
    match = sighting.match
    return Claim(
        work_id=sighting.work_id,
        author_id=match.author_id,
        at=match.published_at or datetime.max.replace(tzinfo=UTC),
        basis=ClaimBasis.FIRST_SEEN,
        note_id=match.note_id,
        image_number=match.image_number,
    )


def held_by(claims: Iterable[Claim]) -> Claim | None:
    """The claim among these that counts; None where nobody showed or proved the work."""
    claims = list(claims)
    for bases in ((ClaimBasis.EXTERNAL_PROOF,), _SHOWN):
        some = [claim for claim in claims if claim.basis in bases]
        if some:
            return min(some, key=lambda claim: claim.at)  # of equal times the first registered
    return None


def copy_findings(
    sightings: Iterable[Sighting],
    *,
    image_number: int,
    author: Author,
    at: datetime,
) -> tuple[Finding, ...]:
    """What the matches of one picture mean for its author.

    Args:
        sightings: proven matches with claims; several of one work are fine.
        image_number: of the picture under check in its note, from 0.
        author: who submits.
        at: when the note was published (aware).

    Returns:
        At most `MAX_FINDINGS`, outside proof first, then the earliest claim. Where one part of
        the picture goes back to several works (a collage of a picture and that picture), only the
        first of these counts; and what the author may show is not held against them by later
        works that took it up.
    """
    by_work: dict[int, list[Sighting]] = defaultdict(list)
    for sighting in sightings:
        by_work[sighting.work_id].append(sighting)
    shown = [max(of_work, key=_worth_showing) for of_work in by_work.values()]
    held = [
        _Held(sighting=s, holder=holder_of(s), difference=why_allowed(s, author, at)) for s in shown
    ]
    held.sort(key=_precedence)
    free = [h for h in held if _is_free(h)]
    return tuple(_finding(h, image_number, free) for h in _uncovered(held))[:MAX_FINDINGS]


def _precedence(held: _Held) -> tuple[object, ...]:
    # Nobody holds a bank's picture, and its date says nothing: before all but proof.
    return (not is_proven(held.holder), not _is_free(held), held.holder.at, held.sighting.work_id)


def is_proven(claim: Claim) -> bool:
    """True for a claim that rests on proof from outside."""
    return claim.basis is ClaimBasis.EXTERNAL_PROOF


def _is_free(held: _Held) -> bool:
    return bool(held.sighting.bank) and held.difference is Difference.EXEMPT_TEMPLATE


def _worth_showing(sighting: Sighting) -> tuple[object, ...]:
    """Of several pictures of one work: the proven one, the claimant's own, the surest."""
    match = sighting.match
    own = holder_of(sighting).note_id == match.note_id
    return (match.verified, match.direction is Direction.SAME, own, match.score, -match.picture_id)


def why_allowed(sighting: Sighting, author: Author, at: datetime) -> Difference | None:
    """Why this author may show the work, or why the match is not held in full; None if neither."""
    holder = holder_of(sighting)
    accounts = accounts_of(author)
    # A list says that anybody may; proof says whose it is, and a person has to settle the two.
    contested = bool(sighting.bank) and is_proven(holder)
    if sighting.exempt_reason is not None and not contested:
        return Difference.EXEMPT_TEMPLATE
    if holder.author_id and holder.author_id == author.id:
        return Difference.SAME_AUTHOR
    if accounts & {holder.author_id, *holder.linked_ids}:
        return Difference.LINKED_ACCOUNT
    if accounts & {c.author_id for c in sighting.claims if c.basis is ClaimBasis.LICENSED}:
        return Difference.LICENSED
    if holder.basis in _SHOWN and holder.at - at > CLOCKS_AGREE:
        return Difference.PUBLISHED_EARLIER
    if sighting.shown_by is not None:
        return Difference.WIDELY_SHOWN
    return None if sighting.match.verified else Difference.UNVERIFIED


def accounts_of(author: Author) -> frozenset[str]:
    """All known accounts of an author."""
    return frozenset({author.id, *author.linked_ids} - {""})


def _uncovered(held: Sequence[_Held]) -> list[_Held]:
    kept: list[_Held] = []
    for later in held:
        if not any(_explains(earlier, later) for earlier in kept):
            kept.append(later)
    return kept


def _explains(earlier: _Held, later: _Held) -> bool:
    """True where a part of the picture is settled, so that a later work there says no more."""
    if earlier.difference not in _EXPLAINS or not _covers(earlier, later):
        return False
    if earlier.difference not in _TEMPLATES:
        return True
    # A free frame does not free the photograph inside it, which another work shows ...
    if not _covers(later, earlier):
        return False
    free = earlier.sighting.match
    if min(free.share_of_query, free.share_of_original) < _FRAMED_ALIKE:
        return True  # a crop of it: the hash says where it was cut, not what was added
    # ... nor the frame together with a photograph, where exactly that was shown before.
    bits, free_bits = (_bits(h.sighting.match) for h in (later, earlier))
    return bits > _NEARLY_EXACT_BITS or free_bits < bits + _CLEARLY_FARTHER_BITS


def _bits(match: Match) -> float:
    return inf if match.distance_bits is None else match.distance_bits


def _covers(one: _Held, other: _Held) -> bool:
    inner, outer = other.sighting.match.region_query, one.sighting.match.region_query
    return share_inside(inner, outer) >= _COVERED


def share_inside(inner: Polygon, outer: Polygon) -> float:
    """Share of a polygon's area that lies inside a convex one, 0–1."""
    whole, around = _area(inner), _area(outer)
    if whole == 0 or around == 0:
        return 0.0
    # Sutherland and Hodgman. OpenCV's own intersection loses polygons whose edges coincide.
    left = inner
    for a, b in zip(outer, (*outer[1:], outer[0]), strict=True):
        left = _cut(left, a, b) if around > 0 else _cut(left, b, a)
    return min(1.0, abs(_area(left) / whole))


def _area(polygon: Polygon) -> float:
    """Negative where the corners go round the other way."""
    edges = zip(polygon, (*polygon[1:], *polygon[:1]), strict=True)
    return sum(ax * by - bx * ay for (ax, ay), (bx, by) in edges) / 2


def _cut(polygon: Polygon, a: Point, b: Point) -> Polygon:
    """What of a polygon lies to the left of the line from `a` to `b`, in the sense of `_area`."""

    def side(p: Point) -> float:
        return (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0])

    kept: list[Point] = []
    for p, q in zip(polygon, (*polygon[1:], *polygon[:1]), strict=True):
        at_p, at_q = side(p), side(q)
        if at_p >= 0:
            kept.append(p)
        if (at_p > 0 > at_q) or (at_p < 0 < at_q):
            t = at_p / (at_p - at_q)
            kept.append((p[0] + t * (q[0] - p[0]), p[1] + t * (q[1] - p[1])))
    return tuple(kept)


def _finding(held: _Held, image_number: int, free: Iterable[_Held]) -> Finding:
    match, difference = held.sighting.match, held.difference
    kind = FindingKind.IMAGE_COPY_PARTIAL
    if difference in _TEMPLATES:
        kind = FindingKind.IMAGE_TEMPLATE
    elif match.direction is Direction.SAME:
        kind = FindingKind.IMAGE_COPY
    detail: dict[str, str | int | float | bool] = {
        "holder": held.holder.author_id,
        "claimed_at": held.holder.at.isoformat(),
        "claim": held.holder.basis.value,
        "work_id": held.sighting.work_id,
    }
    said = {
        "exempt_reason": held.sighting.exempt_reason,
        "bank": held.sighting.bank or None,
        "list_source": held.sighting.source or None,
        "list_licence": held.sighting.licence or None,
    }
    detail |= {name: words for name, words in said.items() if words is not None}
    if is_proven(held.holder):
        listed = [f for f in free if _covers(f, held) and _covers(held, f)]
        for bank in [*(f.sighting.bank for f in listed), held.sighting.bank]:
            if bank:
                detail |= {"bank": bank, "conflict": True}
    if difference is Difference.WIDELY_SHOWN:
        detail["unrelated_authors"] = held.sighting.shown_by or 0
    counts = difference in (None, Difference.UNVERIFIED)
    return Finding(
        kind=kind,
        score=match.score if counts else 0.0,
        raw_score=match.score,
        difference=difference,
        image_number=image_number,
        match=match,
        detail=detail,
        detector=DETECTOR,
    )


def shows_work(sighting: Sighting) -> bool:
    """True if the picture surely shows the work as a whole, and nothing but it."""
    match = sighting.match
    return match.direction is Direction.SAME and match.verified and match.score >= SURE_SCORE


def work_shown(sightings: Iterable[Sighting]) -> Sighting | None:
    """The sighting whose work the picture belongs to; None where it is a work of its own.

    A collage that contains a picture, or a crop of it, is another work.
    """
    same = filter(shows_work, sightings)
    return min(same, key=lambda s: (s.work_id, -s.match.score), default=None)


def part_of_free(sightings: Iterable[Sighting]) -> Sighting | None:
    """What is free to show and holds the whole picture, as a crop of a template; None if nothing.

    Nobody becomes the first to show a piece of what all may show.
    """
    return next(
        (
            sighting
            for sighting in sightings
            if sighting.exempt_reason is not None
            and sighting.match.verified
            and sighting.match.direction in (Direction.SAME, Direction.QUERY_IN_ORIGINAL)
            and sighting.match.score >= SURE_SCORE
        ),
        None,
    )


def may_claim(sighting: Sighting, author: Author, at: datetime) -> bool:
    """True if showing a known work gives its author a claim to it, beside those there are."""
    return why_allowed(sighting, author, at) in (
        Difference.SAME_AUTHOR,
        Difference.LINKED_ACCOUNT,
        Difference.PUBLISHED_EARLIER,
    )
