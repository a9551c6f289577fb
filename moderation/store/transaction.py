"""One race-free operation on the register: look, decide, write, all under the write lock."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    bindparam,
    delete,
    insert,
    or_,
    select,
    update,
)

from moderation.errors import UnknownSubject
from moderation.note import Claim, Note
from moderation.store import audit, captions, erasure, removal
from moderation.store.banks import BankWriting
from moderation.store.desk.parts import DeskWriting
from moderation.store.elsewhere import ElsewhereWriting
from moderation.store.hash_lists import HashListWriting
from moderation.store.late import LateWriting
from moderation.store.policies import PolicyWriting
from moderation.store.reading import Reading
from moderation.store.records import LogOp, NewCaption, NewPicture, Receipt
from moderation.store.reviews import ReviewWriting
from moderation.store.schema import AUTHOR_LINKS, CAPTIONS, CLAIMS, LOG, PICTURES, WORKS, portions
from moderation.store.service.parts import ServiceWriting
from moderation.store.templates import TemplateWriting
from moderation.verdict import Registration, Verdict

PictureKey = tuple[str, int, str, str, bytes]
REGISTERED = Registration.REGISTERED.value


class Transaction(
    TemplateWriting,
    BankWriting,
    ReviewWriting,
    PolicyWriting,
    LateWriting,
    ElsewhereWriting,
    HashListWriting,
    ServiceWriting,
    DeskWriting,
    Reading,
):
    """What may be done while holding the write lock.

    Got from `Register.transaction`, and of no use after its end. Questions see what this
    transaction has written. Either all of it is committed or none.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add_work(self) -> int:
        """Add a work without pictures or claims; returns its number."""
        return self.add_works(1)[0]

    def add_works(self, count: int) -> list[int]:
        """Add many works at once; returns their numbers."""
        if not count:
            return []
        rows = [{"exempt_reason": None} for _ in range(count)]
        new = insert(WORKS).returning(WORKS.c.work_id, sort_by_parameter_order=True)
        return list(self._connection.execute(new, rows).scalars())

    def add_picture(self, picture: NewPicture, work_id: int) -> int:
        """Add a picture to a work, and to the log; returns its number.

        The same picture again (note, image number, recipe, digest, hash) keeps its number and its
        work; only `revision` and `state` become those given now. What an earlier revision has
        published stays `registered` while a later one is held.

        Raises:
            UnknownSubject: there is no such work.
            BadNote: an id holds a NUL or a lone surrogate.
        """
        return self.add_pictures([(picture, work_id)])[0]

    def add_pictures(self, pictures: Iterable[tuple[NewPicture, int]]) -> list[int]:
        """Add many (picture, work number) at once; returns the pictures' numbers in that order."""
        pictures = list(pictures)
        known = self._known(picture.note_id for picture, _ in pictures)
        fresh: dict[PictureKey, dict[str, Any]] = {}
        seen_again = []
        for picture, work_id in pictures:
            key = _key(picture)
            if key in known:
                seen_again.append({"number": known[key].picture_id, **_again(picture, known[key])})
            elif key in fresh:
                fresh[key] |= {"revision": picture.revision, "state": picture.state}
            else:
                fresh[key] = asdict(picture) | {
                    "work_id": work_id,
                    "first_revision": picture.revision,
                }
        if seen_again:
            self._connection.execute(
                update(PICTURES).where(PICTURES.c.picture_id == bindparam("number")), seen_again
            )
        numbers = {key: row.picture_id for key, row in known.items()}
        if fresh:
            numbers |= zip(fresh, self._insert_pictures(list(fresh.values())), strict=True)
        return [numbers[_key(picture)] for picture, _ in pictures]

    def add_claim(self, claim: Claim) -> None:
        """Record a claim; the same again (work, author, basis, note, image number) changes nothing.

        `claim.linked_ids` are not recorded here, see `link_authors`.

        Raises:
            UnknownSubject: there is no such work.
        """
        self.add_claims([claim])

    def add_claims(self, claims: Iterable[Claim]) -> None:
        """Record many claims at once; of equal times the first in order counts as earlier."""
        now = datetime.now(UTC)
        rows = [
            {
                "work_id": claim.work_id,
                "author_id": claim.author_id,
                "at": claim.at,
                "basis": claim.basis.value,
                "note_id": claim.note_id,
                "image_number": claim.image_number,
                "proof": claim.proof,
                "recorded_at": now,
            }
            for claim in claims
        ]
        names = ("work_id", "author_id", "basis", "note_id", "image_number")
        known: set[tuple[Any, ...]] = set()
        for some in portions(row["work_id"] for row in rows):
            query = select(*(CLAIMS.c[name] for name in names)).where(CLAIMS.c.work_id.in_(some))
            known.update(tuple(row) for row in self._connection.execute(query))
        fresh: dict[tuple[Any, ...], dict[str, Any]] = {}
        for row in rows:
            fresh.setdefault(tuple(row[name] for name in names), row)
        new = [row for key, row in fresh.items() if key not in known]
        if new:
            self._connection.execute(insert(CLAIMS), new)

    def claim_number(self, claim: Claim) -> int | None:
        """Number of a recorded claim; None where there is none of that identity."""
        query = select(CLAIMS.c.claim_id).where(_same_claim(claim))
        return self._connection.execute(query).scalar()

    def withdraw_claim(self, claim: Claim) -> bool:
        """Take a claim back; False where there is none of that identity."""
        return bool(self._connection.execute(delete(CLAIMS).where(_same_claim(claim))).rowcount)

    def link_authors(self, author_id: str, linked_ids: Iterable[str]) -> None:
        """Record that the platform links accounts; holds in both directions, adds only."""
        columns = AUTHOR_LINKS.c
        either = or_(columns.author_id == author_id, columns.linked_id == author_id)
        known = {
            linked
            for pair in self._connection.execute(select(AUTHOR_LINKS).where(either))
            for linked in pair
        }
        new = dict.fromkeys(x for x in linked_ids if x not in known | {author_id, ""})
        if new and author_id:
            self._connection.execute(
                insert(AUTHOR_LINKS),
                [{"author_id": author_id, "linked_id": linked_id} for linked_id in new],
            )

    def exempt_work(self, work_id: int, reason: str, until: datetime | None) -> None:
        """Allow copies of a work, as of a template or a brand's asset, until then or for good.

        Raises:
            UnknownSubject: there is no such work.
        """
        found = self._connection.execute(
            update(WORKS)
            .where(WORKS.c.work_id == work_id)
            .values(exempt_reason=reason, exempt_until=until)
        )
        if not found.rowcount:
            raise UnknownSubject(
                f"work {work_id} is not in the register", hint="search for the picture again"
            )

    def part_picture(self, picture_id: int, *, into: int | None = None) -> int:
        """Take a picture out of its work, as it shows something else after all.

        What its note claimed by showing it goes with it.

        Args:
            picture_id: number of the picture.
            into: number of the work that it belongs to; None for a new one.

        Returns:
            Number of that work.
        """
        (moved,) = self.pictures([picture_id]).values()
        work_id = self.add_work() if into is None else into
        self._connection.execute(
            update(PICTURES).where(PICTURES.c.picture_id == picture_id).values(work_id=work_id)
        )
        self._connection.execute(
            update(CLAIMS)
            .where(
                CLAIMS.c.work_id == moved.work_id,
                CLAIMS.c.note_id == moved.note_id,
                CLAIMS.c.image_number == moved.image_number,
                CLAIMS.c.author_id == moved.author_id,
                CLAIMS.c.basis.in_(removal.CLAIMED_BY_SHOWING),
            )
            .values(work_id=work_id)
        )
        return work_id

    def remove_pictures(self, picture_ids: Iterable[int]) -> int:
        """Delete pictures and what rested on them alone; see `removal`. Returns how many."""
        return removal.remove_pictures(self._connection, picture_ids)

    def withdraw_revision(self, note_id: str, author_id: str, revision: int) -> int:
        """Take back what this revision of an author's note, or a later one, brought to the search.

        Pictures that an earlier revision showed stay, as shown by the one before.

        Returns:
            How many pictures are gone.
        """
        captions.withdraw(self._connection, note_id, author_id, revision=revision)
        return removal.withdraw_revision(self._connection, note_id, author_id, revision)

    def keep_caption(self, caption: NewCaption, keys: Iterable[int]) -> None:
        """Register a note's caption under its keys, in place of an earlier revision's.

        Raises:
            BadNote: an id holds a NUL or a lone surrogate.
        """
        captions.keep(self._connection, caption, keys)

    def withdraw_caption(self, note_id: str, author_id: str, *, revision: int) -> None:
        """Take out the caption of this revision of an author's note, or of a later one."""
        captions.withdraw(self._connection, note_id, author_id, revision=revision)

    def remove_captions(self, note_id: str) -> int:
        """Delete the captions of all authors under one note id; returns how many."""
        return captions.remove(self._connection, CAPTIONS.c.note_id == note_id)

    def record_verdict(
        self,
        verdict: Verdict,
        *,
        note: Note,
        decided_at: datetime,
        as_of: datetime | None = None,
        completes: int | None = None,
    ) -> int:
        """Add a verdict on `note` to the audit; returns its number there.

        Args:
            verdict: as given.
            note: as judged.
            decided_at: aware.
            as_of: aware instant whose rules applied; None for `decided_at`.
            completes: number of the partial verdict that this one completes.
        """
        return audit.record(
            self._connection,
            verdict,
            note=note,
            decided_at=decided_at,
            as_of=as_of,
            completes=completes,
        )

    def forget_note(self, note_id: str) -> Receipt:
        """Delete a note's pictures, claims and verdicts, and its name in evidence about others.

        Call `Register.scrub` after the commit to remove the bytes from the disk too.

        Raises:
            BadNote: the id is empty.
        """
        return erasure.forget_note(self._connection, note_id)

    def forget_author(self, author_id: str) -> Receipt:
        """Delete all that an author brought, and the name in evidence about others.

        Call `Register.scrub` after the commit to remove the bytes from the disk too.

        Raises:
            BadNote: the id is empty.
        """
        return erasure.forget_author(self._connection, author_id)

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        yield self._connection

    def _known(self, note_ids: Iterable[str]) -> dict[PictureKey, Row[Any]]:
        known: dict[PictureKey, Row[Any]] = {}
        for some in portions(note_ids):
            query = select(
                PICTURES.c.note_id,
                PICTURES.c.image_number,
                PICTURES.c.recipe,
                PICTURES.c.sha256,
                PICTURES.c.code,
                PICTURES.c.picture_id,
                PICTURES.c.revision,
                PICTURES.c.state,
            ).where(PICTURES.c.note_id.in_(some))
            for row in self._connection.execute(query):
                key = (row.note_id, row.image_number, row.recipe, row.sha256, row.code)
                known[key] = cast("Row[Any]", row)
        return known

    def _insert_pictures(self, rows: list[dict[str, Any]]) -> list[int]:
        recipes = {row["descriptor_recipe"] for row in rows} - {None}
        for recipe in sorted(recipes):
            # Inside the lock, so that two processes with two models cannot both be the first.
            self.refuse_other_descriptors(recipe, known=min(recipes))
        new = insert(PICTURES).returning(PICTURES.c.picture_id, sort_by_parameter_order=True)
        numbers = list(self._connection.execute(new, rows).scalars())
        self._connection.execute(
            insert(LOG),
            [
                {"op": LogOp.ADD, "picture_id": number, "recipe": row["recipe"]}
                for number, row in zip(numbers, rows, strict=True)
            ],
        )
        return numbers


def _same_claim(claim: Claim) -> ColumnElement[bool]:
    return and_(
        CLAIMS.c.work_id == claim.work_id,
        CLAIMS.c.author_id == claim.author_id,
        CLAIMS.c.basis == claim.basis.value,
        CLAIMS.c.note_id == claim.note_id,
        CLAIMS.c.image_number == claim.image_number,
    )


def _again(picture: NewPicture, known: Row[Any]) -> dict[str, Any]:
    """What becomes of a row when its picture is shown again."""
    published = known.state == REGISTERED and known.revision < picture.revision
    return {
        "revision": picture.revision,
        "state": REGISTERED if published else picture.state,
    }


def _key(picture: NewPicture) -> PictureKey:
    return (
        picture.note_id,
        picture.image_number,
        picture.recipe,
        picture.sha256,
        picture.code,
    )
