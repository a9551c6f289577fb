"""A note in, a verdict out: judged and registered by policy, with a real register."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from kit import pictures
from kit.notes import HOUR, MORNING, kinds, photo, portrait, showing

from moderation import Author, Decision, Gate, ItemFailure, Match, Note, NoteImage, Policy, Verdict
from moderation.errors import BadPolicy, BadSetting, IndexCorrupt, StoreError
from moderation.finding import Difference, FindingKind
from moderation.gate import DETECTORS
from moderation.gate.looking import examination
from moderation.gate.looking import opened as opening
from moderation.image.decode import DecodeLimits
from moderation.store.registry import FILE_NAME
from moderation.verdict import Completeness, Registration

CAT, CUP, ROCKET = photo("chelsea"), photo("coffee"), photo("rocket")


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    with Gate.open(tmp_path / "register") as gate:
        yield gate


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[..., Gate]]:
    """Opens gates on one register, and closes them."""
    gates: list[Gate] = []

    def open_gate(**options: Any) -> Gate:
        gates.append(Gate.open(tmp_path / "register", **options))
        return gates[-1]

    yield open_gate
    for gate in gates:
        gate.close()


def digests(folder: Path) -> dict[str, str]:
    """What every file of a folder holds, but for the marks of readers in SQLite's `-shm`."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.endswith("-shm")
    }


# Who was first


def test_a_first_picture_passes_and_its_copy_is_blocked(gate: Gate) -> None:
    """The proof names the note, the numbers and the region."""
    first = gate.check(showing(CAT))
    assert (first.decision, first.findings) == (Decision.PASS, ())
    assert first.registration is Registration.REGISTERED
    copy = gate.check(showing(pictures.recompressed(CAT, 60), id="n2", author="bob", hours=1))
    assert (copy.decision, copy.registration) == (Decision.BLOCK, Registration.SKIPPED)
    (finding,) = copy.findings
    assert (finding.kind, finding.image_number) == (FindingKind.IMAGE_COPY, 0)
    assert finding.detail["holder"] == "alice"
    assert finding.match is not None
    assert (finding.match.note_id, finding.match.author_id) == ("n1", "alice")
    assert finding.match.published_at == MORNING
    assert copy.detectors.items() >= DETECTORS.items()
    assert copy.detectors["descriptor"].startswith("copy-descriptor_v1/")
    assert copy.register_seq == 1


def test_a_verdict_survives_json_and_the_audit(gate: Gate) -> None:
    """The JSON of the audit is the JSON of the answer."""
    gate.check(showing(CAT))
    note = showing(CAT, CUP, id="n2", author="bob", title="赶早市", hours=1)
    verdict = gate.check(note)
    assert Verdict.from_json(verdict.to_json()).to_json() == verdict.to_json()
    first, second = gate.register.verdicts()
    assert second.verdict.to_json() == verdict.to_json()
    assert second.note_digest == note.digest()
    assert (first.verdict.note_id, second.author_id) == ("n1", "bob")


def test_a_blocked_note_never_becomes_the_first(gate: Gate) -> None:
    """Its own pictures are forgotten with it: their true author may come later."""
    gate.check(showing(CAT))
    blocked = gate.check(showing(CAT, CUP, id="n2", author="bob", hours=1))
    assert blocked.decision is Decision.BLOCK
    assert gate.find_copies(CUP) == []
    assert gate.check(showing(CUP, id="n3", author="carol", hours=2)).findings == ()


def test_a_held_note_is_found_while_a_person_decides(gate: Gate) -> None:
    """A crop goes to review; its pictures are searchable, as another work."""
    gate.check(showing(CAT))
    crop = pictures.cropped(CAT, 0.85)
    held = gate.check(showing(crop, id="n2", author="bob", hours=1))
    assert (held.decision, held.registration) == (Decision.REVIEW, Registration.HELD)
    assert kinds(held.findings) == ["image.copy_partial"]
    assert {match.note_id for match in gate.find_copies(crop)} == {"n1", "n2"}
    assert gate.stats().works == 2


def test_a_collage_of_others_is_held_with_a_finding_for_each(gate: Gate) -> None:
    """Every cell leads to its author."""
    cat, cup = portrait("chelsea"), portrait("coffee")
    gate.check(showing(cat))
    gate.check(showing(cup, id="n2", author="bob"))
    collage = pictures.collage([cat, cup, portrait("rocket")])
    verdict = gate.check(showing(collage, id="n3", author="carol", hours=1))
    assert verdict.decision is Decision.REVIEW
    assert {f.detail["holder"] for f in verdict.findings} == {"alice", "bob"}
    assert set(kinds(verdict.findings)) == {"image.copy_partial"}


def test_a_repost_after_a_collage_is_held_against_nobody_but_who_copies(gate: Gate) -> None:
    """Alice may repost what others put into a collage; a third person copies Alice alone."""
    cat = portrait("chelsea")
    gate.check(showing(cat))
    collage = pictures.collage([cat, portrait("coffee")])
    assert gate.check(showing(collage, id="n2", author="bob", hours=1)).findings
    again = gate.check(showing(cat, id="n3", hours=2))
    assert again.decision is Decision.PASS
    assert [f.difference for f in again.findings] == [Difference.SAME_AUTHOR]
    third = gate.check(showing(cat, id="n4", author="carol", hours=3))
    assert [f.detail["holder"] for f in third.findings] == ["alice"]


def test_an_earlier_note_that_arrives_late_takes_the_work(gate: Gate) -> None:
    """Dates count, not the order of arrival; within ten minutes the order does."""
    gate.check(showing(CAT))
    early = gate.check(showing(CAT, id="n2", author="bob", hours=-5))
    assert early.decision is Decision.PASS
    assert [f.difference for f in early.findings] == [Difference.PUBLISHED_EARLIER]
    third = gate.check(showing(CAT, id="n3", author="carol", hours=1))
    assert [f.detail["holder"] for f in third.findings] == ["bob"]
    close = gate.check(showing(CAT, id="n4", author="dan", hours=-5 - 0.1))
    assert close.decision is Decision.BLOCK


def test_unknown_authors_are_never_the_same(gate: Gate) -> None:
    """Nor does the absence of a name give a right."""
    gate.check(showing(CAT, author=""))
    verdict = gate.check(showing(CAT, id="n2", author="", hours=1))
    assert verdict.decision is Decision.BLOCK
    assert verdict.findings[0].difference is None


def test_a_note_without_a_time_is_published_when_received(gate: Gate) -> None:
    """And then it is later than all before it."""
    before = datetime.now(UTC)
    gate.check(showing(CAT, hours=None))
    verdict = gate.check(showing(CAT, id="n2", author="bob", hours=None))
    assert verdict.decision is Decision.BLOCK
    match = verdict.findings[0].match
    assert match is not None
    assert match.published_at is not None
    assert before <= match.published_at <= datetime.now(UTC)


def test_times_of_any_zone_are_one_instant(gate: Gate) -> None:
    """Ten o'clock in Shanghai comes before eight in London."""
    gate.check(showing(CAT))
    at = datetime.fromisoformat("2026-11-21T10:00:00+08:00")
    note = Note(id="n2", author=Author(id="bob"), published_at=at, images=[NoteImage(array=CAT)])
    verdict = gate.check(note)
    assert [f.difference for f in verdict.findings] == [Difference.PUBLISHED_EARLIER]
    assert gate.register.pictures_of_note("n2")[0].published_at == MORNING - 6 * HOUR


@pytest.mark.parametrize(
    "pixels",
    [
        pytest.param(pictures.flat((0, 0, 0)), id="black"),
        pytest.param(pictures.flat((255, 255, 255)), id="white"),
        pytest.param(pictures.flat((3, 3, 3), 1, 1), id="one-pixel"),
        pytest.param(pictures.gradient(), id="gradient"),
        pytest.param(pictures.gradient(40), id="slanted-gradient"),
    ],
)
def test_pictures_without_detail_accuse_nobody(gate: Gate, pixels: np.ndarray) -> None:
    """However many others have shown the like."""
    for i, author in enumerate(["alice", "bob", "carol"]):
        verdict = gate.check(showing(pixels, id=f"n{i}", author=author, hours=i))
        assert (verdict.decision, verdict.findings) == (Decision.PASS, ())


def test_look_alikes_are_works_of_their_own(gate: Gate) -> None:
    """A second photograph of a motorcycle, other words on the same card."""
    card = pictures.text_card(["ten ideas for", "a small kitchen"])
    other = pictures.text_card(["my week in", "Chengdu, day two"])
    gate.check(showing(photo("motorcycle_left"), card))
    verdict = gate.check(showing(photo("motorcycle_right"), other, id="n2", author="bob", hours=1))
    assert (verdict.decision, verdict.findings) == (Decision.PASS, ())
    again = gate.check(showing(pictures.recompressed(card, 70), id="n3", author="carol", hours=2))
    assert again.decision is Decision.BLOCK
    assert again.findings[0].match is not None
    assert again.findings[0].match.note_id == "n1"


# The same note again


def test_the_same_note_again_changes_nothing(gate: Gate) -> None:
    """A retry of the queue gets the same answer, and only the audit grows."""
    gate.check(showing(CUP, id="n0", author="carol"))
    note = showing(CAT, pictures.cropped(CUP, 0.85), author="bob", hours=1)
    first = gate.check(note)
    before = gate.stats()
    second = gate.check(note)
    after = gate.stats()
    assert second.to_json() == first.to_json() | {"register_seq": second.register_seq}
    assert after.verdicts == before.verdicts + 1
    assert (after.pictures, after.works, after.claims, after.last_seq) == (
        before.pictures,
        before.works,
        before.claims,
        before.last_seq,
    )


def test_a_revision_adds_its_new_picture(gate: Gate) -> None:
    """What was shown before keeps its work and its date."""
    gate.check(showing(CAT))
    later = gate.check(showing(CUP, CAT, revision=2, hours=5))
    assert (later.decision, later.findings, later.revision) == (Decision.PASS, (), 2)
    assert gate.stats().works == 2
    assert {match.note_id for match in gate.find_copies(CUP)} == {"n1"}
    copy = gate.check(showing(CAT, id="n2", author="bob", hours=6))
    assert copy.findings[0].detail["claimed_at"] == MORNING.isoformat()


def test_a_blocked_revision_leaves_the_accepted_one(gate: Gate) -> None:
    """What was published under revision 1 stays known."""
    gate.check(showing(CUP, id="n0", author="carol"))
    gate.check(showing(CAT))
    blocked = gate.check(showing(CUP, ROCKET, revision=2, hours=1))
    assert blocked.decision is Decision.BLOCK
    assert gate.find_copies(ROCKET) == []
    assert [m.note_id for m in gate.find_copies(CAT)] == ["n1"]


def test_a_note_blocked_in_a_second_check_leaves_the_register(gate: Gate) -> None:
    """It was accepted while nothing was known of the picture; an archive then showed an earlier."""
    note = showing(CAT, author="bob")
    assert gate.check(note).decision is Decision.PASS
    gate.register_many([showing(CAT, id="n0", author="alice", hours=-9)])
    assert gate.check(note).decision is Decision.BLOCK
    assert [m.note_id for m in gate.find_copies(CAT)] == ["n0"]


def test_a_picture_shown_twice_in_a_note_is_one_work(gate: Gate) -> None:
    """So a licence or an outside proof for one of the two holds for both."""
    gate.check(showing(CAT, CUP, CAT))
    assert gate.stats().works == 2
    gate.claim("n1", 0, author_id="bob", basis="external_proof")
    verdict = gate.check(showing(CAT, id="n2", author="bob", hours=1))
    assert verdict.decision is Decision.PASS


# What cannot be judged


def test_an_unreadable_picture_goes_to_review_and_the_rest_is_judged(gate: Gate) -> None:
    """The finding says which picture and why; the other pictures are registered, held."""
    gate.check(showing(CUP, id="n0", author="carol"))
    broken = pictures.encoded(ROCKET)[:999]
    verdict = gate.check(showing(CAT, broken, pictures.cropped(CUP, 0.85), hours=1))
    assert verdict.decision is Decision.REVIEW
    assert verdict.completeness is Completeness.PARTIAL
    undecodable = [f for f in verdict.findings if f.kind is FindingKind.IMAGE_UNDECODABLE]
    assert [(f.image_number, f.detail["code"]) for f in undecodable] == [(1, "unreadable_image")]
    assert kinds(verdict.findings) == ["image.copy_partial"]
    assert [p.image_number for p in gate.register.pictures_of_note("n1")] == [0, 2]


@pytest.mark.parametrize(
    "image",
    [
        pytest.param(NoteImage(path="/nowhere/at/all.jpg"), id="missing-file"),
        pytest.param(NoteImage(data=b"", sha256="0" * 64), id="other-digest"),
        pytest.param(NoteImage(array=np.zeros((2, 2), np.uint8)), id="grey-array"),
        pytest.param(NoteImage(array=np.float64(7)), id="no-array"),  # type: ignore[arg-type]
    ],
)
def test_no_picture_makes_a_check_fail(gate: Gate, image: NoteImage) -> None:
    """Whatever is handed in for a picture, the note gets its verdict: review."""
    verdict = gate.check(showing(image, CAT))
    assert verdict.decision is Decision.REVIEW
    assert verdict.completeness is Completeness.PARTIAL


def test_limits_of_the_gate_hold_for_its_pictures(opened: Callable[..., Gate]) -> None:
    """A picture above the limit is undecodable for this gate."""
    gate = opened(limits=DecodeLimits(side=100))
    verdict = gate.check(showing(CAT))
    assert verdict.findings[0].detail["code"] == "image_too_large"


@pytest.mark.parametrize(
    ("module", "name", "detector"),
    [
        pytest.param(opening, "decode_keeping", "decode", id="decoder"),
        pytest.param(examination, "prove", "copies", id="copies"),
        pytest.param(examination, "assess_text", "text_rules", id="text"),
    ],
)
def test_a_detector_that_crashes_leads_to_review(
    gate: Gate,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    module: ModuleType,
    name: str,
    detector: str,
) -> None:
    """By the policy's fail rule; the verdict is partial, and the log has the traceback."""

    def crash(*args: object, **kwargs: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(module, name, crash)
    with caplog.at_level(logging.ERROR, logger="moderation"):
        verdict = gate.check(showing(CAT, text="第二次来了"))
    assert (verdict.decision, verdict.completeness) == (Decision.REVIEW, Completeness.PARTIAL)
    assert [failure.detector for failure in verdict.failures] == [detector]
    assert [reason.code for reason in verdict.reasons] == [f"failure.{detector}"]
    assert "ZeroDivisionError" in verdict.failures[0].message
    (record,) = caplog.records
    assert record.exc_info is not None
    assert "n1" in record.getMessage()


def test_a_crash_under_the_lock_leads_to_review_too(
    gate: Gate, opened: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What another process registers while a note is examined is compared in the transaction."""
    from moderation.gate.deciding import conclusion

    def crash(*args: object, **kwargs: object) -> None:
        raise ZeroDivisionError("a bug")

    read = examination.assess_text

    def meanwhile(note: Note) -> Any:
        monkeypatch.setattr(examination, "assess_text", read)
        opened().check(showing(CAT, id="n0", author="bob"))
        monkeypatch.setattr(conclusion, "prove", crash)
        return read(note)

    monkeypatch.setattr(examination, "assess_text", meanwhile)
    verdict = gate.check(showing(CAT, CUP))
    assert (verdict.decision, verdict.completeness) == (Decision.REVIEW, Completeness.PARTIAL)
    assert [failure.image_number for failure in verdict.failures] == [0, 1]
    assert gate.register.pictures_of_note("n1") == []
    assert gate.verify().ok


def test_what_was_registered_during_an_examination_counts(
    gate: Gate, opened: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And what was deleted meanwhile no longer does."""
    gate.check(showing(CUP, id="n0", author="carol"))
    other, read = opened(), examination.assess_text

    def meanwhile(note: Note) -> Any:
        monkeypatch.setattr(examination, "assess_text", read)
        other.check(showing(CAT, id="n2", author="bob"))
        other.forget(note_id="n0")
        return read(note)

    monkeypatch.setattr(examination, "assess_text", meanwhile)
    verdict = gate.check(showing(CAT, CUP, hours=1))
    assert [(f.image_number, f.detail["holder"]) for f in verdict.findings] == [(0, "bob")]


def test_a_damaged_register_aborts(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is broken for every note, so no verdict may say otherwise."""

    def broken(*args: object, **kwargs: object) -> None:
        raise IndexCorrupt("a row is damaged", hint="restore it")

    monkeypatch.setattr(examination, "prove", broken)
    with pytest.raises(IndexCorrupt):
        gate.check(showing(CAT, CUP))
    with pytest.raises(IndexCorrupt):
        list(gate.check_many([showing(CAT)]))
    assert gate.stats().verdicts == 0


# Judging without registering


def test_judging_alone_writes_nothing(gate: Gate, tmp_path: Path) -> None:
    """The files of the register are the same byte for byte."""
    gate.check(showing(CAT))
    before = digests(tmp_path)
    copy = showing(CAT, CUP, id="n2", author="bob", hours=1)
    verdict = gate.check(copy, register=False)
    (also,) = gate.check_many([copy], register=False)
    assert isinstance(also, Verdict)
    gate.find_copies(CAT)
    assert digests(tmp_path) == before
    assert verdict.to_json() == also.to_json() == gate.check(copy).to_json()


# Settings


MILD = """
title = "Copies are only labelled"
[[rule]]
name = "copy"
kind = "image.copy"
steps = [{ at = 0.5, decision = "label" }]
[fail.default]
on_error = "review"
on_timeout = "review"
on_overload = "review"
[registration]
pass = "registered"
label = "registered"
review = "held"
block = "skipped"
"""


def test_a_policy_by_name_by_file_or_as_a_value(
    opened: Callable[..., Gate], tmp_path: Path
) -> None:
    """The verdict says which, and by which digest."""
    file = tmp_path / "mild.toml"
    file.write_text(MILD)
    opened().check(showing(CAT))
    copy = showing(CAT, id="n2", author="bob", hours=1)
    for policy, name, decision in (
        (None, "default", Decision.BLOCK),
        ("default", "default", Decision.BLOCK),
        (file, "mild", Decision.LABEL),
        (str(file), "mild", Decision.LABEL),
        (Policy.load(file), "mild", Decision.LABEL),
    ):
        gate = opened(policy=policy)
        verdict = gate.check(copy, register=False)
        assert (verdict.policy, verdict.decision) == (name, decision)
        assert verdict.policy_digest == gate.policy.digest
    with pytest.raises(BadPolicy):
        opened(policy="no-such-policy")


def test_a_tolerated_copy_joins_the_work_without_a_claim(opened: Callable[..., Gate]) -> None:
    """However many copies are registered, the proof shown is the picture of who was first."""
    gate = opened(policy=Policy.parse(MILD, name="mild"))
    gate.check(showing(CAT))
    copy = pictures.encoded(CAT, "JPEG", quality=30)
    gate.check(showing(copy, id="n2", author="bob", hours=1))
    gate.check(showing(copy, id="n3", author="carol", hours=2))
    stats = gate.stats()
    assert (stats.works, stats.claims, stats.pictures) == (1, 1, 3)
    (finding,) = gate.check(showing(copy, id="n4", author="dan", hours=3)).findings
    assert finding.match is not None
    assert (finding.match.note_id, finding.detail["holder"]) == ("n1", "alice")


def test_rules_of_then_judge_notes_of_then(opened: Callable[..., Gate]) -> None:
    """Links to other shops were forbidden in August 2021, not before."""
    policy = "outside-links-forbidden-2021"
    note = Note(
        id="n1", author=Author(id="a"), text="淘宝同款，链接 https://item.taobao.com/item.htm?id=1"
    )
    at = datetime(2021, 9, 1, tzinfo=UTC)
    as_of = opened(policy=policy, as_of=at).check(note, register=False)
    before = opened(policy=policy, as_of=datetime(2021, 1, 1, tzinfo=UTC))
    assert as_of.decision > before.check(note, register=False).decision


@pytest.mark.parametrize(
    ("register", "options"),
    [
        pytest.param("mysql://db/notes", {}, id="mysql"),
        pytest.param("sqlite:///x", {}, id="sqlite-url"),
        pytest.param("r", {"as_of": datetime(2026, 1, 1)}, id="no-time-zone"),
    ],
)
def test_settings_that_cannot_be_kept_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, register: str, options: dict[str, Any]
) -> None:
    """Before anything is made on the disk."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadSetting):
        Gate.open(register, **options)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_register_is_not_made_by_who_only_asks(tmp_path: Path) -> None:
    """`create=False` is for commands that read."""
    with pytest.raises(StoreError, match="no register"):
        Gate.open(tmp_path / "none", create=False)
    assert list(tmp_path.iterdir()) == []


def test_a_gate_closes_once(tmp_path: Path) -> None:
    """A second time does nothing, and a closed gate says so."""
    gate = Gate.open(tmp_path)
    gate.check(showing(CAT))
    gate.close()
    gate.close()
    with pytest.raises(StoreError, match="closed"):
        gate.stats()
    with Gate.open(tmp_path, create=False) as again:
        assert [m.note_id for m in again.find_copies(CAT)] == ["n1"]
    assert (tmp_path / FILE_NAME).stat().st_mode & 0o077 == 0


# Read-only search


def test_copies_are_found_best_first(gate: Gate, tmp_path: Path) -> None:
    """From bytes, path, pixels or a note's picture, at most as many as asked for."""
    gate.check(showing(CAT))
    gate.check(showing(pictures.cropped(CAT, 0.85), id="n2", author="bob", hours=1))
    file = tmp_path / "cat.png"
    file.write_bytes(pictures.encoded(CAT))
    found = gate.find_copies(CAT)
    assert {match.note_id for match in found} == {"n1", "n2"}
    assert [m.score for m in found] == sorted((m.score for m in found), reverse=True)
    for image in (file, str(file), file.read_bytes(), NoteImage(path=file)):
        assert [m.note_id for m in gate.find_copies(image)] == [m.note_id for m in found]
    assert gate.find_copies(CAT, limit=1) == found[:1]
    assert isinstance(found[0], Match)
    assert gate.find_copies(ROCKET) == []
    assert gate.stats().verdicts == 2


def test_failures_among_the_notes_pass_through(gate: Gate) -> None:
    """In their place, and both kinds of import count only what they took."""
    failure = ItemFailure(code="bad_note", message="`id` is missing", hint="add `id`", line=2)
    rows = [showing(CAT), failure, showing(CAT, id="n2", author="bob", hours=1)]
    first, second, third = gate.check_many(rows)
    assert isinstance(first, Verdict)
    assert second is failure
    assert isinstance(third, Verdict)
    assert third.decision is Decision.BLOCK
    done = gate.register_many([failure, showing(CUP, id="n3", author="carol")])
    assert (done.notes, done.pictures, done.failures) == (1, 1, (failure,))


def test_index_may_lie_elsewhere(tmp_path: Path) -> None:
    """As DESIGN has it for a register that is no folder."""
    with Gate.open(tmp_path / "register", index=tmp_path / "elsewhere") as gate:
        gate.check(
            Note(id="n1", author=Author(id="u1"), images=[NoteImage(array=pictures.scene(1))])
        )
        gate.compact()
    assert not (tmp_path / "register" / "index").exists()
    with Gate.open(tmp_path / "register", index=tmp_path / "elsewhere") as gate:
        assert gate.verify().ok
        assert [match.note_id for match in gate.find_copies(pictures.scene(1))] == ["n1"]
