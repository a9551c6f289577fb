"""Examination → Verdict → register: right before the register's lock is taken, and under it."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from moderation.errors import StoreError
from moderation.finding import Finding, ItemFailure
from moderation.gate.deciding.captions import find_twins, register_caption, words_since
from moderation.gate.deciding.limits import within_limits
from moderation.gate.deciding.registration import register_pictures
from moderation.gate.deciding.shadow import Shadow, judged_in_shadow
from moderation.gate.deciding.templates import record_popularity, with_popularity
from moderation.gate.index.entries import near_among
from moderation.gate.index.nominated import Sought
from moderation.gate.index.search_index import SearchIndex
from moderation.gate.looking.examination import Examination, ExaminedPicture, detectors_of
from moderation.gate.looking.marks import with_evidence
from moderation.gate.looking.opened import unanswered, unsearched
from moderation.gate.looking.search import prove, sightings
from moderation.image.ownership import DETECTOR, Sighting, copy_findings
from moderation.note import ClaimBasis, Note
from moderation.policy import Policy, decide
from moderation.store import LogEntry, ShadowVerdict, Transaction
from moderation.store.reading import Reading
from moderation.verdict import Registration, Verdict

log = logging.getLogger(__name__)

Sighted = Mapping[int, Sequence[Sighting]]
"""Picture number → where the register shows it."""


def judge(
    examined: Examination,
    now: Reading,
    index: SearchIndex | None,
    policy: Policy,
    *,
    received: datetime,
    as_of: datetime | None,
) -> tuple[Verdict, Sighted]:
    """Decide on a note by all that the register holds now; writes nothing.

    Args:
        examined: what was seen of the note, perhaps some entries of the log ago.
        now: the register.
        index: of the register's committed pictures; None for a note of an archive, whose
            matches are complete.
        policy: to decide by.
        received: the time of publication where the note has none.
        as_of: instant whose rules apply; None for `received`.
    """
    note = examined.note
    at = note.published_at or received
    sighted, failures = sight(examined, now, at, index)
    terms = policy.terms.at(as_of or received).template_proposal
    sighted = with_popularity(sighted, now, author=note.author, at=at, terms=terms)
    files = {picture.number: picture.marks.file_says for picture in examined.pictures}
    copies = [
        with_evidence(finding, files)
        for number, seen in sighted.items()
        for finding in copy_findings(seen, image_number=number, author=note.author, at=at)
    ]
    since = words_since(examined, now, at=at, edited=received)
    twins = find_twins(examined, now, copies, at=since)
    verdict = decide(
        policy,
        note,
        [*examined.findings, *copies, *(x for x in twins if isinstance(x, Finding))],
        [*examined.failures, *failures, *(x for x in twins if isinstance(x, ItemFailure))],
        as_of=as_of or received,
        detectors=detectors_of(examined),
        register_seq=now.last_seq(),
    )
    skipped = tuple(s for picture in examined.pictures for s in picture.skipped())
    return replace(verdict, skipped=skipped), sighted


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """A verdict that is in the register."""

    verdict: Verdict
    verdict_id: int
    at: datetime
    shadows: tuple[ShadowVerdict, ...] = ()
    """What other policies would have said."""


def conclude(
    now: Transaction,
    examined: Examination,
    index: SearchIndex,
    policy: Policy,
    *,
    as_of: datetime | None,
    keep_as: Registration | None = None,
    keeps: bool = True,
    completes: int | None = None,
    shadows: Sequence[Shadow] = (),
) -> Filed:
    """Decide, and register pictures, claims and verdict, all in one transaction.

    Args:
        now: the transaction: what is decided here was true when it was written.
        examined: what was seen of the note.
        index: of the register's committed pictures.
        policy: to decide by.
        as_of: instant whose rules apply; None for now. Brake and flood count what happens now, so
            they have no part in what is judged as of an instant.
        keep_as: how pictures are kept, whatever the policy says, unless it keeps none: held for a
            pipeline that has yet to publish them, registered for one that has.
        keeps: False leaves pictures and captions as they are: a later revision has been judged.
        completes: number of the partial verdict that this one completes.
        shadows: other policies, which are asked and never act.
    """
    note = examined.note
    received = datetime.now(UTC)  # inside the lock: times follow the order of registration
    verdict, sighted = judge(examined, now, index, policy, received=received, as_of=as_of)
    terms = policy.terms.at(as_of or received)
    if as_of is None:  # what is judged as of another day is no part of the last hour
        verdict = within_limits(now, note, verdict, terms, at=received, completes=completes)
    if keep_as is not None and verdict.registration is not Registration.SKIPPED:
        verdict = replace(verdict, registration=keep_as)
    if keeps:
        _keep(now, examined, verdict, sighted, received=received)
        at = note.published_at or received
        record_popularity(now, note, verdict, at=at, terms=terms.template_proposal)
    now.keep_policy(policy.digest, policy.to_json, at=received)
    number = now.record_verdict(
        verdict, note=note, decided_at=received, as_of=as_of, completes=completes
    )
    beside = judged_in_shadow(shadows, examined, verdict, as_of=as_of or received)
    now.record_shadows(number, beside)
    return Filed(verdict=verdict, verdict_id=number, at=received, shadows=beside)


def _keep(
    now: Transaction,
    examined: Examination,
    verdict: Verdict,
    sighted: Sighted,
    *,
    received: datetime,
) -> None:
    """Registered, held or withdrawn, as the verdict says."""
    note = examined.note
    if verdict.registration is Registration.SKIPPED:
        now.withdraw_revision(note.id, note.author.id, note.revision)
        return
    at = note.published_at or received
    register_pictures(
        now,
        note,
        examined.pictures,
        sighted,
        at=at,
        state=verdict.registration,
        basis=ClaimBasis.FIRST_SEEN,
    )
    since = words_since(examined, now, at=at, edited=received)
    register_caption(now, note, examined.caption, since)


def caught_up(examined: Examination, register: Reading, index: SearchIndex) -> Examination:
    """An examination that knows what the log has added since; nothing is held meanwhile.

    To be called before the transaction that concludes it: searching anew takes a while, and all
    who register wait for whoever holds the register's lock. What is added in the moment between is
    looked at inside (`sight`).
    """
    seq = index.catch_up(register)
    since = [entry for entry in register.log_after(examined.seq) if entry.seq <= seq]
    if not since:
        return examined
    try:
        for picture in examined.pictures:
            _look_again(picture, since, register, index, examined.note)
    except StoreError:
        raise
    except Exception:
        log.exception("looking again failed before the lock; it is tried inside")
        return examined
    for picture in examined.pictures:
        picture.near = [*picture.near, *near_among(picture.query, since)]
    return replace(examined, seq=seq)


def sight(
    examined: Examination, now: Reading, at: datetime, index: SearchIndex | None
) -> tuple[Sighted, tuple[ItemFailure, ...]]:
    """Where the register shows each picture now; a picture that fails here is not among them.

    Args:
        examined: what was seen some entries of the log ago.
        now: the register.
        at: when the note was published.
        index: searched anew for shared features where the log has moved on; None for an archive,
            which is grouped by hashes alone and whose own entries are not committed yet.
    """
    since = now.log_after(examined.seq)
    if since and index is not None:
        index.catch_up(now)
    found: dict[int, Sequence[Sighting]] = {}
    failures: list[ItemFailure] = []
    for picture in examined.pictures:
        try:
            if since:
                _look_again(picture, since, now, index, examined.note)
            found[picture.number] = sightings(picture.matches, now, at=at)
            failures += unsearched(picture.absent, examined.note, picture.number)
        except StoreError:
            raise
        except Exception as error:
            failures.append(unanswered(error, DETECTOR, examined.note, picture.number))
    return found, tuple(failures)


def _look_again(
    picture: ExaminedPicture,
    since: Sequence[LogEntry],
    now: Reading,
    index: SearchIndex | None,
    note: Note,
) -> None:
    # The choice among candidates is made anew, as if all had been there from the start; proofs
    # that were tried before are not repeated.
    candidates = [*picture.near, *near_among(picture.query, since)]
    if index is not None:
        found = index.look_up(picture.query, Sought.DETAILS)
        candidates += found.others
        picture.absent = tuple(dict.fromkeys([*picture.absent, *found.absent]))
    picture.proven = prove(picture.query, candidates, now, note=note, tried=picture.tried)
