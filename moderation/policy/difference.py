"""Difference: what changes in force at an instant when one policy replaces another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from moderation.policy.named import Policy
from moderation.policy.terms import Rule, Terms
from moderation.verdict import Decision

ABSENT = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyChange:
    """One term that differs."""

    subject: str
    """What it speaks of, as `text.hard_sell` or `fail.copies`."""
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.subject}: {self.before} → {self.after}"

    def to_json(self) -> dict[str, Any]:
        """JSON as `moderation policy diff --json` writes it."""
        return {"subject": self.subject, "before": self.before, "after": self.after}


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyDiff:
    """All terms that differ at one instant; false where none does."""

    old: str
    """Name of the policy that is replaced."""
    new: str
    as_of: datetime
    changes: tuple[PolicyChange, ...]
    """Sorted by subject."""

    def __bool__(self) -> bool:
        return bool(self.changes)

    def to_json(self) -> dict[str, Any]:
        """JSON as `moderation policy diff --json` writes it."""
        return {
            "old": self.old,
            "new": self.new,
            "as_of": self.as_of.isoformat(),
            "changes": [change.to_json() for change in self.changes],
        }


def diff(old: Policy, new: Policy, *, as_of: datetime) -> PolicyDiff:
    """Compare what two policies say at an instant, in words.

    Names, titles and dates that do not matter at that instant are not compared.

    Raises:
        BadSetting: `as_of` has no time zone.
    """
    detectors = sorted(old.terms.fail.keys() | new.terms.fail.keys())
    before = dict(_sentences(old.terms.at(as_of), detectors))
    after = dict(_sentences(new.terms.at(as_of), detectors))
    changes = tuple(
        PolicyChange(
            subject=subject,
            before=before.get(subject, ABSENT),
            after=after.get(subject, ABSENT),
        )
        for subject in sorted(before.keys() | after.keys())
        if before.get(subject, ABSENT) != after.get(subject, ABSENT)
    )
    return PolicyDiff(old=old.name, new=new.name, as_of=as_of, changes=changes)


def _sentences(terms: Terms, detectors: Iterable[str]) -> Iterator[tuple[str, str]]:
    for rule in terms.rules:
        yield _subject(rule), _steps(rule)
    for allowance in terms.allowances:
        for kind in sorted(allowance.kinds):
            listed = [f"brand `{b}`" for b in sorted(allowance.brands)]
            listed += [f"author `{a}`" for a in sorted(allowance.authors)]
            yield f"allow.{allowance.name} ({kind})", ", ".join(listed)
    for detector in ("default", *detectors):
        for cause, decision in terms.fail.get(detector, terms.fail_default).to_json().items():
            yield f"fail.{detector}.{cause}", decision
    for decision in Decision:
        yield f"registration.{decision}", terms.registration[decision].value
    if (proposal := terms.template_proposal) is not None:
        yield (
            "template_proposal",
            f"{proposal.authors} authors, one in {proposal.days_apart} days; "
            f"{proposal.attempts} attempts; {proposal.undecided} until decided",
        )
    yield from _limits(terms)
    yield from _oversight(terms)
    for i, partner in enumerate(terms.partner_programme):
        agency = ", agency contract" if partner.agency_contract else ""
        yield (
            f"partner_programme[{i}]",
            f"≥ {partner.min_followers:,} followers, "
            f"≥ {partner.min_monthly_exposure:,} monthly exposure{agency}",
        )


def _limits(terms: Terms) -> Iterator[tuple[str, str]]:
    if (brake := terms.brake) is not None:
        yield "brake (all rules)", f"{brake.blocks_per_hour:,} blocks an hour"
        if brake.each_rule is not None:
            yield "brake (each rule)", f"{brake.each_rule:,} blocks an hour"
        for rule, limit in brake.rules.items():
            yield f"brake ({rule})", f"{limit:,} blocks an hour"
    if (flood := terms.flood) is not None:
        yield (
            "flood",
            f"more than {flood.authors_per_hour:,} authors an hour: "
            f"review for {flood.quarantine_hours:,} hours",
        )


def _oversight(terms: Terms) -> Iterator[tuple[str, str]]:
    for decision in Decision:
        asked = [one for one in terms.second_person if decision in one.decisions]
        if asked:
            kinds = {kind.value for one in asked for kind in one.kinds}
            every = any(not one.kinds for one in asked)
            yield f"second_person ({decision})", "all" if every else ", ".join(sorted(kinds))
    if (check := terms.check) is not None:
        yield "check", f"{check.second_looks:.1%} second looks, {check.golden:.1%} golden"


def _subject(rule: Rule) -> str:
    asked = rule.when.words()
    return f"{rule.kind} ({'; '.join(asked)})" if asked else rule.kind.value


def _steps(rule: Rule) -> str:
    if not rule.steps:
        return ABSENT
    return ", ".join(f"≥ {step.at:g} {step.decision}" for step in rule.steps)
