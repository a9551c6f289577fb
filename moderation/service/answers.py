"""What is answered: JSON as it is sent, and the models that describe it in the OpenAPI document.

The JSON is made from the values themselves; the models are not asked at run time. A test compares.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from moderation.explain import message_to_author
from moderation.finding import FindingKind
from moderation.store import AuditRow, Hold
from moderation.verdict import Decision, Verdict

Word = Literal["pass", "label", "review", "block"]


def verdict_json(
    verdict: Verdict,
    *,
    verdict_id: int | None,
    decided_at: datetime,
    appeal_for: timedelta,
    lang: str | None,
    final: bool,
    hold: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """A verdict with what it means for the pipeline and for the author."""
    appealable = verdict_id is not None and verdict.decision is not Decision.PASS
    until = decided_at + appeal_for
    return verdict.to_json() | {
        "verdict_id": None if verdict_id is None else f"v_{verdict_id}",
        "final": final,
        "degraded": list(_degraded(verdict)),
        "hold": hold,
        "user_message": _message(verdict, lang),
        "appeal": {
            "allowed": appealable and datetime.now(UTC) <= until,
            "until": until.isoformat() if appealable else None,
        },
    }


def stored_json(
    row: AuditRow,
    *,
    completed_by: int | None,
    owed: bool,
    hold: Hold | None,
    appeal_for: timedelta,
) -> dict[str, Any]:
    """A verdict from the audit."""
    told = None
    if hold is not None:
        told = {"state": hold.state.value, "expires_at": _iso(hold.expires_at)}
    return verdict_json(
        row.verdict,
        verdict_id=row.verdict_id,
        decided_at=row.decided_at,
        appeal_for=appeal_for,
        lang=None,
        final=completed_by is None and not owed,
        hold=told,
    ) | {
        "decided_at": row.decided_at.isoformat(),
        "completes": None if row.completes is None else f"v_{row.completes}",
        "completed_by": None if completed_by is None else f"v_{completed_by}",
    }


def hold_json(hold: Hold) -> dict[str, Any]:
    """A hold that was settled."""
    return {
        "note_id": hold.note_id,
        "revision": hold.revision,
        "verdict_id": f"v_{hold.verdict_id}",
        "state": hold.state.value,
        "expires_at": _iso(hold.expires_at),
        "settled_at": _iso(hold.settled_at),
    }


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _degraded(verdict: Verdict) -> Iterator[dict[str, Any]]:
    words = {reason.code: reason.decision for reason in verdict.reasons if reason.finding is None}
    for failure in verdict.failures:
        fallback = words.get(f"failure.{failure.detector or 'unknown'}", Decision.REVIEW)
        yield {
            "detector": failure.detector,
            "cause": failure.cause.value,
            "fallback": fallback.value,
        }


def _message(verdict: Verdict, lang: str | None) -> dict[str, Any] | None:
    """What to tell the author; nothing where the note simply passes."""
    if verdict.decision is Decision.PASS:
        return None
    first = verdict.reasons[0].code if verdict.reasons else "none"
    chinese = lang is None or lang.lower().startswith("zh")
    return {
        "key": f"{verdict.decision.value}.{first}",
        "locale": "zh" if chinese else "en",
        "text": {
            "zh": message_to_author(verdict, lang="zh"),
            "en": message_to_author(verdict, lang="en"),
        },
    }


class _Told(BaseModel):
    model_config = ConfigDict(use_attribute_docstrings=True)


class PolicyName(_Told):
    """The policy that decided."""

    name: str
    digest: str


class ToldReason(_Told):
    """One step from a finding, or a silence, to the decision."""

    code: str
    """Kind of the finding, `failure.<detector>`, `brake` or `flood`."""
    decision: Word
    rule: str
    score: float | None
    threshold: float | None
    finding: int | None
    """Place in `findings`."""
    instead_of: Word | None = None
    """What the rule demands, where the brake has made it `decision`; else left out."""


class ToldFinding(_Told):
    """Something seen; what was allowed is there, too, with score 0 and a `difference`."""

    kind: FindingKind
    score: float
    raw_score: float
    difference: str | None
    image_number: int | None
    match: dict[str, Any] | None
    """Proof of a copy: note, author, regions, transform, distance."""
    spans: list[dict[str, Any]]
    """Proof in the text; offsets count code points of the original."""
    detail: dict[str, Any]
    detector: str


class Degraded(_Told):
    """A detector that did not answer, and what the policy makes of that."""

    detector: str
    cause: Literal["timeout", "error", "overload"]
    fallback: Word


class ToldHold(_Told):
    """Pictures reserved until the pipeline says what became of the revision."""

    state: Literal["held", "committed", "aborted", "lapsed"]
    expires_at: datetime | None
    """When it lapses; null while a person decides."""


class UserText(_Told):
    """The same in both languages."""

    zh: str
    en: str


class UserMessage(_Told):
    """What to tell the author."""

    key: str
    """For texts of your own: decision and first reason, as `block.image.copy`."""
    locale: Literal["zh", "en"]
    """Language of the note, as far as it was said."""
    text: UserText


class AppealTerms(_Told):
    """Whether the author may appeal (now), and until when."""

    allowed: bool
    until: datetime | None


class Shadow(_Told):
    """What another policy would have decided."""

    policy: str
    policy_digest: str
    decision: Word
    differs: bool


class Timing(_Told):
    """Milliseconds."""

    total: float
    queue: float
    """Of these, before anybody looked."""


class _Verdict(_Told):
    note_id: str
    revision: int
    decision: Word
    reasons: list[ToldReason]
    """Strongest first."""
    findings: list[ToldFinding]
    failures: list[dict[str, Any]]
    completeness: Literal["complete", "partial"]
    policy: PolicyName
    detectors: dict[str, str]
    register_seq: int
    """Last entry of the register's log that counted."""
    registration: Literal["registered", "held", "skipped"]
    summary: dict[str, Any]
    skipped: list[dict[str, Any]]
    verdict_id: str | None
    """None where nothing was recorded."""
    final: bool
    """False where a final verdict follows: as the event `verdict.finalized`, and as `completed_by`
    of `GET /v1/verdicts/{verdict_id}`."""
    degraded: list[Degraded]
    hold: ToldHold | None
    user_message: UserMessage | None
    appeal: AppealTerms


class VerdictAnswer(_Verdict):
    """A verdict in answer to a note."""

    decided_at: datetime
    replayed: bool
    """The answer of an earlier request under the same key."""
    shadow: list[Shadow]
    timing_ms: Timing


class StoredVerdict(_Verdict):
    """A verdict as it was given."""

    decided_at: datetime
    completes: str | None
    """The partial verdict that this one completes."""
    completed_by: str | None
    """The final verdict, where this one was partial."""


class ExplainedReason(_Told):
    """One kind of thing that was seen in the note."""

    code: str
    """Kind of the finding, or `widely_shown`, `flood` or `unchecked`, which accuse nobody."""
    title: str
    words: str
    """What was seen, where, and how sure it is."""
    mend: list[str]
    """What the author can do, in sentences."""


class ExplainedAppeal(AppealTerms):
    """Whether and how the author may appeal."""

    words: list[str]
    """How, who decides, and what then."""
    helps: list[str]
    """What helps in an appeal."""


class LaterVerdict(_Told):
    """The verdict that stands on the note in place of another one."""

    verdict_id: str
    decision: Word
    at: datetime
    words: str
    """What the author is told of it, in a sentence."""


class ToldExplanation(_Told):
    """What the author is told of a verdict."""

    verdict_id: str
    decision: Word
    lang: Literal["zh", "en"]
    heading: str
    decided: list[str]
    """When and by whom, in sentences."""
    later: LaterVerdict | None
    """What took the place of this verdict, if it no longer stands."""
    message: str
    """All of it in a few sentences; as `user_message` of the verdict."""
    reasons: list[ExplainedReason]
    """Strongest first."""
    not_held: list[str]
    """What is not held against the author."""
    appeal: ExplainedAppeal


class BatchItem(_Told):
    """One note of a batch: a verdict with status 200, or a problem with another."""

    status: int
    verdict: VerdictAnswer | None = None
    problem: dict[str, Any] | None = None
    """As RFC 9457 problem details."""


class BatchAnswer(_Told):
    """In the order of the notes."""

    items: list[BatchItem]


class SettledHold(_Told):
    """A hold after `:commit` or `:abort`."""

    note_id: str
    revision: int
    verdict_id: str
    state: Literal["held", "committed", "aborted", "lapsed"]
    expires_at: datetime | None
    """When it lapses; null while a person decides."""
    settled_at: datetime | None


class SettledHolds(_Told):
    """One for each author under the note's id; normally one."""

    holds: list[SettledHold]


class ToldPlace(_Told):
    """Somewhere beside the register's own rows where something forgotten had left a trace."""

    kind: Literal["index", "disk", "list", "scan", "backup"]
    place: str
    state: Literal["reached", "not_reached", "replayed"]
    counts: dict[str, int]
    at: datetime | None
    """Of a backup: when it was made."""
    hint: str
    """What is left to do; empty where nothing is."""


class ToldReceipt(_Told):
    """Proof that a note or an author was forgotten, without naming it."""

    receipt_id: int
    at: datetime
    subject: Literal["note", "author"]
    counts: dict[str, int]
    register_seq: int
    digest: str
    places: list[ToldPlace]
    """Where else it was: gone, still there until it expires, or to be reached by a command."""
    done_at: datetime | None
    """When the last byte here was gone; null where that is still to be done."""


class ToldAppeal(_Told):
    """An appeal that waits for a person."""

    appeal_id: str
    verdict_id: str
    note_id: str
    at: datetime
    state: Literal["open", "upheld", "overturned"]


class ToldProof(_Told):
    """What an author sent with an appeal: facts, no pixels."""

    proof_id: int
    kind: Literal["file", "link"]
    name: str
    """Of a file its name, in the author's words; of a link all of it, as text."""
    at: datetime
    sha256: str | None
    bytes: int | None
    facts: dict[str, Any]
    """What was read out of the file: `type`, `unopened`, and of a picture `width`, `height`,
    `taken_at`, `camera` and `compared`, what it shows of the disputed pictures."""


class GivenProof(ToldProof):
    """A proof that was taken."""

    appeal_id: str


class WaitingAppeal(ToldAppeal):
    """An appeal with what a person needs to decide it."""

    author_id: str
    statement: str
    """In the author's words."""
    decision: Literal["pass", "label", "review", "block"]
    """Of the verdict."""
    proofs: list[ToldProof]
    """In the order in which they came."""


class WaitingAppeals(_Told):
    """The oldest first."""

    appeals: list[WaitingAppeal]


class DecidedAppeal(_Told):
    """An appeal that a person has decided."""

    appeal_id: str
    note_id: str
    state: Literal["upheld", "overturned"]
    verdict_id: str
    """The verdict that stands now."""
    before: Literal["pass", "label", "review", "block"]
    after: Literal["pass", "label", "review", "block"]
    review_id: int
    others: int
    """Other notes with the very same file that were put right with it."""


class ToldReport(_Told):
    """What became of a reader's report; for the platform, not for the reader."""

    note_id: str
    outcome: Literal["opened", "added", "known", "answered"]
    """`opened`: a person is asked now. `added`: a person is asked already, and sees this, too.
    `known`: the reader had reported it, and the later words count. `answered`: a person has looked
    at this revision for this reason, or it is blocked."""


class Readiness(_Told):
    """Whether requests should be sent here, and why not."""

    ready: bool
    reasons: list[str] = Field(examples=[["draining"]])
    index_lag: dict[str, int]
    """Entries of the register's log that the search index has not read yet: of `main`, and where
    there are other tenants, as `others`, most of any of theirs."""
