"""What can be asked of the register, from outside or from inside a transaction."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Row, and_, func, select

from moderation.errors import RecipeMismatch
from moderation.note import Claim, ClaimBasis
from moderation.store import captions, erasure
from moderation.store.audit_reading import AuditReading
from moderation.store.banks import BankReading
from moderation.store.desk.parts import DeskReading
from moderation.store.elsewhere import ElsewhereReading
from moderation.store.hash_lists import HashListReading
from moderation.store.late import LateReading
from moderation.store.policies import PolicyReading
from moderation.store.records import (
    LogEntry,
    LogOp,
    Receipt,
    RegisterStats,
    StoredCaption,
    StoredPicture,
    SubjectKind,
    Work,
)
from moderation.store.review_tables import REVIEWS
from moderation.store.reviews import ReviewReading
from moderation.store.schema import CAPTIONS, CLAIMS, LOG, PICTURES, VERDICTS, WORKS, portions
from moderation.store.service.parts import ServiceReading
from moderation.store.share import Share
from moderation.store.templates import TemplateReading, links_of

_CODES_AT_ONCE = 10_000
_FEATURES_AT_ONCE = 1_000


class Reading(
    TemplateReading,
    BankReading,
    ReviewReading,
    PolicyReading,
    LateReading,
    ElsewhereReading,
    HashListReading,
    ServiceReading,
    AuditReading,
    DeskReading,
    ABC,
):
    """Questions; each is answered from one snapshot."""

    @abstractmethod
    def _connected(self) -> AbstractContextManager[Connection]:
        """A connection for one question."""

    def last_seq(self) -> int:
        """Number of the last entry of the log, 0 for an empty register."""
        with self._connected() as connection:
            return connection.execute(select(func.max(LOG.c.seq))).scalar_one() or 0

    def log_after(
        self, seq: int, *, limit: int | None = None, share: Share | None = None
    ) -> list[LogEntry]:
        """Entries of the log after `seq`, in order, at most `limit`; of one share where named."""
        # Only an addition whose picture still stands has a hash; the log itself holds none.
        picture = and_(LOG.c.op == LogOp.ADD, PICTURES.c.picture_id == LOG.c.picture_id)
        query = (
            select(
                LOG,
                PICTURES.c.code,
                PICTURES.c.features,
                PICTURES.c.descriptor,
                PICTURES.c.descriptor_recipe,
            )
            .outerjoin(PICTURES, picture)
            .where(LOG.c.seq > seq, *_of(share, LOG.c.picture_id))
            .order_by(LOG.c.seq)
            .limit(limit)
        )
        with self._connected() as connection:
            return [
                LogEntry(
                    seq=row.seq,
                    op=LogOp(row.op),
                    picture_id=row.picture_id,
                    recipe=row.recipe,
                    code=row.code,
                    features=row.features,
                    descriptor=row.descriptor,
                    descriptor_recipe=row.descriptor_recipe,
                )
                for row in connection.execute(query)
            ]

    def pictures(self, picture_ids: Iterable[int]) -> dict[int, StoredPicture]:
        """Pictures by number, with features; numbers that are not there are absent."""
        found = {}
        with self._connected() as connection:
            for some in portions(picture_ids):
                query = select(PICTURES).where(PICTURES.c.picture_id.in_(some))
                for row in connection.execute(query):
                    found[row.picture_id] = _picture(row)
        return found

    def works_of(self, picture_ids: Iterable[int]) -> dict[int, int]:
        """Picture number → work number; pictures that are gone are absent."""
        found: dict[int, int] = {}
        with self._connected() as connection:
            for some in portions(picture_ids):
                query = select(PICTURES.c.picture_id, PICTURES.c.work_id).where(
                    PICTURES.c.picture_id.in_(some)
                )
                found.update((row.picture_id, row.work_id) for row in connection.execute(query))
        return found

    def first_pictures(self, work_ids: Iterable[int]) -> dict[int, int]:
        """Work number → number of the picture of it that was registered first."""
        found: dict[int, int] = {}
        with self._connected() as connection:
            for some in portions(work_ids):
                query = (
                    select(PICTURES.c.work_id, func.min(PICTURES.c.picture_id))
                    .where(PICTURES.c.work_id.in_(some))
                    .group_by(PICTURES.c.work_id)
                )
                found.update((row[0], row[1]) for row in connection.execute(query))
        return found

    def latest_pictures(self, most: int, *, share: Share | None = None) -> list[StoredPicture]:
        """Those registered last, the newest first; of one share where named."""
        query = select(PICTURES).where(*_of(share)).order_by(PICTURES.c.picture_id.desc())
        query = query.limit(most)
        with self._connected() as connection:
            return [_picture(row) for row in connection.execute(query)]

    def pictures_of_note(self, note_id: str) -> list[StoredPicture]:
        """Pictures of one note, all revisions and recipes, by picture number."""
        query = (
            select(PICTURES).where(PICTURES.c.note_id == note_id).order_by(PICTURES.c.picture_id)
        )
        with self._connected() as connection:
            return [_picture(row) for row in connection.execute(query)]

    def pictures_of_notes(self, note_ids: Iterable[str]) -> dict[str, list[StoredPicture]]:
        """Note → its pictures, as `pictures_of_note`; notes without any are absent."""
        found: dict[str, list[StoredPicture]] = defaultdict(list)
        with self._connected() as connection:
            for some in portions(note_ids):
                query = select(PICTURES).where(PICTURES.c.note_id.in_(some))
                for row in connection.execute(query.order_by(PICTURES.c.picture_id)):
                    found[row.note_id].append(_picture(row))
        return dict(found)

    def pictures_of_work(
        self, work_id: int, *, sha256: str | None = None, limit: int = 1000
    ) -> list[StoredPicture]:
        """Pictures of a work by number, all or those of one file."""
        query = select(PICTURES).where(PICTURES.c.work_id == work_id)
        if sha256 is not None:
            query = query.where(PICTURES.c.sha256 == sha256)
        with self._connected() as connection:
            rows = connection.execute(query.order_by(PICTURES.c.picture_id).limit(limit))
            return [_picture(row) for row in rows]

    def captions_near(self, keys: Sequence[int]) -> list[StoredCaption]:
        """Captions that share a key, the likeliest first; a bounded number, see `captions`."""
        with self._connected() as connection:
            rows = captions.near(connection, keys)
            links = links_of(connection, {row.author_id for row in rows} - {""})
        return [_caption(row, links.get(row.author_id, ())) for row in rows]

    def caption_of(self, note_id: str, author_id: str) -> StoredCaption | None:
        """The caption of an author's note; None where there is none."""
        with self._connected() as connection:
            row = captions.of_note(connection, note_id, author_id)
        return None if row is None else _caption(row, ())

    def works(self, work_ids: Iterable[int]) -> dict[int, Work]:
        """Works with their claims; numbers that are not there are absent."""
        rows: list[Row[Any]] = []
        claims: list[Row[Any]] = []
        with self._connected() as connection:
            for some in portions(work_ids):
                rows += connection.execute(select(WORKS).where(WORKS.c.work_id.in_(some)))
                claims += connection.execute(
                    select(CLAIMS)
                    .where(CLAIMS.c.work_id.in_(some))
                    .order_by(CLAIMS.c.at, CLAIMS.c.claim_id)
                )
            links = links_of(connection, {row.author_id for row in claims})
        by_work: dict[int, list[Claim]] = defaultdict(list)
        for row in claims:
            by_work[row.work_id].append(_claim(row, links.get(row.author_id, set())))
        return {
            row.work_id: Work(
                work_id=row.work_id,
                claims=tuple(by_work[row.work_id]),
                exempt_reason=row.exempt_reason,
                exempt_until=row.exempt_until,
            )
            for row in rows
        }

    def recipes(self, *, share: Share | None = None) -> dict[str, int]:
        """Number of pictures by hash recipe; of one share where named."""
        query = select(PICTURES.c.recipe, func.count()).where(*_of(share))
        query = query.group_by(PICTURES.c.recipe)
        with self._connected() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def descriptor_recipe(self, *, share: Share | None = None) -> str | None:
        """Name of the model that described the pictures; None where none of them is described."""
        query = select(func.min(PICTURES.c.descriptor_recipe)).where(*_of(share))
        with self._connected() as connection:
            return connection.execute(query).scalar_one()

    def refuse_other_descriptors(self, recipe: str, *, known: str | None = None) -> None:
        """Make sure that descriptors of a model may join those of the register.

        Args:
            recipe: the model's name.
            known: taken for the register's where that has none.

        Raises:
            RecipeMismatch: they cannot be compared.
        """
        known = self.descriptor_recipe() or known or recipe
        if known != recipe:
            raise RecipeMismatch(
                f"the register holds descriptors of `{known}`, the gate would add `{recipe}`",
                hint=f"open it with the model `{known}`, or register the pictures in a new folder",
            )

    def live_descriptors(self, *, share: Share | None = None) -> Iterator[tuple[int, bytes]]:
        """(picture number, descriptor) of all pictures that have one, by number."""
        which = PICTURES.c.descriptor.is_not(None)
        return self._live(PICTURES.c.descriptor, which, _CODES_AT_ONCE, share)

    def live_codes(self, recipe: str, *, share: Share | None = None) -> Iterator[tuple[int, bytes]]:
        """(picture number, hash) of all pictures of a recipe, by number.

        Read in portions, so that a slow caller does not hold up a checkpoint; to compare with
        a state of the log, ask from inside a transaction.
        """
        return self._live(PICTURES.c.code, PICTURES.c.recipe == recipe, _CODES_AT_ONCE, share)

    def live_features(self, *, share: Share | None = None) -> Iterator[tuple[int, bytes]]:
        """(picture number, local features) of all pictures that have them, by number."""
        which = func.length(PICTURES.c.features) > 0
        return self._live(PICTURES.c.features, which, _FEATURES_AT_ONCE, share)

    def _live(
        self,
        column: Column[bytes],
        which: ColumnElement[bool],
        at_once: int,
        share: Share | None,
    ) -> Iterator[tuple[int, bytes]]:
        last = 0
        while True:
            query = (
                select(PICTURES.c.picture_id, column)
                .where(which, PICTURES.c.picture_id > last, *_of(share))
                .order_by(PICTURES.c.picture_id)
                .limit(at_once)
            )
            with self._connected() as connection:
                portion = connection.execute(query).all()
            if not portion:
                return
            yield from ((picture_id, value) for picture_id, value in portion)
            last = portion[-1].picture_id

    def stats(self) -> RegisterStats:
        """How much there is."""
        count = func.count()
        unverified = count.filter(func.length(PICTURES.c.features) == 0)
        counted = select(
            func.count(PICTURES.c.note_id.distinct()),
            count,
            func.count(func.nullif(PICTURES.c.author_id, "").distinct()),
            unverified,
            count.filter(PICTURES.c.descriptor_recipe.is_(None)),
        ).select_from(PICTURES)
        with self._connected() as connection:
            notes, pictures, authors, without, undescribed = connection.execute(counted).one()
            works, claims, verdicts, captions, reviews = (
                connection.execute(select(count).select_from(table)).scalar_one()
                for table in (WORKS, CLAIMS, VERDICTS, CAPTIONS, REVIEWS)
            )
            last_seq = connection.execute(select(func.max(LOG.c.seq))).scalar_one() or 0
        return RegisterStats(
            notes=notes,
            pictures=pictures,
            works=works,
            claims=claims,
            authors=authors,
            verdicts=verdicts,
            last_seq=last_seq,
            unverified=without,
            captions=captions,
            undescribed=undescribed,
            reviews=reviews,
        )

    def receipts(self, kind: SubjectKind, subject_id: str) -> list[Receipt]:
        """Answers "was this note or author forgotten?" by the receipts given for it."""
        with self._connected() as connection:
            return erasure.receipts(connection, kind, subject_id)


def _claim(row: Row[Any], linked_ids: Iterable[str]) -> Claim:
    return Claim(
        work_id=row.work_id,
        author_id=row.author_id,
        at=row.at,
        basis=ClaimBasis(row.basis),
        note_id=row.note_id,
        image_number=row.image_number,
        proof=row.proof,
        linked_ids=tuple(sorted(linked_ids)),
    )


def _of(
    share: Share | None, column: Column[int] = PICTURES.c.picture_id
) -> list[ColumnElement[bool]]:
    return [] if share is None else [column % share.of == share.rest]


def _picture(row: Row[Any]) -> StoredPicture:
    return StoredPicture(**row._mapping)


def _caption(row: Row[Any], linked_ids: Iterable[str]) -> StoredCaption:
    return StoredCaption(**row._mapping, linked_ids=tuple(sorted(linked_ids)))
