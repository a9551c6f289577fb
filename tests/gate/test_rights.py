"""What people tell the register: licences, proof, exemptions, linked accounts; and forgetting."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from kit import pictures
from kit.notes import HOUR, MORNING, photo, showing

from moderation import Author, Claim, ClaimBasis, Decision, Gate, NoteImage, Verdict, compare
from moderation.errors import BadNote, UnknownSubject
from moderation.finding import Difference, FindingKind
from moderation.image.descriptor import from_bytes
from moderation.image.descriptor_search import Rounding
from moderation.store import SubjectKind

CAT, CUP = photo("chelsea"), photo("coffee")


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    """A register in which Alice was the first to show the cat."""
    with Gate.open(tmp_path / "register") as gate:
        gate.check(showing(CAT))
        yield gate


def bobs(gate: Gate, author: str | Author = "bob", hours: float = 5, **options: Any) -> Verdict:
    """What the gate says of another's note with the cat; nothing is written."""
    note = showing(CAT, id="n2", author=author, hours=hours)
    return gate.check(note, register=False, **options)


def difference(verdict: Verdict) -> Difference | None:
    (finding,) = verdict.findings
    return finding.difference


# Claims


def test_a_licence_lets_its_holder_show_the_work(gate: Gate) -> None:
    """And nobody else; the work stays Alice's."""
    claim = gate.claim("n1", author_id="bob", basis="licensed", at=MORNING, proof="contract 7")
    assert isinstance(claim, Claim)
    assert (claim.basis, claim.proof, claim.at) == (ClaimBasis.LICENSED, "contract 7", MORNING)
    assert (bobs(gate).decision, difference(bobs(gate))) == (Decision.PASS, Difference.LICENSED)
    assert bobs(gate, "carol").decision is Decision.BLOCK
    assert bobs(gate, "carol").findings[0].detail["holder"] == "alice"


def test_late_proof_points_the_work_at_its_author(gate: Gate) -> None:
    """Bob made the picture, whoever showed it first here; Alice's next repost is a copy of his."""
    gate.claim("n1", author_id="bob", basis=ClaimBasis.EXTERNAL_PROOF, proof="raw file")
    assert difference(bobs(gate)) is Difference.SAME_AUTHOR
    again = gate.check(showing(CAT, id="n3", hours=9), register=False)
    assert again.decision is Decision.BLOCK
    assert again.findings[0].detail["holder"] == "bob"
    assert again.findings[0].detail["claim"] == "external_proof"


def test_a_claim_again_changes_nothing(gate: Gate) -> None:
    """Who clicks twice has one licence."""
    for _ in range(2):
        gate.claim("n1", author_id="bob", basis="licensed")
    assert gate.stats().claims == 2


@pytest.mark.parametrize(
    ("call", "error"),
    [
        pytest.param({"note_id": "none"}, UnknownSubject, id="no-such-note"),
        pytest.param({"image_number": 4}, UnknownSubject, id="no-such-picture"),
        pytest.param({"author_id": ""}, BadNote, id="nobody"),
        pytest.param({"basis": "bought"}, BadNote, id="no-such-basis"),
        pytest.param({"at": datetime(2026, 1, 1)}, BadNote, id="no-time-zone"),
    ],
)
def test_a_claim_that_means_nothing_is_refused(
    gate: Gate, call: dict[str, Any], error: type[Exception]
) -> None:
    """Nothing is written."""
    with pytest.raises(error):
        gate.claim(**{"note_id": "n1", "author_id": "bob", "basis": "licensed"} | call)
    assert gate.stats().claims == 1


# Exemptions and links


def test_an_exempt_picture_is_a_template_for_everybody(gate: Gate) -> None:
    """With its reason, for as long as it holds."""
    gate.exempt("n1", reason="festival frame", until=MORNING + 9 * HOUR)
    verdict = bobs(gate)
    assert verdict.decision is Decision.PASS
    (finding,) = verdict.findings
    assert (finding.kind, finding.score) == (FindingKind.IMAGE_TEMPLATE, 0.0)
    assert finding.detail["exempt_reason"] == "festival frame"
    assert bobs(gate, hours=10).decision is Decision.BLOCK
    with pytest.raises(UnknownSubject):
        gate.exempt("n1", 4, reason="none")


@pytest.mark.parametrize(
    ("one", "other"), [("alice", "bob"), ("bob", "alice")], ids=["there", "and-back"]
)
def test_linked_accounts_share_their_pictures(gate: Gate, one: str, other: str) -> None:
    """In both directions, and no further."""
    gate.link_authors(one, [other])
    assert difference(bobs(gate)) is Difference.LINKED_ACCOUNT
    assert bobs(gate, "carol").decision is Decision.BLOCK


def test_links_of_a_registered_note_are_kept(gate: Gate) -> None:
    """The platform says it once; a blocked note's links are not believed."""
    blocked = showing(CAT, id="n8", author=Author(id="eve"), hours=1)
    assert gate.check(blocked).decision is Decision.BLOCK
    linked = Author(id="bob", linked_ids=("alice",))
    assert gate.check(showing(CUP, id="n9", author=linked)).decision is Decision.PASS
    assert difference(bobs(gate)) is Difference.LINKED_ACCOUNT


# Removing and forgetting


def test_a_removed_note_is_out_of_the_search_and_in_the_audit(gate: Gate) -> None:
    """The next to show the picture is the first; history stays."""
    assert gate.remove("n1") == 1
    assert gate.remove("n1") == 0
    assert gate.find_copies(CAT) == []
    assert bobs(gate).findings == ()
    assert [row.verdict.note_id for row in gate.register.verdicts()] == ["n1"]
    assert gate.verify().ok


@pytest.mark.parametrize("by", ["note", "author"])
def test_the_forgotten_are_found_by_nobody(gate: Gate, tmp_path: Path, by: str) -> None:
    """Not by this gate, nor at its next query by another that had the register open."""
    gate.check(showing(CUP, id="n0", author="carol"))
    with Gate.open(tmp_path / "register") as other:
        assert len(other.find_copies(CAT)) == 1
        receipt = gate.forget(**{"note": {"note_id": "n1"}, "author": {"author_id": "alice"}}[by])
        assert gate.find_copies(CAT) == other.find_copies(CAT) == []
        assert [m.note_id for m in other.find_copies(CUP)] == ["n0"]
        assert bobs(other).findings == ()
        assert other.verify().ok
    assert receipt.counts["pictures"] == 1
    assert gate.verify().ok


def test_nothing_of_the_forgotten_is_left_on_the_disk(gate: Gate, tmp_path: Path) -> None:
    """No hash, no feature, no name: in the database, its log, and the snapshots of the index."""
    folder = tmp_path / "register"
    gate.check(showing(CUP, id="n0", author="carol"))
    gate.check(
        showing(pictures.cropped(CAT, 0.85), id="n2", author="bob", hours=1)
    )  # evidence that mentions Alice
    gate.compact()  # writes a snapshot
    (picture,) = gate.register.pictures_of_note("n1")
    (other,) = gate.register.pictures_of_note("n0")
    assert picture.descriptor is not None
    vector = from_bytes(picture.descriptor)
    rounded = Rounding(len(vector)).codes(vector[np.newaxis])
    secrets = (picture.code, picture.features[-900:], picture.descriptor, bytes(rounded), b"alice")
    assert all(in_files(folder, secret) for secret in (*secrets, other.code))
    gate.forget(author_id="alice")
    assert not any(in_files(folder, secret) for secret in secrets)
    assert in_files(folder, other.code)


def in_files(folder: Path, secret: bytes) -> bool:
    """True if any file of the register holds the bytes."""
    return any(secret in path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_a_stale_gate_does_not_bring_the_forgotten_back(gate: Gate, tmp_path: Path) -> None:
    """Another process that knew the picture saves its snapshot after the deletion."""
    folder = tmp_path / "register"
    with Gate.open(folder) as stale:
        assert len(stale.find_copies(CAT)) == 1
        (picture,) = gate.register.pictures_of_note("n1")
        gate.forget(note_id="n1")
        stale._index.save(stale.register)
        assert not in_files(folder, picture.code)


def test_a_receipt_names_nobody_and_answers_who_asks(gate: Gate) -> None:
    """Whoever knows the subject can ask whether it was forgotten."""
    receipt = gate.forget(author_id="alice")
    text = json.dumps(receipt.to_json())
    assert "alice" not in text
    assert "n1" not in text
    assert gate.register.receipts(SubjectKind.AUTHOR, "alice") == [receipt]
    assert gate.register.receipts(SubjectKind.AUTHOR, "bob") == []
    assert gate.forget(author_id="alice").counts["pictures"] == 0


def test_evidence_about_others_forgets_the_name_and_keeps_the_decision(gate: Gate) -> None:
    """Bob's blocked note stays blocked, without saying whose picture it was."""
    gate.check(showing(CAT, id="n2", author="bob", hours=1))
    gate.forget(author_id="alice")
    (row,) = gate.register.verdicts("n2")
    assert row.verdict.decision is Decision.BLOCK
    match = row.verdict.findings[0].match
    assert match is not None
    assert match.author_id == "forgotten"


@pytest.mark.parametrize(
    "subject",
    [{}, {"note_id": "n1", "author_id": "alice"}, {"author_id": ""}, {"note_id": ""}],
    ids=["nothing", "both", "nobody", "no-note"],
)
def test_exactly_one_subject_is_forgotten(gate: Gate, subject: dict[str, str]) -> None:
    """The empty id stands for everybody unknown, who cannot be forgotten at once."""
    with pytest.raises(BadNote):
        gate.forget(**subject)
    assert len(gate.find_copies(CAT)) == 1


def test_after_forgetting_the_next_may_be_first(gate: Gate) -> None:
    """And a held copy in the same work then has a claim when it is checked again."""
    gate.forget(note_id="n1")
    assert gate.check(showing(CAT, id="n2", author="bob", hours=1)).decision is Decision.PASS
    assert bobs(gate, "carol").findings[0].detail["holder"] == "bob"


# compare


def test_compare_sees_a_crop_from_both_sides() -> None:
    """Direction turns; the same pair is proven both ways."""
    crop = pictures.cropped(CAT, 0.75)
    there, back = compare(crop, CAT), compare(CAT, crop)
    assert there is not None
    assert back is not None
    assert (there.direction, back.direction) == ("query_in_original", "original_in_query")
    assert there.share_of_original == pytest.approx(back.share_of_query, abs=0.08)


def test_compare_reads_whatever_a_note_may_hold(tmp_path: Path) -> None:
    """Bytes, path and pixels of one picture are the same picture."""
    file = tmp_path / "cat.png"
    file.write_bytes(pictures.encoded(CAT))
    for source in (file, str(file), file.read_bytes(), NoteImage(path=file), CAT):
        found = compare(source, CAT)
        assert found is not None
        assert found.direction == "same"
    assert compare(file, CUP) is None
