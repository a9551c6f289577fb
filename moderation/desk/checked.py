"""What checks say of decisions: golden cases and second looks, by person and by reason. Pure.

    golden        how often a person came to what is known to be right
    second look   how often the second person came to what the first had decided

Neither measures a person alone: whoever draws the hard cases differs more often, and of two who
differ nobody says who is wrong. Compared is what becomes of the note.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from moderation.rates import Rate
from moderation.store import AnsweredCheck

MOST_DIFFERING = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """Checks of one reason, or by one person."""

    of: str
    """Code of the reason, or the name that is shown for the person."""
    golden: Rate
    """Golden cases that were decided as is known to be right."""
    second: Rate
    """Second looks that came to the same as the first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChecksSeen:
    """All checks that were answered in a stretch of time."""

    by_reason: tuple[Checked, ...] = ()
    """Most first."""
    by_person: tuple[Checked, ...] = ()
    """Most first; the person who was asked second."""
    differing: tuple[AnsweredCheck, ...] = ()
    """Checks that came to something else, the last first: somebody should look at these."""


def checks_seen(checks: Iterable[AnsweredCheck], who: Callable[[str], str]) -> ChecksSeen:
    """Count answered checks.

    Args:
        checks: the last first.
        who: name of a person → the name that is shown.
    """
    checks = list(checks)
    return ChecksSeen(
        by_reason=_counted(checks, lambda one: one.reason),
        by_person=_counted(checks, lambda one: who(one.by)),
        differing=tuple(one for one in checks if not one.agrees)[:MOST_DIFFERING],
    )


def _counted(
    checks: Iterable[AnsweredCheck], key: Callable[[AnsweredCheck], str]
) -> tuple[Checked, ...]:
    groups: dict[str, list[AnsweredCheck]] = {}
    for one in checks:
        groups.setdefault(key(one), []).append(one)
    found = [
        Checked(
            of=name,
            golden=_rate(one for one in some if one.is_golden),
            second=_rate(one for one in some if not one.is_golden),
        )
        for name, some in groups.items()
    ]
    return tuple(sorted(found, key=lambda one: (-one.golden.of - one.second.of, one.of)))


def _rate(checks: Iterable[AnsweredCheck]) -> Rate:
    agreed = [one.agrees for one in checks]
    return Rate(sum(agreed), len(agreed))
