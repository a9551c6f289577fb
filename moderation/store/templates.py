"""Template proposals in the register: who showed a work, who tried to, and what people decided.

Nothing here counts up or down: showings are counted where they stand, in the same transaction
that decides, so two processes can never disagree about how many there are.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Collection, Iterable
from contextlib import AbstractContextManager
from datetime import UTC, datetime

from sqlalchemy import Connection, delete, exists, func, insert, or_, select, update

from moderation.errors import UnknownSubject
from moderation.note import Claim
from moderation.store.schema import AUTHOR_LINKS, CLAIMS, PICTURES, WORKS, portions
from moderation.store.template_records import Ground, Proposal, ProposalState, Ruling, ShownBy
from moderation.store.template_tables import ATTEMPTS, PROPOSALS, RULINGS


class TemplateReading(ABC):
    """Questions about proposals; each is answered from one snapshot."""

    @abstractmethod
    def _connected(self) -> AbstractContextManager[Connection]:
        """A connection for one question."""

    def showings(self, work_ids: Iterable[int]) -> dict[int, list[ShownBy]]:
        """Work number → showings that stand, by known authors.

        A picture that is held does not stand; nor does one whose note was found to copy the work
        and that nobody has let stand since. What was shown while everybody might says nothing
        about later, and is left out.
        """
        tried = exists().where(
            ATTEMPTS.c.work_id == PICTURES.c.work_id, ATTEMPTS.c.note_id == PICTURES.c.note_id
        )
        query = select(
            PICTURES.c.work_id,
            PICTURES.c.author_id,
            PICTURES.c.published_at.label("at"),
            PICTURES.c.note_id,
        ).where(PICTURES.c.state == "registered", PICTURES.c.author_id != "", ~tried)
        found: dict[int, list[ShownBy]] = defaultdict(list)
        with self._connected() as connection:
            rows = [
                row
                for some in portions(work_ids)
                for row in connection.execute(query.where(PICTURES.c.work_id.in_(some)))
            ]
            links = links_of(connection, {row.author_id for row in rows})
        for row in rows:
            found[row.work_id].append(
                ShownBy(
                    author_id=row.author_id,
                    at=row.at,
                    note_id=row.note_id,
                    linked_ids=tuple(sorted(links.get(row.author_id, ()))),
                )
            )
        return found

    def attempts(self, work_id: int) -> list[ShownBy]:
        """Notes that were found to copy a work, and held or blocked."""
        query = select(ATTEMPTS).where(ATTEMPTS.c.work_id == work_id, ATTEMPTS.c.was_free == 0)
        with self._connected() as connection:
            rows = connection.execute(query).all()
            links = links_of(connection, {row.author_id for row in rows})
        return [
            ShownBy(
                author_id=row.author_id,
                at=row.at,
                note_id=row.note_id,
                linked_ids=tuple(sorted(links.get(row.author_id, ()))),
            )
            for row in rows
        ]

    def often_shown(self, authors: int) -> list[int]:
        """Works that at least so many authors show; a first sieve, it asks nothing else."""
        # Few works have so many pictures: an index alone finds these, without reading long rows.
        many = (
            select(PICTURES.c.work_id)
            .group_by(PICTURES.c.work_id)
            .having(func.count() >= authors)
            .subquery()
        )
        query = (
            select(PICTURES.c.work_id)
            .where(PICTURES.c.work_id.in_(select(many.c.work_id)))
            .where(PICTURES.c.state == "registered", PICTURES.c.author_id != "")
            .group_by(PICTURES.c.work_id)
            .having(func.count(PICTURES.c.author_id.distinct()) >= authors)
            .order_by(PICTURES.c.work_id)
        )
        with self._connected() as connection:
            return list(connection.execute(query).scalars())

    def proposals(
        self,
        *,
        work_ids: Iterable[int] | None = None,
        states: Collection[ProposalState] = tuple(ProposalState),
    ) -> dict[int, Proposal]:
        """Proposals by work number, in the order of their making; of all works or of these."""
        query = (
            select(PROPOSALS)
            .where(PROPOSALS.c.state.in_(states))
            .order_by(PROPOSALS.c.proposed_at, PROPOSALS.c.work_id)
        )
        with self._connected() as connection:
            if work_ids is None:
                rows = list(connection.execute(query))
            else:
                rows = [
                    row
                    for some in portions(work_ids)
                    for row in connection.execute(query.where(PROPOSALS.c.work_id.in_(some)))
                ]
        return {
            row.work_id: Proposal(
                **{
                    **row._mapping,
                    "state": ProposalState(row.state),
                    "ground": Ground(row.ground),
                }
            )
            for row in rows
        }

    def rulings(self, subject: str | None = None) -> list[Ruling]:
        """What people decided, oldest first, about one work or bank, or about all."""
        query = select(RULINGS).order_by(RULINGS.c.ruling_id)
        if subject is not None:
            query = query.where(RULINGS.c.subject == subject)
        with self._connected() as connection:
            return [
                Ruling(
                    action=row.action,
                    subject=row.subject,
                    by=row.by,
                    reason=row.reason,
                    detail=row.detail,
                    at=row.at,
                )
                for row in connection.execute(query)
            ]


class TemplateWriting(TemplateReading):
    """What is done with proposals while the write lock is held."""

    def record_attempts(
        self,
        note_id: str,
        author_id: str,
        work_ids: Iterable[int],
        at: datetime,
        *,
        free: Iterable[int] = (),
    ) -> None:
        """Record which works a note was found to copy, in place of what its last check found.

        Args:
            note_id: the note.
            author_id: its author.
            work_ids: works that it may not show.
            at: when it was published.
            free: works that it shows while everybody may.
        """
        mine = (ATTEMPTS.c.note_id == note_id, ATTEMPTS.c.author_id == author_id)
        wanted = dict.fromkeys(free, 1) | dict.fromkeys(work_ids, 0)
        with self._connected() as connection:
            query = select(ATTEMPTS.c.work_id, ATTEMPTS.c.was_free).where(*mine)
            known = {row.work_id: row.was_free for row in connection.execute(query)}
            if gone := {work_id for work_id in known if known[work_id] != wanted.get(work_id)}:
                connection.execute(delete(ATTEMPTS).where(*mine, ATTEMPTS.c.work_id.in_(gone)))
            row = {"note_id": note_id, "author_id": author_id, "at": at}
            new = [
                row | {"work_id": work_id, "was_free": wanted[work_id]}
                for work_id in sorted(wanted)
                if known.get(work_id) != wanted[work_id]
            ]
            if new:
                connection.execute(insert(ATTEMPTS), new)

    def let_stand(self, note_id: str) -> None:
        """A person looked at a held note and lets it stand: its pictures count from now on."""
        with self._connected() as connection:
            connection.execute(
                update(PICTURES).where(PICTURES.c.note_id == note_id).values(state="registered")
            )
            connection.execute(delete(ATTEMPTS).where(ATTEMPTS.c.note_id == note_id))

    def put_proof(self, claim: Claim) -> None:
        """Give a recorded claim its proof, where it has none yet."""
        with self._connected() as connection:
            connection.execute(
                update(CLAIMS)
                .where(
                    CLAIMS.c.work_id == claim.work_id,
                    CLAIMS.c.author_id == claim.author_id,
                    CLAIMS.c.basis == claim.basis.value,
                    CLAIMS.c.note_id == claim.note_id,
                    CLAIMS.c.image_number == claim.image_number,
                    CLAIMS.c.proof == "",
                )
                .values(proof=claim.proof)
            )

    def protect_work(self, work_id: int) -> None:
        """End the exemption of a work."""
        with self._connected() as connection:
            connection.execute(
                update(WORKS)
                .where(WORKS.c.work_id == work_id)
                .values(exempt_reason=None, exempt_until=None)
            )

    def put_proposal(self, proposal: Proposal) -> None:
        """Record a proposal, in place of what there was on its work.

        Raises:
            UnknownSubject: there is no such work.
        """
        values = {
            name: getattr(proposal, name)
            for name in (
                *("work_id", "state", "ground", "authors", "proposed_at"),
                *("decided_at", "decided_by", "reason"),
            )
        }
        with self._connected() as connection:
            known = select(WORKS.c.work_id).where(WORKS.c.work_id == proposal.work_id)
            if connection.execute(known).first() is None:
                raise UnknownSubject(
                    f"work {proposal.work_id} is not in the register",
                    hint="see `moderation register templates list`",
                )
            connection.execute(delete(PROPOSALS).where(PROPOSALS.c.work_id == proposal.work_id))
            connection.execute(insert(PROPOSALS), values)

    def record_ruling(self, ruling: Ruling) -> None:
        """Add a decision to the audit."""
        with self._connected() as connection:
            connection.execute(
                insert(RULINGS),
                {
                    "at": ruling.at or datetime.now(UTC),
                    "by": ruling.by,
                    "action": ruling.action,
                    "subject": ruling.subject,
                    "reason": ruling.reason,
                    "detail": dict(ruling.detail),
                },
            )


def links_of(connection: Connection, author_ids: Iterable[str]) -> dict[str, set[str]]:
    """Author → accounts the platform links with it; a link holds in both directions."""
    links: dict[str, set[str]] = defaultdict(set)
    for some in portions(author_ids):
        query = select(AUTHOR_LINKS).where(
            or_(AUTHOR_LINKS.c.author_id.in_(some), AUTHOR_LINKS.c.linked_id.in_(some))
        )
        for author_id, linked_id in connection.execute(query):
            links[author_id].add(linked_id)
            links[linked_id].add(author_id)
    return links
