"""The copy descriptor at the gate: nominates, is kept, is forgotten, never mixes with others."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path

import numpy as np
import pytest
from kit import pictures
from kit.notes import MORNING, photo, showing

from moderation import artifacts
from moderation.artifacts import CONFIG, seal
from moderation.errors import ModelNotFound, RecipeMismatch
from moderation.gate import Gate, compare
from moderation.gate.index.followed import FollowedIndex
from moderation.gate.looking.search import prove
from moderation.image.decode import decode
from moderation.image.descriptor import Describer
from moderation.image.matching import Candidate
from moderation.image.query import Query
from moderation.note import Author, Note
from moderation.store.registry import FILE_NAME
from moderation.verdict import Decision

CAT, CUP = photo("chelsea"), photo("coffee")


@pytest.fixture(scope="module")
def other_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped network under another name, asked in another way."""
    shipped = artifacts.artifact_folders()[artifacts.COPY_DESCRIPTOR]
    folder = tmp_path_factory.mktemp("models") / "own-descriptor_v3"
    shutil.copytree(shipped, folder)
    config = json.loads((folder / CONFIG).read_text())
    config["input"]["resize"] = "letterbox"
    (folder / CONFIG).write_text(json.dumps(config))
    seal(folder)
    return folder


@pytest.fixture
def no_model(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As in a wheel that was built without it."""
    monkeypatch.setattr(artifacts, "SHELVES", (tmp_path / "nowhere",))


def test_a_match_tells_the_cosine(tmp_path: Path) -> None:
    """Of the same picture it is nearly 1; the verdict names the model."""
    with Gate.open(tmp_path) as gate:
        first = gate.check(showing(CAT, id="n1", author="alice"))
        (match,) = gate.find_copies(CAT)
        assert match.cosine == pytest.approx(1, abs=0.01)
        assert first.detectors["descriptor"] == gate.register.descriptor_recipe()
        assert gate.verify().undescribed == 0
    assert match.to_json()["cosine"] == match.cosine


def test_every_view_has_its_turn(tmp_path: Path) -> None:
    """The nearest to one view of a screenshot is verified before the many near to another view."""
    with Gate.open(tmp_path) as gate:
        noise = np.random.default_rng(2).integers(0, 256, (40, 96, 96, 3), np.uint8)
        strangers = [showing(p, id=f"s{n}", author=f"a{n}") for n, p in enumerate(noise)]
        for note in (*strangers, showing(CAT, id="n1", author="alice")):
            gate.check(note)
        *others, last = gate.register.latest_pictures(41)[::-1]
        crowd = [Candidate(picture_id=p.picture_id, cosine=0.9, place=1) for p in others]
        copy = Candidate(picture_id=last.picture_id, cosine=0.35, place=0)
        found = prove(Query.of(decode(CAT)), [*crowd, copy], gate.register)
    assert [match.note_id for match in found.matches] == ["n1"]


def test_a_descriptor_alone_nominates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the two other indexes silent, geometry still gets its candidate."""
    with Gate.open(tmp_path) as gate:
        gate.check(showing(CAT, id="n1", author="alice"))
        gate.check(showing(CUP, id="n2", author="carol"))
        monkeypatch.setattr(FollowedIndex, "near", lambda *_: [])
        monkeypatch.setattr(FollowedIndex, "sharing", lambda *_: [])
        (match,) = gate.find_copies(pictures.cropped(CAT, 0.8))
        assert (match.note_id, match.distance_bits) == ("n1", None)
        second = gate.check(showing(pictures.cropped(CAT, 0.8), id="n3", author="bob", hours=1))
        assert second.decision is not Decision.PASS


def test_an_older_register_works_without_descriptors(tmp_path: Path) -> None:
    """Its pictures are found by hash; new ones are described."""
    with Gate.open(tmp_path) as gate:
        gate.check(showing(CAT, id="n1", author="alice"))
    shutil.rmtree(tmp_path / "index", ignore_errors=True)
    connection = sqlite3.connect(tmp_path / FILE_NAME)
    connection.execute("UPDATE pictures SET descriptor = NULL, descriptor_recipe = NULL")
    connection.commit()
    connection.close()
    with Gate.open(tmp_path) as gate:
        (match,) = gate.find_copies(CAT)
        assert match.cosine is None
        gate.check(showing(CUP, id="n2", author="alice"))
        found = gate.verify()
        assert (found.ok, found.undescribed) == (True, 1)


def test_a_model_of_ones_own_is_used(tmp_path: Path, other_model: Path) -> None:
    """Its name and digest are in the register and in the verdict."""
    with Gate.open(tmp_path, descriptor=other_model) as gate:
        verdict = gate.check(showing(CAT, id="n1", author="alice"))
        assert verdict.detectors["descriptor"].startswith("own-descriptor_v3/")
        assert gate.register.descriptor_recipe() == Describer.open(other_model).recipe


def test_a_register_of_another_model_is_refused(tmp_path: Path, other_model: Path) -> None:
    """Both are named, and the way out; nothing is written."""
    with Gate.open(tmp_path) as gate:
        gate.check(showing(CAT, id="n1", author="alice"))
        known = gate.register.descriptor_recipe()
    with pytest.raises(RecipeMismatch) as refused:
        Gate.open(tmp_path, descriptor=other_model)
    for recipe in (str(known), Describer.open(other_model).recipe):
        assert recipe in refused.value.message
    assert str(known) in refused.value.hint


def test_the_shipped_model_is_refused_where_another_made_the_register(
    tmp_path: Path, other_model: Path
) -> None:
    """At the first picture; what needs no model goes on."""
    with Gate.open(tmp_path, descriptor=other_model) as gate:
        gate.check(showing(CAT, id="n1", author="alice"))
    with Gate.open(tmp_path) as gate:
        for act in (
            lambda: gate.find_copies(CAT),
            lambda: gate.check(showing(CUP, id="n2", author="bob")),
            lambda: gate.register_many([showing(CUP, id="n2", author="bob")]),
        ):
            with pytest.raises(RecipeMismatch, match="own-descriptor_v3"):
                act()
        assert gate.stats().pictures == 1
        assert gate.verify().ok
        assert gate.forget(note_id="n1").counts["pictures"] == 1
        assert gate.find_copies(CAT) == []


@pytest.mark.usefixtures("no_model")
def test_without_a_model_pictures_are_an_error_and_texts_are_not(tmp_path: Path) -> None:
    """Nobody takes a check without half of its search for a full one."""
    with Gate.open(tmp_path) as gate:
        text = Note(id="n1", author=Author(id="alice"), published_at=MORNING, text="江边的咖啡馆")
        assert gate.check(text).decision is Decision.PASS
        with pytest.raises(ModelNotFound, match="copy-descriptor_v1"):
            gate.check(showing(CAT, id="n2", author="alice"))
        with pytest.raises(ModelNotFound):
            gate.find_copies(CAT)
        assert gate.verify().ok


@pytest.mark.usefixtures("no_model")
def test_two_pictures_are_compared_without_a_model() -> None:
    """Geometry only."""
    match = compare(CAT, np.ascontiguousarray(CAT[20:-20, 20:-20]))
    assert match is not None
    assert match.cosine is None


def test_a_named_folder_without_a_model_is_refused_at_once(tmp_path: Path) -> None:
    """Before anything is checked."""
    with pytest.raises(ModelNotFound, match="nothing_v1"):
        Gate.open(tmp_path / "register", descriptor=tmp_path / "nothing_v1")
