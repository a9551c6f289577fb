"""The worst of a scan go to people: reviews in the real register's audit, as many as they can do.

A scan blocks nothing. What it would block or have looked at becomes a `review` there, with what the
policy demanded beside it (`instead_of`), and the event `verdict.changed`. Left alone is what a
person has answered already, what waits for one, and what was edited since.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import NamedTuple

from moderation.archive import read_results
from moderation.finding import Finding
from moderation.gate.publishing.settling import announce_change
from moderation.note import Note
from moderation.policy import Policy
from moderation.scan.inputs import Inputs
from moderation.scan.judging import THEN, AsOf, Judged
from moderation.scan.read_back import note_of
from moderation.store import Register, Transaction
from moderation.store.reading import Reading
from moderation.verdict import Decision, Reason, Registration, Verdict


class Why(Enum):
    """What becomes of a note that a scan would have looked at."""

    REFERRED = "referred"
    LEFT = "left"
    """Beyond the quota; a later run refers it."""
    WAITING = "waiting"
    """Its last verdict waits for a person, or is a block."""
    ANSWERED = "answered"
    """A person has answered to a verdict on it."""
    EDITED = "edited"
    """The register knows a later revision."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Referred:
    """How many notes the scan would have looked at, and what became of them."""

    counts: Mapping[Why, int]

    @property
    def serious(self) -> int:
        """All of them."""
        return sum(self.counts.values())


def refer_worst(
    judged: Judged,
    out: Path,
    policy: Policy,
    *,
    register: str,
    as_of: AsOf,
    without: Collection[str] = (),
    most: int,
) -> Referred:
    """Bring the most serious notes of a scan before people.

    Args:
        judged: the scan.
        out: its folder.
        policy: that it was judged by.
        register: that it was paired and judged with; written to.
        as_of: whose rules applied.
        without: as the archive was observed.
        most: notes to refer at most: blocks first, then by score.

    Raises:
        StoreError: the register cannot be used; what was referred stays.
    """
    inputs = Inputs.of(out, without, register)
    counts = dict.fromkeys(Why, 0)
    with Register.open(register, create=False) as opened:
        chosen: list[_Case] = []
        for case in _worst_first(judged):
            why = _why_not(case, opened)
            if why is None and len(chosen) < most:
                chosen.append(case)
            else:
                counts[why or Why.LEFT] += 1
        verdicts = _verdicts(judged, chosen)
        notes = _notes(inputs, chosen)
        for case in chosen:
            with opened.transaction() as now:
                why = _why_not(case, now)  # somebody may have looked at it meanwhile
                if why is None:
                    note = notes[case]
                    verdict = _here(verdicts[case], inputs.held_before)
                    day = note.published_at if as_of == THEN else as_of
                    _file(verdict, note, now, policy, day if isinstance(day, datetime) else None)
                counts[why or Why.REFERRED] += 1
    return Referred(counts=counts)


class _Case(NamedTuple):
    """A revision of a note that somebody should look at."""

    note_id: str
    revision: int


def _serious(judged: Judged) -> Iterator[Verdict]:
    for verdict in read_results(judged.verdicts):
        if isinstance(verdict, Verdict) and verdict.decision >= Decision.REVIEW:
            yield verdict


def _worst_first(judged: Judged) -> list[_Case]:
    ranked = [
        (-verdict.decision.severity, -_score(verdict), place, _case(verdict))
        for place, verdict in enumerate(_serious(judged))
    ]
    return [case for _, _, _, case in sorted(ranked)]


def _case(verdict: Verdict) -> _Case:
    return _Case(verdict.note_id, verdict.revision)


def _score(verdict: Verdict) -> float:
    return max((reason.score or 0.0 for reason in verdict.reasons), default=0.0)


def _verdicts(judged: Judged, chosen: Collection[_Case]) -> dict[_Case, Verdict]:
    wanted = set(chosen)
    return {_case(one): one for one in _serious(judged) if _case(one) in wanted}


def _why_not(case: _Case, register: Reading) -> Why | None:
    """Why a person need not look; None where one should."""
    last = register.latest_verdict(case.note_id)
    if last is not None and last.verdict.revision > case.revision:
        return Why.EDITED
    if register.reviews(note_id=case.note_id, limit=1):
        return Why.ANSWERED
    if last is not None and last.verdict.decision >= Decision.REVIEW:
        return Why.WAITING
    return None


def _notes(inputs: Inputs, chosen: Collection[_Case]) -> dict[_Case, Note]:
    wanted = set(chosen)
    found: dict[_Case, Note] = {}
    for number in range(len(inputs.receipts)):
        columns = ["note_id", "revision", "note", "published_at"]
        for row in inputs.observed.read("notes", number, columns).to_pylist():
            case = _Case(row["note_id"], row["revision"])
            if case in wanted:
                found[case] = note_of(row)
    return found


def _here(verdict: Verdict, held_before: int) -> Verdict:
    """A verdict as the real register can hold it, waiting for a person."""
    return replace(
        verdict,
        decision=Decision.REVIEW,
        reasons=tuple(map(_as_review, verdict.reasons)),
        findings=tuple(_known_here(finding, held_before) for finding in verdict.findings),
        registration=Registration.SKIPPED,  # by this verdict; what stands in the register stays
    )


def _file(
    verdict: Verdict, note: Note, now: Transaction, policy: Policy, as_of: datetime | None
) -> None:
    at = datetime.now(UTC)
    before = now.latest_verdict(verdict.note_id)
    verdict = replace(verdict, register_seq=now.last_seq())
    now.keep_policy(policy.digest, policy.to_json, at=at)
    number = now.record_verdict(verdict, note=note, decided_at=at, as_of=as_of)
    announce_change(
        now,
        verdict,
        number,
        at=at,
        author_id=note.author.id,
        before=None if before is None else before.verdict.decision,
    )


def _as_review(reason: Reason) -> Reason:
    if reason.decision <= Decision.REVIEW:
        return reason
    return replace(reason, decision=Decision.REVIEW, instead_of=reason.decision)


def _known_here(finding: Finding, held_before: int) -> Finding:
    """Pictures that only the scan's register holds have no number in the real one."""
    if finding.match is None or finding.match.picture_id <= held_before:
        return finding
    return replace(finding, match=replace(finding.match, picture_id=0))
