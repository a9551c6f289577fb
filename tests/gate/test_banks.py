"""Free pictures at a real register: found in collages, ended in time, never above proof."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from kit import pictures
from kit.notes import HOUR, MORNING, photo, portrait, showing

from moderation import Decision, Gate, NoteImage, Verdict
from moderation.archive import BankRow, read_bank
from moderation.errors import BadNote, UnknownSubject
from moderation.finding import Difference, FindingKind, ItemFailure
from moderation.gate.rights.banks import Banked

CAT, CUP = photo("chelsea"), photo("coffee")
NEXT_YEAR = MORNING + timedelta(days=300)


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    with Gate.open(tmp_path / "register") as gate:
        yield gate


def bank(gate: Gate, *some: pictures.Pixels, name: str = "memes", **more: object) -> list[Banked]:
    images = {f"{i}.png": NoteImage(array=pixels) for i, pixels in enumerate(some)}
    results = gate.banks.add(name, images, **{"reason": "spring", "by": "mia"} | more)
    assert all(isinstance(result, Banked) for result in results)
    return results


def shown(gate: Gate, pixels: pictures.Pixels, author: str = "bob", hours: float = 5) -> Verdict:
    """What the gate says of a note with the picture; nothing is written."""
    note = showing(pixels, id=f"{author}'s", author=author, hours=hours)
    return gate.check(note, register=False)


def kinds(verdict: Verdict) -> list[tuple[str, Difference | None]]:
    return [(finding.kind.value, finding.difference) for finding in verdict.findings]


FREE = ("image.template", Difference.EXEMPT_TEMPLATE)
COPIED = ("image.copy", None)


def test_a_banked_picture_is_free_for_everybody(gate: Gate) -> None:
    """Also a scaled and recompressed one; nobody who shows it becomes its first."""
    bank(gate, CAT)
    for i, pixels in enumerate((CAT, pictures.recompressed(pictures.scaled(CAT, 0.7), 60))):
        verdict = gate.check(showing(pixels, id=f"n{i}", author=f"author{i}", hours=i))
        assert (verdict.decision, kinds(verdict)) == (Decision.PASS, [FREE])
        assert verdict.findings[0].detail["bank"] == "memes"
    assert gate.stats().claims == 0
    assert gate.verify().ok


def test_who_showed_it_before_accuses_nobody_any_more(gate: Gate) -> None:
    """The list frees the works that show the picture when it is added."""
    gate.check(showing(pictures.scaled(CAT, 0.6)))
    assert shown(gate, CAT).decision is Decision.BLOCK
    (banked,) = bank(gate, CAT)
    assert len(banked.entry.works) == 2
    assert kinds(shown(gate, CAT)) == [FREE]


def test_the_end_is_obeyed_as_of_the_note(gate: Gate) -> None:
    """And afterwards those who showed it while it was free hold nothing."""
    bank(gate, CAT, until=MORNING + 9 * HOUR)
    assert kinds(gate.check(showing(CAT, id="n1", author="ann", hours=5))) == [FREE]
    assert kinds(shown(gate, CAT, hours=8.9)) == [FREE]
    assert kinds(shown(gate, CAT, hours=9)) == []
    assert gate.check(showing(CAT, id="n2", author="ann", hours=10)).findings == ()
    assert kinds(shown(gate, CAT, "carol", hours=11)) == [COPIED]


def test_an_earlier_claim_holds_again_after_the_end(gate: Gate) -> None:
    """Alice was first before the list, and is first after it."""
    gate.check(showing(CAT))
    bank(gate, CAT, until=MORNING + 9 * HOUR)
    assert kinds(shown(gate, CAT, hours=8)) == [FREE]
    assert kinds(shown(gate, CAT, hours=10)) == [COPIED]
    gate.banks.expire("memes", at=MORNING + 2 * HOUR, reason="over", by="mia")
    assert kinds(shown(gate, CAT, hours=8)) == [COPIED]


def test_a_removed_picture_frees_nothing_and_accuses_nobody(gate: Gate) -> None:
    """What was shown while it was free gives no claim afterwards."""
    bank(gate, CAT)
    assert gate.check(showing(CAT, id="n1", author="ann", hours=1)).decision is Decision.PASS
    assert gate.banks.remove("memes", by="mia") == 1
    with pytest.raises(UnknownSubject, match="no bank `memes`"):
        gate.banks.entries("memes")
    assert kinds(shown(gate, CAT)) == [FREE]  # a note of before the removal
    later = showing(CAT, id="n2", hours=None, author="ben")
    assert gate.check(later, register=False).findings == ()
    assert gate.verify().ok


def test_in_a_collage_only_what_is_not_free_counts(gate: Gate) -> None:
    """The meme is free, and Alice's cup is not."""
    cat, cup = portrait("chelsea"), portrait("coffee")
    gate.check(showing(cup))
    bank(gate, cat)
    sheet = pictures.collage([cat, cup, portrait("rocket"), portrait("astronaut")])
    verdict = shown(gate, sheet)
    found = {(finding.kind, finding.detail["holder"]) for finding in verdict.findings}
    assert found == {
        (FindingKind.IMAGE_TEMPLATE, ""),
        (FindingKind.IMAGE_COPY_PARTIAL, "alice"),
    }
    assert verdict.decision is Decision.REVIEW


def test_a_free_sticker_inside_a_copy_launders_nothing(gate: Gate) -> None:
    """Alice's cup with a free cat stuck on it is a copy of her cup."""
    gate.check(showing(CUP))
    sticker = pictures.scaled(CAT, 0.35)
    bank(gate, sticker)
    copy = CUP.copy()
    copy[10 : 10 + sticker.shape[0], 10 : 10 + sticker.shape[1]] = sticker
    verdict = shown(gate, copy)
    assert verdict.decision >= Decision.REVIEW
    assert "alice" in {finding.detail["holder"] for finding in verdict.findings}


def test_proof_wins_over_a_list_before_and_after(gate: Gate) -> None:
    """A photograph that became a meme: its author's proof ends the freedom, and says so."""
    gate.check(showing(CAT))
    bank(gate, CAT)
    gate.claim("n1", author_id="carol", basis="external_proof", proof="raw file")
    verdict = shown(gate, CAT)
    assert (verdict.decision, kinds(verdict)) == (Decision.BLOCK, [COPIED])
    detail = verdict.findings[0].detail
    assert (detail["holder"], detail["bank"], detail["conflict"]) == ("carol", "memes", True)
    (again,) = bank(gate, pictures.recompressed(CAT, 80), name="cats")
    assert [(c.author_id, c.proof) for c in again.conflicts] == [("carol", "raw file")]
    verdict = shown(gate, CAT)
    assert (verdict.decision, kinds(verdict)) == (Decision.BLOCK, [COPIED])
    assert verdict.findings[0].detail["conflict"] is True


def test_a_crop_of_a_free_picture_becomes_nobodys(gate: Gate) -> None:
    """Who posts half a wallpaper does not own that half."""
    bank(gate, CAT, until=NEXT_YEAR)
    half = pictures.cropped(CAT, 0.6)
    assert gate.check(showing(half, id="n1", author="ann", hours=1)).decision is Decision.PASS
    assert {kind for kind, _ in kinds(shown(gate, half, hours=2))} == {"image.template"}
    assert {kind for kind, _ in kinds(shown(gate, CAT, hours=3))} == {"image.template"}


def test_what_many_show_does_not_crowd_out_what_frees_it(gate: Gate, tmp_path: Path) -> None:
    """Forty hashes of the meme in a list are nearer, or as near; the bank is still asked."""
    (code,) = {p.code for p in _registered(tmp_path / "other", CAT)}
    from moderation.archive import HashRow

    gate.register_hashes(
        HashRow(
            note_id=f"list:{i}",
            author_id=f"u{i}",
            published_at=MORNING - HOUR,
            image_number=0,
            recipe="pdq256_v1",
            code=bytes([code[0] ^ (i & 7), code[1] ^ (i >> 3), *code[2:]]),
            quality=None,
        )
        for i in range(1, 41)
    )
    bank(gate, CAT)
    assert FREE in kinds(shown(gate, CAT))
    assert shown(gate, CAT).decision is Decision.PASS


def _registered(folder: Path, pixels: pictures.Pixels) -> list[object]:
    with Gate.open(folder) as other:
        other.check(showing(pixels))
        return list(other.register.pictures_of_note("n1"))


# The list itself


def test_the_same_file_again_gets_the_new_reason_and_end(gate: Gate) -> None:
    (first,) = bank(gate, CAT)
    (again,) = bank(gate, CAT, reason="autumn", until=NEXT_YEAR)
    assert (first.is_new, again.is_new) == (True, False)
    assert again.entry.entry_id == first.entry.entry_id
    assert (again.entry.reason, again.entry.until) == ("autumn", NEXT_YEAR)
    assert len(gate.banks.entries("memes")) == 1


def test_an_unreadable_picture_stops_nothing(gate: Gate) -> None:
    images = {"bad.png": NoteImage(data=b"no picture"), "cat.png": NoteImage(array=CAT)}
    failure, banked = gate.banks.add("memes", images, reason="spring")
    assert isinstance(failure, ItemFailure)
    assert (failure.note_id, failure.code) == ("bad.png", "unreadable_image")
    assert isinstance(banked, Banked)


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * 300], ids=["", "blank", "line", "long"])
def test_a_bank_needs_a_name(gate: Gate, name: str) -> None:
    with pytest.raises(BadNote):
        gate.banks.add(name, {"cat.png": NoteImage(array=CAT)}, reason="spring")
    assert gate.stats().pictures == 0


def test_every_act_is_in_the_audit(gate: Gate) -> None:
    """Who, what, why; in order."""
    (banked, _) = bank(gate, CAT, CUP)
    gate.banks.expire("memes", at=NEXT_YEAR, reason="campaign ends", by="noa")
    gate.banks.remove("memes", entry_ids=[banked.entry.entry_id], reason="a mistake", by="mia")
    told = [(r.action, r.by, r.reason) for r in gate.templates.history("memes")]
    assert told == [
        ("bank.add", "mia", "spring"),
        ("bank.add", "mia", "spring"),
        ("bank.expire", "noa", "campaign ends"),
        ("bank.remove", "mia", "a mistake"),
    ]
    assert [entry.title for entry in gate.banks.entries()] == ["1.png"]
    for act in (gate.banks.expire, gate.banks.remove):
        with pytest.raises(UnknownSubject, match="no entry 99"):
            act("memes", entry_ids=[99])


@pytest.mark.parametrize("with_features", [True, False], ids=["with-features", "bare"])
def test_an_exported_bank_can_be_taken_elsewhere(
    gate: Gate, tmp_path: Path, with_features: bool
) -> None:
    """With features it frees what geometry proves; a bare hash frees only what nothing proves."""
    bank(gate, CAT, until=NEXT_YEAR)
    file = tmp_path / "memes.json"
    file.write_text(json.dumps(gate.banks.export("memes", with_features=with_features)))
    name, rows = read_bank(file)
    assert name == "memes"
    with Gate.open(tmp_path / "other") as other:
        (banked,) = other.banks.take(name, rows, by="noa")
        assert isinstance(banked, Banked)
        assert (banked.entry.reason, banked.entry.until) == ("spring", NEXT_YEAR)
        assert kinds(shown(other, CAT)) == [FREE]
        other.check(showing(CUP))
        assert kinds(shown(other, CUP)) == [COPIED]
        (again,) = other.banks.take(name, rows)
        assert isinstance(again, Banked)
        assert not again.is_new
        assert other.verify().ok


def test_hostile_features_are_refused(gate: Gate) -> None:
    """The rest of the file is taken."""
    good = BankRow(
        title="a",
        reason="r",
        until=None,
        recipe="pdq256_v1",
        code=bytes(range(32)),
        quality=90,
        width=10,
        height=10,
        features=b"",
    )
    from dataclasses import replace

    bad = replace(good, features=b"NOPE" * 100)
    failure, banked = gate.banks.take("memes", [bad, good])
    assert isinstance(failure, ItemFailure)
    assert failure.code == "bad_hash"
    assert isinstance(banked, Banked)
