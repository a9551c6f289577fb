"""Many notes at once give what they give one by one; archives come in any order."""

from __future__ import annotations

import itertools
import json
import random
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kit import pictures
from kit.notes import MORNING, portrait, showing

from moderation import Decision, Gate, ItemFailure, Note, Verdict
from moderation.archive import HashRow
from moderation.explain import Lang, explain_finding
from moderation.finding import Difference, FindingKind
from moderation.image.hashing import PDQ256, PHASH64, HashRecipe, hash_with

CAT, CUP = portrait("chelsea"), portrait("coffee")
CROP = pictures.cropped(CAT, 0.85)
BROKEN = b"\xff\xd8\xff\xe0 no picture"
BAD_LINE = ItemFailure(code="bad_note", message="`id` is missing", hint="add `id`", line=3)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A register without notes, to be copied: making one takes longer than copying it."""
    folder = tmp_path_factory.mktemp("empty") / "register"
    Gate.open(folder).close()
    return folder


class Copies:
    """Fresh registers, each in a folder of its own."""

    def __init__(self, empty: Path, folder: Path) -> None:
        self._empty, self._folder, self._numbers = empty, folder, itertools.count()

    def open(self) -> Gate:
        folder = self._folder / str(next(self._numbers))
        shutil.copytree(self._empty, folder)
        return Gate.open(folder)


@pytest.fixture
def copies(empty: Path, tmp_path: Path) -> Copies:
    return Copies(empty, tmp_path)


# check_many


def a_queue() -> list[Note | ItemFailure]:
    """Firsts, copies, parts, own reposts, a second revision, an unreadable picture, a bad line."""
    return [
        showing(CAT),
        showing(pictures.recompressed(CAT, 60), id="n2", author="bob", hours=1),
        showing(CROP, id="n3", author="carol", hours=2),
        showing(pictures.collage([CAT, CUP]), id="n4", author="dan", hours=3),
        showing(CUP, id="n5", author="eve", hours=4),
        showing(CAT, BROKEN, id="n6", hours=5, text="今天的早饭"),
        showing(CUP, id="n7", author="bob", hours=-5),
        showing(CUP, CAT, id="n1", revision=2, hours=6),
        BAD_LINE,
    ]


def told(results: Sequence[Verdict | ItemFailure]) -> list[str]:
    return [json.dumps(result.to_json(), sort_keys=True) for result in results]


@settings(
    max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.permutations(range(len(a_queue()))))
def test_many_at_once_are_judged_as_one_by_one(copies: Copies, order: list[int]) -> None:
    """The whole JSON is the same, in any order of the queue, and so is the register."""
    queue = [a_queue()[i] for i in order]
    with copies.open() as gate:
        singly = [n if isinstance(n, ItemFailure) else gate.check(n) for n in queue]
        stats = gate.stats()
    with copies.open() as gate:
        together = list(gate.check_many(iter(queue)))
        assert told(together) == told(singly)
        assert gate.stats() == stats
        assert gate.verify().ok


def test_a_stream_is_read_only_a_few_notes_ahead(copies: Copies) -> None:
    """An archive of any length fits in memory, and a caller may stop early."""
    read = []

    def notes() -> Iterator[Note]:
        for i in range(100):
            read.append(i)
            yield showing(pictures.flat((i, i, i), 20, 20), id=f"n{i}")

    with copies.open() as gate:
        verdicts = gate.check_many(notes())
        first = next(verdicts)
        assert isinstance(first, Verdict)
        assert first.note_id == "n0"
        assert len(read) < 50
        verdicts.close()  # type: ignore[attr-defined]
        assert gate.stats().verdicts == 1


# register_many


def outcome(gate: Gate) -> dict[str, Any]:
    """What the register answers to a stranger who shows each picture."""
    answers = {}
    for name, pixels in (("cat", CAT), ("cup", CUP)):
        note = showing(pixels, id="asking", author="stranger", hours=99)
        verdict = gate.check(note, register=False)
        answers[name] = [(f.kind, f.detail["holder"]) for f in verdict.findings]
    stats = gate.stats()
    return answers | {"counts": (stats.works, stats.pictures, stats.claims, stats.verdicts)}


ARCHIVE = [
    showing(CAT, id="n1", author="alice", hours=3),
    showing(pictures.recompressed(CAT, 70), CUP, id="n2", author="bob", hours=1),
    showing(pictures.scaled(CAT, 0.8), id="n3", author="carol", hours=2),
    showing(pictures.filtered(CUP), id="n4", author="dan", hours=0),
]
EXPECTED = {
    "cat": [(FindingKind.IMAGE_COPY, "bob")],
    "cup": [(FindingKind.IMAGE_COPY, "dan")],
    "counts": (2, 5, 5, 0),
}


@settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.permutations(ARCHIVE))
def test_the_earliest_date_holds_in_whatever_order(copies: Copies, archive: list[Note]) -> None:
    """Nothing is judged, everything is kept, and of each picture the earliest note counts."""
    with copies.open() as gate:
        done = gate.register_many(archive)
        assert (done.notes, done.pictures, done.failures) == (4, 5, ())
        assert outcome(gate) == EXPECTED


def test_registering_again_changes_nothing(copies: Copies) -> None:
    """An import that broke off is simply run again."""
    with copies.open() as gate:
        gate.register_many(ARCHIVE[:3])
        gate.register_many(ARCHIVE)
        before = gate.stats()
        progress: list[int] = []
        assert gate.register_many(reversed(ARCHIVE), progress=progress.append).pictures == 5
        assert gate.stats() == before
        assert progress == [4]
        assert outcome(gate) == EXPECTED


def test_an_archive_goes_in_portion_by_portion(copies: Copies) -> None:
    """Copies are grouped within a portion and across portions; progress is told after each."""
    notes = [
        showing(CAT if i % 8 == 0 else pictures.scene(i, 60, 80), id=f"n{i}", hours=i)
        for i in range(40)
    ]
    random.Random(3).shuffle(notes)
    progress: list[int] = []
    with copies.open() as gate:
        gate.register_many(notes, progress=progress.append)
        assert progress == sorted(progress)
        assert len(progress) > 1
        assert progress[-1] == 40
        stats = gate.stats()
        assert (stats.notes, stats.pictures) == (40, 40)
        assert stats.works == 40 - 4
        assert gate.verify().ok


def test_an_archive_keeps_what_it_can_read(copies: Copies) -> None:
    """The failure names note and picture; the rest is registered."""
    with copies.open() as gate:
        done = gate.register_many([showing(CAT, BROKEN, id="n1"), BAD_LINE])
        assert (done.notes, done.pictures) == (1, 1)
        unreadable = next(f for f in done.failures if f is not BAD_LINE)
        assert (unreadable.note_id, unreadable.image_number) == ("n1", 1)
        assert unreadable.code == "unreadable_image"
        assert BAD_LINE in done.failures
        assert done.to_json()["pictures"] == 1
        assert len(done.to_json()["failures"]) == 2


def test_an_archive_read_after_checks_can_still_be_earlier(copies: Copies) -> None:
    """Then the note that was checked first is the later one, and it is told so when asked again."""
    with copies.open() as gate:
        note = showing(CAT, author="bob")
        assert gate.check(note).decision is Decision.PASS
        gate.register_many([showing(CAT, id="n0", author="alice", hours=-30)])
        verdict = gate.check(note)
        assert [f.detail["holder"] for f in verdict.findings] == ["alice"]


# register_hashes


def listed(pixels: Any, recipe: HashRecipe, **changes: Any) -> HashRow:
    """The hash of a picture that we never saw."""
    values: dict[str, Any] = {
        "note_id": "list:1",
        "author_id": "bank",
        "published_at": MORNING - timedelta(days=9),
        "image_number": 0,
        "recipe": recipe.name,
        "code": bytes(hash_with(recipe, pixels)),
        "quality": None,
    }
    return HashRow(**values | changes)


@pytest.mark.parametrize("recipe", [PDQ256, PHASH64], ids=lambda r: r.name)
def test_a_listed_hash_leads_to_review_at_most(copies: Copies, recipe: HashRecipe) -> None:
    """Nothing but a hash is known, so the match is unverified, and never a block."""
    with copies.open() as gate:
        done = gate.register_hashes([listed(CAT, recipe), BAD_LINE])
        assert (done.notes, done.pictures, done.failures) == (1, 1, (BAD_LINE,))
        verdict = gate.check(showing(pictures.recompressed(CAT, 80)))
        assert verdict.decision is Decision.REVIEW
        (finding,) = verdict.findings
        assert finding.difference is Difference.UNVERIFIED
        assert finding.match is not None
        assert (finding.match.verified, finding.match.note_id) == (False, "list:1")
        assert finding.detail["holder"] == "bank"
        assert gate.check(showing(CUP, id="n2")).findings == ()
        assert gate.verify().ok
        assert gate.stats().unverified == 1


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_proof_names_the_list_and_its_licence(copies: Copies, lang: Lang) -> None:
    """The first that says something; a list that says nothing adds nothing to the proof."""
    silent = listed(CUP, PDQ256, note_id="list:2")
    told = listed(CAT, PDQ256, source="partner", licence="ask them")
    with copies.open() as gate:
        gate.register_hashes([silent, replace(told, source="", licence=""), told])
        (finding,) = gate.check(showing(CAT, author="bob")).findings
        terms = {"list_source": "partner", "list_licence": "ask them"}
        assert terms.items() <= finding.detail.items()
        why = explain_finding(finding, lang=lang).why
        assert "partner" in why
        assert "ask them" in why
        (finding,) = gate.check(showing(CUP, id="n2")).findings
        assert not [name for name in finding.detail if name.startswith("list_")]
        gate.claim("list:1", author_id="bob", basis="licensed")
        (again,) = gate.register.verdicts("n1")[-1].verdict.findings
        assert again.difference is Difference.LICENSED
        assert terms.items() <= again.detail.items()


def test_a_list_read_again_changes_nothing(copies: Copies) -> None:
    """The same row is the same picture; without a date it counts from when it came."""
    rows = [listed(CAT, PDQ256, published_at=None), listed(CUP, PDQ256, note_id="list:2")]
    with copies.open() as gate:
        gate.register_hashes(rows)
        before = gate.stats()
        gate.register_hashes(rows)
        assert gate.stats() == before
        early = gate.check(showing(CAT))
        assert [f.difference for f in early.findings] == [Difference.PUBLISHED_EARLIER]
