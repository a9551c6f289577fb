"""A note that nobody can look at goes to a person."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from kit.hours import within_one_hour
from kit.notes import photo, showing
from kit.subscribers import listen
from sqlalchemy import select

from moderation import Decision, Gate, Policy
from moderation.errors import InFlight, KeyReused
from moderation.explain import explain_verdict
from moderation.finding import ItemFailure
from moderation.gate import Shadow
from moderation.gate.publishing import keys
from moderation.gate.publishing.submission import Submission
from moderation.store.service.tables import EVENTS
from moderation.verdict import Completeness, Registration

CAT = photo("chelsea")
POISON = ItemFailure(code="poison_note", message="could not be judged in 3 tries", hint="look")
LENIENT = Policy.parse('title = "t"\n[fail.default]\non_error = "pass"\n', name="t")
STRICT = Policy.parse('title = "t"\n[fail.default]\non_error = "block"\n', name="t")
STRICT_UNDER_A_BRAKE = """
title = "t"
[fail.default]
on_error = "block"
[[brake]]
blocks_per_hour = 1
"""


@pytest.fixture
def gate(place: str | Path, tmp_path: Path) -> Iterator[Gate]:
    with Gate.open(place, index=tmp_path / "index", threads=1) as gate:
        yield gate


def submission(revision: int = 1, *, digest: str = "sha256:1") -> Submission:
    note = showing(CAT, revision=revision)
    return Submission(note=note, key=f"{note.id}:{revision}", body_digest=digest)


def test_it_is_told_like_every_verdict_and_shows_no_picture(gate: Gate) -> None:
    """Reason, failure, audit, event; asked again, the same answer."""
    listen(gate.register)
    answer = gate.refer(submission(), POISON)
    verdict = answer.verdict
    assert (verdict.decision, verdict.completeness) == (Decision.REVIEW, Completeness.PARTIAL)
    assert verdict.registration is Registration.SKIPPED
    assert verdict.failures == (POISON,)
    assert gate.register.pictures_of_note("n1") == []
    assert gate.answer(answer.verdict_id or 0)[0].verdict == verdict
    with gate.register._connected() as connection:
        (payload,) = connection.execute(select(EVENTS.c.payload)).scalars()
    assert (payload["decision"], payload["verdict_id"]) == ("review", f"v_{answer.verdict_id}")
    for again in (gate.refer(submission(), POISON), gate.submit(submission())):
        assert (again.replayed, again.verdict_id) == (True, answer.verdict_id)
    with pytest.raises(KeyReused):
        gate.refer(submission(digest="sha256:2"), POISON)
    assert explain_verdict(verdict, lang="zh")


@pytest.mark.parametrize(
    ("policy", "wanted"),
    [(LENIENT, Decision.REVIEW), (STRICT, Decision.BLOCK)],
    ids=["lenient", "strict"],
)
def test_no_policy_makes_it_softer(tmp_path: Path, policy: Policy, wanted: Decision) -> None:
    with Gate.open(tmp_path, policy=policy, threads=1) as gate:
        verdict = gate.refer(submission(), POISON).verdict
    assert verdict.decision is wanted
    assert [reason.decision for reason in verdict.reasons] == [wanted]


def test_what_an_earlier_revision_published_stays(gate: Gate) -> None:
    gate.submit(submission())
    gate.refer(submission(2), POISON)
    (picture,) = gate.register.pictures_of_note("n1")
    assert (picture.state, picture.revision) == ("registered", 1)


def test_who_is_at_work_on_it_is_not_overtaken(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until that one is taken for dead."""
    keys.take(gate.register, submission())
    with pytest.raises(InFlight):
        gate.refer(submission(), POISON)
    with monkeypatch.context() as patch:
        patch.setattr(keys, "UNHURRIED", timedelta(0))
        keys.take(gate.register, submission(2))
    assert gate.refer(submission(2), POISON).verdict.decision is Decision.REVIEW


def test_it_is_under_the_brake_like_every_block(tmp_path: Path) -> None:
    """And shows no picture all the same."""
    policy = Policy.parse(STRICT_UNDER_A_BRAKE, name="t")
    within_one_hour()
    with Gate.open(tmp_path, policy=policy, threads=1) as gate:
        told = [gate.refer(submission(revision), POISON).verdict for revision in (1, 2)]
    assert [verdict.decision.value for verdict in told] == ["block", "review"]
    assert [verdict.registration for verdict in told] == [Registration.SKIPPED] * 2


def test_the_canary_s_policy_speaks_for_its_share(tmp_path: Path) -> None:
    canary = Shadow(policy=STRICT)
    with Gate.open(tmp_path, policy=LENIENT, canary=canary, threads=1) as gate:
        verdict = gate.refer(submission(), POISON).verdict
    assert (verdict.policy_digest, verdict.decision) == (STRICT.digest, Decision.BLOCK)
