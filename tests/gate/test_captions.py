"""Captions at the gate, with real registers: who was first, edits, blocks, forgetting, races."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from kit import pictures
from kit.captions import CAPTION, ENGLISH, OTHER, SENTENCES
from kit.gate_children import write_the_same
from kit.notes import photo, showing
from kit.register_children import in_processes

from moderation import Author, Decision, Gate, Note, Verdict
from moderation.finding import Difference, Finding, FindingKind
from moderation.gate.deciding import captions
from moderation.gate.looking import examination
from moderation.verdict import Completeness, Registration

PROCESSES = 3
CAT, CUP, ROCKET = photo("chelsea"), photo("coffee"), photo("rocket")
TWIN = "".join(SENTENCES[1:5]) + "✨"


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    with Gate.open(tmp_path / "register") as gate:
        yield gate


def twin_of(verdict: Verdict) -> Finding | None:
    twins = [f for f in verdict.findings if f.kind is FindingKind.TEXT_TEMPLATE_TWIN]
    assert len(twins) <= 1
    return twins[0] if twins else None


def twins_note(verdict: Verdict) -> object:
    twin = twin_of(verdict)
    return None if twin is None else twin.detail["twin_note"]


def written(text: str, **fields: object) -> Note:
    return showing(text=text, **fields)  # type: ignore[arg-type]


def test_a_twin_is_told_and_alone_leads_to_nothing(gate: Gate) -> None:
    """Text without pictures is registered too; quoting it is no wrong."""
    first = gate.check(written(CAPTION))
    assert (twin_of(first), first.registration) == (None, Registration.REGISTERED)
    verdict = gate.check(written(TWIN, id="n2", author="bob", hours=1))
    twin = twin_of(verdict)
    assert twin is not None
    assert (verdict.decision, twin.difference) == (Decision.PASS, None)
    assert (twin.detail["twin_note"], twin.detail["holder"]) == ("n1", "alice")
    assert twin.raw_score == twin.score > 0.6
    assert twin.spans
    assert all(TWIN[s.start : s.end] == s.text for s in twin.spans)
    assert verdict.detectors["twins"] == "1"
    (source,) = verdict.summary.sources
    assert (source.note_id, source.caption) == ("n1", twin.score)


def test_words_and_pictures_of_one_note_are_told_together(gate: Gate) -> None:
    """Two of three pictures, in the same order, with nearly the same text."""
    gate.check(showing(CAT, CUP, text=CAPTION))
    copied = [pictures.recompressed(p, 70) for p in (CAT, CUP)]
    verdict = gate.check(showing(*copied, ROCKET, id="n2", author="bob", hours=1, text=TWIN))
    assert verdict.decision is Decision.BLOCK
    (source,) = verdict.summary.sources
    assert (verdict.summary.copied, verdict.summary.pictures) == (2, 3)
    assert (source.note_id, source.pictures, source.originals) == ("n1", (0, 1), (0, 1))
    assert source.in_order is True
    assert source.caption is not None
    assert "template-twin-with-pictures" in {reason.rule for reason in verdict.reasons}
    assert Verdict.from_json(verdict.to_json()).to_json() == verdict.to_json()


def test_a_single_picture_of_nine_stays_with_a_person(gate: Gate) -> None:
    """A crop among eight pictures of one's own, and other words: review, not more."""
    gate.check(showing(CAT, text=CAPTION))
    own = [pictures.scene(i, 240, 320) for i in range(8)]
    crop = pictures.cropped(CAT, 0.85)
    verdict = gate.check(showing(*own, crop, id="n2", author="bob", hours=1, text=OTHER))
    assert verdict.decision is Decision.REVIEW
    assert (verdict.summary.copied, verdict.summary.pictures) == (1, 9)


def test_dates_count_and_not_the_order_of_arrival(gate: Gate) -> None:
    """The earlier note that comes late is not reproached, and is the first from then on."""
    gate.check(written(CAPTION))
    early = gate.check(written(CAPTION, id="n2", author="bob", hours=-5))
    twin = twin_of(early)
    assert twin is not None
    assert twin.difference is Difference.PUBLISHED_EARLIER
    assert early.summary.sources == ()
    third = gate.check(written(CAPTION, id="n3", author="carol", hours=1))
    assert twins_note(third) == "n2"


def test_everybody_may_repeat_themselves(gate: Gate) -> None:
    """Own notes and linked accounts are no twins."""
    gate.check(written(CAPTION))
    assert twin_of(gate.check(written(CAPTION, id="n2", hours=1))) is None
    linked = Author(id="alice-shop", linked_ids=("alice",))
    assert twin_of(gate.check(written(CAPTION, id="n3", author=linked, hours=2))) is None


def test_who_was_copied_may_repeat_themselves(gate: Gate) -> None:
    """Alice, Bob with Alice's words, Alice again: only Bob is told."""
    gate.check(written(CAPTION))
    assert twins_note(gate.check(written(CAPTION, id="n2", author="bob", hours=1))) == "n1"
    again = twin_of(gate.check(written(CAPTION, id="n3", hours=2)))
    assert again is not None
    assert (again.difference, again.score) == (Difference.SAME_AUTHOR, 0)


def test_who_may_show_the_pictures_may_use_the_words(gate: Gate) -> None:
    """A licence for Alice's picture covers the text that came with it."""
    gate.check(showing(CAT, text=CAPTION))
    gate.claim("n1", author_id="bob", basis="licensed", proof="contract 7")
    verdict = gate.check(showing(CAT, id="n2", author="bob", hours=1, text=CAPTION))
    twin = twin_of(verdict)
    assert twin is not None
    assert (verdict.decision, twin.difference) == (Decision.PASS, Difference.LICENSED)


def test_words_of_many_are_nobodys(gate: Gate) -> None:
    """A challenge: from the fifth author on."""
    for i in range(5):
        verdict = gate.check(written(CAPTION, id=f"n{i}", author=f"a{i}", hours=i))
    twin = twin_of(verdict)
    assert twin is not None
    assert twin.difference is Difference.SHARED_TEXT
    assert twin.detail["unrelated_authors"] == 4


def test_a_blocked_note_never_becomes_the_first(gate: Gate) -> None:
    """Neither with its pictures nor with its words; what was published before stays."""
    gate.check(showing(CAT))
    gate.check(written(ENGLISH, id="n2", author="bob", hours=0.5))
    blocked = gate.check(showing(CAT, id="n2", author="bob", hours=0.5, text=CAPTION, revision=2))
    assert blocked.decision is Decision.BLOCK
    assert twin_of(gate.check(written(CAPTION, id="n3", author="carol", hours=3))) is None
    assert twins_note(gate.check(written(ENGLISH, id="n4", author="dan", hours=4))) == "n2"


def test_an_edit_replaces_the_words(gate: Gate) -> None:
    """The words of before are free again; an edit to something too short leaves none."""
    gate.check(written(CAPTION))
    gate.check(written(OTHER, revision=2))
    assert twin_of(gate.check(written(CAPTION, id="n2", author="bob", hours=1))) is None
    assert twins_note(gate.check(written(OTHER, id="n3", author="carol", hours=99_999))) == "n1"
    captions = gate.stats().captions
    gate.check(written("好看", revision=3))
    assert gate.stats().captions == captions - 1
    assert twins_note(gate.check(written(OTHER, id="n4", author="dan", hours=99_999.5))) == "n3"


def test_words_that_an_edit_brings_count_from_the_edit_on(gate: Gate) -> None:
    """Nobody becomes the first by publishing early and putting another's words in later."""
    gate.check(written(OTHER, author="bob", hours=-99))
    gate.check(written(CAPTION, id="n2", hours=-50))
    edited = gate.check(written(CAPTION, author="bob", hours=-99, revision=2))
    twin = twin_of(edited)
    assert twin is not None
    assert (twin.difference, twin.detail["twin_note"]) == (None, "n2")
    third = gate.check(written(CAPTION, id="n3", author="carol", hours=-40))
    assert twins_note(third) == "n2"


def test_checking_again_changes_nothing(gate: Gate) -> None:
    """Without a time, the first check's counts."""
    gate.check(written(CAPTION, hours=None))
    before = gate.register.caption_of("n1", "alice")
    gate.check(written(CAPTION, hours=None))
    after = gate.register.caption_of("n1", "alice")
    assert before is not None
    assert after == before


def test_judging_alone_writes_nothing(gate: Gate) -> None:
    """A dry run reads the captions and leaves none."""
    gate.check(written(CAPTION))
    dry = gate.check(written(TWIN, id="n2", author="bob", hours=1), register=False)
    assert twins_note(dry) == "n1"
    assert gate.register.caption_of("n2", "bob") is None


def test_an_archive_brings_its_captions(gate: Gate) -> None:
    """Of the earliest note, whatever the order of rows; archived edits keep their times."""
    notes = [written(CAPTION, id="late", author="carol", hours=2), written(CAPTION, id="early")]
    notes.append(written(CAPTION, id="early", revision=2))
    gate.register_many(notes)
    assert twins_note(gate.check(written(TWIN, id="n3", author="bob", hours=9))) == "early"


def test_what_is_removed_or_forgotten_is_no_twin(gate: Gate, tmp_path: Path) -> None:
    """At the next check; and the evidence about others no longer names it."""
    for i, author in enumerate(("alice", "bob", "carol")):
        gate.check(written(CAPTION, id=f"note-{author}", author=author, hours=i))
    assert gate.remove("note-alice") == 0
    assert twins_note(gate.check(written(TWIN, id="n4", author="dan", hours=9))) == "note-bob"
    receipt = gate.forget(author_id="bob")
    assert receipt.counts["captions"] == 1
    assert twins_note(gate.check(written(TWIN, id="n5", author="eve", hours=10))) == "note-carol"
    told = [row.verdict.to_json() for row in gate.register.verdicts("n4")]
    assert "bob" not in str(told)
    assert told[0]["summary"]["sources"][0]["note_id"] == "forgotten"


def test_a_caption_that_cannot_be_compared_is_not_passed_over(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rest is judged, and a person looks."""

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("broken")

    gate.check(written(CAPTION))
    with monkeypatch.context() as patch:
        patch.setattr(captions, "twin_finding", fail)
        verdict = gate.check(written(TWIN, id="n2", author="bob", hours=1))
    assert (verdict.completeness, verdict.decision) == (Completeness.PARTIAL, Decision.REVIEW)
    assert [failure.detector for failure in verdict.failures] == ["twins"]
    with monkeypatch.context() as patch:
        patch.setattr(examination, "read_caption", fail)
        verdict = gate.check(written(TWIN, id="n3", author="carol", hours=1))
    assert [failure.detector for failure in verdict.failures] == ["twins"]


def _exactly_one_is_first(verdicts: Sequence[dict[str, Any]]) -> None:
    twins = [
        [found for found in verdict["findings"] if found["kind"] == "text.template_twin"]
        for verdict in verdicts
    ]
    assert sum(not found for found in twins) == 1
    for verdict, found in zip(verdicts, twins, strict=True):
        for twin in found:
            assert twin["detail"]["twin_note"] != verdict["note_id"]


def test_of_simultaneous_twins_exactly_one_is_first(gate: Gate) -> None:
    """Eight threads publish nearly the same text at the same instant."""
    together = Barrier(8)

    def publish(i: int) -> dict[str, Any]:
        note = written(CAPTION + "🌸" * i, id=f"n{i}", author=f"a{i}", hours=None)
        together.wait(timeout=60)
        return gate.check(note).to_json()

    with ThreadPoolExecutor(8) as pool:
        _exactly_one_is_first(list(pool.map(publish, range(8))))


@pytest.mark.slow
def test_of_twins_from_several_processes_exactly_one_is_first(tmp_path: Path) -> None:
    """Likewise, several times."""
    Gate.open(tmp_path).close()
    told = in_processes(PROCESSES, write_the_same, tmp_path)
    assert not [answer for answer in told if isinstance(answer, BaseException)]
    for verdicts in zip(*told, strict=True):
        _exactly_one_is_first(verdicts)


def test_a_caption_survives_a_reopening(tmp_path: Path) -> None:
    """Nothing of a caption lives in memory."""
    with Gate.open(tmp_path) as gate:
        gate.check(written(CAPTION))
    with Gate.open(tmp_path) as gate:
        verdict = gate.check(written(TWIN, id="n2", author="bob", hours=1))
    assert twins_note(verdict) == "n1"
