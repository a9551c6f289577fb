"""Appeals at the desk: cases of their own, decided by others, with all that rests on them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from kit.notes import photo, showing

from moderation import Gate, Policy
from moderation.desk import Desk, Person, Role
from moderation.errors import BadNote, CaseSettled, CaseTaken, NotAllowed
from moderation.finding import FindingKind
from moderation.gate.rights.ruling import First, Ruled
from moderation.store import AppealState, CaseKind, CaseState, NewAppeal, Wanted
from moderation.verdict import Decision

APPEALS = Wanted(kind=CaseKind.APPEAL)
MEI, LIN = (Person(name=name, role=Role.MODERATOR) for name in ("mei", "lin"))
MIRRORED = np.ascontiguousarray(photo("coffee")[:, ::-1])
CAREFUL = Policy.parse(
    'title = "t"\n[[rule]]\nname = "copy"\nkind = "image.copy"\n'
    'steps = [{ at = 0.5, decision = "review" }]\n',
    name="t",
)
SEEN = Ruled(overturned=False, by="whoever", reason="looked at both")


@pytest.fixture
def gate(place: str | Path, tmp_path: Path) -> Iterator[Gate]:
    with Gate.open(place, index=tmp_path / "index", threads=1) as gate:
        gate.check(showing(photo("coffee"), id="first", author="ann"))
        yield gate


@pytest.fixture
def desk(gate: Gate) -> Desk:
    return Desk(gate.register, undo_for=timedelta(0))


def blocked_and_appealed(gate: Gate, note_id: str = "copy") -> int:
    """A mirrored copy is blocked, its author appeals; number of the case."""
    verdict = gate.check(showing(MIRRORED, id=note_id, author="ben", hours=3))
    assert verdict.decision is Decision.BLOCK
    return appealed(gate, note_id)


def appealed(gate: Gate, note_id: str) -> int:
    row = gate.register.latest_verdict(note_id)
    assert row is not None
    new = NewAppeal(
        verdict_id=row.verdict_id,
        note_id=note_id,
        author_id=row.author_id,
        at=datetime.now(UTC),
        statement="it is mine",
    )
    with gate.register.transaction() as now:
        now.open_appeal(new)
    return gate.register.cases(APPEALS)[-1].case_id


def test_an_appeal_waits_in_a_queue_of_its_own(gate: Gate, desk: Desk) -> None:
    number = blocked_and_appealed(gate)
    assert gate.register.cases(Wanted()) == []
    assert desk.take_next(MEI) is None
    case = desk.take_next(MEI, APPEALS)
    assert case is not None
    assert (case.case_id, case.note_id, case.reason) == (number, "copy", "image.copy")
    assert gate.register.count_alike([case]) == {}
    assert gate.register.alike(case) == []


def test_a_later_verdict_does_not_end_an_appeal(gate: Gate, desk: Desk) -> None:
    """The note is edited and passes; the accusation before still wants an answer."""
    number = blocked_and_appealed(gate)
    passed = showing(photo("rocket"), id="copy", author="ben", hours=4, revision=2)
    assert gate.check(passed).decision is Decision.PASS
    assert gate.register.case(number).state is CaseState.OPEN


def test_whoever_decided_the_note_leaves_the_appeal_to_others(
    place: str | Path, tmp_path: Path
) -> None:
    with Gate.open(place, index=tmp_path / "index", threads=1, policy=CAREFUL) as gate:
        desk = Desk(gate.register, undo_for=timedelta(0))
        gate.check(showing(photo("coffee"), id="first", author="ann"))
        gate.check(showing(MIRRORED, id="copy", author="ben", hours=3))
        case = desk.take_next(MEI)
        assert case is not None
        desk.decide([case.case_id], MEI, "copied")
        desk.settle()
        number = appealed(gate, "copy")
        assert desk.take_next(MEI, APPEALS) is None
        with pytest.raises(NotAllowed, match="`mei` has decided"):
            desk.take(number, MEI)
        with pytest.raises(NotAllowed, match="`mei` has decided"):
            desk.decide_appeal(number, SEEN, MEI)
        assert gate.register.case(number).state is CaseState.OPEN
        case = desk.take_next(LIN, APPEALS)
        assert case is not None
        assert case.case_id == number


@pytest.fixture
def decided(place: str | Path, tmp_path: Path) -> Iterator[Gate]:
    """Mei has blocked ben's copy, and ben appeals."""
    with Gate.open(place, index=tmp_path / "index", threads=1, policy=CAREFUL) as gate:
        gate.check(showing(photo("coffee"), id="first", author="ann"))
        gate.check(showing(MIRRORED, id="copy", author="ben", hours=3))
        desk = Desk(gate.register, undo_for=timedelta(0))
        desk.decide([gate.register.cases(Wanted())[0].case_id], MEI, "copied")
        desk.settle()
        appealed(gate, "copy")
        yield gate


def test_an_appeal_has_the_reason_that_a_person_decided_on(decided: Gate) -> None:
    """Not that somebody has decided."""
    (case,) = decided.register.cases(APPEALS)
    assert case.reason == "image.copy"


def test_what_was_decided_by_a_mistake_is_a_golden_case(decided: Gate) -> None:
    """Its right answer is known now; whoever has seen it is not asked."""
    (wrong,) = decided.register.cases(Wanted(state=CaseState.CLOSED))
    (case,) = decided.register.cases(APPEALS)
    ruled = Ruled(overturned=True, by="whoever", reason="another cup, see the handle")
    Desk(decided.register).decide_appeal(case.case_id, ruled, LIN)
    golden = decided.register.golden(wrong.case_id)
    assert golden is not None
    assert (golden.by, golden.said.decision) == ("lin", Decision.PASS)
    assert golden.said.mistaken == wrong_kinds(decided, wrong.verdict_id)
    assert golden.said.words == "another cup, see the handle"


def wrong_kinds(gate: Gate, verdict_id: int) -> tuple[FindingKind, ...]:
    return tuple(gate.register.verdicts_numbered([verdict_id])[verdict_id].verdict.reason_kinds())


def test_nor_is_it_known_while_a_person_has_to_look_again(
    place: str | Path, tmp_path: Path
) -> None:
    """The match is not so, and what else was found still asks for somebody."""
    both = CAREFUL.to_json()["rule"] + [
        {
            "name": "contact",
            "kind": "text.diversion.contact",
            "steps": [{"at": 0.5, "decision": "review"}],
        }
    ]
    policy = Policy.from_json(CAREFUL.to_json() | {"rule": both})
    with Gate.open(place, index=tmp_path / "index", threads=1, policy=policy) as gate:
        gate.check(showing(photo("coffee"), id="first", author="ann"))
        selling = showing(MIRRORED, id="copy", author="ben", hours=3, text="想要的加微信 abc12345")
        gate.check(selling)
        desk = Desk(gate.register, undo_for=timedelta(0))
        (waiting,) = gate.register.cases(Wanted())
        desk.decide([waiting.case_id], MEI, "copied")
        desk.settle()
        copy = tuple(k for k in wrong_kinds(gate, waiting.verdict_id) if k.startswith("image."))
        ruled = Ruled(overturned=True, by="whoever", reason="another cup", findings=copy)
        decided = desk.decide_appeal(appealed(gate, "copy"), ruled, LIN)
        assert decided.after is Decision.REVIEW
        assert gate.register.golden(waiting.case_id) is None


@pytest.mark.parametrize(
    "ruled",
    [
        SEEN,
        Ruled(
            overturned=True, by="whoever", reason="see the file", licensed=True, proof="contract 7"
        ),
        Ruled(
            overturned=True,
            by="whoever",
            reason="see the file",
            first=First(author_id="ben", at=datetime(2020, 1, 1, tzinfo=UTC), proof="raw"),
        ),
    ],
    ids=["upheld", "licensed", "first"],
)
def test_what_could_not_be_seen_in_the_case_makes_none(decided: Gate, ruled: Ruled) -> None:
    """Nor does what was right."""
    (before,) = decided.register.cases(Wanted(state=CaseState.CLOSED))
    (case,) = decided.register.cases(APPEALS)
    Desk(decided.register).decide_appeal(case.case_id, ruled, LIN)
    assert decided.register.golden(before.case_id) is None


def test_nor_does_the_same_person_decide_a_second_appeal(gate: Gate, desk: Desk) -> None:
    desk.decide_appeal(blocked_and_appealed(gate), SEEN, MEI)
    number = appealed(gate, "copy")
    with pytest.raises(NotAllowed):
        desk.decide_appeal(number, SEEN, MEI)
    assert desk.decide_appeal(number, SEEN, LIN).review_id


def test_an_appeal_upheld_is_done_and_says_by_whom(gate: Gate, desk: Desk) -> None:
    number = blocked_and_appealed(gate)
    desk.take(number, MEI)
    decided = desk.decide_appeal(number, SEEN, MEI)
    assert decided.appeal.state is AppealState.UPHELD
    case = gate.register.case(number)
    assert (case.state, case.decided_by) == (CaseState.CLOSED, "mei")
    assert [line.by for line in gate.register.case_log(number)] == ["system", "mei", "mei"]
    with pytest.raises(CaseSettled):
        desk.decide_appeal(number, SEEN, LIN)


def test_an_overturned_appeal_frees_the_note_and_what_rests_on_it(gate: Gate, desk: Desk) -> None:
    number = blocked_and_appealed(gate)
    first = First(author_id="ben", at=datetime(2020, 1, 2, tzinfo=UTC), proof="camera file")
    ruled = Ruled(overturned=True, by="whoever", reason="camera file seen", first=first)
    decided = desk.decide_appeal(number, ruled, MEI)
    assert (decided.before, decided.after) == (Decision.BLOCK, Decision.PASS)
    desk.settle()
    latest = gate.register.latest_verdict("first")
    assert latest is not None
    assert latest.verdict.decision is Decision.REVIEW  # its author is heard before anything follows
    assert [case.note_id for case in gate.register.cases(Wanted())] == ["first"]


def test_a_word_why_is_needed_and_a_foreign_hold_respected(gate: Gate, desk: Desk) -> None:
    number = blocked_and_appealed(gate)
    with pytest.raises(BadNote, match="needs a word why"):
        desk.decide_appeal(number, Ruled(overturned=False, by="whoever", reason=" "), MEI)
    desk.take(number, MEI)
    with pytest.raises(CaseTaken):
        desk.decide_appeal(number, SEEN, LIN)
    with pytest.raises(BadNote, match="is an appeal"):
        desk.decide([number], MEI, "mistaken")
    assert gate.register.open_appeals()[0].state is AppealState.OPEN


def test_an_appeal_decided_elsewhere_ends_its_case(gate: Gate) -> None:
    number = blocked_and_appealed(gate)
    (appeal,) = gate.register.open_appeals()
    gate.decide_appeal(appeal.appeal_id, Ruled(overturned=True, by="kim", reason="seen"))
    assert gate.register.case(number).state is CaseState.CLOSED
