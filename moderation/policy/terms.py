"""Terms: what a policy can say.

Every rule speaks of one kind of finding, and every rule that applies is heard:
the verdict is the strongest word among them. That, and the absence of any rule
that speaks of a *missing* finding, makes the judgement monotone.

Rules may ask for declared facts (kind of note, listed brand, listed author) and
for how many pictures come from one other note. There is no word for followers
or fame, so no rule can ask for them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from moderation.errors import BadSetting
from moderation.finding import Cause, FindingKind
from moderation.note import Note, NoteKind
from moderation.policy.limits import BrakeTerms, FloodTerms
from moderation.policy.oversight import CheckTerms, SecondPersonTerms
from moderation.policy.window import ALWAYS, Window
from moderation.verdict import Decision, Registration


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """From this score on, this decision."""

    at: float
    """Score 0–1; reached from equality on."""
    decision: Decision

    def to_json(self) -> dict[str, Any]:
        """JSON as in the file."""
        return {"at": self.at, "decision": self.decision.value}


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """What must hold of the note besides the finding for a rule to apply; empty asks nothing."""

    note_kinds: frozenset[NoteKind] = frozenset()
    brands: frozenset[str] = frozenset()
    """`note.author.brand_partner` is one of these."""
    authors: frozenset[str] = frozenset()
    """`note.author.id` is one of these."""
    min_pictures: int = 0
    """At least so many pictures of the note are copies from the ONE note that the finding points
    to; 0 asks nothing."""
    share_of_pictures: float = 0.0
    """At least this share of the note's pictures, likewise."""
    pictures_at: float = 0.5
    """Score from which a copy is counted for the two above."""

    @property
    def counts_pictures(self) -> bool:
        """True where it asks for copied pictures."""
        return self.min_pictures > 0 or self.share_of_pictures > 0

    def holds(self, note: Note) -> bool:
        """True where the note meets every declared fact that is asked for."""
        return (
            (not self.note_kinds or note.kind in self.note_kinds)
            and (not self.brands or note.author.brand_partner in self.brands)
            and (not self.authors or note.author.id in self.authors)
        )

    def to_json(self) -> dict[str, Any]:
        """JSON as in the file, sorted."""
        return {
            "note_kinds": sorted(kind.value for kind in self.note_kinds),
            "brands": sorted(self.brands),
            "authors": sorted(self.authors),
        } | self._counted()

    def _counted(self) -> dict[str, Any]:
        # Only where it asks: the digests of policies that do not stay as they were.
        if not self.counts_pictures:
            return {}
        return {
            "min_pictures": self.min_pictures,
            "share_of_pictures": self.share_of_pictures,
            "pictures_at": self.pictures_at,
        }

    def words(self) -> tuple[str, ...]:
        """Everything it asks for, as `brands: a, b` or `min_pictures: 2`, for people."""
        asked = self.to_json()
        lists = [f"{key}: {', '.join(asked.pop(key))}" for key in tuple(asked)[:3] if asked[key]]
        return (*lists, *(f"{key}: {asked[key]:g}" for key in self._counted() if asked[key]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What one kind of finding leads to."""

    name: str
    """Unique in the policy; appears in `Reason.rule`."""
    kind: FindingKind
    steps: tuple[Step, ...]
    """Rising scores with rising decisions; empty means seen, recorded and never acted on."""
    window: Window = ALWAYS
    when: When = field(default_factory=When)

    def reached(self, score: float) -> Step | None:
        """The highest step that a score reaches, or None."""
        # `not <` rather than `>=`: a score that is not a number reaches every step.
        return next((step for step in reversed(self.steps) if not score < step.at), None)

    def to_json(self) -> dict[str, Any]:
        """JSON with the file's keys."""
        return {
            "name": self.name,
            "kind": self.kind.value,
            "steps": [step.to_json() for step in self.steps],
            "when": self.when.to_json(),
        } | self.window.to_json()


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """An allow-list: takes findings of these kinds out of the rules for listed brands or authors.

    The platform keeps the list and answers for it; an author's own word puts nobody on it.
    """

    name: str
    kinds: frozenset[FindingKind]
    brands: frozenset[str] = frozenset()
    authors: frozenset[str] = frozenset()
    window: Window = ALWAYS

    def exempts(self, note: Note, kind: FindingKind) -> bool:
        """True where the note's declared brand or its author is listed for this kind."""
        listed = note.author.brand_partner in self.brands or note.author.id in self.authors
        return kind in self.kinds and listed

    def to_json(self) -> dict[str, Any]:
        """JSON with the file's keys, sorted."""
        return {
            "name": self.name,
            "kinds": sorted(kind.value for kind in self.kinds),
            "brands": sorted(self.brands),
            "authors": sorted(self.authors),
        } | self.window.to_json()


@dataclass(frozen=True, slots=True, kw_only=True)
class FailRule:
    """What a detector's silence leads to, by cause."""

    on_error: Decision = Decision.REVIEW
    on_timeout: Decision = Decision.REVIEW
    on_overload: Decision = Decision.REVIEW

    def decision(self, cause: Cause) -> Decision:
        """The word for one cause."""
        return {
            Cause.ERROR: self.on_error,
            Cause.TIMEOUT: self.on_timeout,
            Cause.OVERLOAD: self.on_overload,
        }[cause]

    def to_json(self) -> dict[str, Any]:
        """JSON as in the file."""
        return {
            "on_error": self.on_error.value,
            "on_timeout": self.on_timeout.value,
            "on_overload": self.on_overload.value,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerTerms:
    """Who could join the partner programme, and when.

    Data for the people who keep the allow-lists. `decide` never reads it: no
    verdict depends on follower count or exposure.
    """

    window: Window
    min_followers: int
    min_monthly_exposure: int
    """Average views of a note over the last month; 0 asks nothing."""
    agency_contract: bool = False
    source: str = ""

    def to_json(self) -> dict[str, Any]:
        """JSON with the file's keys."""
        return self.window.to_json() | {
            "min_followers": self.min_followers,
            "min_monthly_exposure": self.min_monthly_exposure,
            "agency_contract": self.agency_contract,
            "source": self.source,
        }


DEFAULT_REGISTRATION: Mapping[Decision, Registration] = {
    Decision.PASS: Registration.REGISTERED,
    Decision.LABEL: Registration.REGISTERED,
    Decision.REVIEW: Registration.HELD,
    Decision.BLOCK: Registration.SKIPPED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateTerms:
    """When a picture that many authors show is proposed as a template, and what holds until then.

    See `docs/why/templates.md` for the reasons behind each number.
    """

    authors: int
    """Unrelated authors, besides the first and the one under check, whose showings stand."""
    days_apart: int
    """Of each stretch of so many days one of these authors counts, however many showed it."""
    attempts: int
    """Unrelated authors whose copies were held or blocked: enough to ask a person, and no more."""
    undecided: Decision = Decision.REVIEW
    """What one more showing leads to until a person has decided; never `block`."""
    window: Window = ALWAYS

    def to_json(self) -> dict[str, Any]:
        """JSON with the file's keys."""
        return self.window.to_json() | {
            "authors": self.authors,
            "days_apart": self.days_apart,
            "attempts": self.attempts,
            "undecided": self.undecided.value,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """All that a policy says, whatever it is called."""

    rules: tuple[Rule, ...] = ()
    allowances: tuple[Allowance, ...] = ()
    fail: Mapping[str, FailRule] = field(default_factory=dict)
    """Detector → fail rule."""
    fail_default: FailRule = field(default_factory=FailRule)
    """For every detector that `fail` does not name."""
    registration: Mapping[Decision, Registration] = field(
        default_factory=lambda: dict(DEFAULT_REGISTRATION)
    )
    partner_programme: tuple[PartnerTerms, ...] = ()
    template_proposals: tuple[TemplateTerms, ...] = ()
    """One after another in time; none in force means that showings are not counted."""
    brakes: tuple[BrakeTerms, ...] = ()
    """Likewise; none in force means that every block stands."""
    floods: tuple[FloodTerms, ...] = ()
    """Likewise; none in force means that no picture is quarantined."""
    second_person: tuple[SecondPersonTerms, ...] = ()
    """Several may be in force at once: what one of them asks for is asked for."""
    checks: tuple[CheckTerms, ...] = ()
    """One after another in time; none in force means that nothing is asked twice."""

    @property
    def template_proposal(self) -> TemplateTerms | None:
        """Of terms in force at one instant: those on widely shown pictures."""
        return next(iter(self.template_proposals), None)

    @property
    def brake(self) -> BrakeTerms | None:
        """Of terms in force at one instant: how many automatic blocks an hour may bring."""
        return next(iter(self.brakes), None)

    @property
    def flood(self) -> FloodTerms | None:
        """Of terms in force at one instant: when a picture comes from too many at once."""
        return next(iter(self.floods), None)

    @property
    def check(self) -> CheckTerms | None:
        """Of terms in force at one instant: how often what people decide is asked again."""
        return next(iter(self.checks), None)

    def at(self, as_of: datetime) -> Terms:
        """The terms in force at an instant.

        Raises:
            BadSetting: `as_of` has no time zone.
        """
        if as_of.tzinfo is None:
            raise BadSetting(
                f"`as_of` {as_of.isoformat()} has no time zone",
                hint="add the offset, as in 2021-08-02T00:00:00+08:00",
            )
        return Terms(
            rules=tuple(rule for rule in self.rules if rule.window.covers(as_of)),
            allowances=tuple(a for a in self.allowances if a.window.covers(as_of)),
            fail=self.fail,
            fail_default=self.fail_default,
            registration=self.registration,
            partner_programme=tuple(p for p in self.partner_programme if p.window.covers(as_of)),
            template_proposals=tuple(t for t in self.template_proposals if t.window.covers(as_of)),
            brakes=tuple(b for b in self.brakes if b.window.covers(as_of)),
            floods=tuple(f for f in self.floods if f.window.covers(as_of)),
            second_person=tuple(s for s in self.second_person if s.window.covers(as_of)),
            checks=tuple(c for c in self.checks if c.window.covers(as_of)),
        )

    def changes(self) -> list[datetime]:
        """Instants at which terms begin or end, earliest first: between two, `at` says the same."""
        dated = (
            *(self.rules + self.allowances),
            *(self.partner_programme + self.template_proposals),
            *(self.brakes + self.floods),
            *(self.second_person + self.checks),
        )
        ends = (end for term in dated for end in (term.window.start, term.window.end))
        return sorted({end for end in ends if end is not None})

    def on_failure(self, detector: str, cause: Cause) -> Decision:
        """What the silence of a detector leads to."""
        return self.fail.get(detector, self.fail_default).decision(cause)

    def to_json(self) -> dict[str, Any]:
        """JSON with the file's keys, in one canonical order."""
        fail = {"default": self.fail_default} | dict(sorted(self.fail.items()))
        return {
            "rule": [r.to_json() for r in sorted(self.rules, key=lambda r: r.name)],
            "allow": [a.to_json() for a in sorted(self.allowances, key=lambda a: a.name)],
            "fail": {detector: rule.to_json() for detector, rule in fail.items()},
            "registration": {d.value: self.registration[d].value for d in Decision},
            "partner_programme": [p.to_json() for p in self.partner_programme],
            "template_proposal": [t.to_json() for t in self.template_proposals],
        } | self._optional()

    def _optional(self) -> dict[str, Any]:
        # Only where there are any: the digests of policies without them stay as they were.
        tables = {
            "brake": [b.to_json() for b in self.brakes],
            "flood": [f.to_json() for f in self.floods],
            "second_person": [s.to_json() for s in self.second_person],
            "check": [c.to_json() for c in self.checks],
        }
        return {name: rows for name, rows in tables.items() if rows}

    def digest(self) -> str:
        """`sha256:…` of the meaning: comments, blanks and order in the file do not change it."""
        canonical = json.dumps(self.to_json(), sort_keys=True, ensure_ascii=True)
        return "sha256:" + hashlib.sha256(canonical.encode()).hexdigest()
