"""What was decided takes effect once it can no longer be undone, whoever is there to see to it."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime

from moderation.desk.effect import take_effect
from moderation.desk.oversight import Chance, open_checks
from moderation.errors import InputError, UnknownSubject
from moderation.gate.rights.following import follow
from moderation.store import NOBODY, CaseState, Register, Transaction

SETTLED_AT_ONCE = 50
FOLLOWED_AT_ONCE = 500
"""Verdicts that follow what was decided, in one go; the rest follows at the next."""
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """Decisions that took effect in one go."""

    cases: tuple[int, ...]
    failed: int
    """That could not, and wait for a person again."""


def settle(register: Register, *, chance: Chance) -> Settled:
    """Let decisions whose time to be undone is over take effect, and verdicts follow them.

    Whoever calls it settles for all, so that nothing waits for a process that has died.

    Args:
        register: written to.
        chance: says what is asked again of somebody else.
    """
    closed: list[int] = []
    failed = 0
    while due := register.due_cases(_now(), limit=SETTLED_AT_ONCE):
        for one in due:
            try:
                with register.transaction() as now:
                    done = settle_one(now, one.case_id, chance)
            except InputError as error:  # what was decided cannot hold: a person looks again
                log.warning("case %d cannot be settled", one.case_id, exc_info=True)
                _give_back(register, one.case_id, str(error))
                failed += 1
            else:
                closed += [one.case_id] if done else []
    follow(register, most=FOLLOWED_AT_ONCE)
    return Settled(cases=tuple(closed), failed=failed)


def settle_one(now: Transaction, case_id: int, chance: Chance) -> bool:
    """Let one decision take effect; False where another process was quicker, or it is gone."""
    at = _now()
    try:
        case = now.case(case_id)
    except UnknownSubject:  # forgotten meanwhile
        return False
    if case.state is not CaseState.DECIDED or case.due_at is None or case.due_at > at:
        return False  # another process was quicker, or it was undone
    take_effect(now, case, at=at)
    if case.check_of is None:
        open_checks(now, case, at, chance)
    return True


def _give_back(register: Register, case_id: int, why: str) -> None:
    with register.transaction() as now:
        if now.case(case_id).state is CaseState.DECIDED:
            now.undo_case(case_id, NOBODY, at=_now(), words=why)


def _now() -> datetime:
    return datetime.now(UTC)
