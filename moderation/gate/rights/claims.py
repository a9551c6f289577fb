"""What people tell the gate: claims, links, exemptions, and their lists and templates."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from moderation.errors import BadNote
from moderation.gate.deciding.templates import Templates
from moderation.gate.looking.examination import Examination
from moderation.gate.rights.appeals import decide_appeal
from moderation.gate.rights.banks import Banks
from moderation.gate.rights.declarations import (
    exempt_by_hand,
    link,
    record_claim,
    withdraw_claim,
)
from moderation.gate.rights.following import Following, follow
from moderation.gate.rights.forgetting import forget
from moderation.gate.rights.ruling import Decided, Ruled
from moderation.gate.rights.trial import try_following
from moderation.note import Claim, ClaimBasis, Note
from moderation.policy import Policy
from moderation.store import Place, Receipt, Register, Transaction


class Rights(ABC):
    """The part of a gate that people talk to; see `Gate`."""

    register: Register
    policy: Policy
    _as_of: datetime | None

    @property
    @abstractmethod
    def index_place(self) -> str:
        """Where the search index lies: a folder of this machine, or an address."""

    @abstractmethod
    def _clear(self) -> None:
        """Take deleted rows out of the index and off the disk, while others work."""

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
        by: str = "",
        follow: bool = True,
    ) -> Claim:
        """Record a licence, or proof from outside that somebody else showed the work earlier.

        Verdicts that were given before and rest on the work follow: see `follow_late`.

        Args:
            note_id: a registered note that shows the work.
            image_number: of the picture in that note, from 0.
            author_id: who claims.
            basis: `licensed` or `external_proof`, or another basis.
            at: date that the proof shows; None for now.
            proof: reference, as text.
            by: who records it, for the audit.
            follow: False leaves it to the next call of `follow_late`, or to a service's sweep.

        Raises:
            UnknownSubject: no such picture in the register.
            BadNote: no author, a basis that is none, or a time without zone.
        """
        with self.register.transaction() as now:
            claim = record_claim(
                now,
                note_id,
                image_number,
                author_id=author_id,
                basis=basis,
                at=at or datetime.now(UTC),
                proof=proof,
                by=by,
            )
        self._follow(follow)
        return claim

    def withdraw_claim(
        self,
        note_id: str,
        image_number: int = 0,
        *,
        author_id: str,
        basis: ClaimBasis | str,
        reason: str = "",
        by: str = "",
        follow: bool = True,
    ) -> Claim:
        """Take back a licence or a proof from outside; verdicts that rest on the work follow.

        Args:
            note_id: a registered note that shows the work.
            image_number: of the picture in that note, from 0.
            author_id: whose claim it is.
            basis: `licensed` or `external_proof`.
            reason: why, for the audit.
            by: who takes it back, for the audit.
            follow: as for `claim`.

        Returns:
            The claim that is gone.

        Raises:
            UnknownSubject: no such picture, or no such claim to what it shows.
        """
        with self.register.transaction() as now:
            claim = withdraw_claim(
                now,
                note_id,
                image_number,
                author_id=author_id,
                basis=basis,
                reason=reason,
                by=by,
            )
        self._follow(follow)
        return claim

    def link_authors(
        self, author_id: str, linked_ids: Iterable[str], *, follow: bool = True
    ) -> None:
        """Record that accounts belong together, in both directions; verdicts follow."""
        with self.register.transaction() as now:
            link(now, author_id, linked_ids)
        self._follow(follow)

    def exempt(
        self,
        note_id: str,
        image_number: int = 0,
        *,
        reason: str,
        until: datetime | None = None,
        by: str = "",
        follow: bool = True,
    ) -> None:
        """Let everybody show a work: a template, a meme, a brand's asset. `by` says who decides.

        Verdicts that were given before and rest on the work follow: see `follow_late`.

        Raises:
            UnknownSubject: no such picture in the register.
        """
        with self.register.transaction() as now:
            exempt_by_hand(now, note_id, image_number, reason=reason, until=until, by=by)
        self._follow(follow)

    def follow_late(
        self, *, progress: Callable[[int], None] | None = None, most: int | None = None
    ) -> Following:
        """Give verdicts anew that rest on what was told after them, without a look at the notes.

        What is milder holds at once; what would be harder on somebody goes to a person, as a
        `review` with what the policy demands beside it. Subscribers hear `verdict.changed`. To
        call it again changes nothing; whoever was killed has lost nothing.

        Args:
            progress: told the number of verdicts done so far.
            most: stops after about so many verdicts; the next call goes on.

        Raises:
            StoreError: the register cannot be used; what is done stays.
        """
        return follow(self.register, progress=progress, most=most)

    def try_late(self, tell: Callable[[Transaction], object]) -> Following:
        """What would follow if something were told; nothing is written.

        It is told under the register's lock and taken back at once; what follows is then looked
        at in a snapshot, and nobody waits. Of a verdict that would follow `verdict_id` is the one
        that stands.

        Args:
            tell: tells it, as `record_claim` does.

        Raises:
            StoreError: the register cannot be used.
        """
        return try_following(self.register, tell)

    def _follow(self, wanted: bool) -> None:
        if wanted:
            self.follow_late()

    def decide_appeal(self, appeal_id: int, ruled: Ruled, *, follow: bool = True) -> Decided:
        """Decide an appeal as a person says; what rests on the same mistake is put right.

        Args:
            appeal_id: number of the appeal.
            ruled: what the person says.
            follow: False leaves other verdicts to the next call of `follow_late`.

        Raises:
            UnknownSubject: there is no such appeal.
            AppealSettled: it has been decided.
            BadNote: the verdict has no such finding, or no match that could have another first.
        """
        with self.register.transaction() as now:
            decided = decide_appeal(now, appeal_id, ruled)
        self._follow(follow)
        return decided

    def forget(
        self,
        *,
        note_id: str | None = None,
        author_id: str | None = None,
        places: Iterable[Place] = (),
    ) -> Receipt:
        """Delete all that a note or an author brought, from tables, index and disk.

        Backups that were made before are named in the receipt, and get a list of digests beside
        them: whoever opens one forgets again first. Whoever was killed forgets the same again.

        Args:
            note_id: the note; or
            author_id: the author.
            places: that the caller has reached already, as scans, for the receipt.

        Raises:
            BadNote: not exactly one of the two is given.
            StoreError: the register cannot be used.
        """
        if (note_id is None) == (author_id is None):
            raise BadNote(
                "`forget` needs exactly one of `note_id` and `author_id`",
                hint="name the note or the author",
            )
        return forget(
            self.register,
            note_id=note_id,
            author_id=author_id,
            clear=self._clear,
            index=self.index_place,
            places=places,
        )

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
