"""Verdict: what the gate says of a note. `pass < label < review < block`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from moderation.finding import Finding, FindingKind, ItemFailure, Skipped
from moderation.summary import Summary, summarise


class Decision(StrEnum):
    """The four words, ordered by severity (not by alphabet)."""

    PASS = "pass"
    LABEL = "label"
    REVIEW = "review"
    BLOCK = "block"

    @property
    def severity(self) -> int:
        """0 for `pass` to 3 for `block`."""
        return _SEVERITY[self.value]

    def __lt__(self, other: str) -> bool:
        return self.severity < Decision(other).severity

    def __le__(self, other: str) -> bool:
        return self.severity <= Decision(other).severity

    def __gt__(self, other: str) -> bool:
        return self.severity > Decision(other).severity

    def __ge__(self, other: str) -> bool:
        return self.severity >= Decision(other).severity


_SEVERITY = {"pass": 0, "label": 1, "review": 2, "block": 3}


UNDECIDED_RULE = "template-undecided"
"""Name of the reason that a policy's `template_proposal` gives: many show the picture, and a
person has not decided yet whether all may. It accuses nobody."""


BRAKE = "brake"
"""Code of a reason that names a rule under the brake, as `brake.copy`, or `brake` for all rules
together: what they would have blocked waits for a person."""
FLOOD = "flood"
"""Code and rule of the reason that so many accounts showed a picture within an hour that a person
looks at each. It accuses nobody."""

PERSON = "person"
"""Code of the reason that a person has decided; its rule is `person.` and what they chose."""
NOT_OF_THE_POLICY = frozenset({BRAKE, FLOOD, PERSON})
"""Codes of reasons that a policy read again does not give."""


class Completeness(StrEnum):
    """Whether every detector answered."""

    COMPLETE = "complete"
    PARTIAL = "partial"


class Registration(StrEnum):
    """What became of the note's pictures in the register."""

    REGISTERED = "registered"
    HELD = "held"
    """Kept and searchable while a person decides."""
    SKIPPED = "skipped"
    """Not registered: a blocked note must never become the first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One step from a finding, or a failure, to the decision."""

    code: str
    """Finding kind, `failure.<detector>`, `brake`, `flood` or `person`."""
    decision: Decision
    """What this reason alone demands."""
    rule: str
    """Name of the policy's rule."""
    score: float | None
    """The finding's score; None for a failure."""
    threshold: float | None
    """The rule's threshold that was reached; None for a failure."""
    finding: int | None
    """Place of the finding in `Verdict.findings`; None for a failure."""
    instead_of: Decision | None = None
    """What the rule demands, where brake, retro scan or a person has made it `decision`; None
    elsewhere."""

    def to_json(self) -> dict[str, Any]:
        """JSON as in verdicts, CLI and HTTP; `instead_of` only where there is one."""
        row = {
            "code": self.code,
            "decision": self.decision.value,
            "rule": self.rule,
            "score": None if self.score is None else round(self.score, 4),
            "threshold": self.threshold,
            "finding": self.finding,
        }
        return row if self.instead_of is None else row | {"instead_of": self.instead_of.value}

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Reason:
        """Inverse of `to_json`, up to rounding."""
        values = {name: row[name] for name in cls.__dataclass_fields__ if name != "instead_of"}
        before = row.get("instead_of")
        return cls(
            **values | {"decision": Decision(row["decision"])},
            instead_of=None if before is None else Decision(before),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The answer for one note, with everything needed to explain and to replay it."""

    note_id: str
    revision: int
    decision: Decision
    reasons: tuple[Reason, ...]
    """Strongest first."""
    findings: tuple[Finding, ...]
    """Everything seen, also what was allowed (see `Finding.difference`)."""
    failures: tuple[ItemFailure, ...]
    completeness: Completeness
    policy: str
    """Name of the policy."""
    policy_digest: str
    """`sha256:…` of the policy's meaning."""
    detectors: Mapping[str, str] = field(default_factory=dict)
    """Detector → version."""
    register_seq: int = 0
    """Last entry of the register's log that this verdict took into account."""
    registration: Registration = Registration.SKIPPED
    pictures: int = 0
    """How many pictures were submitted with the note."""
    skipped: tuple[Skipped, ...] = ()
    """What was left out of the search for copies to stay within its time."""

    @property
    def summary(self) -> Summary:
        """What the findings say together: pictures from where, in which order, with what words."""
        return summarise(self.findings, pictures=self.pictures)

    def reason_kinds(self) -> tuple[FindingKind, ...]:
        """Kinds of the findings behind the reasons, strongest first, each once."""
        kinds = (self.findings[r.finding].kind for r in self.reasons if r.finding is not None)
        return tuple(dict.fromkeys(kinds))

    @property
    def judged(self) -> Decision:
        """What the policy says of the findings alone, not brake, flood or a person."""
        heard = (
            r.instead_of or r.decision for r in self.reasons if r.code not in NOT_OF_THE_POLICY
        )
        return max(heard, default=Decision.PASS)

    def to_json(self) -> dict[str, Any]:
        """JSON as in CLI and HTTP; `decision` is one of the four words."""
        return {
            "note_id": self.note_id,
            "revision": self.revision,
            "decision": self.decision.value,
            "reasons": [reason.to_json() for reason in self.reasons],
            "findings": [finding.to_json() for finding in self.findings],
            "failures": [failure.to_json() for failure in self.failures],
            "completeness": self.completeness.value,
            "policy": {"name": self.policy, "digest": self.policy_digest},
            "detectors": dict(self.detectors),
            "register_seq": self.register_seq,
            "registration": self.registration.value,
            "summary": self.summary.to_json(),
            "skipped": [skipped.to_json() for skipped in self.skipped],
        }

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Verdict:
        """Inverse of `to_json`, up to rounding."""
        return cls(
            note_id=row["note_id"],
            revision=row["revision"],
            decision=Decision(row["decision"]),
            reasons=tuple(Reason.from_json(r) for r in row["reasons"]),
            findings=tuple(Finding.from_json(f) for f in row["findings"]),
            failures=tuple(ItemFailure.from_json(f) for f in row["failures"]),
            completeness=Completeness(row["completeness"]),
            policy=row["policy"]["name"],
            policy_digest=row["policy"]["digest"],
            detectors=dict(row["detectors"]),
            register_seq=row["register_seq"],
            registration=Registration(row["registration"]),
            # Verdicts from before there was a summary do not tell.
            pictures=(row.get("summary") or {}).get("pictures", 0),
            skipped=tuple(Skipped.from_json(s) for s in row.get("skipped") or ()),
        )
