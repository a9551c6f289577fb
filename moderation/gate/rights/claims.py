"""What people tell the gate: claims, links, exemptions, and their lists and templates."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from datetime import UTC, datetime

from moderation.gate.deciding.templates import Templates
from moderation.gate.looking.examination import Examination
from moderation.gate.rights.banks import Banks
from moderation.gate.rights.declarations import exempt_by_hand, record_claim
from moderation.note import Claim, ClaimBasis, Note
from moderation.policy import Policy
from moderation.store import Register


class Rights(ABC):
    """The part of a gate that people talk to; see `Gate`."""

    register: Register
    policy: Policy
    _as_of: datetime | None

    @abstractmethod
    def _examine_for_archive(self, note: Note) -> Examination:
        """See what the register needs to know of a note's pictures."""

    def claim(
        self,
        note_id: str,
        image_number: int = 0,
        *,
        author_id: str,
        basis: ClaimBasis | str,
        at: datetime | None = None,
        proof: str = "",
    ) -> Claim:
        """Record a licence, or proof from outside that somebody else showed the work earlier.

        Args:
            note_id: a registered note that shows the work.
            image_number: of the picture in that note, from 0.
            author_id: who claims.
            basis: `licensed` or `external_proof`, or another basis.
            at: date that the proof shows; None for now.
            proof: reference, as text.

        Raises:
            UnknownSubject: no such picture in the register.
            BadNote: no author, a basis that is none, or a time without zone.
        """
        return record_claim(
            self.register,
            note_id,
            image_number,
            author_id=author_id,
            basis=basis,
            at=at or datetime.now(UTC),
            proof=proof,
        )

    def link_authors(self, author_id: str, linked_ids: Iterable[str]) -> None:
        """Record that accounts belong together, in both directions."""
        with self.register.transaction() as now:
            now.link_authors(author_id, linked_ids)

    def exempt(
        self,
        note_id: str,
        image_number: int = 0,
        *,
        reason: str,
        until: datetime | None = None,
        by: str = "",
    ) -> None:
        """Let everybody show a work: a template, a meme, a brand's asset. `by` says who decides.

        Raises:
            UnknownSubject: no such picture in the register.
        """
        exempt_by_hand(self.register, note_id, image_number, reason=reason, until=until, by=by)

    @property
    def templates(self) -> Templates:
        """Works that many show: what is proposed, and what people decide about it."""
        return Templates(self.register)

    @property
    def banks(self) -> Banks:
        """Lists of pictures that are free to show."""
        return Banks(self.register, self._examine_for_archive)

    def find_templates(self) -> list[int]:
        """Propose works that many unrelated authors show, by the policy in force now.

        An import does it at its end. Returns the numbers of works that are newly proposed.
        """
        now = datetime.now(UTC)
        terms = self.policy.terms.at(self._as_of or now).template_proposal
        return self.templates.find(terms, at=now)
