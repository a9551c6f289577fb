"""What a stretch of time is counted from, on either database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from kit.desk_rows import AT_ONCE, MIA, judged, opened
from kit.register_rows import MORNING
from kit.verdicts import a_copy

from moderation.desk import Desk
from moderation.store import AppealState, CaseKind, Named, NewAppeal, Register
from moderation.verdict import Decision

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
def register(place: str | Path) -> Iterator[Register]:
    with Register.open(place) as opened_one:
        yield opened_one


def closed(register: Register, note_id: str, choice: str = "copied") -> int:
    case = opened(register, note_id, f"author of {note_id}")
    desk = Desk(register, undo_for=AT_ONCE)
    desk.decide([case.case_id], MIA, choice)
    desk.settle()
    return case.case_id


def test_closed_cases_come_in_portions_the_last_first(register: Register) -> None:
    """Each once, however small the portions; what is not in force is not among them."""
    numbers = [closed(register, f"n{i}") for i in range(5)]
    undecided = opened(register, "waits")
    Desk(register).decide([undecided.case_id], MIA, "copied")
    found, after = [], None
    while some := register.closed_cases(after=after, limit=2):
        found += some
        after = some[-1].end
    assert [one.case_id for one in found] == numbers[::-1]
    first = found[0]
    assert (first.before, first.after, first.choice) == (Decision.REVIEW, Decision.BLOCK, "copied")
    assert (first.note_id, first.author_id, first.decided_by) == ("n4", "author of n4", "mia")
    assert first.opened_at == MORNING


def test_a_stretch_ends_before_its_last_instant(register: Register) -> None:
    """So that two stretches beside each other count each case once."""
    closed(register, "n1")
    (one,) = register.closed_cases()
    at, later = one.closed_at, one.closed_at + timedelta(microseconds=1)
    assert register.closed_cases(since=at, until=later) == [one]
    assert register.closed_cases(until=at) == []
    assert register.closed_cases(since=later) == []


@pytest.mark.parametrize(
    ("most", "one_in", "looked_at"), [(100, 1, 12), (5, 3, 4)], ids=["all", "some"]
)
def test_waiting_cases_are_counted_whole(
    register: Register, most: int, one_in: int, looked_at: int
) -> None:
    """Where ages are of a sample, the number and the oldest are of all."""
    for number in range(12):
        judged(register, f"n{number}", at=MORNING + timedelta(hours=number))
    (found,) = register.waiting_cases(most=most)
    assert (found.kind, found.reason, found.count) == (CaseKind.MACHINE, "image.copy", 12)
    assert (found.oldest, found.one_in, len(found.opened_at)) == (MORNING, one_in, looked_at)


def test_decided_appeals_are_told_with_what_became_of_them(register: Register) -> None:
    """One that is open is not."""
    for number, state in enumerate((AppealState.OVERTURNED, AppealState.UPHELD, None)):
        verdict = judged(register, f"n{number}", decision=Decision.BLOCK)
        with register.transaction() as now:
            new = NewAppeal(
                verdict_id=verdict, note_id=f"n{number}", author_id="ben", at=MORNING, statement=""
            )
            appeal, _ = now.open_appeal(new)
            if state is not None:
                now.settle_appeal(appeal.appeal_id, state)
    until = datetime.now(UTC) + timedelta(minutes=1)
    found = register.decided_appeals(since=LONG_AGO, until=until)
    assert [one.overturned for one in found] == [False, True]
    assert {one.reason for one in found} == {"image.copy"}
    assert register.decided_appeals(since=LONG_AGO, until=LONG_AGO) == []


def test_the_first_verdict_of_a_stretch_is_found(register: Register) -> None:
    """As reading all of them would; numbers that are missing change nothing."""
    numbers = [judged(register, f"n{i}", at=MORNING + timedelta(hours=i)) for i in range(9)]
    with register.transaction() as now:
        now.forget_note("n3")
        now.forget_note("n8")
    left = {i: number for i, number in enumerate(numbers) if i not in (3, 8)}
    for hour in range(-1, 10):
        at = MORNING + timedelta(hours=hour)
        wanted = next((number for i, number in left.items() if i >= hour), left[7] + 1)
        assert register.first_verdict_since(at) == wanted


def test_volume_counts_what_the_gate_looked_at_itself(register: Register) -> None:
    """Not the verdict that a person's word made, nor one of another day."""
    closed(register, "n1")
    judged(register, "n2", decision=Decision.PASS)
    judged(register, 'a "reasons": [{}] note', "eve", a_copy(score=0.5))
    judged(register, "late", at=MORNING + timedelta(days=2))
    day = MORNING.replace(hour=0)
    found = register.verdict_volume(since=day, until=day + timedelta(days=1))
    assert found.one_in == 1
    assert [(c.day, c.decision, c.reason, c.count, c.scored) for c in found.cells] == [
        (MORNING.date(), Decision.PASS, "image.copy", 1, 1),
        (MORNING.date(), Decision.REVIEW, "image.copy", 2, 2),
    ]
    assert found.cells[1].score_sum == pytest.approx(0.98 + 0.5)
    assert found.cells[1].score_squares == pytest.approx(0.98**2 + 0.25)


def test_of_many_verdicts_every_so_manieth_is_read(register: Register) -> None:
    """And the answer says so."""
    for number in range(10):
        judged(register, f"n{number}")
    found = register.verdict_volume(since=MORNING, until=MORNING + timedelta(days=1), most=4)
    assert (found.one_in, sum(cell.count for cell in found.cells)) == (3, 4)


def test_pseudonyms_are_of_one_register(register: Register, tmp_path: Path) -> None:
    """The same each time, another for another sort of name, another in another register."""
    mine = register.pseudonyms().of(Named.AUTHOR, "mia")
    assert mine == register.pseudonyms().of(Named.AUTHOR, "mia")
    assert mine.startswith("author-")
    assert mine[7:] != register.pseudonyms().of(Named.MODERATOR, "mia")[10:]
    with Register.open(tmp_path / "another") as another:
        assert another.pseudonyms().of(Named.AUTHOR, "mia") != mine
    assert register.pseudonyms().of(Named.AUTHOR, "") == ""
