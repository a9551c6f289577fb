"""What came into the register meanwhile is searched for before its lock is taken."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from kit.notes import photo, showing

from moderation import Decision, Gate
from moderation.gate import gate as gates
from moderation.gate.deciding.conclusion import caught_up
from moderation.gate.index.followed import FollowedIndex
from moderation.gate.looking.examination import Examination
from moderation.gate.looking.underway import Underway
from moderation.gate.publishing import answering
from moderation.gate.publishing.submission import Submission

CAT = photo("chelsea")


@pytest.fixture
def late(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A gate that is asked about eve's cat, and is told of alice's while it looks."""
    looked = Underway._so_far
    with Gate.open(tmp_path / "register") as gate:

        def slowly(self: Underway, cause: Any) -> Examination:
            examined = looked(self, cause)
            if self.note.id == "eve's":
                gate.check(showing(CAT, id="alice's", author="alice", hours=None))
            return examined

        monkeypatch.setattr(Underway, "_so_far", slowly)
        yield gate


def nothing_is_searched_inside(module: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    conclude = module.conclude

    def searched(*_: Any) -> None:
        raise AssertionError("the index was searched while everybody waited")

    def concluding(*arguments: Any, **options: Any) -> Any:
        with pytest.MonkeyPatch.context() as inside:
            for name in ("sharing", "alike", "near"):
                inside.setattr(FollowedIndex, name, searched)
            return conclude(*arguments, **options)

    monkeypatch.setattr(module, "conclude", concluding)


def test_a_check_searches_before(late: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    """And finds what was not there when it began."""
    nothing_is_searched_inside(gates, monkeypatch)
    verdict = late.check(showing(CAT, id="eve's", author="eve", hours=None))
    assert verdict.decision is Decision.BLOCK
    assert not verdict.failures


def test_an_answer_searches_before(late: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the publish queue likewise."""
    nothing_is_searched_inside(answering, monkeypatch)
    note = showing(CAT, id="eve's", author="eve", hours=None)
    verdict = late.submit(Submission(note=note)).verdict
    assert verdict.decision is Decision.BLOCK
    assert not verdict.failures


def test_what_is_known_is_not_searched_for_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing was added: the examination is the same."""
    with Gate.open(tmp_path / "register") as gate:
        examined = gate._underway(showing(CAT, id="eve's", author="eve", hours=None)).run()
        assert caught_up(examined, gate.register, gate._index) is examined
        gate.check(showing(CAT, id="alice's", author="alice", hours=None))
        ahead = caught_up(examined, gate.register, gate._index)
        assert (ahead.seq, len(ahead.pictures[0].matches)) == (gate.register.last_seq(), 1)
        assert caught_up(ahead, gate.register, gate._index) is ahead


def test_a_fault_before_the_lock_is_left_to_the_verdict(
    late: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which names it, and a person looks."""

    def broken(*_: Any) -> None:
        raise ZeroDivisionError

    examined = late._underway(showing(CAT, id="eve's", author="eve", hours=None)).run()
    monkeypatch.setattr(FollowedIndex, "alike", broken)
    assert caught_up(examined, late.register, late._index) is examined
    verdict = late._conclude(examined, register=True)
    assert verdict.decision is Decision.REVIEW
    assert {failure.detector for failure in verdict.failures} == {"copies"}
