"""Trials say the truth, keep the halves apart, and repeat."""

from __future__ import annotations

import csv
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pytest
from kit.pictures import scene

from moderation.training import copy_pairs
from moderation.training.attacks import ATTACKS
from moderation.training.copy_pairs import Album, half_of

FIELDS = ("file", "kind", "subkind", "group", "source")


@pytest.fixture(scope="module")
def album(tmp_path_factory: pytest.TempPathFactory) -> Album:
    """Drawn photographs of two halves, look-alikes of two groups, two rows of pairs."""
    folder: Path = tmp_path_factory.mktemp("images")
    sources = {0: next(s for s in _names() if half_of(s) == 0)}
    sources[1] = next(s for s in _names() if half_of(s) == 1)
    rows = [(f"p{i}.png", "photos", "drawn", "", sources[i % 2]) for i in range(8)]
    rows += [(f"l{i}.png", "lookalikes", "shelf", f"group {i // 3}", "drawn") for i in range(12)]
    rows += [(f"s{i}.png", "posters", "promo", "", "a shop") for i in range(6)]
    for i, row in enumerate(rows):
        cv2.imwrite(str(folder / row[0]), scene(i, 240, 320)[:, :, ::-1])
    _write(folder / "manifest.csv", FIELDS, rows)
    _write(
        folder / "pairs.csv",
        ("a", "b", "label", "relation", "phash_dist"),
        [
            ("p0.png", "p2.png", "different", "unrelated_images", "30"),
            ("p1.png", "p3.png", "different", "lookalike:shelf", "0"),
            ("p4.png", "p4.png", "copy", "same", "0"),
            ("p5.png", "p6.png", "variant", "price", "2"),
        ],
    )
    return Album(folder)


def _names():
    return (f"source {i}" for i in range(50))


def _write(path: Path, fields, rows) -> None:
    with path.open("w", encoding="utf-8", newline="") as lines:
        table = csv.writer(lines)
        table.writerow(fields)
        table.writerows(rows)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_halves_are_both_used() -> None:
    """Names fall on both sides, always on the same one."""
    halves = [half_of(f"name {i}") for i in range(200)]
    assert 60 < sum(halves) < 140
    assert halves == [half_of(f"name {i}") for i in range(200)]


def test_every_attack_is_tried_on_every_photograph(album: Album) -> None:
    """Two photographs, the whole suite on each; all copies."""
    trials = list(copy_pairs.fixed_attacks(album, 0, rng(), 2))
    assert [t.kind for t in trials] == [a.name for a in ATTACKS] * 2
    assert all(t.is_copy for t in trials)


def test_photographs_of_one_source_stay_in_one_half(album: Album) -> None:
    """No picture fits and measures."""
    groups = [
        {t.group for t in copy_pairs.varied_attacks(album, half, rng(), 30, ["photos"])}
        for half in (0, 1)
    ]
    assert groups[0]
    assert groups[1]
    assert not groups[0] & groups[1]


def test_look_alikes_are_different_files_of_one_group(album: Album) -> None:
    """Both pictures of a pair come from one group, and are not the same."""
    trials = [t for half in (0, 1) for t in copy_pairs.look_alikes(album, half, rng(), 4)]
    shelf = [t for t in trials if t.kind == "same shelf"]
    assert shelf
    for trial in shelf:
        a, b = (int(name[1:-4]) for name in trial.files)
        assert a != b
        assert a // 3 == b // 3
        assert not trial.is_copy


def test_known_pairs_keep_their_label(album: Album) -> None:
    """Copies are copies, variants are left out, "different" that looks the same is doubtful."""
    trials = [t for half in (0, 1) for t in copy_pairs.known_pairs(album, half)]
    assert {(t.is_copy, t.doubtful) for t in trials} == {
        (True, False),
        (False, False),
        (False, True),
    }
    assert len(trials) == 3


def test_drawn_look_alikes_are_never_copies(album: Album) -> None:
    """Seven kinds a template; both pictures differ."""
    trials = list(islice(copy_pairs.drawn_look_alikes(album, 0, rng(), 2), 14))
    assert len({t.kind for t in trials}) == 7
    assert not any(t.is_copy for t in trials)
    assert not any(np.array_equal(t.query, t.original) for t in trials)


def test_the_same_seed_gives_the_same_trials(album: Album) -> None:
    """A measurement can be repeated."""
    once, again = (
        [t.query for t in copy_pairs.varied_attacks(album, 1, rng(4), 6, ["photos"])]
        for _ in range(2)
    )
    assert all(np.array_equal(a, b) for a, b in zip(once, again, strict=True))
