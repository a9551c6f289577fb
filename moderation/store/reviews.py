"""What people answer to verdicts: recorded, never changed, asked for by those who learn from it.

A later answer of the same person to the same words supersedes the earlier one, and both stay.
Answers of two people stand side by side until one of them settles it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from moderation.errors import BadNote, UnknownSubject
from moderation.finding import FindingKind
from moderation.store import audit
from moderation.store.records import AuditRow
from moderation.store.review_labels import possible_labels
from moderation.store.review_records import Answer, NewReview, Review
from moderation.store.review_tables import REVIEWS
from moderation.verdict import Decision, Verdict


class ReviewReading(ABC):
    """Questions about answers; each is answered from one snapshot."""

    @abstractmethod
    def _connected(self) -> AbstractContextManager[Connection]:
        """A connection for one question."""

    def reviews(
        self,
        *,
        note_id: str | None = None,
        by: str | None = None,
        since: datetime | None = None,
        before: int | None = None,
        limit: int = 1000,
    ) -> list[Review]:
        """Answers, those recorded last first; superseded ones too.

        Args:
            note_id: of one note; None for all.
            by: of one person; None for all.
            since: answered at this aware time or later; None for all.
            before: with a number below this one, to go on where a list ended.
            limit: most answers to return.
        """
        query = select(REVIEWS).order_by(REVIEWS.c.review_id.desc()).limit(limit)
        if note_id is not None:
            query = query.where(REVIEWS.c.note_id == note_id)
        if by is not None:
            query = query.where(REVIEWS.c.by == by)
        if since is not None:
            query = query.where(REVIEWS.c.at >= since)
        if before is not None:
            query = query.where(REVIEWS.c.review_id < before)
        with self._connected() as connection:
            return [_review(row) for row in connection.execute(query)]

    def latest_verdict(self, note_id: str) -> AuditRow | None:
        """The last verdict on a note; None where there is none."""
        with self._connected() as connection:
            return audit.latest(connection, note_id)

    def verdicts_numbered(self, verdict_ids: Iterable[int]) -> dict[int, AuditRow]:
        """Verdicts by number; numbers that are not there are absent."""
        with self._connected() as connection:
            return audit.numbered(connection, verdict_ids)


class ReviewWriting(ReviewReading):
    """What is done with answers while the write lock is held."""

    def record_review(self, review: NewReview) -> Review:
        """Record a person's answer to a verdict; the very same again changes nothing.

        Raises:
            UnknownSubject: there is no such verdict.
            BadNote: the verdict holds no such finding, or the answer contradicts itself.
        """
        row = self._verdict_of(review)
        refuse_unfitting(review, row.verdict)
        values: dict[str, Any] = {
            "verdict_id": row.verdict_id,
            "note_id": row.verdict.note_id,
            "revision": row.verdict.revision,
            "author_id": row.author_id,
            "note_digest": row.note_digest,
            "text_digest": row.text_digest,
            "decision": row.verdict.decision.value,
            "policy_digest": row.verdict.policy_digest,
            "detectors": dict(row.verdict.detectors),
            "at": review.at or datetime.now(UTC),
            "by": review.by,
            "answer": review.answer.value if review.answer else None,
            "findings": {kind.value: review.findings[kind].value for kind in _sorted(review)},
            "intent": review.intent,
            "disclosure": review.disclosure,
            "reason": review.reason,
            "settles": int(review.settles),
        }
        same = select(REVIEWS).where(
            REVIEWS.c.verdict_id == row.verdict_id,
            REVIEWS.c.by == review.by,
            REVIEWS.c.at == values["at"],
        )
        with self._connected() as connection:
            for known in connection.execute(same):
                if all(known._mapping[name] == values[name] for name in _ANSWERED):
                    return _review(known)
            new = insert(REVIEWS).returning(REVIEWS.c.review_id)
            number = connection.execute(new, values).scalar_one()
        return _review_of({**values, "review_id": number})

    def _verdict_of(self, review: NewReview) -> AuditRow:
        if review.verdict_id is None:
            row = self.latest_verdict(review.note_id)
        else:
            row = self.verdicts_numbered([review.verdict_id]).get(review.verdict_id)
        if row is not None and row.verdict.note_id == review.note_id:
            return row
        named = "" if review.verdict_id is None else f" with number {review.verdict_id}"
        raise UnknownSubject(
            f"the audit holds no verdict{named} on note `{review.note_id}`",
            hint="see `moderation register history`; a dry run is not recorded",
        )


_ANSWERED = ("answer", "findings", "intent", "disclosure", "reason", "settles")


def refuse_unfitting(review: NewReview, verdict: Verdict) -> None:
    """Make sure that an answer fits the verdict.

    Raises:
        BadNote: the verdict holds no such finding, or the answer contradicts itself.
    """
    found = {finding.kind for finding in verdict.findings}
    if strangers := [kind for kind in _sorted(review) if kind not in found]:
        held = ", ".join(f"`{kind}`" for kind in FindingKind if kind in found) or "none"
        raise BadNote(
            f"the verdict on `{review.note_id}` has no finding `{strangers[0]}`, it has {held}",
            hint="for what the gate missed, overturn the verdict and give the label",
        )
    if not possible_labels(review, verdict):
        label = f"intent `{review.intent or '-'}`, disclosure `{review.disclosure or '-'}`"
        raise BadNote(
            f"the answers on `{review.note_id}` and the label ({label}) contradict each other",
            hint="answer each finding by itself, or correct the label",
        )


def _sorted(review: NewReview) -> list[FindingKind]:
    return [kind for kind in FindingKind if kind in review.findings]


def _review(row: Row[Any]) -> Review:
    return _review_of(dict(row._mapping))


def _review_of(values: Mapping[str, Any]) -> Review:
    answer = values["answer"]
    return Review(
        **{
            **values,
            "decision": Decision(values["decision"]),
            "answer": None if answer is None else Answer(answer),
            "findings": {
                FindingKind(kind): Answer(said) for kind, said in values["findings"].items()
            },
            "settles": bool(values["settles"]),
        }
    )
