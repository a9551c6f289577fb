"""Pictures made to cost much or to hide much, through every door: right or silent, never slow.

Time is processor time, relative to a photograph's in the same run.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from kit.hostile_pictures import HOSTILE, cells, noise, tiled
from kit.notes import showing
from kit.photographs import PHOTOGRAPHS, photograph
from kit.pictures import Pixels, cropped, flat, recompressed, scaled, scene, watermarked
from kit.posters import poster
from kit.register_rows import a_picture

from moderation import Gate, compare
from moderation.finding import Skipped, Unseen
from moderation.gate.looking import choice, search
from moderation.image import lettering
from moderation.image.decode import decode
from moderation.image.lettering import read_lettering
from moderation.image.query import Query
from moderation.verdict import Decision

SLOWER = 6.0
"""Times a photograph's processor time; measured are 3.2 at most, a page full of words apart."""
REGISTERED = 36


@cache
def drawn(number: int) -> Pixels:
    return scene(100 + number)


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gate]:
    """A register of photographs and drawn pictures, each by an author of its own."""
    notes = [showing(drawn(i), id=f"drawn-{i}", author=f"a{i}") for i in range(REGISTERED)]
    notes += [showing(photograph(name), id=name, author=name) for name in PHOTOGRAPHS]
    with Gate.open(tmp_path_factory.mktemp("register")) as opened:
        assert not opened.register_many(notes).failures
        yield opened


@pytest.fixture(scope="module")
def usual_s(gate: Gate) -> float:
    """Processor time for a photograph of a note's size."""
    picture = scaled(photograph("coffee"), 2.0)
    asked(gate, picture)
    return min(asked(gate, picture)[1] for _ in range(3))


@pytest.fixture(scope="module")
def full_page_s() -> float:
    """Processor time for reading a page with more lines than are read; 0 where none are."""
    if not lettering.installed():
        return 0.0
    page = poster(*(f"第{i}行 今天的天气不错 晚霞也很好看" for i in range(40)), px=18)
    read_lettering(page)  # opens the networks
    start = time.process_time()
    assert read_lettering(page).unread
    return time.process_time() - start


def asked(gate: Gate, picture: Pixels) -> tuple[Any, float]:
    start = time.process_time()
    verdict = gate.check(showing(picture, id="asked", author="bob", hours=5), register=False)
    return verdict, time.process_time() - start


@pytest.mark.parametrize("picture", HOSTILE.values(), ids=HOSTILE.keys())
def test_nobody_is_accused_and_nothing_takes_long(
    gate: Gate, usual_s: float, full_page_s: float, picture: Callable[[], Pixels]
) -> None:
    """They show nothing that anybody registered; asking again gives the same answer.

    Words that one of them holds cost no more to read than a full page.
    """
    pixels = picture()
    verdict, seconds = asked(gate, pixels)
    assert verdict.decision is Decision.PASS
    assert verdict.findings == verdict.failures == ()
    assert seconds < SLOWER * usual_s + full_page_s
    assert gate.find_copies(pixels) == []
    assert asked(gate, pixels)[0].to_json() == verdict.to_json()


@pytest.mark.parametrize("picture", HOSTILE.values(), ids=HOSTILE.keys())
def test_no_hostile_picture_is_taken_for_a_photograph(picture: Callable[[], Pixels]) -> None:
    """Side by side, whichever of the two was first."""
    pixels, photo = picture(), photograph("china", 320)
    assert compare(pixels, photo) is None
    assert compare(photo, pixels) is None


def test_once_registered_they_hide_and_accuse_nobody(tmp_path: Path) -> None:
    """Photographs are found beside them, and no hostile picture is found for another."""
    notes = [showing(make(), id=name, author=name) for name, make in HOSTILE.items()]
    with Gate.open(tmp_path) as gate:
        assert not gate.register_many(notes).failures
        gate.register_many([showing(photograph("chelsea"), id="cat", author="ann")])
        assert [m.note_id for m in gate.find_copies(recompressed(photograph("chelsea")))] == ["cat"]
        for name, make in list(HOSTILE.items())[::2]:
            related = {name, name.removesuffix("-gutters"), f"{name}-gutters"}
            assert {m.note_id for m in gate.find_copies(make())} <= related
        assert gate.verify().ok


# What many registered pictures, or many flat ones, do to a search


@pytest.mark.parametrize(
    ("columns", "cell_px", "gutter_px"),
    [(3, 400, 0), (3, 400, 6), (6, 250, 0), (6, 250, 6)],
    ids=["9", "9-gutters", "36", "36-gutters"],
)
def test_a_collage_of_registered_pictures_names_only_those_it_shows(
    gate: Gate, columns: int, cell_px: int, gutter_px: int
) -> None:
    """Each proof costs its time, so their number is what is bounded."""
    shown = [drawn(i) for i in range(columns**2)]
    sheet = cells(shown, columns, columns, cell_px, gutter_px)
    found = [m.note_id for m in gate.find_copies(sheet, limit=99)]
    assert set(found) <= {f"drawn-{i}" for i in range(columns**2)}
    assert len(found) >= (7 if columns == 3 else 1)


def test_proofs_are_bounded_and_every_work_has_its_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nine works have four pictures each, none is crowded out by the pictures of another."""
    versions = (lambda p: p, lambda p: cropped(p, 0.8), watermarked, lambda p: recompressed(p, 30))
    notes = [
        showing(version(drawn(i)), id=f"{i}-{k}", author=f"a{i}")
        for i in range(9)
        for k, version in enumerate(versions)
    ]
    monkeypatch.setattr(choice, "MOST_PROOFS", 12)
    proofs: list[int] = []

    def counted(*arguments: Any) -> Any:
        proofs.append(1)
        return match(*arguments)

    match = search.match
    monkeypatch.setattr(search, "match", counted)
    with Gate.open(tmp_path) as gate:
        gate.register_many(notes)
        proofs.clear()
        found = gate.find_copies(cells([drawn(i) for i in range(9)], 3, 3, 500, 6), limit=99)
    assert 9 <= len(proofs) <= 12
    assert len({m.author_id for m in found}) >= 7


def test_thousands_of_flat_pictures_slow_nothing_and_hide_nothing(
    gate: Gate, tmp_path: Path, usual_s: float
) -> None:
    """They all have one hash; it must not crowd out what shared features nominate."""
    dark = flat((0, 0, 0), 1000, 900)
    cup = photograph("coffee")
    dark[200 : 200 + len(cup), 150 : 150 + cup.shape[1]] = cup
    query = Query.of(decode(dark))
    with Gate.open(tmp_path) as flooded:
        with flooded.register.transaction() as now:
            works = now.add_works(5_000)
            bare = {"features": b"", "descriptor": None, "descriptor_recipe": None, "quality": 0}
            for at, code in enumerate((query.codes[0], Query.of(decode(flat())).codes[0])):
                rows = [a_picture(f"{at}-{w}", **bare, code=bytes(code)) for w in works[at::2]]
                now.add_pictures(zip(rows, works[at::2], strict=True))
        flooded.register_many([showing(photograph("coffee"), id="cup", author="ann")])
        assert [m.note_id for m in flooded.find_copies(dark)] == ["cup"]
        verdict, seconds = asked(flooded, flat())
    assert verdict.decision is Decision.PASS
    assert seconds < SLOWER * usual_s


# What was skipped is said


def skipped(gate: Gate, picture: Pixels) -> dict[str, tuple[int, int]]:
    found = asked(gate, picture)[0].skipped
    assert all(s.image_number == 0 for s in found)
    return {s.what.value: (s.looked_at, s.left_out) for s in found}


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_nothing_is_skipped_of_a_photograph(gate: Gate, name: str) -> None:
    """Neither of a whole one nor of a crop."""
    assert skipped(gate, photograph(name)) == skipped(gate, cropped(photograph(name), 0.6)) == {}


@pytest.mark.parametrize(
    ("page", "least"),
    [
        (HOSTILE["cells-400"], 200),
        (HOSTILE["cells-400-gutters"], 200),
        (lambda: tiled(drawn(3), 10, 10, 150), 100),
        (lambda: cells([drawn(3)], 10, 10, 146, 4), 100),
        (lambda: cells([drawn(i) for i in range(36)], 6, 6, 250, 6), 36),
        (lambda: cells([drawn(i) for i in range(36)], 6, 6, 250, 0), 36),
    ],
    ids=["400", "400-gutters", "100-the-same", "100-the-same-gutters", "36-gutters", "36"],
)
def test_cells_that_are_too_small_are_counted(
    gate: Gate, page: Callable[[], Pixels], least: int
) -> None:
    """Whether or not there is a gutter between them."""
    looked_at, left_out = skipped(gate, page())["small_parts"]
    assert 1 <= looked_at <= 24
    assert least <= left_out <= 400


def test_likely_works_beyond_the_limits_are_counted(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nine registered pictures, of which a gate that may look at two finds two at most."""
    for limit in ("BY_HASH", "BY_VOTES", "BY_COSINE"):
        monkeypatch.setattr(choice, limit, 1)
    sheet = cells([drawn(i) for i in range(9)], 3, 3, 400, 6)
    looked_at, left_out = skipped(gate, sheet)["works"]
    assert looked_at <= 3
    assert looked_at + left_out >= 8


def test_a_verdict_without_the_list_is_read_as_one_that_skipped_nothing(gate: Gate) -> None:
    """Verdicts of earlier versions stay readable, and those of this one come back whole."""
    verdict = asked(gate, HOSTILE["cells-400"]())[0]
    row = verdict.to_json()
    assert type(verdict).from_json(row) == verdict
    assert row["skipped"][0]["what"] == "small_parts"
    del row["skipped"]
    assert type(verdict).from_json(row).skipped == ()


def test_what_is_skipped_survives_json() -> None:
    """Every kind of it."""
    for what in Unseen:
        one = Skipped(image_number=2, what=what, looked_at=24, left_out=7)
        assert Skipped.from_json(one.to_json()) == one


def test_noise_is_no_reason_to_say_that_something_was_skipped(gate: Gate) -> None:
    """Nor is a flat page."""
    assert skipped(gate, noise(900, 900)) == skipped(gate, flat()) == {}
    assert np.array_equal(noise(8, 8), noise(8, 8))
