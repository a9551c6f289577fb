"""The worst of a scan before people: as many as they can do, nobody twice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from kit.notes import HOUR, MORNING, photo
from kit.pictures import cropped, recompressed, scene
from kit.subscribers import listen
from kit.told_archive import QUICK, row, written
from sqlalchemy import select

from moderation import Gate
from moderation.archive import read_notes
from moderation.note import Note
from moderation.policy import Policy
from moderation.replay import replay
from moderation.scan import Referred, judge, observe, pair, refer_worst
from moderation.store import NewReview, Register
from moderation.store.review_records import Answer
from moderation.store.service.tables import EVENTS
from moderation.verdict import Decision, Registration, Verdict

ROWS = [
    row("coffee", "ann", 0, photo("coffee")),
    row("copied", "ben", 10, recompressed(photo("coffee"), 60)),
    row("crop", "cat", 11, cropped(photo("coffee"), 0.8)),
    row("again", "dan", 12, recompressed(photo("coffee"), 40)),
    row("alone", "eve", 13, scene(3, 300, 400)),
]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("archive"), ROWS)


@pytest.fixture
def register(source: Path, tmp_path: Path) -> Iterator[Register]:
    """A real register with the original, which a subscriber listens to."""
    (first, *_) = read_notes(source)
    with Gate.open(tmp_path / "register") as gate:
        gate.register_many([first])
        yield gate.register


def referred(source: Path, out: Path, most: int) -> Referred:
    register = str(out.parent / "register")
    observe(source, out, workers=1, without=QUICK)
    pair(source, out, workers=1, without=QUICK, register=register)
    policy = Policy.default()
    judged = judge(out, policy, register=register, as_of="then", without=QUICK)
    return refer_worst(
        judged, out, policy, register=register, as_of="then", without=QUICK, most=most
    )


def counts(found: Referred) -> dict[str, int]:
    return {why.value: count for why, count in found.counts.items() if count}


def last(register: Register, note_id: str) -> Verdict | None:
    row = register.latest_verdict(note_id)
    return None if row is None else row.verdict


def test_the_worst_first_and_no_more_than_asked(
    source: Path, register: Register, tmp_path: Path
) -> None:
    """Blocks before what is only to be looked at; the rest another day, nobody twice."""
    found = referred(source, tmp_path / "out", most=1)
    assert counts(found) == {"referred": 1, "left": 2}
    assert found.serious == 3
    told = {note_id: last(register, note_id) for note_id in ("copied", "again", "crop")}
    (first,) = [note_id for note_id, verdict in told.items() if verdict is not None]
    assert first in ("copied", "again")
    again = referred(source, tmp_path / "out", most=9)
    assert counts(again) == {"referred": 2, "waiting": 1}
    assert counts(referred(source, tmp_path / "out", most=9)) == {"waiting": 3}


def test_nothing_is_blocked_by_a_scan(source: Path, register: Register, tmp_path: Path) -> None:
    """A review, with what the policy demanded, and the evidence; pictures stay as they are."""
    before = register.stats()
    referred(source, tmp_path / "out", most=9)
    verdict = last(register, "copied")
    assert verdict is not None
    assert verdict.decision is Decision.REVIEW
    (reason,) = verdict.reasons
    assert (reason.decision, reason.instead_of) == (Decision.REVIEW, Decision.BLOCK)
    (finding,) = verdict.findings
    assert finding.match is not None
    assert finding.match.note_id == "coffee"
    (held,) = register.pictures_of_note("coffee")
    assert finding.match.picture_id == held.picture_id
    assert verdict.registration is Registration.SKIPPED
    after = register.stats()
    assert (after.pictures, after.claims) == (before.pictures, before.claims)
    assert after.verdicts == before.verdicts + 3
    other = last(register, "crop")
    assert other is not None
    assert [reason.instead_of for reason in other.reasons] == [None]


def test_what_was_referred_can_be_explained(
    source: Path, register: Register, tmp_path: Path
) -> None:
    """The audit says by the rules of which day, so its own policy says the same again."""
    referred(source, tmp_path / "out", most=9)
    again = replay(str(tmp_path / "register"), None, as_of="then")
    assert (again.all.judged, again.flipped) == (3, 0)
    days = [
        row.judged_as.as_of
        for row in register.last_verdicts(upto=register.last_verdict_number())
        if row.judged_as is not None
    ]
    assert days == [MORNING + hours * HOUR for hours in (10, 12, 11)]


def test_pictures_that_only_the_scan_knows_have_no_number(
    source: Path, register: Register, tmp_path: Path
) -> None:
    """A number of the scan's own register means another picture in the real one."""
    referred(source, tmp_path / "out", most=9)
    held = {picture.picture_id for picture in register.pictures_of_note("coffee")}
    for note_id in ("copied", "again", "crop"):
        verdict = last(register, note_id)
        assert verdict is not None
        for finding in verdict.findings:
            if finding.match is not None:
                known = finding.match.note_id == "coffee"
                assert (finding.match.picture_id in held) is known
                assert known or finding.match.picture_id == 0


def test_people_are_asked_once(source: Path, register: Register, tmp_path: Path) -> None:
    """Whoever has answered to a verdict on the note, whatever it was, has answered."""
    notes = {note.id: note for note in read_notes(source) if isinstance(note, Note)}
    with Gate.open(tmp_path / "register") as gate:
        gate.check(notes["copied"])
    answer = NewReview(note_id="copied", by="mo", answer=Answer.OVERTURNED)
    with register.transaction() as now:
        now.record_review(answer)
    assert counts(referred(source, tmp_path / "out", most=9))["answered"] == 1


def test_what_was_edited_since_is_left_alone(
    source: Path, register: Register, tmp_path: Path
) -> None:
    edited = written(tmp_path / "edited", [row("copied", "ben", 20, scene(9), revision=2)])
    with Gate.open(tmp_path / "register") as gate:
        gate.check(next(iter(read_notes(edited))))
    assert counts(referred(source, tmp_path / "out", most=9))["edited"] == 1


def test_subscribers_are_told(source: Path, register: Register, tmp_path: Path) -> None:
    """As `verdict.changed`, in the transaction of the review; what it said before is told."""
    listen(register)
    notes = {note.id: note for note in read_notes(source) if isinstance(note, Note)}
    with Gate.open(tmp_path / "lenient") as elsewhere:
        passed = elsewhere.check(notes["copied"])
    with register.transaction() as now:
        now.record_verdict(passed, note=notes["copied"], decided_at=datetime.now(UTC))
    referred(source, tmp_path / "out", most=9)
    query = select(EVENTS.c.note_id, EVENTS.c.payload).where(EVENTS.c.type == "verdict.changed")
    with register._connected() as connection:
        told = {row.note_id: row.payload for row in connection.execute(query)}
    assert told.keys() == {"copied", "again", "crop"}
    assert told["copied"]["previous"] == "pass"
    assert told["again"]["previous"] is None
    assert {(one["decision"], one["cause"]) for one in told.values()} == {("review", "retro")}
