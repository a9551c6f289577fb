"""A trial says what would follow, to the last verdict; it writes nothing and holds nobody up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from kit.late_rows import HOUR, MORNING, first_note, record, viral

from moderation import Gate
from moderation.gate.rights import trial
from moderation.gate.rights.again import Outcome
from moderation.gate.rights.declarations import link, record_claim
from moderation.gate.rights.following import Portion, next_portion
from moderation.note import Claim
from moderation.store import Register, Transaction, Truth
from moderation.store.reading import Reading


@pytest.fixture
def gate(place: str | Path, tmp_path: Path) -> Iterator[Gate]:
    with Gate.open(place, index=tmp_path / "index", threads=1) as gate:
        yield gate


def tell_proof(now: Transaction) -> Claim:
    at = MORNING - HOUR
    return record_claim(
        now, "first", 0, author_id="author3", basis="external_proof", at=at, proof=""
    )


def tell_licence(now: Transaction) -> Claim:
    return record_claim(
        now, "first", 0, author_id="author1", basis="licensed", at=MORNING, proof=""
    )


@pytest.mark.parametrize(
    "tell",
    [tell_proof, tell_licence, lambda now: link(now, "alice", ["author2", "author4"])],
    ids=["proof", "licence", "link"],
)
def test_a_trial_says_what_then_follows(gate: Gate, tell: Callable[[Transaction], object]) -> None:
    """In several portions, note by note, also where a note has several verdicts."""
    work = viral(gate.register, 230)
    with gate.register.transaction() as now:
        (picture,) = now.pictures_of_note("first")
        for number in (1, 2, 3):
            shown = {0: [(work, picture.picture_id)]}
            record(now, f"copy{number}", f"author{number}", shown, at=MORNING + 9 * HOUR)
    tried = gate.try_late(tell)
    with gate.register.transaction() as now:
        tell(now)
    followed = gate.follow_late()
    assert tried.counts == followed.counts
    assert tried.unjudged == followed.unjudged
    assert [(one.note_id, one.before, one.after) for one in tried.examples] == [
        (one.note_id, one.before, one.after) for one in followed.examples
    ]
    assert followed.changed


def test_nobody_waits_for_a_trial(
    gate: Gate, place: str | Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others register while verdicts are looked at; the trial sees the moment that it began at."""
    viral(gate.register, 120)
    looked: list[Portion] = []

    def registering(now: Reading, truth: Truth) -> Portion:
        with Register.open(place, busy_timeout_s=0.1) as other, other.transaction() as writing:
            first_note(writing, f"meanwhile{len(looked)}", "zoe")
        looked.append(next_portion(now, truth))
        return looked[-1]

    monkeypatch.setattr(trial, "next_portion", registering)
    tried = gate.try_late(tell_proof)
    assert len(looked) == 3
    assert tried.counts[Outcome.FREED] == 1
