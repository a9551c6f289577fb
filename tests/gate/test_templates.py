"""Widely shown pictures at a real register: nobody accused, nothing laundered, people decide."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from kit import pictures
from kit.gate_children import ATTEMPTS_EACH, ATTEMPTS_POLICY, try_together
from kit.notes import HOUR, MORNING, photo, showing
from kit.register_children import in_processes

from moderation import Author, Decision, Gate, Note, Policy, Verdict
from moderation.archive import HashRow
from moderation.errors import UnknownSubject
from moderation.finding import Difference, FindingKind
from moderation.store import Ground, ProposalState
from moderation.verdict import UNDECIDED_RULE

CAT = photo("chelsea")
WEEK_H = 7 * 24
YEAR_H = 52 * WEEK_H
LONG_AGO_H = -3 * YEAR_H
"""When Alice showed the cat: what is counted must have been shown by today."""
LONG_AGO = MORNING + LONG_AGO_H * HOUR
ENOUGH = Policy.default().terms.template_proposals[0].authors
ATTEMPTS = Policy.default().terms.template_proposals[0].attempts


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    with Gate.open(tmp_path / "register") as gate:
        yield gate


def archive(count: int, *, hours_apart: float = WEEK_H, start: int = 0) -> list[Note]:
    """Alice shows the cat in week 0, then so many unrelated authors, one after another."""
    notes = [showing(CAT, id="alice's", author="alice", hours=LONG_AGO_H)]
    for i in range(start, start + count):
        notes.append(
            showing(CAT, id=f"m{i}", author=f"u{i}", hours=LONG_AGO_H + (i + 1) * hours_apart)
        )
    return notes


def popular(gate: Gate, count: int = ENOUGH, **more: Any) -> int:
    """The cat, registered from an archive; the number of the work."""
    gate.register_many(archive(count, **more))
    return gate.register.pictures_of_note("alice's")[0].work_id


def eves(gate: Gate, *, register: bool = False, hours: float = YEAR_H, **note: Any) -> Verdict:
    """What the gate says of Eve's note with the cat, a year after Alice's."""
    fields = {"id": "eve's", "author": "eve"} | note
    return gate.check(showing(CAT, hours=LONG_AGO_H + hours, **fields), register=register)


def difference(verdict: Verdict) -> Difference | None:
    (finding,) = verdict.findings
    return finding.difference


# What many show


def test_an_archive_that_many_show_is_proposed_and_accuses_nobody(gate: Gate) -> None:
    """One more showing waits for a person, with the number, and no score."""
    work_id = popular(gate)
    (proposed,) = gate.templates.proposals()
    assert (proposed.proposal.work_id, proposed.proposal.authors) == (work_id, ENOUGH)
    assert (proposed.proposal.state, proposed.proposal.ground) == (
        ProposalState.PROPOSED,
        Ground.SHOWINGS,
    )
    assert (proposed.note_id, proposed.image_number) == ("alice's", 0)
    verdict = eves(gate, register=True)
    (finding,) = verdict.findings
    assert (finding.kind, finding.score) == (FindingKind.IMAGE_TEMPLATE, 0.0)
    assert finding.detail["unrelated_authors"] == ENOUGH
    assert verdict.decision is Decision.REVIEW
    assert [reason.rule for reason in verdict.reasons] == [UNDECIDED_RULE]


def test_a_crop_and_a_mirrored_one_are_no_accusation_either(gate: Gate) -> None:
    """However the meme is cut."""
    popular(gate)
    for pixels in (pictures.cropped(CAT, 0.7), pictures.mirrored(CAT)):
        note = showing(pixels, id="eve's", author="eve", hours=LONG_AGO_H + YEAR_H)
        verdict = gate.check(note, register=False)
        assert {f.difference for f in verdict.findings} == {Difference.WIDELY_SHOWN}
        assert verdict.decision is Decision.REVIEW


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({"count": ENOUGH - 1}, id="too-few"),
        pytest.param({"count": 3 * ENOUGH, "hours_apart": 1}, id="a-burst"),
    ],
)
def test_too_few_or_too_fast_changes_nothing(gate: Gate, given: dict[str, Any]) -> None:
    """A crowd of accounts within days is one showing."""
    popular(gate, **given)
    assert gate.templates.proposals() == []
    assert (eves(gate).decision, difference(eves(gate))) == (Decision.BLOCK, None)


def test_linked_accounts_are_one_showing(gate: Gate) -> None:
    """Whoever told of the links, and whenever."""
    popular(gate)
    gate.link_authors("u0", ["u1"])
    assert eves(gate).decision is Decision.BLOCK


def test_only_what_was_shown_before_counts(gate: Gate) -> None:
    """A note of the third month is judged by what many had shown by then."""
    popular(gate)
    assert eves(gate, hours=4.5 * WEEK_H).decision is Decision.BLOCK


def test_a_policy_without_these_terms_counts_nothing(tmp_path: Path) -> None:
    policy = Policy.parse(
        'title = "t"\n[[rule]]\nname = "c"\nkind = "image.copy"\n'
        'steps = [{ at = 0.9, decision = "block" }]',
        name="t",
    )
    with Gate.open(tmp_path, policy=policy) as gate:
        popular(gate)
        assert gate.templates.proposals() == []
        assert eves(gate).decision is Decision.BLOCK


def test_a_list_of_hashes_counts_where_the_hash_is_the_very_same(gate: Gate) -> None:
    """Of one hash by many authors: one work, proposed; a copy of it stays unproven."""
    gate.register_many([showing(CAT, id="tmp", author="tmp")])
    (code,) = [p.code for p in gate.register.pictures_of_note("tmp")]
    gate.forget(note_id="tmp")
    rows = [
        HashRow(
            note_id=f"list:{i}",
            author_id=f"u{i}",
            published_at=LONG_AGO + i * timedelta(weeks=1),
            image_number=0,
            recipe="pdq256_v1",
            code=code,
            quality=None,
        )
        for i in range(ENOUGH + 1)
    ]
    gate.register_hashes(rows[:4])
    gate.register_hashes(rows)
    assert gate.stats().works == 1
    assert [p.proposal.authors for p in gate.templates.proposals()] == [ENOUGH]
    assert difference(eves(gate)) is Difference.WIDELY_SHOWN


# Nothing is laundered


@pytest.mark.parametrize("basis", ["external_proof", "registered"])
def test_proof_and_declared_registration_protect_from_any_number(gate: Gate, basis: str) -> None:
    """Also where the archive had made the same claim before, in passing."""
    popular(gate, 3 * ENOUGH)
    gate.claim("alice's", author_id="alice", basis=basis, at=LONG_AGO)
    assert (eves(gate).decision, difference(eves(gate))) == (Decision.BLOCK, None)
    assert gate.find_templates() == []


def test_blocked_attempts_ask_a_person_and_lift_nothing(gate: Gate) -> None:
    """Twenty accounts over twenty weeks: the work comes before a person, and stays protected."""
    gate.check(showing(CAT, id="alice's", author="alice", hours=LONG_AGO_H))
    for i in range(ATTEMPTS):
        verdict = eves(gate, register=True, id=f"t{i}", author=f"ring{i}", hours=(i + 1) * WEEK_H)
        assert verdict.decision is Decision.BLOCK
    (proposed,) = gate.templates.proposals()
    assert (proposed.proposal.ground, proposed.attempts) == (Ground.ATTEMPTS, ATTEMPTS)
    assert (eves(gate).decision, difference(eves(gate))) == (Decision.BLOCK, None)


def test_attempts_at_a_proven_work_are_not_even_proposed(gate: Gate) -> None:
    gate.check(showing(CAT, id="alice's", author="alice", hours=LONG_AGO_H))
    gate.claim("alice's", author_id="alice", basis="external_proof", proof="raw file")
    for i in range(ATTEMPTS):
        eves(gate, register=True, id=f"t{i}", author=f"ring{i}", hours=(i + 1) * WEEK_H)
    assert gate.templates.proposals(decided=True) == []


def test_what_is_held_counts_only_once_a_person_lets_it_stand(gate: Gate) -> None:
    """While the proposal waits, more showings do not make it stronger by themselves."""
    work_id = popular(gate)
    for i in range(5):
        held = eves(gate, register=True, id=f"h{i}", author=f"h{i}", hours=YEAR_H + i * WEEK_H)
        assert held.findings[0].detail["unrelated_authors"] == ENOUGH
    with gate.register.transaction() as now:
        now.let_stand("h0")
    verdict = eves(gate, hours=2 * YEAR_H)
    assert verdict.findings[0].detail["unrelated_authors"] == ENOUGH + 1
    assert len(gate.register.attempts(work_id)) == 4


# People decide


def test_accepted_is_free_until_its_end_and_then_proposed_anew(gate: Gate) -> None:
    """With who, when and why."""
    work_id = popular(gate)
    until = LONG_AGO + timedelta(weeks=60)
    gate.templates.accept(work_id, reason="spring meme", until=until, by="mia")
    assert gate.templates.proposals() == []
    assert (eves(gate).decision, difference(eves(gate))) == (
        Decision.PASS,
        Difference.EXEMPT_TEMPLATE,
    )
    late = eves(gate, register=True, hours=60 * WEEK_H)
    assert (late.decision, difference(late)) == (Decision.REVIEW, Difference.WIDELY_SHOWN)
    (again,) = gate.templates.proposals()
    assert again.proposal.state is ProposalState.PROPOSED
    (ruling,) = gate.templates.history(f"work {work_id}")
    assert (ruling.action, ruling.by, ruling.reason) == ("template.accept", "mia", "spring meme")
    assert ruling.detail == {"authors": ENOUGH, "until": until.isoformat()}


def test_rejected_stays_protected_and_is_remembered(gate: Gate) -> None:
    """Proposed again only when twice as many show it, and protected even then."""
    work_id = popular(gate)
    gate.templates.reject(work_id, reason="Alice's photograph", by="mia")
    assert (eves(gate).decision, difference(eves(gate))) == (Decision.BLOCK, None)
    gate.register_many(archive(ENOUGH - 1, start=ENOUGH)[1:])
    assert gate.find_templates() == gate.templates.proposals() == []
    gate.register_many(archive(1, start=2 * ENOUGH - 1)[1:])
    (again,) = gate.templates.proposals()
    assert (again.proposal.state, again.proposal.authors) == (ProposalState.PROPOSED, 2 * ENOUGH)
    assert again.proposal.was_rejected
    assert (eves(gate).decision, difference(eves(gate))) == (Decision.BLOCK, None)
    gate.templates.accept(work_id, reason="a meme by now", until=None, by="noa")
    assert eves(gate).decision is Decision.PASS
    gate.templates.reject(work_id, reason="no", by="mia")
    assert eves(gate).decision is Decision.BLOCK


@pytest.mark.parametrize("accepted", [True, False], ids=["accepted", "exempted-by-hand"])
def test_proof_ends_an_exemption_and_a_person_decides_again(gate: Gate, accepted: bool) -> None:
    """The conflict is listed; who then exempts the work does so knowing the proof."""
    work_id = popular(gate)
    if accepted:
        gate.templates.accept(work_id, reason="meme", until=None, by="mia")
    else:
        gate.exempt("alice's", reason="meme", by="mia")
    assert eves(gate).decision is Decision.PASS
    gate.claim("alice's", author_id="carol", basis="external_proof", proof="raw file")
    assert (eves(gate).decision, difference(eves(gate))) == (Decision.BLOCK, None)
    (contested,) = gate.templates.proposals()
    assert (contested.proposal.state, contested.proposal.reason) == (
        ProposalState.CONTESTED,
        "meme",
    )
    assert gate.templates.history()[-1].action == "template.contest"
    gate.templates.accept(work_id, reason="Carol agrees", until=None, by="noa")
    assert eves(gate).decision is Decision.PASS


def test_only_what_was_proposed_can_be_decided(gate: Gate) -> None:
    gate.check(showing(CAT, id="alice's", author="alice", hours=LONG_AGO_H))
    with pytest.raises(UnknownSubject, match="never proposed"):
        gate.templates.accept(1, reason="r", until=None, by="mia")
    with pytest.raises(UnknownSubject, match="never proposed"):
        gate.templates.reject(77, reason="r", by="mia")


def test_the_first_author_may_go_on_showing_it(gate: Gate) -> None:
    """Popularity takes no right away: Alice, her shop and her licensee pass as before."""
    popular(gate)
    gate.claim("alice's", author_id="lee", basis="licensed", proof="contract")
    gate.link_authors("alice", ["shop"])
    for author, why in (
        ("alice", Difference.SAME_AUTHOR),
        ("shop", Difference.LINKED_ACCOUNT),
        ("lee", Difference.LICENSED),
        (Author(id="new", linked_ids=("alice",)), Difference.LINKED_ACCOUNT),
    ):
        verdict = eves(gate, author=author)
        assert (verdict.decision, difference(verdict)) == (Decision.PASS, why)


# Races


def test_processes_that_count_together_miss_nothing(tmp_path: Path) -> None:
    """The attempt that is the last one needed proposes the work, whichever process has it."""
    processes = 4
    with Gate.open(tmp_path, policy=Policy.parse(ATTEMPTS_POLICY, name="t")) as gate:
        gate.check(showing(CAT, id="alice's", author="alice", hours=LONG_AGO_H))
    told = in_processes(processes, try_together, tmp_path)
    assert not [answer for answer in told if isinstance(answer, BaseException)]
    assert told == [["block"] * ATTEMPTS_EACH] * processes
    with Gate.open(tmp_path) as gate:
        (proposed,) = gate.templates.proposals()
        assert proposed.attempts == proposed.proposal.authors == processes * ATTEMPTS_EACH
        assert gate.verify().ok
