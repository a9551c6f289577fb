"""An appeal that a person decides: everything that rested on the mistake is put right."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from kit import pictures
from kit.late_rows import words
from kit.notes import MORNING, photo, showing
from kit.subscribers import listen
from sqlalchemy import select

from moderation import Gate, Policy
from moderation.errors import AppealSettled, BadNote, UnknownSubject
from moderation.finding import Difference, FindingKind
from moderation.gate.rights.ruling import First, Ruled
from moderation.note import ClaimBasis
from moderation.store import AppealState, NewAppeal, Register
from moderation.store.service.tables import EVENTS

CAT = photo("chelsea")
CAREFUL = Policy.parse(
    'title = "t"\n[[rule]]\nname = "copy"\nkind = "image.copy"\n'
    'steps = [{ at = 0.5, decision = "review" }]\n',
    name="t",
)


@pytest.fixture
def gate(place: str | Path, tmp_path: Path) -> Iterator[Gate]:
    with Gate.open(place, index=tmp_path / "index", threads=1) as gate:
        listen(gate.register)
        yield gate


def appeal(gate: Gate, note_id: str) -> int:
    row = gate.register.verdicts(note_id)[-1]
    new = NewAppeal(
        verdict_id=row.verdict_id,
        note_id=note_id,
        author_id=row.author_id,
        at=datetime.now(UTC),
        statement="it is mine",
    )
    with gate.register.transaction() as now:
        return now.open_appeal(new)[0].appeal_id


def events(register: Register) -> list[tuple[str, str, str]]:
    with register._connected() as connection:
        query = select(EVENTS.c.type, EVENTS.c.payload).order_by(EVENTS.c.event_id)
        return [
            (row.type, row.payload["note_id"], row.payload["decision"])
            for row in connection.execute(query)
        ]


def copied(gate: Gate) -> None:
    gate.check(showing(CAT, id="a1", author="ava"))
    gate.check(showing(CAT, id="b1", author="ben", hours=1))
    gate.check(showing(CAT, id="c1", author="cy", hours=2))


def test_who_was_first_is_put_right_for_all_notes(gate: Gate) -> None:
    """A matter of rights: the match stays confirmed, the claim moves, others follow."""
    copied(gate)
    first = First(author_id="ben", at=MORNING.replace(year=2020), proof="raw file")
    ruled = Ruled(overturned=True, by="mia", reason="raw file seen", first=first)
    decided = gate.decide_appeal(appeal(gate, "b1"), ruled)
    assert (decided.before, decided.after) == ("block", "pass")
    assert words(gate.register) == {
        "a1": ("review", "block"),
        "b1": ("pass", "pass"),
        "c1": ("block", "block"),
    }
    (picture,) = gate.register.pictures_of_note("a1")
    (work,) = gate.register.works([picture.work_id]).values()
    assert {(c.author_id, c.basis) for c in work.claims} >= {("ben", ClaimBasis.EXTERNAL_PROOF)}
    (review,) = gate.register.reviews(note_id="b1")
    assert (review.answer, review.settles, review.by) == (None, True, "mia")
    assert review.findings == {FindingKind.IMAGE_COPY: "confirmed"}
    assert ("appeal.decided", "b1", "pass") in events(gate.register)
    assert ("verdict.changed", "a1", "review") in events(gate.register)
    assert gate.register.open_appeals() == []


def test_a_licence_found_out_by_an_appeal_frees_its_holder_alone(gate: Gate) -> None:
    copied(gate)
    ruled = Ruled(overturned=True, by="mia", licensed=True, proof="contract 7")
    gate.decide_appeal(appeal(gate, "b1"), ruled)
    assert {n: w for n, (w, _) in words(gate.register).items()} == {
        "a1": "pass",
        "b1": "pass",
        "c1": "block",
    }


def test_a_mistaken_match_is_undone_wherever_it_counted(gate: Gate) -> None:
    """The held picture leaves the work; the very same file elsewhere is put right, too."""
    gate.policy = CAREFUL
    gate.check(showing(CAT, id="a1", author="ava"))
    like = pictures.recompressed(CAT, 60)
    gate.check(showing(like, id="b1", author="ben", hours=1))
    gate.check(showing(like, id="b2", author="ben", hours=2))
    gate.check(showing(pictures.recompressed(CAT, 40), id="c1", author="cy", hours=3))
    (before,) = gate.register.pictures_of_note("b1")
    decided = gate.decide_appeal(appeal(gate, "b1"), Ruled(overturned=True, by="mia"))
    assert (decided.after, decided.others) == ("pass", 1)
    assert {n: w for n, (w, _) in words(gate.register).items()} == {
        "a1": "pass",
        "b1": "pass",
        "b2": "pass",
        "c1": "review",
    }
    (after,) = gate.register.pictures_of_note("b1")
    assert after.work_id != before.work_id
    assert after.state == "registered"
    (work,) = gate.register.works([after.work_id]).values()
    assert [(c.author_id, c.note_id) for c in work.claims] == [("ben", "b1")]
    last = gate.register.verdicts("b1")[-1]
    assert {f.difference for f in last.verdict.findings} == {Difference.OVERTURNED}
    assert last.verdict.decision == "pass"
    # What a person said stays, whatever is told later of the other work.
    gate.claim("a1", author_id="dan", basis="external_proof", at=MORNING.replace(year=2020))
    assert words(gate.register)["b1"][0] == "pass"


def test_one_file_shows_what_it_shows(gate: Gate) -> None:
    """Nobody can rule that a file does not show itself; rights are another matter."""
    gate.policy = CAREFUL
    copied(gate)
    number = appeal(gate, "b1")
    with pytest.raises(BadNote, match="the very file"):
        gate.decide_appeal(number, Ruled(overturned=True, by="mia"))
    assert words(gate.register)["b1"][0] == "review"


def test_a_verdict_that_stands_is_told_and_changes_nothing(gate: Gate) -> None:
    copied(gate)
    number = appeal(gate, "b1")
    before = gate.register.last_verdict_number()
    decided = gate.decide_appeal(number, Ruled(overturned=False, by="mia", reason="seen"))
    assert decided.appeal.state is AppealState.UPHELD
    assert gate.register.last_verdict_number() == before
    assert events(gate.register)[-1] == ("appeal.decided", "b1", "block")
    with pytest.raises(AppealSettled):
        gate.decide_appeal(number, Ruled(overturned=True, by="mia"))
    with pytest.raises(UnknownSubject):
        gate.decide_appeal(number + 1, Ruled(overturned=True, by="mia"))


def test_what_contradicts_itself_is_refused(gate: Gate) -> None:
    """And nothing is written: the appeal stays open."""
    with pytest.raises(BadNote):
        Ruled(overturned=False, by="mia", licensed=True)
    with pytest.raises(BadNote):
        Ruled(overturned=True, by="")
    gate.check(showing(id="t1", author="ben", text="加微信 abc12345 下单，全网最低价，私聊发货"))
    row = gate.register.verdicts("t1")[-1]
    assert row.verdict.decision != "pass"
    number = appeal(gate, "t1")
    with pytest.raises(BadNote):
        gate.decide_appeal(number, Ruled(overturned=True, by="mia", licensed=True))
    assert [a.appeal_id for a in gate.register.open_appeals()] == [number]
    decided = gate.decide_appeal(number, Ruled(overturned=True, by="mia"))
    assert decided.after == "pass"
    assert replace(decided.appeal, state=AppealState.OPEN).note_id == "t1"
