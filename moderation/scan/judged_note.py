"""One note of an archive judged, and put into the register that the scan judges in.

A picture joins a work only where it surely shows the work's first picture (a star). What merely
shows another member founds a work of its own: else two strangers could be one work by way of a
third that resembles both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from moderation.gate.deciding.captions import register_caption, words_since
from moderation.gate.deciding.conclusion import Sighted
from moderation.gate.deciding.conclusion import judge as decided
from moderation.gate.deciding.registration import register_pictures
from moderation.image.ownership import Sighting
from moderation.match import Match
from moderation.note import ClaimBasis
from moderation.policy import Policy
from moderation.scan.observed_notes import ObservedNote
from moderation.scan.read_back import Row, examination_of, matches_of
from moderation.store import Transaction
from moderation.verdict import Registration, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """By what all notes of an archive are judged."""

    policy: Policy
    held_before: int
    """Highest number of a picture that the real register brought."""
    begun: datetime
    """Counts as the time of a note that has none."""
    as_of: datetime | None
    """Instant whose rules apply; None for that of each note's publication."""


def judge_note(note: ObservedNote, now: Transaction, rules: Rules) -> Verdict:
    """Decide on a note by all that was published before it, record it, and let it join.

    Args:
        note: as observed and paired.
        now: the scan's register.
        rules: to decide by.
    """
    held_before = rules.held_before
    shown = {
        picture["image_number"]: [
            found
            for match, digest in matches_of(pair)
            if (found := _as_numbered(match, digest, now, held_before)) is not None
        ]
        for picture, pair in note.pictures
    }
    examined = examination_of(note.row, note.pictures, matches=shown, seq=now.last_seq())
    at = examined.note.published_at or rules.begun
    day = rules.as_of or at
    verdict, sighted = decided(examined, now, None, rules.policy, received=at, as_of=day)
    fresh = {p["image_number"] for p, pair in note.pictures if _is_new(pair, held_before)}
    register_pictures(
        now,
        examined.note,
        [picture for picture in examined.pictures if picture.number in fresh],
        _firsts(sighted, now),
        at=at,
        state=Registration.REGISTERED,
        basis=ClaimBasis.REGISTERED,
    )
    since = words_since(examined, now, at=at, edited=None)
    register_caption(now, examined.note, examined.caption, since)
    now.record_verdict(verdict, note=examined.note, decided_at=rules.begun, as_of=day)
    return verdict


def _is_new(pair: Row, held_before: int) -> bool:
    """Whether the real register does not hold the picture already."""
    return int(pair["number"]) > held_before


def _as_numbered(match: Match, digest: str, now: Transaction, held_before: int) -> Match | None:
    """A match by the number that its original has in the scan's register; None where it is gone."""
    if match.picture_id <= held_before:
        return match
    for held in now.pictures_of_note(match.note_id):
        if (held.image_number, held.sha256) == (match.image_number, digest):
            return replace(match, picture_id=held.picture_id)
    return None


def _firsts(sighted: Sighted, now: Transaction) -> dict[int, Sequence[Sighting]]:
    """Of works that hold several pictures, sightings of the first alone."""
    works = {sighting.work_id for seen in sighted.values() for sighting in seen}
    first = now.first_pictures(works)
    return {
        number: [one for one in seen if first.get(one.work_id) == one.match.picture_id]
        for number, seen in sighted.items()
    }
