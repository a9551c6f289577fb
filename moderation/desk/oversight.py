"""Whether a decision needs a second person, and what is asked again of somebody else.

Both are said by the policy that judged the verdict, as of now; where the register does not keep it,
neither is asked.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta

from moderation.desk.reported import kinds_in_question
from moderation.gate.rights.following import policies_of
from moderation.policy import Terms
from moderation.store import AuditRow, Case, CaseKind, Said, Transaction

Chance = Callable[[], float]
"""Another number in [0, 1) each time."""
AT_RANDOM: Chance = random.SystemRandom().random
ASKED_FOR = timedelta(days=7)
"""A check that nobody has answered by then is asked for no longer: all may know the case."""


def terms_of(now: Transaction, row: AuditRow, at: datetime) -> Terms:
    """What the policy of a verdict says at an instant; nothing where it is not kept."""
    policy = policies_of(now)(row.verdict.policy_digest)
    return Terms() if policy is None else policy.terms.at(at)


def needs_second(now: Transaction, case: Case, row: AuditRow, said: Said, at: datetime) -> bool:
    """Whether a decision holds only once a second person has come to it.

    Not that of a check, which changes nothing; nor of a case about which two have differed.
    """
    if case.check_of is not None or now.two_differ(case):
        return False
    about = set(row.verdict.reason_kinds())
    if case.kind is CaseKind.REPORT:  # what readers mean is often what the gate has not found
        about |= kinds_in_question(said.choice, now.report_reasons(case.case_id))
    asked = terms_of(now, row, at).second_person
    return any(one.asks(said.decision, about) for one in asked)


def open_checks(now: Transaction, case: Case, at: datetime, chance: Chance) -> None:
    """After a decision has taken effect, now and then ask for it, or for a golden case, again.

    Args:
        now: the transaction in which it took effect.
        case: as it was decided.
        at: now.
        chance: drawn once for each of both.
    """
    row = now.verdicts_numbered([case.verdict_id])[case.verdict_id]
    terms = terms_of(now, row, at).check
    if terms is None:
        return
    now.end_stale_checks(before=at - ASKED_FOR, at=at)
    if chance() < terms.second_looks:
        now.open_check(case, at=at)
    if chance() < terms.golden and (golden := now.golden_to_ask()) is not None:
        now.open_check(golden, at=at)
