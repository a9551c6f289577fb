"""Template proposals: counted where a note is judged, decided by people, kept in the register.

Everything here happens inside the transaction that judges or decides, on what stands in the
register at that moment; nothing is a counter, so nothing can race.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from moderation.errors import UnknownSubject
from moderation.finding import Difference
from moderation.image.ownership import Sighting
from moderation.image.popularity import (
    AGAIN,
    PopularityRule,
    Showing,
    counted,
    is_protected,
    popularity,
    related,
)
from moderation.note import Author, Note
from moderation.policy import TemplateTerms
from moderation.store import (
    Ground,
    Proposal,
    ProposalState,
    Register,
    Ruling,
    ShownBy,
    Transaction,
    Work,
)
from moderation.store.reading import Reading
from moderation.verdict import Verdict

_FLAGGED = (None, Difference.WIDELY_SHOWN)
_WORKS_AT_ONCE = 200  # in one transaction: quick, and lets others in between


def with_popularity(
    sighted: Mapping[int, Sequence[Sighting]],
    now: Reading,
    *,
    author: Author,
    at: datetime,
    terms: TemplateTerms | None,
) -> Mapping[int, Sequence[Sighting]]:
    """Sightings that say by how many their works were shown, where that accuses nobody.

    Args:
        sighted: picture number → where the register shows it.
        now: the register.
        author: who submits.
        at: when the note was published.
        terms: in force; None counts nothing.
    """
    works = {s.work_id for seen in sighted.values() for s in seen if s.exempt_reason is None}
    if terms is None or not works:
        return sighted
    known = now.proposals(work_ids=works)
    open_works = [w for w in works if w not in known or not known[w].was_rejected]
    showings = now.showings(open_works)
    rule = _rule(terms.authors, terms)

    def count(sighting: Sighting) -> Sighting:
        shown = _showings(showings.get(sighting.work_id, ()))
        return counted(sighting, shown, author=author, at=at, rule=rule) if shown else sighting

    return {number: [count(sighting) for sighting in seen] for number, seen in sighted.items()}


def record_popularity(
    now: Transaction, note: Note, verdict: Verdict, *, at: datetime, terms: TemplateTerms | None
) -> None:
    """Record which works a judged note copies, and propose those that many show or try to.

    An attempt never lifts a protection: it may only bring the work before a person.
    """
    flagged = {
        finding.detail["work_id"]: finding
        for number, finding in enumerate(verdict.findings)
        if finding.match is not None
        and "work_id" in finding.detail
        and finding.difference in _FLAGGED
        and any(reason.finding == number for reason in verdict.reasons)
    }
    if note.author.id:
        free = {
            int(finding.detail["work_id"])
            for finding in verdict.findings
            if finding.difference is Difference.EXEMPT_TEMPLATE and "work_id" in finding.detail
        }
        copied = [int(work_id) for work_id in flagged]
        now.record_attempts(note.id, note.author.id, copied, at, free=free)
    if terms is None or not flagged:
        return
    works = now.works(int(work_id) for work_id in flagged)
    for work_id, finding in flagged.items():
        work = works.get(int(work_id))
        if work is None:
            continue
        if finding.difference is Difference.WIDELY_SHOWN:
            authors = int(finding.detail["unrelated_authors"])
            propose(now, work, Ground.SHOWINGS, authors, at=at)
        elif not is_protected(work.claims):
            tried = popularity(
                _showings(now.attempts(work.work_id)),
                rule=_rule(terms.attempts, terms),
                without=related(work.claims),
            )  # all on record: notes are not checked in the order of their dates
            if tried.counted >= terms.attempts:
                propose(now, work, Ground.ATTEMPTS, tried.authors, at=at)


def propose(now: Transaction, work: Work, ground: Ground, authors: int, *, at: datetime) -> bool:
    """Bring a work before a person, unless one has decided and little has changed since.

    Returns:
        True where a person has something new to look at.
    """
    new = Proposal(
        work_id=work.work_id,
        state=ProposalState.PROPOSED,
        ground=ground,
        authors=authors,
        proposed_at=at,
    )
    known = now.proposals(work_ids=[work.work_id]).get(work.work_id)
    if known is None or known.state is ProposalState.ACCEPTED:  # an exemption that has ended
        now.put_proposal(new)
        return True
    if known.state is ProposalState.PROPOSED:
        stronger = ground is Ground.SHOWINGS and known.ground is not ground
        if stronger or (known.ground is ground and authors > known.authors):
            now.put_proposal(replace(known, ground=ground, authors=authors))
        return False
    if known.state is ProposalState.REJECTED and authors >= AGAIN * max(1, known.authors):
        # It keeps the day of its rejection, and with it the protection, until a person decides.
        again = replace(known, state=ProposalState.PROPOSED, ground=ground, authors=authors)
        now.put_proposal(again)
        return True
    return False


def contest(now: Transaction, work_id: int, *, at: datetime) -> bool:
    """Outside proof ends the exemption of a work; a person decides again. True if it was exempt."""
    work = now.works([work_id])[work_id]
    if work.exempt_reason is None or (work.exempt_until is not None and work.exempt_until <= at):
        return False
    known = now.proposals(work_ids=[work_id]).get(work_id)
    now.protect_work(work_id)
    now.put_proposal(
        Proposal(
            work_id=work_id,
            state=ProposalState.CONTESTED,
            ground=known.ground if known else Ground.EXEMPTION,
            authors=known.authors if known else 0,
            proposed_at=at,
            reason=work.exempt_reason,
        )
    )
    now.record_ruling(
        Ruling(
            action="template.contest",
            subject=subject_of(work_id),
            by="",
            reason=work.exempt_reason,
            at=at,
        )
    )
    return True


def subject_of(work_id: int) -> str:
    """How rulings name a work."""
    return f"work {work_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedWork:
    """A proposal with what a person needs to look at it."""

    proposal: Proposal
    note_id: str
    """Note of the first claim; empty where there is none."""
    image_number: int
    attempts: int
    """Notes that were held or blocked for showing it."""
    exempt_until: datetime | None


class Templates:
    """What people ask and decide about templates; got from `Gate.templates`."""

    def __init__(self, register: Register) -> None:
        """For `Gate`."""
        self._register = register

    def proposals(self, *, decided: bool = False) -> list[ProposedWork]:
        """Proposals that wait for a person, and those that were decided where asked for."""
        states = tuple(ProposalState)
        if not decided:
            states = (ProposalState.PROPOSED, ProposalState.CONTESTED)
        proposals = self._register.proposals(states=states)
        works = self._register.works(proposals)
        found = []
        for work_id, proposal in proposals.items():
            work = works.get(work_id)
            first = work.claims[0] if work and work.claims else None
            found.append(
                ProposedWork(
                    proposal=proposal,
                    note_id=first.note_id if first else "",
                    image_number=first.image_number if first else 0,
                    attempts=len(self._register.attempts(work_id)),
                    exempt_until=work.exempt_until if work else None,
                )
            )
        return found

    def find(self, terms: TemplateTerms | None, *, at: datetime | None = None) -> list[int]:
        """Propose every work that many unrelated authors show, as after an import.

        Returns:
            Numbers of the works that a person has not seen before.
        """
        if terms is None:
            return []
        at = at or datetime.now(UTC)
        often = self._register.often_shown(terms.authors)
        new: list[int] = []
        for start in range(0, len(often), _WORKS_AT_ONCE):
            with self._register.transaction() as now:
                new += _propose_all(now, often[start : start + _WORKS_AT_ONCE], terms, at)
        return new

    def accept(self, work_id: int, *, reason: str, until: datetime | None, by: str) -> Proposal:
        """The work is a template: everybody may show it until then.

        Raises:
            UnknownSubject: the work was never proposed.
        """
        with self._register.transaction() as now:
            known = _known(now, work_id)
            now.exempt_work(work_id, reason, until)
            detail = {"until": until.isoformat() if until else None}
            return _decided(now, known, ProposalState.ACCEPTED, reason, by, detail)

    def reject(self, work_id: int, *, reason: str, by: str) -> Proposal:
        """The work is no template: it stays protected, however many show it.

        Raises:
            UnknownSubject: the work was never proposed.
        """
        with self._register.transaction() as now:
            known = _known(now, work_id)
            if known.state is ProposalState.ACCEPTED:
                now.protect_work(work_id)
            return _decided(now, known, ProposalState.REJECTED, reason, by, {})

    def history(self, subject: str | None = None) -> list[Ruling]:
        """Who decided what, when and why, oldest first."""
        return self._register.rulings(subject)


def _propose_all(
    now: Transaction, work_ids: Sequence[int], terms: TemplateTerms, at: datetime
) -> list[int]:
    showings, listed = now.showings(work_ids), now.bank_entries_of(work_ids)
    new = []
    for work_id, work in now.works(work_ids).items():
        over = work.exempt_until is not None and work.exempt_until <= at
        free = work.exempt_reason is not None and not over
        free = free or any(entry.holds(at) for entry in listed.get(work_id, ()))
        if free or not work.claims or is_protected(work.claims):
            continue
        found = popularity(
            _showings(showings.get(work_id, ())),
            rule=_rule(terms.authors, terms),
            until=at,
            without=related(work.claims),
        )
        enough = found.counted >= terms.authors
        if enough and propose(now, work, Ground.SHOWINGS, found.authors, at=at):
            new.append(work_id)
    return new


def _known(now: Transaction, work_id: int) -> Proposal:
    try:
        return now.proposals(work_ids=[work_id])[work_id]
    except KeyError:
        raise UnknownSubject(
            f"work {work_id} was never proposed as a template",
            hint="see `moderation register templates list`; to free any work, use "
            "`moderation register exempt`",
        ) from None


def _decided(
    now: Transaction,
    known: Proposal,
    state: ProposalState,
    reason: str,
    by: str,
    detail: Mapping[str, str | int | None],
) -> Proposal:
    at = datetime.now(UTC)
    proposal = replace(known, state=state, reason=reason, decided_by=by, decided_at=at)
    now.put_proposal(proposal)
    now.record_ruling(
        Ruling(
            action=f"template.{state.removesuffix('ed')}",
            subject=subject_of(known.work_id),
            by=by,
            reason=reason,
            detail={"authors": known.authors, **detail},
            at=at,
        )
    )
    return proposal


def _rule(authors: int, terms: TemplateTerms) -> PopularityRule:
    return PopularityRule(authors=authors, apart=timedelta(days=terms.days_apart))


def _showings(shown: Iterable[ShownBy]) -> list[Showing]:
    return [Showing(author_id=s.author_id, at=s.at, linked_ids=s.linked_ids) for s in shown]
