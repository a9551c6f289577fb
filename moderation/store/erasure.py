"""Forgetting a note or an author, with a receipt that names neither.

What the subject brought is deleted: pictures, captions, claims, links, verdicts, what people
answered to these, what they reported, and what the publish service keeps about them. Verdicts on
other people's notes stay, since they are the history of those notes, but their evidence no longer
names the subject. The deletion holds for every query from the commit on; `Register.scrub` then
removes the bytes from the disk.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Row,
    Table,
    Text,
    bindparam,
    cast,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    union,
    update,
)

from moderation.errors import BadNote
from moderation.store import captions
from moderation.store.desk.people import forget_in_settings
from moderation.store.desk.pseudonyms import secret_of
from moderation.store.desk.reports import forget_reports
from moderation.store.desk.tables import APPEAL_PROOFS, CASE_LOG, CASES, GOLDEN_CASES, REPORTS
from moderation.store.forgotten_list import digest_of
from moderation.store.hash_list_tables import HASH_LISTS
from moderation.store.late import forget_waiting
from moderation.store.policies import forget_in_policies
from moderation.store.records import Place, Receipt, SubjectKind
from moderation.store.redaction import FORGOTTEN, Subject, redact_verdict
from moderation.store.removal import CLAIMED_BY_SHOWING, remove_pictures
from moderation.store.review_tables import REVIEWS
from moderation.store.schema import (
    AUTHOR_LINKS,
    CAPTIONS,
    CLAIMS,
    ERASURES,
    LOG,
    PICTURES,
    VERDICT_MENTIONS,
    VERDICTS,
    WORKS,
    portions,
)
from moderation.store.service.counts import forget_showings
from moderation.store.service.tables import (
    APPEALS,
    EVENTS,
    HOLDS,
    SUBMISSIONS,
    UNFINISHED,
)
from moderation.store.template_tables import ATTEMPTS, BANK_ENTRIES, PROPOSALS, RULINGS

_NAMES = {
    SubjectKind.NOTE: (
        PICTURES.c.note_id,
        CAPTIONS.c.note_id,
        VERDICTS.c.note_id,
        VERDICT_MENTIONS.c.note_id,
        CLAIMS.c.note_id,
        ATTEMPTS.c.note_id,
        SUBMISSIONS.c.note_id,
        EVENTS.c.note_id,
    ),
    SubjectKind.AUTHOR: (
        PICTURES.c.author_id,
        CAPTIONS.c.author_id,
        VERDICTS.c.author_id,
        VERDICT_MENTIONS.c.author_id,
        CLAIMS.c.author_id,
        ATTEMPTS.c.author_id,
        SUBMISSIONS.c.author_id,
        EVENTS.c.author_id,
        AUTHOR_LINKS.c.author_id,
        AUTHOR_LINKS.c.linked_id,
    ),
}
"""Where a subject may be named."""
_OF_THE_SERVICE = (SUBMISSIONS, HOLDS, APPEALS, EVENTS, UNFINISHED, CASES)


def forget_note(connection: Connection, note_id: str) -> Receipt:
    """Forget a note: what it brought, what was said of it, and where it was evidence."""
    return _forget(
        connection,
        Subject(kind=SubjectKind.NOTE, id=note_id, note_ids=frozenset([note_id])),
    )


def forget_author(connection: Connection, author_id: str) -> Receipt:
    """Forget an author with all notes, links and claims, licences included."""
    note_ids: set[str] = set()
    for table in (PICTURES, CAPTIONS, VERDICTS, VERDICT_MENTIONS):
        query = select(table.c.note_id).where(table.c.author_id == author_id).distinct()
        note_ids.update(connection.execute(query).scalars())
    return _forget(
        connection,
        Subject(
            kind=SubjectKind.AUTHOR,
            id=author_id,
            note_ids=frozenset(note_ids - {""}),
            author_ids=frozenset([author_id]),
        ),
    )


def receipts(connection: Connection, kind: SubjectKind, subject_id: str) -> list[Receipt]:
    """Receipts of one subject, oldest first."""
    digest = _digest(connection, kind, subject_id)
    query = select(ERASURES).where(ERASURES.c.digest == digest).order_by(ERASURES.c.receipt_id)
    return [_receipt(row) for row in connection.execute(query)]


def all_receipts(connection: Connection, *, unfinished: bool = False) -> list[Receipt]:
    """Every receipt, oldest first; or those whose subjects may still lie on the disk."""
    query = select(ERASURES).order_by(ERASURES.c.receipt_id)
    if unfinished:
        query = query.where(ERASURES.c.done_at.is_(None))
    return [_receipt(row) for row in connection.execute(query)]


def finish(connection: Connection, receipt_id: int, places: Iterable[Place], at: datetime) -> None:
    """Record that nothing of a subject lies here any more, and where else it was."""
    connection.execute(
        update(ERASURES)
        .where(ERASURES.c.receipt_id == receipt_id)
        .values(places=[place.to_json() for place in places], done_at=at)
    )


def subjects_like(
    connection: Connection, digests: Collection[str]
) -> list[tuple[SubjectKind, str]]:
    """Notes and authors of this register whose digests are among these."""
    secret = secret_of(connection)
    found = []
    for kind, columns in _NAMES.items():
        names = union(*(select(column.label("name")) for column in columns))
        for name in connection.execute(names).scalars():
            if name and digest_of(secret, kind, name) in digests:
                found.append((kind, name))
    return found


def _receipt(row: Row[Any]) -> Receipt:
    places = tuple(Place.from_json(place) for place in row.places or ())
    return Receipt(**{**row._mapping, "subject": SubjectKind(row.subject), "places": places})


def _forget(connection: Connection, subject: Subject) -> Receipt:
    if not subject.id:
        raise BadNote(
            f"the id of the {subject.kind} to forget is empty",
            hint="name one; the empty id stands for everybody unknown",
        )
    counts = {
        "mentions": _redact_evidence(connection, subject),
        "claims": _delete_claims(connection, subject),
        "pictures": _delete_pictures(connection, subject),
        "captions": captions.remove(connection, _brought_by(CAPTIONS, subject)),
        "links": _delete_links(connection, subject),
        "attempts": connection.execute(
            delete(ATTEMPTS).where(_brought_by(ATTEMPTS, subject))
        ).rowcount,
        "reviews": connection.execute(
            delete(REVIEWS).where(_brought_by(REVIEWS, subject))
        ).rowcount,
        **forget_reports(connection, subject),
        # Before the verdicts: these are about a note even where the verdict is another one's.
        **_delete_from(connection, _OF_THE_SERVICE, subject),
        "verdicts": connection.execute(
            delete(VERDICTS).where(_brought_by(VERDICTS, subject))
        ).rowcount,
    }
    _redact_column(connection, CLAIMS.c.claim_id, CLAIMS.c.proof, subject)
    _redact_column(connection, APPEALS.c.appeal_id, APPEALS.c.statement, subject)
    _redact_column(connection, APPEAL_PROOFS.c.proof_id, APPEAL_PROOFS.c.name, subject)
    _redact_column(connection, CASES.c.case_id, CASES.c.words, subject)
    _redact_column(connection, REPORTS.c.report_id, REPORTS.c.words, subject)
    _redact_column(connection, CASE_LOG.c.entry_id, CASE_LOG.c.words, subject)
    _redact_column(connection, GOLDEN_CASES.c.case_id, GOLDEN_CASES.c.words, subject)
    _redact_column(connection, WORKS.c.work_id, WORKS.c.exempt_reason, subject)
    for words in (HASH_LISTS.c.source, HASH_LISTS.c.licence):
        _redact_column(connection, HASH_LISTS.c.list_id, words, subject)
    if subject.kind is SubjectKind.AUTHOR:
        forget_showings(connection, subject.id)
        forget_in_policies(connection, subject.id)
    for table in (PROPOSALS, BANK_ENTRIES, RULINGS, REVIEWS):
        (key,) = table.primary_key
        _redact_column(connection, key, table.c.reason, subject)
    forget_in_settings(connection, subject)
    forget_waiting(connection, subject.author_ids)
    row: dict[str, Any] = {
        "at": datetime.now(UTC),
        "subject": subject.kind,
        "counts": counts,
        "register_seq": connection.execute(select(func.max(LOG.c.seq))).scalar_one() or 0,
        "digest": _digest(connection, subject.kind, subject.id),
    }
    inserted = connection.execute(insert(ERASURES).returning(ERASURES.c.receipt_id), row)
    return Receipt(receipt_id=inserted.scalar_one(), **row)


def _digest(connection: Connection, kind: SubjectKind, subject_id: str) -> str:
    return digest_of(secret_of(connection), kind, subject_id)


def _brought_by(table: Table, subject: Subject) -> ColumnElement[bool]:
    column = table.c.author_id if subject.kind is SubjectKind.AUTHOR else table.c.note_id
    return column == subject.id


def _delete_pictures(connection: Connection, subject: Subject) -> int:
    query = select(PICTURES.c.picture_id).where(_brought_by(PICTURES, subject))
    return remove_pictures(connection, connection.execute(query).scalars().all())


def _delete_claims(connection: Connection, subject: Subject) -> int:
    count = 0
    for authors in portions(subject.author_ids):
        own = CLAIMS.c.author_id.in_(authors)
        count += connection.execute(delete(CLAIMS).where(own)).rowcount
    for notes in portions(subject.note_ids):
        made_there = CLAIMS.c.note_id.in_(notes)
        by_showing = CLAIMS.c.basis.in_(CLAIMED_BY_SHOWING)
        count += connection.execute(delete(CLAIMS).where(made_there, by_showing)).rowcount
        # Others' licences still hold without the note's name; the number keeps the key unique.
        unnamed = literal(f"{FORGOTTEN}-").concat(cast(CLAIMS.c.claim_id, Text))
        connection.execute(update(CLAIMS).where(made_there).values(note_id=unnamed))
    return count


def _delete_from(
    connection: Connection, tables: Iterable[Table], subject: Subject
) -> dict[str, int]:
    """Rows deleted from each; tables that held none are left out."""
    counts = {
        table.name: connection.execute(delete(table).where(_brought_by(table, subject))).rowcount
        for table in tables
    }
    return {name: count for name, count in counts.items() if count}


def _delete_links(connection: Connection, subject: Subject) -> int:
    count = 0
    for authors in portions(subject.author_ids):
        either = or_(AUTHOR_LINKS.c.author_id.in_(authors), AUTHOR_LINKS.c.linked_id.in_(authors))
        count += connection.execute(delete(AUTHOR_LINKS).where(either)).rowcount
    return count


def _redact_evidence(connection: Connection, subject: Subject) -> int:
    mentions = VERDICT_MENTIONS.c
    verdict_ids: set[int] = set()
    for column, ids in (
        (mentions.note_id, subject.note_ids),
        (mentions.author_id, subject.author_ids),
    ):
        for some in portions(ids):
            gone = delete(VERDICT_MENTIONS).where(column.in_(some)).returning(mentions.verdict_id)
            verdict_ids.update(connection.execute(gone).scalars())
    count = 0
    for numbers in portions(verdict_ids):
        query = select(VERDICTS.c.verdict_id, VERDICTS.c.body).where(
            VERDICTS.c.verdict_id.in_(numbers), ~_brought_by(VERDICTS, subject)
        )
        bodies = {
            verdict_id: redact_verdict(body, subject)
            for verdict_id, body in connection.execute(query)
        }
        _update(connection, VERDICTS.c.verdict_id, VERDICTS.c.body, bodies)
        count += len(bodies)
    return count


def _redact_column(
    connection: Connection, key: Column[int], column: Column[str], subject: Subject
) -> None:
    # Free text of people; few rows have any, so reading them all is cheap and misses nothing.
    query = select(key, column).where(column != "")
    redacted = {
        number: subject.redact_text(text)
        for number, text in connection.execute(query)
        if subject.redact_text(text) != text
    }
    _update(connection, key, column, redacted)


def _update(
    connection: Connection, key: Column[int], column: Column[Any], values: dict[int, Any]
) -> None:
    if values:
        connection.execute(
            update(key.table)
            .where(key == bindparam("of_key"))
            .values({column: bindparam("new_value", type_=column.type)}),
            [{"of_key": number, "new_value": value} for number, value in values.items()],
        )
