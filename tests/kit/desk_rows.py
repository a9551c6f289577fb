"""People at the desk, cases without pictures, and what tests let other processes do with them."""

from __future__ import annotations

import sys
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from kit.register_rows import MORNING
from kit.verdicts import a_copy, a_text_finding, a_verdict

from moderation.desk import Desk, Person, Role
from moderation.errors import CaseTaken
from moderation.finding import Finding, FindingKind
from moderation.note import Author, Note
from moderation.policy import Policy
from moderation.store import Case, CaseState, NewReport, Register, ReportReason, Wanted
from moderation.verdict import Decision

VERA = Person(name="vera", role=Role.VIEWER)
MIA = Person(name="mia", role=Role.MODERATOR)
TOM = Person(name="tom", role=Role.MODERATOR)
SAM = Person(name="sam", role=Role.SENIOR)

AT_ONCE = timedelta(0)
CAREFUL = Policy.parse(
    'title = "t"\n[[rule]]\nname = "copy"\nkind = "image.copy"\n'
    'steps = [{ at = 0.5, decision = "review" }]\n',
    name="t",
)
"""Every copy goes to a person."""


def judged(
    register: Register,
    note_id: str = "n1",
    author_id: str = "ben",
    *findings: Finding,
    decision: Decision = Decision.REVIEW,
    revision: int = 1,
    lang: str | None = None,
    at: datetime = MORNING,
    **changes: Any,
) -> int:
    """Record a verdict on a note, by default that its copy goes to a person; its number."""
    verdict = a_verdict(
        *(findings or (a_copy(),)),
        note_id=note_id,
        decision=decision,
        revision=revision,
        **changes,
    )
    note = Note(id=note_id, author=Author(id=author_id), revision=revision, lang=lang)
    with register.transaction() as now:
        return now.record_verdict(verdict, note=note, decided_at=at)


def opened(register: Register, note_id: str = "n1", author_id: str = "ben", **how: Any) -> Case:
    """The case of a note that goes to a person."""
    findings = how.pop("findings", ())
    number = judged(register, note_id, author_id, *findings, **how)
    (case,) = (case for case in register.cases(Wanted(), limit=1_000) if case.verdict_id == number)
    return case


def under(register: Register, policy: Policy) -> dict[str, str]:
    """Let the register keep a policy; what a verdict says that was given by it."""
    with register.transaction() as now:
        now.keep_policy(policy.digest, policy.to_json, at=MORNING)
    return {"policy": policy.name, "policy_digest": policy.digest}


def two_findings() -> tuple[Finding, Finding]:
    """A copy, and a request to write in private."""
    return a_copy(), a_text_finding(FindingKind.TEXT_DIVERSION_CONTACT)


def case_of(register: Register, note_id: str, *states: CaseState) -> Case:
    """The only case of a note in one of some states; all states where none is said."""
    (case,) = (
        case
        for state in states or CaseState
        for case in register.cases(Wanted(state=state), limit=1_000)
        if case.note_id == note_id
    )
    return case


def take_all(barrier: Any, i: int, place: str | Path) -> list[int]:
    """Take case after case until none is left, at the same time as the others."""
    taken: list[int] = []
    with Register.open(place) as register:
        desk, person = Desk(register), Person(name=f"person{i}", role=Role.MODERATOR)
        barrier.wait()
        while True:
            case = desk.take_next(person)
            if case is None:
                return taken
            taken.append(case.case_id)
            desk.decide([case.case_id], person, "mistaken")


def take_the_same(barrier: Any, i: int, place: str | Path, case_ids: list[int]) -> list[int]:
    """Take each of some cases at the same instant as the others; those that this one got."""
    got: list[int] = []
    with Register.open(place) as register:
        desk, person = Desk(register), Person(name=f"person{i}", role=Role.MODERATOR)
        for case_id in case_ids:
            barrier.wait()
            try:
                desk.take(case_id, person)
            except CaseTaken:
                continue
            got.append(case_id)
    return got


def settle_together(barrier: Any, i: int, place: str | Path) -> list[int]:
    """Let what is due take effect, at the same time as the others."""
    with Register.open(place) as register:
        barrier.wait()
        return list(Desk(register).settle().cases)


def report_together(barrier: Any, i: int, place: str | Path, readers: int) -> list[str]:
    """Report one note as so many readers, at the same instant as the others."""
    outcomes = []
    with Register.open(place) as register:
        for number in range(readers):
            new = NewReport(note_id="n1", reader_id=f"r{i}-{number // 2}", reason=ReportReason.COPY)
            barrier.wait()
            with register.transaction() as now:
                outcomes.append(now.report_note(new).value)
    return outcomes


def decide_and_wait(place: str, case_id: int) -> None:
    """Decide a case, say so, and wait to be killed."""
    with Register.open(place) as register:
        Desk(register, undo_for=AT_ONCE).decide([case_id], MIA, "copied", words="seen before")
        print("decided", flush=True)
        time.sleep(60)


if __name__ == "__main__":
    decide_and_wait(sys.argv[1], int(sys.argv[2]))
