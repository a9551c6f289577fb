"""What is told after verdicts were given: who follows, who is freed, who goes to a person."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from kit.late_rows import HOUR, MORNING, first_note, record, viral, words
from kit.notes import photo, showing
from kit.subscribers import listen
from sqlalchemy import select

from moderation import Decision, Gate
from moderation.errors import UnknownSubject
from moderation.finding import Difference
from moderation.gate.rights.again import Outcome
from moderation.gate.rights.declarations import record_claim
from moderation.store import LateCause, Register
from moderation.store.service.tables import EVENTS
from moderation.verdict import Registration

CAT = photo("chelsea")


@pytest.fixture
def gate(place: str | Path, tmp_path: Path) -> Iterator[Gate]:
    with Gate.open(place, index=tmp_path / "index", threads=1) as gate:
        yield gate


def told(register: Register) -> list[dict[str, object]]:
    with register._connected() as connection:
        query = select(EVENTS.c.payload).order_by(EVENTS.c.event_id)
        return list(connection.execute(query).scalars())


def test_proof_frees_whom_it_names_and_brings_the_first_before_a_person(gate: Gate) -> None:
    """Ben was blocked, Ava passed as the first; nobody is blocked in retrospect."""
    gate.check(showing(CAT, id="a1", author="ava"))
    gate.check(showing(CAT, id="b1", author="ben", hours=1))
    gate.check(showing(CAT, id="c1", author="cy", hours=2))
    listen(gate.register)
    assert words(gate.register)["b1"] == ("block", "block")
    gate.claim("a1", author_id="ben", basis="external_proof", at=MORNING - HOUR, proof="raw file")
    assert words(gate.register) == {
        "a1": ("review", "block"),
        "b1": ("pass", "pass"),
        "c1": ("block", "block"),
    }
    freed = gate.register.verdicts("b1")[-1]
    assert [f.difference for f in freed.verdict.findings] == [Difference.SAME_AUTHOR]
    assert freed.verdict.registration is Registration.SKIPPED
    change = gate.register.changes([freed.verdict_id])[freed.verdict_id]
    assert (change.cause, change.before_id, change.by) == ("claim", 2, "system")
    (finding,) = gate.register.verdicts("a1")[-1].verdict.findings
    assert (finding.detail["holder"], finding.detail["claim"]) == ("ben", "external_proof")
    assert sorted((e["note_id"], e["previous"], e["decision"]) for e in told(gate.register)) == [
        ("a1", "pass", "review"),
        ("b1", "block", "pass"),
    ]
    assert {e["cause"] for e in told(gate.register)} == {"claim"}
    again = gate.check(showing(CAT, id="b1", author="ben", hours=1), register=False)
    assert again.decision is Decision.PASS


def test_a_licence_frees_its_holder_and_accuses_nobody(gate: Gate) -> None:
    """A second look changes nothing; taken back, the holder goes to a person."""
    gate.check(showing(CAT, id="a1", author="ava"))
    gate.check(showing(CAT, id="b1", author="ben", hours=1))
    gate.check(showing(CAT, id="c1", author="cy", hours=2))
    gate.claim("a1", author_id="ben", basis="licensed")
    wanted = {"a1": ("pass", "pass"), "b1": ("pass", "pass"), "c1": ("block", "block")}
    assert words(gate.register) == wanted
    before = gate.register.last_verdict_number()
    gate.claim("a1", author_id="ben", basis="licensed")
    gate.follow_late()
    assert gate.register.last_verdict_number() == before
    gate.withdraw_claim("a1", author_id="ben", basis="licensed", reason="it ended", by="mia")
    assert words(gate.register) == wanted | {"b1": ("review", "block")}
    with pytest.raises(UnknownSubject):
        gate.withdraw_claim("a1", author_id="ben", basis="licensed")
    with pytest.raises(UnknownSubject):  # what a note claims by showing goes with the note
        gate.withdraw_claim("a1", author_id="ava", basis="first_seen")


@pytest.mark.parametrize("how", ["exempt", "link"])
def test_exemption_and_link_free_those_before_too(gate: Gate, how: str) -> None:
    with gate.register.transaction() as now:
        work, picture = first_note(now, "first", "alice")
        record(now, "copy", "bob", {0: [(work, picture)]}, at=MORNING + HOUR)
        record(now, "other", "cy", {0: [(work, picture)]}, at=MORNING + HOUR)
    if how == "exempt":
        gate.exempt("first", reason="frame")
    else:
        gate.link_authors("alice", ["bob"])
    other = ("pass", "pass") if how == "exempt" else ("block", "block")
    wanted = {"first": ("pass", "pass"), "copy": ("pass", "pass"), "other": other}
    assert words(gate.register) == wanted
    (truth,) = gate.register.truths()
    assert truth.done_at is not None
    assert truth.authors == ()


def test_a_held_picture_is_registered_where_nobody_waits_to_publish_it(gate: Gate) -> None:
    """A review that ends well leaves the note as one that passed; a pipeline's hold goes on."""
    from moderation.policy import Policy

    text = gate.policy.to_json()
    assert text
    careful = Policy.parse(
        'title = "t"\n[[rule]]\nname = "copy"\nkind = "image.copy"\n'
        'steps = [{ at = 0.5, decision = "review" }]\n',
        name="t",
    )
    gate.policy = careful
    gate.check(showing(CAT, id="a1", author="ava"))
    held = gate.check(showing(CAT, id="b1", author="ben", hours=1))
    assert (held.decision, held.registration) == (Decision.REVIEW, Registration.HELD)
    gate.claim("a1", author_id="ben", basis="licensed")
    (picture,) = gate.register.pictures_of_note("b1")
    assert picture.state == "registered"
    last = gate.register.verdicts("b1")[-1].verdict
    assert (last.decision, last.registration) == (Decision.PASS, Registration.REGISTERED)
    assert last.policy_digest == careful.digest


def test_a_trial_says_what_would_follow_and_writes_nothing(gate: Gate) -> None:
    viral(gate.register, 5)
    before = gate.register.last_verdict_number()
    tried = gate.try_late(
        lambda now: record_claim(
            now, "first", 0, author_id="author3", basis="external_proof", at=MORNING, proof=""
        )
    )
    assert (tried.counts[Outcome.FREED], tried.counts[Outcome.REFERRED]) == (1, 1)
    assert tried.counts[Outcome.SAME] == 4
    assert gate.register.last_verdict_number() == before
    assert gate.register.truths() == []
    assert gate.stats().claims == 1


def test_an_edited_note_does_not_follow_for_what_it_showed_before(gate: Gate) -> None:
    """The later revision shows something else; so does the picture that another id is known by."""
    gate.check(showing(CAT, id="a1", author="ava"))
    gate.check(showing(CAT, id="b1", author="ben", hours=1))
    gate.check(showing(photo("coffee"), id="b1", author="ben", hours=1, revision=2))
    gate.check(showing(photo("coffee"), id="a1", author="ava", hours=9, revision=2))
    before = gate.register.last_verdict_number()
    gate.claim("a1", author_id="cy", basis="external_proof", at=MORNING - HOUR)
    assert gate.register.last_verdict_number() == before


def test_notes_of_an_archive_are_counted_as_they_have_no_verdict(gate: Gate) -> None:
    gate.register_many([showing(CAT, id="a1", author="ava")])
    gate.check(showing(CAT, id="b1", author="ben", hours=1))
    gate.claim("a1", author_id="ben", basis="external_proof", at=MORNING, follow=False)
    (truth,) = gate.register.truths(waiting=True)
    assert truth.cause is LateCause.CLAIM
    followed = gate.follow_late()
    assert (followed.counts[Outcome.FREED], followed.unjudged) == (1, 1)
    assert gate.register.truths(waiting=True) == []


def test_a_policy_that_nobody_keeps_leaves_its_verdicts_alone(gate: Gate) -> None:
    with gate.register.transaction() as now:
        work, picture = first_note(now, "first", "alice")
        record(now, "copy", "bob", {0: [(work, picture)]}, at=MORNING + HOUR)
        from sqlalchemy import delete

        from moderation.store.policies import POLICIES

        now._connection.execute(delete(POLICIES))
    gate.claim("first", author_id="bob", basis="licensed", follow=False)
    assert gate.follow_late().counts == {Outcome.UNKNOWN_POLICY: 2}


def test_a_service_follows_in_its_sweeps(gate: Gate) -> None:
    """Whoever died in the middle is followed by who is alive."""
    work = viral(gate.register, 3)
    assert work
    gate.claim("first", author_id="author1", basis="licensed", follow=False)
    assert words(gate.register)["copy1"][0] == "block"
    gate.sweep()
    gate.sweep()
    assert words(gate.register)["copy1"][0] == "pass"
    assert gate.register.truths(waiting=True) == []
