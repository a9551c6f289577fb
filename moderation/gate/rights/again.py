"""A verdict given again by what the register knows now of who may show what. Pure, without pixels.

The findings of the audit are judged anew as the gate judges them: the same ownership, the same
policy, the rules of the day of the verdict. It is always judged from the verdict whose detectors
looked at the note, so neither the order in which truths came nor how often this is done counts.

A person comes before harm. What would be harder on somebody than before waits for one, as a
`review` with what the policy demands beside it; what is milder holds at once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from moderation.finding import Difference, Finding, FindingKind
from moderation.gate.looking.search import sighting_of
from moderation.image.ownership import Sighting, copy_findings, why_allowed
from moderation.image.popularity import is_protected
from moderation.match import Basis, Match
from moderation.note import Author, Note, NoteImage, NoteKind
from moderation.policy import Policy, decide
from moderation.store import AuditRow, BankEntry, JudgedAs, StoredPicture, Work
from moderation.verdict import FLOOD, Decision, Reason, Registration, Verdict

COPIES = (
    FindingKind.IMAGE_COPY,
    FindingKind.IMAGE_COPY_PARTIAL,
    FindingKind.IMAGE_TEMPLATE,
)
WHOLE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
_SOME_PICTURE = NoteImage(path="not looked at")
_AS_SEEN = ("file_", "list_")
"""Starts of what a proof says of the file and of the list of the matched hash: it was seen then."""
ORDINARY = JudgedAs(
    kind=NoteKind.NOTE.value, brand_partner=None, lang=None, published_at=None, as_of=None
)
"""What is assumed of a note whose audit row says nothing of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """What the register knows now of the works that some verdicts rest on."""

    works: Mapping[int, Work] = field(default_factory=dict)
    entries: Mapping[int, Sequence[BankEntry]] = field(default_factory=dict)
    """Work → entries of banks that free it."""
    work_of: Mapping[int, int] = field(default_factory=dict)
    """Picture → work that it belongs to now."""
    links: Mapping[str, Collection[str]] = field(default_factory=dict)
    """Account → accounts that are linked with it."""

    def work_behind(self, finding: Finding) -> Work | None:
        """The work that a finding names, by where its picture belongs now; None if gone."""
        if finding.match is None or finding.kind not in COPIES:
            return None
        said = finding.detail.get("work_id")
        now = self.work_of.get(finding.match.picture_id)
        return self.works.get(now if now is not None else said if type(said) is int else 0)


class Outcome(StrEnum):
    """What becomes of a verdict; wire strings."""

    FREED = "freed"
    """Milder, at once."""
    REFERRED = "referred"
    """Harder, so a person decides."""
    SAME = "same"
    """The policy demands what it did."""
    LEFT = "left"
    """It would be harder, but what was told accuses nobody: the next scan or check says so."""
    UNKNOWN_POLICY = "unknown_policy"
    """Its policy is not kept, so nobody can say what it demands."""
    SUPERSEDED = "superseded"
    """A later verdict on the note stands, which does not rest on it or is still to come."""


def judged_as_of(base: AuditRow) -> datetime:
    """The instant whose rules applied."""
    known = base.judged_as
    return base.decided_at if known is None or known.as_of is None else known.as_of


def judged_again(
    base: AuditRow,
    rights: Rights,
    policy: Policy,
    *,
    shown: Iterable[StoredPicture] = (),
    register_seq: int = 0,
) -> Verdict:
    """What the policy says of what was seen then, by who may show what now.

    Args:
        base: the verdict whose detectors looked at the note.
        rights: of all works that it names, and of those that the pictures belong to.
        policy: that it names.
        shown: the note's own pictures in the register.
        register_seq: last entry of the log.
    """
    known = base.judged_as or ORDINARY
    at = known.published_at or base.decided_at
    author = _author(base, rights)
    findings = _findings_now(base.verdict, rights, author, at, shown)
    note = Note(
        id=base.verdict.note_id,
        author=Author(id=author.id, brand_partner=known.brand_partner),
        kind=NoteKind(known.kind),
        images=[_SOME_PICTURE] * base.verdict.pictures,
        revision=base.verdict.revision,
    )
    verdict = decide(
        policy,
        note,
        findings,
        base.verdict.failures,
        as_of=judged_as_of(base),
        detectors=base.verdict.detectors,
        register_seq=register_seq,
    )
    return replace(verdict, skipped=base.verdict.skipped, registration=Registration.SKIPPED)


def outcome(last: Verdict, target: Verdict, *, accuses: bool) -> tuple[Outcome, Verdict | None]:
    """What follows where the policy demands something else than it did.

    Args:
        last: the verdict that stands.
        target: what the policy demands now.
        accuses: False where what was told frees people and accuses nobody.

    Returns:
        The outcome, and the verdict to give; None where the one that stands goes on.
    """
    if target.decision is last.judged:
        return Outcome.SAME, None
    if target.decision < last.judged:
        counted = tuple(reason for reason in last.reasons if reason.code == FLOOD)
        word = max((reason.decision for reason in counted), default=Decision.PASS)
        freed = replace(
            target,
            decision=max(target.decision, word),
            reasons=(*target.reasons, *counted),
        )
        return Outcome.FREED, freed
    if not accuses:
        return Outcome.LEFT, None
    referred = replace(
        target,
        decision=max(last.decision, Decision.REVIEW),
        reasons=tuple(_for_a_person(reason, last.decision) for reason in target.reasons),
    )
    return Outcome.REFERRED, referred


def _for_a_person(reason: Reason, before: Decision) -> Reason:
    if reason.decision <= before or reason.decision is Decision.REVIEW:
        return reason
    return replace(reason, decision=Decision.REVIEW, instead_of=reason.decision)


def _author(base: AuditRow, rights: Rights) -> Author:
    """The author with all accounts that are known, also those that only the note named."""
    linked = set(rights.links.get(base.author_id, ()))
    linked |= {
        str(finding.detail["holder"])
        for finding in base.verdict.findings
        if finding.difference is Difference.LINKED_ACCOUNT and finding.detail.get("holder")
    }
    return Author(id=base.author_id, linked_ids=tuple(sorted(linked - {base.author_id, ""})))


def _findings_now(
    verdict: Verdict,
    rights: Rights,
    author: Author,
    at: datetime,
    shown: Iterable[StoredPicture],
) -> list[Finding]:
    kept: list[Finding] = []
    seen: dict[int, list[Sighting]] = defaultdict(list)
    before: dict[tuple[int, int], Finding] = {}
    for finding in verdict.findings:
        work = rights.work_behind(finding)
        settled = finding.difference is Difference.OVERTURNED
        if work is None or settled or finding.match is None or finding.image_number is None:
            kept.append(finding)
            continue
        number = finding.image_number
        before[(number, work.work_id)] = finding
        entries = rights.entries.get(work.work_id, ())
        sighting = sighting_of(finding.match, work, entries, at=at)
        if sighting is not None:
            seen[number].append(_counted(sighting, finding))
    for picture in shown:
        if picture.revision >= verdict.revision:
            _add_own(picture, rights, author, at, seen, before)
    for number, sightings in sorted(seen.items()):
        for found in copy_findings(sightings, image_number=number, author=author, at=at):
            kept.append(_with_facts(found, before.get((number, int(found.detail["work_id"])))))
    return [_twin_now(finding, author, kept) for finding in kept]


def _counted(sighting: Sighting, finding: Finding) -> Sighting:
    """As many as the gate counted then, unless the work is protected now."""
    if finding.difference is not Difference.WIDELY_SHOWN or is_protected(sighting.claims):
        return sighting
    return replace(sighting, shown_by=int(finding.detail["unrelated_authors"]))


def _add_own(
    picture: StoredPicture,
    rights: Rights,
    author: Author,
    at: datetime,
    seen: dict[int, list[Sighting]],
    before: Mapping[tuple[int, int], Finding],
) -> None:
    """The note was the first to show a work, and somebody else holds it now."""
    work = rights.works.get(picture.work_id)
    if work is None or (picture.image_number, work.work_id) in before:
        return
    size = (picture.width, picture.height)
    itself = Match(
        note_id=picture.note_id,
        image_number=picture.image_number,
        author_id=picture.author_id,
        published_at=picture.published_at,
        score=1.0,
        share_of_query=1.0,
        share_of_original=1.0,
        transform=(1.0, 0.0, 0.0, 0.0, 1.0, 0.0),
        region_query=WHOLE,
        region_original=WHOLE,
        inliers=0,
        distance_bits=0,
        basis=Basis.NEAR_EXACT_HASH,
        query_size=size,
        original_size=size,
        picture_id=picture.picture_id,
    )
    sighting = sighting_of(itself, work, rights.entries.get(work.work_id, ()), at=at)
    if sighting is not None and why_allowed(sighting, author, at) is None:
        seen[picture.image_number].append(sighting)


def _with_facts(found: Finding, before: Finding | None) -> Finding:
    """A finding with what was seen of file and list, and by the detector that saw it."""
    if before is None:
        return found
    facts = {k: v for k, v in before.detail.items() if k.startswith(_AS_SEEN)}
    return replace(found, detail=dict(found.detail) | facts, detector=before.detector)


def _twin_now(finding: Finding, author: Author, findings: Iterable[Finding]) -> Finding:
    """The same words as another's: who licensed the pictures may be quoted, too."""
    if finding.kind is not FindingKind.TEXT_TEMPLATE_TWIN:
        return finding
    holder = finding.detail.get("holder")
    licensed = any(
        copy.difference is Difference.LICENSED and copy.detail.get("holder") == holder
        for copy in findings
    )
    if finding.difference is None and holder in author.linked_ids:
        return replace(finding, score=0.0, difference=Difference.LINKED_ACCOUNT)
    if finding.difference is None and licensed:
        return replace(finding, score=0.0, difference=Difference.LICENSED)
    if finding.difference is Difference.LICENSED and not licensed:
        return replace(finding, score=finding.raw_score, difference=None)
    return finding
