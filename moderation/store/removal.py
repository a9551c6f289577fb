"""Taking pictures out of the register."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, Row, and_, delete, exists, func, insert, select, tuple_, update

from moderation.note import ClaimBasis
from moderation.store.hash_lists import drop_empty, lists_of
from moderation.store.records import LogOp
from moderation.store.schema import CLAIMS, LOG, PICTURES, WORKS, portions

CLAIMED_BY_SHOWING = (ClaimBasis.FIRST_SEEN.value, ClaimBasis.REGISTERED.value)


def remove_pictures(connection: Connection, picture_ids: Iterable[int]) -> int:
    """Delete pictures, tell the log, and drop what rested on them alone.

    Claims that were made by showing the picture go with it; licences and outside proof stay
    for as long as the work has a picture. Unknown numbers are passed over.

    Returns:
        Number of pictures deleted.
    """
    removed: list[Row[tuple[int, int, str, int, str]]] = []
    lists: set[int] = set()
    for some in portions(picture_ids):
        lists |= lists_of(connection, some)
        removed += connection.execute(
            delete(PICTURES)
            .where(PICTURES.c.picture_id.in_(some))
            .returning(
                PICTURES.c.picture_id,
                PICTURES.c.work_id,
                PICTURES.c.note_id,
                PICTURES.c.image_number,
                PICTURES.c.recipe,
            )
        )
    if not removed:
        return 0
    connection.execute(
        insert(LOG),
        [
            {"op": LogOp.REMOVE, "picture_id": row.picture_id, "recipe": row.recipe}
            for row in sorted(removed, key=lambda row: row.picture_id)
        ],
    )
    _drop_claims(connection, {(row.work_id, row.note_id, row.image_number) for row in removed})
    _drop_empty_works(connection, {row.work_id for row in removed})
    drop_empty(connection, lists)
    return len(removed)


def withdraw_revision(
    connection: Connection, note_id: str, author_id: str, revision: int, *, later: bool = True
) -> int:
    """Remove what a revision showed first; what an earlier or another later one shows stays.

    Args:
        connection: under the write lock.
        note_id: of the note.
        author_id: whose note it is.
        revision: that is taken back.
        later: take back what still later revisions brought as well.

    Returns:
        Number of pictures deleted.
    """
    own = and_(PICTURES.c.note_id == note_id, PICTURES.c.author_id == author_id)
    shown = PICTURES.c.revision
    first = func.coalesce(PICTURES.c.first_revision, shown)
    last = shown >= revision if later else shown == revision
    new = connection.execute(select(PICTURES.c.picture_id).where(own, last, first >= revision))
    removed = remove_pictures(connection, new.scalars().all())
    connection.execute(update(PICTURES).where(own, last).values(revision=revision - 1))
    # Shown again by a later one: that is the first now.
    again = and_(own, first == revision, shown > revision)
    connection.execute(update(PICTURES).where(again).values(first_revision=shown))
    return removed


def _drop_claims(connection: Connection, shown: Iterable[tuple[int, str, int]]) -> None:
    place = tuple_(CLAIMS.c.work_id, CLAIMS.c.note_id, CLAIMS.c.image_number)
    # The same picture may still be there under another recipe.
    still_shown = exists().where(
        PICTURES.c.work_id == CLAIMS.c.work_id,
        PICTURES.c.note_id == CLAIMS.c.note_id,
        PICTURES.c.image_number == CLAIMS.c.image_number,
    )
    for some in portions(shown):
        connection.execute(
            delete(CLAIMS).where(
                place.in_(some), CLAIMS.c.basis.in_(CLAIMED_BY_SHOWING), ~still_shown
            )
        )


def _drop_empty_works(connection: Connection, work_ids: Iterable[int]) -> None:
    # Nothing can match a work without pictures, so its claims and licences go with it.
    for some in portions(work_ids):
        pictured = select(PICTURES.c.work_id).where(PICTURES.c.work_id.in_(some))
        empty = set(some) - set(connection.execute(pictured).scalars())
        connection.execute(delete(CLAIMS).where(CLAIMS.c.work_id.in_(empty)))
        connection.execute(delete(WORKS).where(WORKS.c.work_id.in_(empty)))
