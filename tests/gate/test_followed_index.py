"""The indexes follow the log: snapshots, other processes, long logs, descriptors of models."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from kit.pictures import scene
from kit.register_rows import a_picture, register_picture

from moderation.gate.index import followed
from moderation.gate.index.followed import DESCRIPTORS, FollowedIndex
from moderation.image.decode import decode
from moderation.image.descriptor import to_bytes
from moderation.image.feature_index import FEATURE_KEYS
from moderation.image.local_features import LocalFeatures
from moderation.image.query import Query
from moderation.store import Register

LENGTH = 16


def vector(number: int) -> np.ndarray:
    """A unit vector, another one for each number."""
    found = np.random.default_rng(number).standard_normal(LENGTH).astype(np.float32)
    return found / np.linalg.norm(found)


@dataclass
class Answering:
    """A describer that gives one vector to whatever it sees."""

    answer: np.ndarray
    recipe: str = "model_v1"
    dimensions: int = LENGTH

    def describe(self, views: list[np.ndarray]) -> np.ndarray:
        return np.repeat(self.answer[np.newaxis], len(views), axis=0)


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    return scene(5)


@pytest.fixture
def register(tmp_path: Path) -> Iterator[Register]:
    with Register.open(tmp_path / "register") as register:
        yield register


def put(register: Register, number: int, *, described: bool = True, **changes) -> int:
    """Register a picture whose features and descriptor follow from the number."""
    rng = np.random.default_rng(number)
    features = LocalFeatures(
        points=np.zeros((5, 2), np.float32),
        scales=np.ones(5, np.float32),
        angles=np.zeros(5, np.float32),
        descriptors=rng.integers(0, 16, (5, 128), dtype=np.uint8),
        size=(10, 10),
    )
    values = {
        "features": features.to_bytes(),
        "descriptor": to_bytes(vector(number)) if described else None,
        "descriptor_recipe": "model_v1" if described else None,
    } | changes
    return register_picture(register, a_picture(f"n{number}", **values))[0]


def removed(register: Register, *picture_ids: int) -> None:
    with register.transaction() as now:
        now.remove_pictures(picture_ids)


def alike(index: FollowedIndex, register: Register, number: int, picture: np.ndarray) -> list[int]:
    """Pictures whose descriptor is like that of a number, the nearest first."""
    query = Query.of(decode(picture), whole_only=True)
    query.describe(Answering(vector(number)))  # type: ignore[arg-type]
    index.catch_up(register)
    return [candidate.picture_id for candidate in index.alike(query)]


def test_descriptors_nominate_until_removed(
    register: Register, tmp_path: Path, picture: np.ndarray
) -> None:
    """An addition counts for the next query, and so does a removal."""
    index = FollowedIndex(tmp_path / "index")
    assert alike(index, register, 3, picture) == []
    numbers = {n: put(register, n) for n in range(1, 9)}
    assert alike(index, register, 3, picture)[0] == numbers[3]
    removed(register, numbers[3])
    assert numbers[3] not in alike(index, register, 3, picture)
    found = index.verify(register)
    assert found.ok
    assert found.undescribed == 0


def test_pictures_without_descriptor_are_counted(register: Register, tmp_path: Path) -> None:
    """An older register works on, and says what it lacks."""
    put(register, 1, described=False)
    put(register, 2)
    found = FollowedIndex(tmp_path / "index").verify(register)
    assert (found.ok, found.undescribed) == (True, 1)
    assert found.to_json()["undescribed"] == 1


def test_snapshots_bring_all_three_indexes_back(
    register: Register, tmp_path: Path, picture: np.ndarray
) -> None:
    """Without reading the log from its start."""
    numbers = [put(register, n) for n in range(1, 9)]
    FollowedIndex(tmp_path / "index").save(register)
    again = FollowedIndex(tmp_path / "index")
    assert again.seq == 8
    assert not again.rebuilt
    assert alike(again, register, 4, picture)[0] == numbers[3]
    assert again.verify(register).ok


@pytest.mark.parametrize("folder", ["pdq256_v1", DESCRIPTORS, FEATURE_KEYS.name])
@pytest.mark.parametrize("damage", ["manifest", "cut", "older", "missing"])
def test_a_damaged_snapshot_is_rebuilt(
    register: Register, tmp_path: Path, picture: np.ndarray, folder: str, damage: str
) -> None:
    """Whichever of the three it is; a missing one cannot pass for an empty one."""
    put(register, 1)
    index = FollowedIndex(tmp_path / "index")
    index.save(register)
    shutil.copytree(tmp_path / "index" / folder, tmp_path / "older")
    numbers = {n: put(register, n) for n in range(2, 9)}
    index.save(register)
    at = tmp_path / "index" / folder
    if damage == "manifest":
        (at / "manifest.json").write_text("{")
    elif damage == "cut":
        file = max(at.glob("*-*"), key=lambda path: path.stat().st_size)
        file.write_bytes(file.read_bytes()[:-1])
    else:
        shutil.rmtree(at)
        if damage == "older":
            shutil.copytree(tmp_path / "older", at)
    again = FollowedIndex(tmp_path / "index")
    again.catch_up(register)
    assert again.verify(register).ok
    assert alike(again, register, 5, picture)[0] == numbers[5]
    again.save(register)
    assert FollowedIndex(tmp_path / "index").seq == 8


def test_a_snapshot_newer_than_the_log_is_not_trusted(register: Register, tmp_path: Path) -> None:
    """The register was restored from a backup; what came after it is not in the search."""
    put(register, 1)
    shutil.copytree(tmp_path / "register", tmp_path / "backup")
    put(register, 2)
    FollowedIndex(tmp_path / "index").save(register)
    with Register.open(tmp_path / "backup") as restored:
        index = FollowedIndex(tmp_path / "index")
        assert index.verify(restored).ok
        assert index.rebuilt


def test_another_model_takes_over_an_empty_register(
    register: Register, tmp_path: Path, picture: np.ndarray
) -> None:
    """Once the last picture of the old model is gone; lengths may differ."""
    first = put(register, 1)
    index = FollowedIndex(tmp_path / "index")
    index.save(register)
    removed(register, first)
    other = np.ones(8, np.float32) / np.sqrt(np.float32(8))
    put(register, 2, descriptor=to_bytes(other), descriptor_recipe="model_v2")
    for now in (index, FollowedIndex(tmp_path / "index")):
        assert now.verify(register).ok
        now.save(register)
    assert FollowedIndex(tmp_path / "index").verify(register).ok


def test_a_save_goes_on_from_the_one_of_another_process(
    register: Register, tmp_path: Path, picture: np.ndarray
) -> None:
    """Two processes that save in turns map the same files and agree."""
    one, two = FollowedIndex(tmp_path / "index"), FollowedIndex(tmp_path / "index")
    for number in range(1, 41):
        put(register, number)
        (one if number % 2 else two).save(register)
    for index in (one, two, FollowedIndex(tmp_path / "index")):
        assert index.verify(register).ok
        assert len(alike(index, register, 7, picture)) > 0
    segments = list((tmp_path / "index" / FEATURE_KEYS.name).glob("keys-*"))
    assert len(segments) < 10


def test_a_snapshot_of_another_process_that_is_damaged_is_replaced(
    register: Register, tmp_path: Path
) -> None:
    """What is in memory is sound."""
    one, two = FollowedIndex(tmp_path / "index"), FollowedIndex(tmp_path / "index")
    put(register, 1)
    one.save(register)
    put(register, 2)
    two.save(register)
    next((tmp_path / "index" / FEATURE_KEYS.name).glob("ids-*")).write_bytes(b"")
    put(register, 3)
    one.save(register)
    assert one.verify(register).ok
    assert FollowedIndex(tmp_path / "index").seq == 3


def test_a_long_log_is_written_down_on_the_way(
    register: Register, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Following from the start needs no more memory than a part of it."""
    monkeypatch.setattr(followed, "_ENTRIES_AT_ONCE", 3)
    monkeypatch.setattr(followed, "_ENTRIES_IN_MEMORY", 6)
    numbers = [put(register, n) for n in range(1, 21)]
    removed(register, numbers[2])
    index = FollowedIndex(tmp_path / "index")
    index.catch_up(register)
    assert 12 <= FollowedIndex(tmp_path / "index").seq <= index.seq
    assert index.verify(register).ok
    assert FollowedIndex(tmp_path / "index").verify(register).ok


def test_a_log_is_followed_where_nothing_can_be_written(
    register: Register, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In memory, then."""
    monkeypatch.setattr(followed, "_ENTRIES_AT_ONCE", 3)
    monkeypatch.setattr(followed, "_ENTRIES_IN_MEMORY", 3)
    for n in range(1, 9):
        put(register, n)
    (tmp_path / "index").write_text("in the way")
    index = FollowedIndex(tmp_path / "index")
    assert index.catch_up(register) == 8
    assert index.verify(register).ok
