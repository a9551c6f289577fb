"""An appeal is decided: the verdict stands, or all that rested on the mistake is put right.

An overturned verdict is either a matter of rights (the match is right, but who appeals was first
or may show it) or a mistake of a detector. Rights become a claim, and verdicts follow it. A mistake
is marked in the findings of a new verdict, where it stays whatever is told later; pictures that had
joined the work by it leave it; the pair is a counter-example by what is recorded here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import UTC, datetime

from moderation.errors import AppealSettled, BadNote, NotAllowed, UnknownSubject
from moderation.finding import Difference, Finding, FindingKind
from moderation.gate.publishing.settling import announce_change
from moderation.gate.rights.again import ORDINARY, judged_again, judged_as_of
from moderation.gate.rights.declarations import record_claim
from moderation.gate.rights.following import (
    own_among,
    policies_of,
    rights_of,
    with_pictures_kept,
)
from moderation.gate.rights.hindsight import keep_what_is_right, who_decided
from moderation.gate.rights.ruling import Decided, Ruled
from moderation.note import Claim, ClaimBasis
from moderation.policy import Policy
from moderation.store import (
    Answer,
    AppealState,
    AuditRow,
    LateCause,
    NewEvent,
    NewReview,
    NewTruth,
    StoredPicture,
    Transaction,
)
from moderation.store.reading import Reading
from moderation.verdict import Verdict

DECIDED = "appeal.decided"
MODERATOR = "moderator"
PAIRS = (FindingKind.IMAGE_COPY, FindingKind.IMAGE_COPY_PARTIAL)
SAME_FILE_AT_ONCE = 500
"""Other notes that showed the very same file and are put right together."""


def decide_appeal(now: Transaction, appeal_id: int, ruled: Ruled) -> Decided:
    """Decide an appeal, and put right what rests on the mistake; other verdicts follow later.

    Args:
        now: the transaction that holds all of it.
        appeal_id: number of the appeal.
        ruled: what the person says.

    Raises:
        UnknownSubject: there is no such appeal.
        AppealSettled: it has been decided.
        NotAllowed: the person has decided about the note before.
        BadNote: the verdict has no such finding, or no match that could have another first.
    """
    at = datetime.now(UTC)
    appeal = now.appeal(appeal_id)
    if appeal is None:
        raise UnknownSubject(
            f"there is no appeal `a_{appeal_id}`", hint="see `moderation review appeals`"
        )
    if appeal.state is not AppealState.OPEN:
        raise AppealSettled(
            f"the appeal `a_{appeal_id}` is {appeal.state.value}, not open",
            hint="see `moderation review appeals`",
        )
    row = now.verdicts_numbered([appeal.verdict_id])[appeal.verdict_id]
    if ruled.by in who_decided(now, row):
        raise NotAllowed(
            f"`{ruled.by}` has decided about note `{appeal.note_id:.60}` before",
            hint="let somebody else decide the appeal",
        )
    kinds = _mistakes(row.verdict, ruled)
    review = now.record_review(_answer(row, ruled, kinds, at))
    last = now.last_of_notes([appeal.note_id])[(appeal.note_id, appeal.author_id)]
    decided = Decided(
        appeal=replace(
            appeal, state=AppealState.OVERTURNED if ruled.overturned else AppealState.UPHELD
        ),
        verdict_id=last,
        before=row.verdict.decision,
        after=row.verdict.decision,
        review_id=review.review_id,
    )
    if ruled.overturned:
        decided = _overturn(now, row, last, ruled, kinds, decided, at)
        keep_what_is_right(now, ruled, decided, at)
    now.settle_appeal(appeal_id, decided.appeal.state)
    now.add_event(
        NewEvent(
            type=DECIDED,
            note_id=appeal.note_id,
            author_id=appeal.author_id,
            at=at,
            payload={
                "appeal_id": f"a_{appeal_id}",
                "verdict_id": f"v_{decided.verdict_id}",
                "note_id": appeal.note_id,
                "state": decided.appeal.state.value,
                "decision": decided.after.value,
                "actor": MODERATOR,
            },
        )
    )
    return decided


def _mistakes(verdict: Verdict, ruled: Ruled) -> tuple[FindingKind, ...]:
    if not ruled.overturned:
        return ()
    if ruled.findings:
        return ruled.findings
    rests_on = verdict.reason_kinds()
    return tuple(k for k in rests_on if not ruled.is_of_rights)


def _answer(row: AuditRow, ruled: Ruled, kinds: Collection[FindingKind], at: datetime) -> NewReview:
    copies = {k: Answer.CONFIRMED for k in row.verdict.reason_kinds() if k in PAIRS}
    findings = {**(copies if ruled.is_of_rights else {}), **dict.fromkeys(kinds, Answer.OVERTURNED)}
    whole = not ruled.findings and not ruled.is_of_rights
    said = Answer.OVERTURNED if ruled.overturned else Answer.CONFIRMED
    return NewReview(
        note_id=row.verdict.note_id,
        by=ruled.by,
        answer=said if whole else None,
        findings={} if whole else findings,
        reason=ruled.reason,
        settles=True,
        at=at,
        verdict_id=row.verdict_id,
    )


def _overturn(
    now: Transaction,
    row: AuditRow,
    last_id: int,
    ruled: Ruled,
    kinds: Collection[FindingKind],
    decided: Decided,
    at: datetime,
) -> Decided:
    changes = now.changes([row.verdict_id, last_id])

    def base_of(number: int) -> int:
        return changes[number].base_id if number in changes else number

    rows = now.verdicts_numbered([last_id, base_of(last_id)])
    last, base = rows[last_id], rows[base_of(last_id)]
    wrong = [f for f in row.verdict.findings if f.kind in kinds]
    whole = not ruled.findings and not ruled.is_of_rights
    if base_of(last_id) != base_of(row.verdict_id):  # edited since: only the same match is wrong
        wrong, whole = [f for f in wrong if f.match is not None], False
    _put_claims_right(now, row, ruled, at)
    works = _works(row.verdict)
    others = part_pictures(now, row, wrong)
    works |= {work for _, work in others}
    mistaken = [f for f in wrong if f.kind in PAIRS and f.match is not None]
    verdict, verdict_id = _without(now, last, base, wrong, ruled, at, whole=whole)
    put_right = _same_files(now, row, mistaken, others, ruled, at)
    told = NewTruth(
        cause=LateCause.APPEAL, at=at, by=ruled.by, works=tuple(sorted(works)), frees=True
    )
    if works:
        now.tell_late(told)
    return replace(
        decided,
        verdict_id=verdict_id,
        before=last.verdict.decision,
        after=verdict.decision,
        others=put_right,
    )


def _put_claims_right(now: Transaction, row: AuditRow, ruled: Ruled, at: datetime) -> None:
    if not ruled.is_of_rights:
        return
    counted = {reason.finding for reason in row.verdict.reasons}
    matches = [
        f.match
        for number, f in enumerate(row.verdict.findings)
        if f.match is not None and f.kind in PAIRS and number in counted
    ]
    if not matches:
        raise BadNote(
            f"the verdict `v_{row.verdict_id}` rests on no copy, so nobody else can be first",
            hint="leave `first` and the licence out, or name the findings that are not so",
        )
    first = ruled.first
    for match in matches:
        record_claim(
            now,
            match.note_id,
            match.image_number,
            author_id=row.author_id if first is None else first.author_id,
            basis=ClaimBasis.LICENSED if first is None else ClaimBasis.EXTERNAL_PROOF,
            at=at if first is None else first.at,
            proof=ruled.proof if first is None else first.proof,
            by=ruled.by,
        )


def _works(verdict: Verdict) -> set[int]:
    named = (finding.detail.get("work_id") for finding in verdict.findings)
    return {work for work in named if type(work) is int}


def _own_pictures(now: Reading, note_id: str, author_id: str) -> list[StoredPicture]:
    return [p for p in now.pictures_of_note(note_id) if p.author_id == author_id]


def joined_by_mistake(now: Reading, row: AuditRow, wrong: Iterable[Finding]) -> list[StoredPicture]:
    """The note's pictures that belong to a work by matches that are not so.

    Raises:
        BadNote: one is the very file that it is said not to show.
    """
    wrong = list(wrong)
    numbers = {
        (f.image_number, f.detail.get("work_id"))
        for f in wrong
        if f.kind in PAIRS and f.match is not None
    }
    originals = now.pictures(f.match.picture_id for f in wrong if f.match is not None)
    files = {picture.sha256 for picture in originals.values()} - {""}
    joined = []
    for mine in _own_pictures(now, row.verdict.note_id, row.author_id):
        if (mine.image_number, mine.work_id) not in numbers:
            continue
        if mine.sha256 in files:
            raise BadNote(
                f"picture {mine.image_number} of note `{mine.note_id:.80}` is the very file that "
                "it is said not to show",
                hint="say who was first, that its author holds a licence, or that it is allowed",
            )
        joined.append(mine)
    return joined


def part_pictures(
    now: Transaction, row: AuditRow, wrong: Iterable[Finding]
) -> list[tuple[StoredPicture, int]]:
    """Let pictures that joined a work by mistake leave it, with all of the very same file.

    Returns:
        Each with its new work.

    Raises:
        BadNote: as `joined_by_mistake`.
    """
    parted: list[tuple[StoredPicture, int]] = []
    for mine in joined_by_mistake(now, row, wrong):
        new = now.part_picture(mine.picture_id)
        parted.append((mine, new))
        for same in now.pictures_of_work(mine.work_id, sha256=mine.sha256, limit=SAME_FILE_AT_ONCE):
            now.part_picture(same.picture_id, into=new)
            parted.append((same, new))
        (work,) = now.works([new]).values()
        if not work.claims:
            earliest = min((p for p, w in parted if w == new), key=lambda p: p.published_at)
            now.add_claim(
                Claim(
                    work_id=new,
                    author_id=earliest.author_id,
                    at=earliest.published_at,
                    basis=ClaimBasis.FIRST_SEEN,
                    note_id=earliest.note_id,
                    image_number=earliest.image_number,
                )
            )
    return parted


def _without(
    now: Transaction,
    last: AuditRow,
    base: AuditRow,
    wrong: Collection[Finding],
    ruled: Ruled,
    at: datetime,
    *,
    whole: bool,
) -> tuple[Verdict, int]:
    """The verdict that takes the place of `last`, and its number."""
    marked = replace(
        base.verdict,
        findings=tuple(_marked(finding, wrong) for finding in base.verdict.findings),
        failures=() if whole else base.verdict.failures,  # a person has looked
    )
    known = policies_of(now)(base.verdict.policy_digest)
    policy = known or Policy.default()
    shown = now.pictures_of_notes([base.verdict.note_id])
    rights, own = rights_of(now, [base], shown), own_among(shown, base)
    target = judged_again(
        replace(base, verdict=marked), rights, policy, shown=own, register_seq=now.last_seq()
    )
    target = replace(target, decision=min(target.decision, last.verdict.decision))
    verdict = with_pictures_kept(now, target, base, own)
    number = now.change_verdict(
        base,
        verdict,
        before_id=last.verdict_id,
        decided_at=at,
        judged_as=replace(base.judged_as or ORDINARY, as_of=judged_as_of(base)),
        cause=LateCause.APPEAL,
        by=ruled.by,
        truth_id=None,
        is_base=True,
    )
    if verdict.decision is not last.verdict.decision:
        announce_change(
            now,
            verdict,
            number,
            at=at,
            author_id=base.author_id,
            before=last.verdict.decision,
            cause=LateCause.APPEAL.value,
            actor=MODERATOR,
        )
    return verdict, number


def _marked(finding: Finding, wrong: Iterable[Finding]) -> Finding:
    """The finding as a person left it: one that is not so weighs nothing, and says why."""
    if any(_is_same(finding, other) for other in wrong):
        return replace(finding, score=0.0, difference=Difference.OVERTURNED)
    return finding


def _is_same(one: Finding, other: Finding) -> bool:
    """The same thing seen: of two matches the same pair, else the same kind and picture."""
    if (one.kind, one.image_number) != (other.kind, other.image_number):
        return False
    if one.match is None or other.match is None:
        return one.match is other.match
    return one.match.picture_id == other.match.picture_id


def _same_files(
    now: Transaction,
    row: AuditRow,
    mistaken: Collection[Finding],
    parted: Iterable[tuple[StoredPicture, int]],
    ruled: Ruled,
    at: datetime,
) -> int:
    """Other notes that showed the very same file, and whose match is the same mistake."""
    originals = {f.match.picture_id for f in mistaken if f.match is not None}
    put_right = 0
    notes = {(p.note_id, p.author_id) for p, _ in parted if p.note_id != row.verdict.note_id}
    last = now.last_of_notes({note for note, _ in notes})
    changes = now.changes(last.values())
    for place in sorted(notes):
        number = last.get(place)
        if number is None:
            continue
        base_id = changes[number].base_id if number in changes else number
        rows = now.verdicts_numbered([number, base_id])
        numbers = {p.image_number for p, _ in parted if (p.note_id, p.author_id) == place}
        wrong = [
            f
            for f in rows[base_id].verdict.findings
            if f.kind in PAIRS
            and f.match is not None
            and f.match.picture_id in originals
            and f.image_number in numbers
            and f.difference is not Difference.OVERTURNED
        ]
        if wrong:
            _without(now, rows[number], rows[base_id], wrong, ruled, at, whole=False)
            put_right += 1
    return put_right
