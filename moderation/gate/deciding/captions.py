"""The caption of a note: who published nearly the same words before, and what the register keeps.

All of it happens while the register's lock is held, as a look-up by keys is quick: of two twins
submitted at once, one is the first.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from moderation.errors import StoreError
from moderation.finding import Difference, Finding, ItemFailure
from moderation.gate.looking.examination import Examination
from moderation.gate.looking.opened import unanswered
from moderation.image.ownership import CLOCKS_AGREE
from moderation.note import Note
from moderation.store import NewCaption, StoredCaption, Transaction
from moderation.store.reading import Reading
from moderation.text.captions import RECIPE, Caption, shingles_from_bytes, shingles_to_bytes
from moderation.text.twins import DETECTOR, KnownCaption, likeness, twin_finding

SAME_WORDS = 0.7
"""An edit that leaves a caption this much alike does not make its words new."""


def find_twins(
    examined: Examination, now: Reading, copies: Iterable[Finding], *, at: datetime
) -> tuple[Finding | ItemFailure, ...]:
    """What the register knows of the note's caption: nothing, a finding, or a fault of ours.

    Args:
        examined: the note with its caption.
        now: the register.
        copies: findings about its pictures; who licensed these may be quoted too.
        at: since when the note has these words.
    """
    note, caption = examined.note, examined.caption
    if caption is None:
        return ()
    try:
        finding = twin_finding(
            caption,
            [
                _known(stored)
                for stored in now.captions_near(caption.keys)
                if stored.recipe == RECIPE and not _is_of(stored, note)
            ],
            author=note.author,
            at=at,
            clocks_agree=CLOCKS_AGREE,
            licensed_from=frozenset(
                str(copy.detail["holder"])
                for copy in copies
                if copy.difference is Difference.LICENSED
            ),
        )
    except StoreError:
        raise
    except Exception as error:
        return (unanswered(error, DETECTOR, note, None),)
    return () if finding is None else (finding,)


def words_since(
    examined: Examination, now: Reading, *, at: datetime, edited: datetime | None
) -> datetime:
    """Since when a note has its present words.

    Somebody could publish early and put another's words in later; so words that an edit brings
    count from the edit on.

    Args:
        examined: the note with its caption.
        now: the register, perhaps with an earlier revision.
        at: when the note was published.
        edited: when this revision was received; None in an archive, whose times are trusted.
    """
    note, caption = examined.note, examined.caption
    before = None if caption is None else now.caption_of(note.id, note.author.id)
    if caption is None or before is None or before.recipe != RECIPE:
        return at
    alike = likeness(shingles_from_bytes(before.shingles), caption.shingles)
    if (alike.jaccard + alike.containment) / 2 >= SAME_WORDS:
        return before.published_at
    return at if edited is None else max(at, edited)


def register_caption(now: Transaction, note: Note, caption: Caption | None, at: datetime) -> None:
    """Keep a caption in place of an earlier revision's; one that is too short leaves none."""
    if caption is None:
        before = now.caption_of(note.id, note.author.id)
        if before is not None and before.revision <= note.revision:
            now.withdraw_caption(note.id, note.author.id, revision=before.revision)
        return
    kept = NewCaption(
        note_id=note.id,
        revision=note.revision,
        author_id=note.author.id,
        published_at=at,
        recipe=RECIPE,
        shingles=shingles_to_bytes(caption.shingles),
    )
    now.keep_caption(kept, caption.keys)


def _is_of(stored: StoredCaption, note: Note) -> bool:
    return (stored.note_id, stored.author_id) == (note.id, note.author.id)


def _known(stored: StoredCaption) -> KnownCaption:
    return KnownCaption(
        caption_id=stored.caption_id,
        note_id=stored.note_id,
        author_id=stored.author_id,
        linked_ids=stored.linked_ids,
        published_at=stored.published_at,
        shingles=shingles_from_bytes(stored.shingles),
    )
